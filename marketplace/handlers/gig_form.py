"""The posting form: from what was typed to a gig, and from a gig to a form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from core.clock import local, utc
from core.errors import Invalid
from core.forms import parse
from core.i18n import N_, _, translated
from marketplace import rules
from marketplace.coach import Draft
from marketplace.forms import GigInput, ShiftInput, ShiftsInput, minute_of_day
from marketplace.rules import Settles, Tier
from rulebook import trades
from rulebook.wages import yuan

if TYPE_CHECKING:
    from marketplace.models import Gig, Shift

ROWS_MAX = 7
ROW = ("date", "from", "to", "places", "break")
TEXTS = ("site_id", "title", "trade", "duties", "conditions", "min_age", "settles")
FLAGS = ("meals", "no_experience", "insured")
BREAKS = (0, 15, 30, 45, 60, 90, 120)
GROUPS = {
    "catering": N_("Catering"),
    "warehouse": N_("Warehouse"),
    "factory": N_("Factory"),
    "retail": N_("Shops"),
    "cleaning": N_("Cleaning and care"),
    "hotel": N_("Hotels"),
    "events": N_("Events"),
    "transport": N_("Transport"),
    "building": N_("Building"),
    "guarding": N_("Guarding"),
    "office": N_("Office work"),
}
SETTLES = {
    Settles.DAY: N_("The same day"),
    Settles.WEEK: N_("Within 7 days"),
    Settles.FORTNIGHT: N_("Within 15 days"),
}
PLACES_OF_ERRORS = {"starts_at": "from", "ends_at": "to", "places": "places", "break_minutes": "break"}

Typed = dict[str, str]


@dataclass
class _Rows:
    """The shift rows of a form: the ones that could be read, where each stood, and what was wrong."""

    shifts: list[dict[str, Any]]
    numbers: list[int]
    errors: dict[str, str]


def rows_in(typed: Typed) -> list[int]:
    """Numbers of the rows in which something stands; the first is always there."""
    filled = [n for n in range(ROWS_MAX) if any(f"{name}_{n}" in typed for name in ("date", "from", "to"))]
    return filled or [0]


def read_gig(typed: Typed) -> GigInput:
    """The posting. Raises Invalid with each sentence under the name of its field in the form."""
    rows = _read_rows(typed)
    data: dict[str, Any] = {name: typed[name] for name in TEXTS if name in typed}
    data |= {name: name in typed for name in FLAGS} | {"shifts": rows.shifts}
    data |= {"certificates": certificates(typed), "policy_number": typed.get("policy_number", "")}
    own = dict(rows.errors)
    try:
        if "hourly" in typed:
            data["hourly_fen"] = fen(typed["hourly"])
    except ValueError:
        own["hourly"] = _("Please type an amount in yuan, e.g. 25 or 25.50.")
    new: GigInput = _parsed(GigInput, data, rows, own, typed)
    return new


def read_shifts(typed: Typed) -> list[ShiftInput]:
    """Shift rows alone. Raises Invalid in the same way."""
    rows = _read_rows(typed)
    new: ShiftsInput = _parsed(ShiftsInput, {"shifts": rows.shifts}, rows, rows.errors, typed)
    return new.shifts


def _parsed(model: Any, data: dict[str, Any], rows: _Rows, own: dict[str, str], typed: Typed) -> Any:
    errors: dict[str, str] = {}
    parsed = None
    try:
        parsed = parse(model, data)
    except Invalid as invalid:
        errors = {_field(path, rows.numbers): words for path, words in invalid.errors.items()}
    errors |= own
    if errors:
        raise Invalid(_in_order(errors), dict(typed))
    return parsed


def _field(path: str, numbers: list[int]) -> str:
    """`shifts.0.ends_at` → `to_0`: where a sentence belongs in the form."""
    steps = path.split(".")
    if steps[0] == "hourly_fen":
        return "hourly"
    if steps[0] != "shifts":
        return steps[0]
    if len(steps) == 1:
        return "date_0"
    number = numbers[int(steps[1])]
    return f"{PLACES_OF_ERRORS[steps[2]]}_{number}" if len(steps) > 2 else f"to_{number}"


def _in_order(errors: dict[str, str]) -> dict[str, str]:
    order = ["site_id", "trade", "title", "duties", "conditions", "hourly", "settles", "min_age"]
    order += [f"{name}_{n}" for n in range(ROWS_MAX) for name in ROW]
    return dict(sorted(errors.items(), key=lambda item: order.index(item[0]) if item[0] in order else 99))


def _read_rows(typed: Typed) -> _Rows:
    read = _Rows([], [], {})
    for n in rows_in(typed):
        try:
            starts_at, ends_at = _times(typed, n)
        except Invalid as invalid:
            read.errors |= invalid.errors
            continue
        read.shifts.append(
            {
                "starts_at": starts_at,
                "ends_at": ends_at,
                "places": typed.get(f"places_{n}", ""),
                "break_minutes": typed.get(f"break_{n}", "0"),
                "release": "tiered" if "tiered" in typed else "all",
            }
        )
        read.numbers.append(n)
    return read


def _times(typed: Typed, n: int) -> tuple[datetime, datetime]:
    """Start and end of a row. An end at or before the start is on the next day."""
    errors = {
        f"{name}_{n}": _("Please fill this in.")
        for name in ("date", "from", "to")
        if f"{name}_{n}" not in typed
    }
    day, first, last = date(2000, 1, 1), 0, 0
    try:
        day = _day(typed.get(f"date_{n}", "2000-01-01"))
    except ValueError:
        errors[f"date_{n}"] = _("Please give a date, e.g. 2026-11-23.")
    for name in ("from", "to"):
        try:
            minute = minute_of_day(typed.get(f"{name}_{n}", "0"))
            first, last = (minute, last) if name == "from" else (first, minute)
        except ValueError:
            errors[f"{name}_{n}"] = _("Please give a time, e.g. 18:00.")
    if errors:
        raise Invalid(errors)
    midnight = datetime(day.year, day.month, day.day)
    end = last if last > first else last + 24 * 60
    return utc(midnight + timedelta(minutes=first)), utc(midnight + timedelta(minutes=end))


def _day(text: str) -> date:
    """A day near enough for clocks to reckon with. Raises ValueError."""
    day = date.fromisoformat(text)
    if day.year not in range(2000, 2200):
        raise ValueError(text)
    return day


def fen(text: str) -> int:
    """Yuan as typed, "32", "32.5", "¥32.50", as fen. Raises ValueError."""
    try:
        amount = Decimal(normalize("NFKC", text).strip().removeprefix("¥").removesuffix("元").strip()) * 100
    except InvalidOperation:
        raise ValueError(text) from None
    if not amount.is_finite() or amount != amount.to_integral_value() or abs(amount) > 10**12:
        raise ValueError(text)
    return int(amount)


def certificates(typed: Typed) -> list[str]:
    """The chosen certificates; a trade chosen since they were shown brings the one its law asks for."""
    chosen = [kind for kind in trades.CERTIFICATES if f"certificate_{kind}" in typed]
    trade = trades.trade(typed.get("trade", ""))
    if trade and trade.certificate and typed.get("certificates_of") != trade.code:
        return sorted({*chosen, trade.certificate})
    return chosen


# --- what is written so far ---


def draft(typed: Typed) -> Draft:
    """As much of the posting as can be understood."""
    shifts = _read_rows(typed).shifts
    places = [int(shift["places"]) for shift in shifts if str(shift["places"]).isdecimal()]
    return Draft(
        title=typed.get("title", ""),
        trade=typed.get("trade", ""),
        duties=typed.get("duties", ""),
        conditions=typed.get("conditions", ""),
        min_age=_number(typed.get("min_age", "")),
        hourly_fen=_fen_or_none(typed.get("hourly", "")),
        settles=_settles(typed.get("settles", "")),
        places=sum(places) or None,
        insured="insured" in typed,
        certificates=tuple(certificates(typed)),
        shifts=tuple((shift["starts_at"], shift["ends_at"]) for shift in shifts),
        breaks=tuple(_number(str(shift["break_minutes"])) or 0 for shift in shifts),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None


def _fen_or_none(text: str) -> int | None:
    try:
        return fen(text)
    except ValueError:
        return None


def _settles(text: str) -> Settles | None:
    return Settles(text) if text in list(Settles) else None


@dataclass(frozen=True)
class Preview:
    """The worker's card as it will look."""

    title: str
    hourly_fen: int | None
    total_fen: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    minutes: int
    places: int
    more: int
    """Further shifts."""
    meals: bool
    no_experience: bool
    insured: bool


