"""Files for spreadsheet programs, read back as such a program reads them."""

import csv
from datetime import UTC, datetime
from io import BytesIO, StringIO

import pytest
from python_calamine import CalamineWorkbook

from core import clock, i18n
from marketplace.handlers import exports
from marketplace.queries.exports import PayRow
from marketplace.rules import PayKind, PayState
from marketplace.sheets import Fen, Sheet, as_csv, as_xlsx
from tests.cast import Cast, Visitor
from tests.marketplace.test_day import worked

NASTY = [
    "=1+1",
    "+86 139",
    "-2",
    "@SUM(A1)",
    "\tx",
    '=HYPERLINK("http://x")',
    "001",
    "https://jishi.example",
    "王大妹",
]
AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def sheet() -> Sheet:
    return Sheet(
        "结算",
        ["工人", "元", "时间"],
        [[text, Fen(12850), AT] for text in NASTY],
        ["合计", Fen(12850 * len(NASTY)), None],
    )


def test_no_cell_of_a_csv_is_a_formula():
    raw = as_csv(sheet())
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(StringIO(raw.decode("utf-8-sig"), newline="")))
    assert [row[0] for row in rows[1:-1]] == [
        "'=1+1",
        "'+86 139",
        "'-2",
        "'@SUM(A1)",
        "'\tx",
        '\'=HYPERLINK("http://x")',
        *NASTY[6:],
    ]
    assert rows[1][1:] == ["128.50", "2026-11-23 18:00"]
    assert rows[-1] == ["合计", "1156.50", ""]


def test_an_xlsx_holds_texts_as_texts_and_money_as_numbers():
    book = CalamineWorkbook.from_filelike(BytesIO(as_xlsx(sheet())))
    rows = book.get_sheet_by_name("结算").to_python()
    assert [row[0] for row in rows[1:-1]] == NASTY
    assert rows[1][1:] == [128.5, datetime(2026, 11, 23, 18, 0)]
    assert rows[-1][1] == 1156.5
    assert b"<f>" not in as_xlsx(sheet())


@pytest.mark.parametrize(
    ("fen", "yuan"), [(0, "0.00"), (5, "0.05"), (100, "1.00"), (12850, "128.50"), (-7, "-0.07")]
)
def test_fen_are_written_as_yuan(fen: int, yuan: str):
    assert Fen(fen).yuan == yuan


def test_ten_thousand_odd_amounts_add_up_to_the_fen():
    amounts = [n * 37 % 9973 for n in range(10_000)]
    rows = [
        PayRow(n, "王", "洗碗", "店", AT, AT, AT, AT, PayKind.WORK, 1, 100, fen, PayState.PAID, AT.date(), AT)
        for n, fen in enumerate(amounts)
    ]
    with i18n.speaking("zh-Hans"):
        table = exports.settlement_sheet(rows)
    read = CalamineWorkbook.from_filelike(BytesIO(as_xlsx(table))).get_sheet_by_index(0).to_python()
    assert read[-1][9] == sum(amounts) / 100
    assert sum(round(row[9] * 100) for row in read[1:-1]) == sum(amounts)
    assert len(table.heading) == len(table.totals) == len(table.rows[0])


@pytest.mark.anyio
async def test_the_employer_takes_the_month_home(cast: Cast, client: Visitor):
    line = await worked(cast)
    month = f"{clock.local(cast.shift.starts_at):%Y-%m}"
    await client.comes_as(cast.emil)
    for name in ("settlement", "attendance"):
        file = await client.get(f"/employer/{name}.xlsx?month={month}")
        rows = CalamineWorkbook.from_filelike(BytesIO(file.content)).get_sheet_by_index(0).to_python()
        assert rows[1][0] == cast.wanda.name
        assert len(rows[0]) == len(rows[-1])
        text = (await client.get(f"/employer/{name}.csv?month={month}")).content.decode("utf-8-sig")
        assert cast.wanda.name in text
    paid = await client.get(f"/employer/settlement.csv?month={month}&state=paid")
    assert cast.wanda.name not in paid.text
    assert (
        f"{line.amount_fen / 100:.2f}" in (await client.get(f"/employer/settlement.csv?month={month}")).text
    )
    for wrong in ("month=2026-13", "month=x", "month=9999-01", "state=x"):
        assert (await client.get(f"/employer/settlement.csv?{wrong}")).status_code == 422
