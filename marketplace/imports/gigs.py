"""A row of a file as a gig with one shift: columns, checks, and why a row is wrong."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from accounts.forms import Latitude, Longitude
from accounts.models import Employer, Site
from core import clock
from core.errors import Invalid, Refused
from core.forms import Input, parse
from core.i18n import N_, _
from marketplace.coach import findings_of, why_not_shifts
from marketplace.forms import GigInput
from marketplace.imports import cells
from marketplace.imports.files import Record
from marketplace.rules import Settles
from rulebook.identity import compact
from rulebook.places import distance_m

Text = Annotated[str, BeforeValidator(cells.text)]
Whole = Annotated[int, BeforeValidator(cells.whole)]
Yes = Annotated[bool, BeforeValidator(cells.yes)]
Minute = Annotated[int, BeforeValidator(cells.minute), Field(ge=0, le=24 * 60)]

HEADINGS = {
    "employer": ("统一社会信用代码", "用人单位代码", "credit_code"),
    "site": ("工作地点", "地点", "门店"),
    "address": ("地址", "工作地址"),
    "lat": ("纬度", "latitude"),
    "lon": ("经度", "longitude"),
    "title": ("标题", "岗位", "岗位名称"),
    "trade": ("工种",),
    "duties": ("工作内容", "岗位职责"),
    "conditions": ("要求", "招聘条件", "条件"),
    "min_age": ("最低年龄", "年龄"),
    "hourly": ("时薪", "小时工资", "hourly_yuan"),
    "settles": ("结算", "结算方式", "settlement"),
    "meals": ("包餐", "管饭"),
    "no_experience": ("无需经验", "不要经验"),
    "insured": ("保险", "意外险"),
    "date": ("日期", "day"),
    "from": ("开始", "上班", "开始时间", "start"),
    "to": ("结束", "下班", "结束时间", "end"),
    "places": ("人数", "名额"),
    "break": ("休息", "休息分钟", "break_minutes"),
}
"""Column → other headings it goes by. docs/import-gigs.md is checked against this table."""
NAMES = {heading: column for column, others in HEADINGS.items() for heading in (column, *others)}
FIELDS = {
    "hourly_fen": "hourly",
    "settles_within_days": "settles",
    "valid_until": "date",
    "region_code": "site",
    "starts_at": "from",
    "ends_at": "to",
    "break_minutes": "break",
    "trade_code": "trade",
    "shifts": "date",
}
"""A field of the posting → the column it comes from, where their names differ."""


class GigRow(Input):
    """The cells of a row, each understood by itself. What a posting allows is GigInput's to say."""

    employer: Text = ""
    site: Text = ""
    address: Text = ""
    lat: Latitude | None = None
    lon: Longitude | None = None
    title: Text
    trade: Annotated[str, BeforeValidator(cells.trade)]
    duties: Text
    conditions: Text
    min_age: Whole = 18
    hourly: Annotated[int, BeforeValidator(cells.fen)]
    settles: Annotated[Settles, BeforeValidator(cells.settles)]
    meals: Yes = False
    no_experience: Yes = True
    insured: Yes = False
    date_: Annotated[date, BeforeValidator(cells.day), Field(alias="date")]
    from_: Annotated[Minute, Field(alias="from")]
    to: Minute
    places: Whole
    break_: Annotated[Whole, Field(alias="break")] = 0


@dataclass(frozen=True)
class Poster:
    """An employer that rows may post for, with its sites and the account that is named as the author."""

    employer: Employer
    sites: list[Site]
    author_id: int


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong in one cell, in the reader's language."""

    row: int
    heading: str
    """As the file writes it; empty when the row as a whole is meant."""
    text: str

    def __str__(self) -> str:
        where = _("Row %(n)s", n=self.row)
        return f"{where}, {self.heading}: {self.text}" if self.heading else f"{where}: {self.text}"


@dataclass(frozen=True, slots=True)
class GoodRow:
    """A row that may be posted: a gig with one shift."""

    number: int
    poster: Poster
    site: Site
    gig: GigInput

    @property
    def gig_key(self) -> bytes:
        """The same for all rows that differ in their shift alone."""
        said = self.gig.model_dump_json(exclude={"shifts"})
        return hashlib.blake2b(said.encode(), digest_size=16).digest()


class RowWrong(Exception):
    """A row that cannot be posted, with its reasons."""

    def __init__(self, errors: list[RowError]) -> None:
        super().__init__(len(errors))
        self.errors = errors


