"""Gigs from files: every way a table is written, every way a row is wrong, and nothing by halves."""

import csv
import json
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from app import importing
from core import clock
from core.errors import Refused
from marketplace.actions.imports import import_rows
from marketplace.imports import files
from marketplace.imports.files import read
from marketplace.imports.gigs import HEADINGS, GoodRow, RowWrong, readable
from marketplace.models import Gig, Shift, Terms
from marketplace.queries.posters import posters
from marketplace.rules import GigState
from tests.cast import Cast

DOCS = Path(__file__).parents[2] / "docs" / "import-gigs.md"
CHINESE = {column: (others or (column,))[0] for column, others in HEADINGS.items()}


def day(ahead: int = 2) -> str:
    return (clock.today() + timedelta(days=ahead)).isoformat()


def row(**changes: Any) -> dict[str, Any]:
    """A row that is in order, by column."""
    return {
        "site": "人民路店",
        "title": "晚市洗碗工",
        "trade": "dishwasher",
        "duties": "洗碗，收拾后厨。",
        "conditions": "能站着干活。",
        "hourly": "28",
        "settles": "日结",
        "meals": "是",
        "date": day(),
        "from": "18:00",
        "to": "22:00",
        "places": "3",
    } | changes


def as_csv(path: Path, rows: list[dict[str, Any]], *, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow([CHINESE[column] for column in rows[0]])
        writer.writerows(each.values() for each in rows)
    return path


def as_xlsx(path: Path, rows: list[dict[str, Any]], **options: Any) -> Path:
    book = xlsxwriter.Workbook(str(path), options)
    sheet = book.add_worksheet()
    a_day, a_time = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "hh:mm"})
    for column, name in enumerate(rows[0]):
        sheet.write_string(0, column, CHINESE[name])
    for number, each in enumerate(rows, 1):
        for column, cell in enumerate(each.values()):
            if isinstance(cell, (date, time)):
                sheet.write_datetime(number, column, cell, a_time if isinstance(cell, time) else a_day)
            elif isinstance(cell, str):
                sheet.write_string(number, column, cell)
            else:
                sheet.write(number, column, cell)
    book.close()
    return path


def as_json(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(each, ensure_ascii=False) for each in rows), encoding="utf-8")
    return path


async def looked_at(path: Path) -> list[GoodRow | RowWrong]:
    now = clock.now()
    return list(readable(read(path), await posters(now), now))


async def good(path: Path) -> list[GoodRow]:
    found = await looked_at(path)
    wrong = [str(error) for each in found if isinstance(each, RowWrong) for error in each.errors]
    assert not wrong
    return [each for each in found if isinstance(each, GoodRow)]


async def the_error(path: Path) -> tuple[int, str]:
    """Row and heading of the only error."""
    ((number, heading),) = [
        (error.row, error.heading)
        for each in await looked_at(path)
        if isinstance(each, RowWrong)
        for error in each.errors
    ]
    return number, heading


# --- how a table is written ---


@pytest.mark.anyio
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
async def test_a_csv_in_any_customary_encoding(cast: Cast, tmp_path: Path, encoding: str) -> None:
    (found,) = await good(as_csv(tmp_path / "a.csv", [row()], encoding=encoding))
    shift = found.gig.shifts[0]
    assert (found.number, found.gig.title, found.gig.hourly_fen, found.gig.meals) == (
        2,
        "晚市洗碗工",
        2800,
        True,
    )
    assert clock.local(shift.starts_at).strftime("%F %H:%M") == f"{day()} 18:00"
    assert shift.ends_at - shift.starts_at == timedelta(hours=4)


@pytest.mark.anyio
@pytest.mark.parametrize("delimiter", [";", "\t"])
async def test_a_csv_with_another_delimiter(cast: Cast, tmp_path: Path, delimiter: str) -> None:
    assert len(await good(as_csv(tmp_path / "a.csv", [row(), row(places="4")], delimiter=delimiter))) == 2


@pytest.mark.anyio
@pytest.mark.parametrize("calendar_of_1904", [False, True])
async def test_an_excel_table_in_either_calendar(cast: Cast, tmp_path: Path, calendar_of_1904: bool) -> None:
    typed = row(
        date=datetime.fromisoformat(day()),
        hourly=28.5,
        places=3,
        meals=True,
        **{"from": time(18, 0), "to": time(2, 30), "break": 30},
    )
    (found,) = await good(as_xlsx(tmp_path / "a.xlsx", [typed], date_1904=calendar_of_1904))
    shift = found.gig.shifts[0]
    assert (found.gig.hourly_fen, shift.places, shift.break_minutes) == (2850, 3, 30)
    assert clock.local(shift.starts_at).strftime("%F %H:%M") == f"{day()} 18:00"
    assert shift.ends_at - shift.starts_at == timedelta(hours=8.5)


