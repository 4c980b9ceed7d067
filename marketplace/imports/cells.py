"""What a cell says: text, numbers, money, days and times, however a spreadsheet or a person wrote them."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from core.forms import wrong
from core.i18n import N_
from marketplace.forms import minute_of_day
from marketplace.rules import Settles
from rulebook import trades

EXACT = 2**53
"""Above this a spreadsheet's numbers are rounded: an ID typed as a number has lost its last digits."""
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]0{1,2}:00(?::00)?)?")
YES = {"是", "有", "包", "管", "y", "yes", "true", "1", "✓", "√"}
NO = {"否", "无", "没有", "不包", "不管", "n", "no", "false", "0", "✗", "×"}
SETTLES = {
    "日结": Settles.DAY,
    "day": Settles.DAY,
    "daily": Settles.DAY,
    "周结": Settles.WEEK,
    "week": Settles.WEEK,
    "weekly": Settles.WEEK,
    "半月结": Settles.FORTNIGHT,
    "十五日结": Settles.FORTNIGHT,
    "fortnight": Settles.FORTNIGHT,
}


def text(cell: Any) -> Any:
    """A cell as text. A number that was meant as text loses Excel's `.0`, a formula is just its letters."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, int) and abs(cell) > EXACT:
        raise wrong(
            "rounded",
            N_("Excel has rounded this number. Please format the column as text and type it again."),
        )
    if isinstance(cell, (list, dict, date, time, timedelta)):
        raise wrong("text", N_("Please write text here."))
    return str(cell).strip()


def whole(cell: Any) -> Any:
    """A whole number: 12, 12.0, "12", "12 人"."""
    return text(cell).removesuffix("人").removesuffix("岁").removesuffix("分钟").strip()


def fen(cell: Any) -> Any:
    """Yuan as fen: 25, 25.5, "25.50", "¥25", "25元"."""
    if isinstance(cell, bool):
        raise wrong("money", N_("Please give yuan, e.g. 25.50."))
    # A cell that was calculated is off by a hair (28 * 1.1); what was typed is not, and stays.
    written = round(cell, 6) if isinstance(cell, float) else text(cell)
    try:
        yuan = Decimal(
            str(written).lstrip("¥￥").removesuffix("/小时").removesuffix("元").replace(",", "").strip()
        )
    except InvalidOperation:
        raise wrong("money", N_("Please give yuan, e.g. 25.50.")) from None
    if not yuan.is_finite() or abs(yuan) > EXACT or yuan * 100 % 1:
        raise wrong("money", N_("Please give yuan, e.g. 25.50."))
    return int(yuan * 100)


def yes(cell: Any) -> Any:
    """Yes or no: 是, 有, yes, 1, true and their opposites."""
    if isinstance(cell, bool):
        return cell
    word = text(cell).lower()
    if word not in YES | NO:
        raise wrong("bool", N_("Please answer yes or no."))
    return word in YES


def settles(cell: Any) -> Any:
    """日结, 周结, 半月结, or day, week, fortnight."""
    found = SETTLES.get(text(cell).lower())
    if found is None:
        raise wrong("settles", N_("Please write daily, weekly or fortnight."))
    return found


def trade(cell: Any) -> Any:
    """A trade's code from its code or its Chinese or English name."""
    word = text(cell)
    found = _trades().get(word.lower())
    if found is None:
        raise wrong("trade", N_("Please choose a trade from the list."))
    return found


@cache
def _trades() -> dict[str, str]:
    return {
        name.lower(): trade.code for trade in trades.trades() for name in (trade.code, trade.zh, trade.en)
    }


def day(cell: Any) -> Any:
    """A day: a date cell of either of Excel's calendars, 2026-11-25, 2026/11/25, 2026年11月25日."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, (int, float)):
        # A bare number means one day in the calendar of 1900 and another in that of 1904.
        raise wrong("date-cell", N_("Please format this column as a date."))
    written = DAY.fullmatch(text(cell))
    try:
        return date(*(int(part) for part in written.groups())) if written else _no_day()
    except ValueError:
        return _no_day()


def _no_day() -> date:
    raise wrong("date", N_("Please give a date, e.g. 2026-11-23."))


def minute(cell: Any) -> Any:
    """Minutes of the day: a time cell, 18, "18:00", "18:00:00", or Excel's fraction of a day."""
    if isinstance(cell, datetime):
        cell = cell.time()
    if isinstance(cell, time):
        return cell.hour * 60 + cell.minute
    if isinstance(cell, timedelta):
        return round(cell.total_seconds() / 60)
    if isinstance(cell, float) and 0 <= cell < 1:
        return round(cell * 24 * 60)
    try:
        return minute_of_day(re.sub(r"(:\d\d):00$", r"\1", text(cell)))
    except ValueError:
        raise wrong("time", N_("Please give a time, e.g. 18:00.")) from None