def understand(record: Record, posters: Mapping[str, Poster], now: datetime) -> GoodRow:
    """A row as a posting. `posters` are by credit code; a row without one means the only poster. Raises RowWrong."""
    headings = _columns(tuple(record.cells))
    try:
        row = parse(
            GigRow, {column: record.cells[name] for column, name in headings.items() if _said(record, name)}
        )
        poster = _poster(row, posters)
        site = _site(row, poster)
        gig = parse(GigInput, _posting(row, site))
        _coach(gig, site, poster, now)
    except Invalid as invalid:
        raise RowWrong(
            [_error(record, headings, field, text) for field, text in invalid.errors.items()]
        ) from None
    return GoodRow(record.number, poster, site, gig)


@lru_cache(maxsize=64)
def _columns(headings: tuple[str, ...]) -> dict[str, str]:
    """Column → heading in this file. An unknown heading is refused: its content would be lost in silence."""
    found: dict[str, str] = {}
    for heading in headings:
        column = NAMES.get(_plain(heading))
        if column is None or column in found:
            raise Refused(
                "heading", N_("The heading “%(name)s” is not known or there twice."), name=heading[:40]
            )
        found[column] = heading
    return found


def _plain(heading: str) -> str:
    """A heading without its unit and its case: `时薪（元）`, `Min age`."""
    return heading.replace("（", "(").split("(", 1)[0].strip().lower().replace(" ", "_")


def _said(record: Record, heading: str) -> bool:
    cell = record.cells[heading]
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


def _poster(row: GigRow, posters: Mapping[str, Poster]) -> Poster:
    if not row.employer and len(posters) == 1:
        return next(iter(posters.values()))
    poster = posters.get(compact(row.employer))
    if poster is None:
        raise Invalid({"employer": _("No employer with this credit code may post here.")})
    return poster


def _site(row: GigRow, poster: Poster) -> Site:
    """One of the employer's own sites: by name, else by address, else the one at the position."""
    for field, wanted in (("site", row.site), ("address", row.address)):
        named = [
            site
            for site in poster.sites
            if wanted and wanted == (site.name if field == "site" else site.address)
        ]
        if named:
            return named[0]
    here = [site for site in poster.sites if not (row.site or row.address) and _is_at(row, site)]
    if not here:
        raise Invalid({"site": _("The employer has no such site. Please add it first.")})
    return here[0]


def _is_at(row: GigRow, site: Site) -> bool:
    if row.lat is None or row.lon is None:
        return False
    return distance_m((row.lat, row.lon), (site.lat, site.lon)) <= site.fence_m


def _posting(row: GigRow, site: Site) -> dict[str, Any]:
    midnight = datetime(row.date_.year, row.date_.month, row.date_.day)
    # Who works from 22:00 to 6:00 goes home the next morning.
    to = row.to + 24 * 60 if row.to <= row.from_ else row.to
    shift = {
        "starts_at": clock.utc(midnight + timedelta(minutes=row.from_)),
        "ends_at": clock.utc(midnight + timedelta(minutes=to)),
        "places": row.places,
        "break_minutes": row.break_,
    }
    same = row.model_dump(include=set(GigInput.model_fields) & set(GigRow.model_fields))
    return same | {"site_id": site.id, "hourly_fen": row.hourly, "shifts": [shift]}


def _coach(gig: GigInput, site: Site, poster: Poster, now: datetime) -> None:
    """What the coach stops is wrong in a file as well."""
    stops = [f for f in findings_of(gig, site, poster.employer, clock.local(now).date()) if f.level == "stop"]
    if stops:
        raise Invalid({stop.field: f"{stop.text} {stop.advice}".strip() for stop in stops})
    why_not = why_not_shifts(gig.shifts, now)
    if why_not:
        raise Invalid({"date": why_not.text})


def _error(record: Record, headings: dict[str, str], field: str, text: str) -> RowError:
    name = next((part for part in reversed(field.split(".")) if not part.isdigit()), "").removesuffix("_")
    column = FIELDS.get(name, name)
    return RowError(record.number, headings.get(column, column if column in HEADINGS else ""), text)


def readable(
    records: Iterator[Record], posters: Mapping[str, Poster], now: datetime
) -> Iterator[GoodRow | RowWrong]:
    """Every row, good or with its reasons, in the order of the file."""
    for record in records:
        try:
            yield understand(record, posters, now)
        except RowWrong as wrong:
            yield wrong