@pytest.mark.anyio
async def test_json_lines(cast: Cast, tmp_path: Path) -> None:
    path = as_json(tmp_path / "a.jsonl", [row(hourly=28, places=3, meals=True), row(no_experience=False)])
    assert [(each.number, each.gig.no_experience) for each in await good(path)] == [(1, True), (2, False)]


@pytest.mark.anyio
async def test_empty_rows_are_left_out_but_counted(cast: Cast, tmp_path: Path) -> None:
    path = as_csv(tmp_path / "a.csv", [row(), dict.fromkeys(row(), ""), row(places="4")])
    assert [each.number for each in await good(path)] == [2, 4]


@pytest.mark.anyio
async def test_what_looks_like_a_formula_is_text(cast: Cast, tmp_path: Path) -> None:
    (found,) = await good(as_csv(tmp_path / "a.csv", [row(duties="=HYPERLINK(1)")]))
    assert found.gig.duties == "=HYPERLINK(1)"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "place",
    [{"site": "", "address": "昆山市玉山镇人民路 88 号"}, {"site": "", "lat": "31.3851", "lon": "120.955"}],
)
async def test_a_site_is_known_by_its_address_or_its_position(
    cast: Cast, tmp_path: Path, place: dict[str, str]
) -> None:
    (found,) = await good(as_csv(tmp_path / "a.csv", [row(**place)]))
    assert found.site.id == cast.site.id


# --- what is wrong with a row ---


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"site": "没有的店"}, "site"),
        ({"trade": "巫师"}, "trade"),
        ({"hourly": "很多"}, "hourly"),
        ({"hourly": "1"}, "hourly"),
        ({"hourly": "25.505"}, "hourly"),
        ({"settles": "年结"}, "settles"),
        ({"date": "25.11."}, "date"),
        ({"date": "2026-02-30"}, "date"),
        ({"date": "2020-01-01"}, "date"),
        ({"from": "半夜"}, "from"),
        ({"places": "0"}, "places"),
        ({"places": "2.5"}, "places"),
        ({"title": "洗"}, "title"),
        ({"title": ""}, "title"),
        ({"meals": "也许"}, "meals"),
        ({"duties": "a\x00b"}, "duties"),
        ({"min_age": "十八"}, "min_age"),
        ({"employer": "91320583MA1N8PQX00"}, "employer"),
    ],
)
async def test_an_error_names_row_and_heading(
    cast: Cast, tmp_path: Path, changes: dict[str, str], column: str
) -> None:
    path = as_csv(
        tmp_path / "a.csv", [row(min_age="18", employer=""), row(min_age="18", employer="") | changes]
    )
    assert await the_error(path) == (3, CHINESE[column])


@pytest.mark.anyio
async def test_a_number_excel_has_rounded_is_refused(cast: Cast, tmp_path: Path) -> None:
    assert await the_error(as_xlsx(tmp_path / "a.xlsx", [row(employer=913205831234567890)])) == (
        2,
        CHINESE["employer"],
    )


@pytest.mark.anyio
async def test_a_bare_number_is_no_date(cast: Cast, tmp_path: Path) -> None:
    assert await the_error(as_xlsx(tmp_path / "a.xlsx", [row(date=46351)])) == (2, CHINESE["date"])


# --- what is wrong with a file ---


def refused(path: Path) -> str:
    with pytest.raises(Refused) as caught:
        list(read(path))
    return caught.value.reason.code


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for content, code in (
        (b"\xd0\xcf\x11\xe0 old", "old-excel"),
        (b"PK\x03\x04 broken", "xlsx"),
        (b"\xff\xff\x81", "encoding"),
        (b'{"a": 1}\n[]', "json"),
        (b"a,a\n1,2", "headings"),
        (",".join(f"h{n}" for n in range(65)).encode(), "too-many-columns"),
        (b'a,b\n"open', "csv"),
    ):
        path.write_bytes(content)
        assert refused(path) == code, content


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_ROWS", 3)
    path = tmp_path / "a"
    path.write_text("a\n1\n2\n3\n")
    assert len(list(read(path))) == 3
    path.write_text("a\n1\n2\n3\n4\n")
    assert refused(path) == "too-many-rows"
    as_xlsx(path, [row()] * 4)
    assert refused(path) == "too-many-rows"