def preview(typed: Typed) -> Preview:
    """The card of the first shift that is complete."""
    shifts = _read_rows(typed).shifts
    said = draft(typed)
    first = min(shifts, key=lambda shift: shift["starts_at"]) if shifts else None
    starts_at, ends_at = (first["starts_at"], first["ends_at"]) if first else (None, None)
    pause = _number(str(first["break_minutes"])) or 0 if first else 0
    minutes = max(0, rules.paid_minutes(starts_at, ends_at, pause)) if starts_at and ends_at else 0
    total = rules.amount_fen(minutes, said.hourly_fen) if minutes and said.hourly_fen else None
    return Preview(
        said.title,
        said.hourly_fen,
        total,
        starts_at,
        ends_at,
        minutes,
        _number(str(first["places"])) or 1 if first else 1,
        max(0, len(shifts) - 1),
        **{name: name in typed for name in FLAGS},
    )


# --- a form from what is there ---


def blank(today: date) -> Typed:
    """A new posting: tomorrow evening, two places, from eighteen, paid the same day."""
    row = {
        "date_0": (today + timedelta(days=1)).isoformat(),
        "from_0": "18:00",
        "to_0": "22:00",
        "places_0": "2",
    }
    return {"min_age": "18", "settles": "day", "no_experience": "yes", **row}