def test_a_zip_bomb_is_refused_before_it_unfolds(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", b" " * (files.LARGEST + 1))
    assert path.stat().st_size < 200_000
    assert refused(path) == "too-large"


def test_one_cell_far_away_is_refused_before_its_sheet_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet().write(1_000_000, 3, "x")
    book.close()
    assert refused(path) == "too-many-rows"


@pytest.mark.anyio
async def test_an_unknown_heading_is_refused(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("标题,颜色\n洗碗,红\n")
    with pytest.raises(Refused):
        await looked_at(path)


# --- storing ---


@pytest.mark.anyio
async def test_rows_of_one_gig_become_one_pending_gig(cast: Cast, tmp_path: Path) -> None:
    rows = [row(date=day(2)), row(title="早市洗菜工"), row(date=day(4)), row(date=day(3))]
    now = clock.now()
    stored = await import_rows(await good(as_csv(tmp_path / "a.csv", rows)), now, at_once=True)
    assert (stored.gigs, stored.shifts) == (2, 4)
    gig = await Gig.get(title="晚市洗碗工", created_at=now)
    assert (gig.state, gig.valid_until.isoformat()) == (GigState.PENDING, day(4))
    shifts = await Shift.filter(gig_id=gig.id)
    assert len(shifts) == 3
    terms = {each.shift_id: each for each in await Terms.all()}
    assert {terms[shift.id].body["starts_at"] for shift in shifts} == {
        shift.starts_at.isoformat() for shift in shifts
    }


@pytest.mark.anyio
async def test_a_gig_has_at_most_sixty_shifts_across_chunks(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.actions.imports.CHUNK", 7)
    rows = [row(date=day(2 + n)) for n in range(130)]
    stored = await import_rows(await good(as_csv(tmp_path / "a.csv", rows)), clock.now(), at_once=True)
    assert (stored.gigs, stored.shifts) == (3, 130)
    sizes = [
        await Shift.filter(gig_id=gig.id).count() for gig in await Gig.exclude(id=cast.gig.id).order_by("id")
    ]
    assert sizes == [60, 60, 10]


@pytest.mark.anyio
async def test_one_wrong_row_and_nothing_is_imported(
    cast: Cast, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = as_csv(tmp_path / "a.csv", [row(), row(hourly="x"), row(places="4")])
    assert await importing.import_gigs(path) == 1
    assert await Gig.all().count() == 1
    told = capsys.readouterr().err
    assert "3" in told
    assert CHINESE["hourly"] in told


@pytest.mark.anyio
async def test_partial_imports_the_good_rows(cast: Cast, tmp_path: Path) -> None:
    path = as_csv(tmp_path / "a.csv", [row(), row(hourly="x"), row(places="4")])
    assert await importing.import_gigs(path, partial=True) == 1
    assert await Shift.all().count() == 3


@pytest.mark.anyio
async def test_a_good_file_goes_in_whole(cast: Cast, tmp_path: Path) -> None:
    path = as_xlsx(tmp_path / "a.xlsx", [row(), row(places="4")])
    assert await importing.import_gigs(path, employer=cast.employer.credit_code) == 0
    assert await Shift.all().count() == 3


@pytest.mark.anyio
async def test_an_employer_that_is_not_verified_imports_nothing(cast: Cast, tmp_path: Path) -> None:
    path = as_csv(tmp_path / "a.csv", [row()])
    assert await importing.import_gigs(path, employer="91320583MA1N8PQX79") == 1
    assert await importing.import_gigs(tmp_path / "missing.csv") == 1


@pytest.mark.anyio
async def test_when_storing_fails_half_way_nothing_stays(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.actions.imports.CHUNK", 2)
    rows = await good(as_csv(tmp_path / "a.csv", [row(title=f"洗碗工 {n}") for n in range(5)]))

    def breaking() -> Any:
        yield from rows[:4]
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="gone"):
        await import_rows(breaking(), clock.now(), at_once=True)
    assert (await Gig.all().count(), await Terms.all().count()) == (1, 1)


def test_every_heading_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for column, others in HEADINGS.items():
        for heading in (column, *others):
            assert f"`{heading}`" in text