def of_gig(gig: Gig, shifts: Iterable[Shift]) -> Typed:
    """The form of a posting that exists, with these shifts."""
    typed = {
        "site_id": str(gig.site.id),
        "title": gig.title,
        "trade": gig.trade,
        "duties": gig.duties,
        "conditions": gig.conditions,
        "min_age": str(gig.min_age),
        "hourly": yuan(gig.hourly_fen),
        "settles": gig.settles.value,
    }
    flags = {name: "yes" for name in FLAGS if getattr(gig, name)}
    flags |= {f"certificate_{kind}": "yes" for kind in gig.certificates} | {"certificates_of": gig.trade}
    flags |= {"policy_number": gig.policy_number} if gig.policy_number else {}
    return typed | flags | of_shifts(shifts)


def of_shifts(shifts: Iterable[Shift]) -> Typed:
    """Rows with these shifts."""
    shown = list(shifts)[:ROWS_MAX]
    typed: Typed = {"tiered": "yes"} if any(shift.tier is not Tier.ALL for shift in shown) else {}
    for n, shift in enumerate(shown):
        start, end = local(shift.starts_at), local(shift.ends_at)
        typed |= {
            f"date_{n}": start.date().isoformat(),
            f"from_{n}": f"{start:%H:%M}",
            f"to_{n}": f"{end:%H:%M}",
            f"places_{n}": str(shift.places),
            f"break_{n}": str(shift.break_minutes),
        }
    return typed


def one_row_more(typed: Typed) -> Typed:
    """The same form with one more row: the last one, a day later."""
    numbers = rows_in(typed)
    last, n = numbers[-1], len(numbers)
    packed = {name: value for name, value in typed.items() if name.rsplit("_", 1)[0] not in ROW}
    for number, was in enumerate(numbers):
        packed |= {f"{name}_{number}": typed[f"{name}_{was}"] for name in ROW if f"{name}_{was}" in typed}
    if n >= ROWS_MAX:
        return packed
    more = {f"{name}_{n}": typed[f"{name}_{last}"] for name in ROW if f"{name}_{last}" in typed}
    try:
        more[f"date_{n}"] = (_day(typed[f"date_{last}"]) + timedelta(days=1)).isoformat()
    except (KeyError, ValueError):
        more.pop(f"date_{n}", None)
        more.setdefault(f"from_{n}", "18:00")
    return packed | more


def trade_groups(locale: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """The trades to choose from, by group."""
    groups: dict[str, list[tuple[str, str]]] = {group: [] for group in GROUPS}
    for one in trades.trades():
        groups.setdefault(one.group, []).append((one.code, one.name(locale)))
    return [(translated(GROUPS.get(group, group)), found) for group, found in groups.items() if found]
