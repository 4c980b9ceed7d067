"""Finding shifts and reading one. What the public may see is said here and nowhere else."""

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core import database
from core.errors import NotFound, Refusal
from marketplace import rules
from marketplace.forms import FindInput, local_day
from marketplace.rules import ClaimFacts, ClaimState, Settles, ShiftState
from rulebook import places, trades

PUBLIC = "g.state = 'published' AND e.licence_state = 'verified' AND e.verified_until > {now}"
"""A shift is public while its gig is published and its employer's licence is verified and not stale."""

COLUMNS = """s.id, s.gig_id, s.starts_at, s.ends_at, s.break_minutes, s.places, s.taken, s.waiting, s.state,
    g.title, g.trade, g.hourly_fen, g.settles, g.meals, g.no_experience, g.insured, g.min_age,
    e.id AS employer_id, e.name AS employer, p.name AS site, p.region_code, p.township_code, p.lat, p.lon"""
TABLES = """shift s JOIN gig g ON g.id = s.gig_id JOIN employer e ON e.id = g.employer_id
    JOIN site p ON p.id = g.site_id"""

METRES_PER_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True)
class Offer:
    """A shift as a card shows it."""

    id: int
    gig_id: int
    title: str
    trade: str
    employer_id: int
    employer: str
    site: str
    region_code: str
    township_code: str
    starts_at: datetime
    ends_at: datetime
    paid_minutes: int
    hourly_fen: int
    total_fen: int
    settles: Settles
    meals: bool
    no_experience: bool
    insured: bool
    min_age: int
    places: int
    taken: int
    waiting: int
    distance_m: float | None = None

    @property
    def places_left(self) -> int:
        """Free places."""
        return self.places - self.taken

    @property
    def place(self) -> str:
        """The township, or the county where none is given."""
        found = places.region(self.township_code) or places.region(self.region_code)
        return found.name if found else ""


@dataclass(frozen=True, slots=True)
class Offers:
    """One page of what was found, and how many there are in all."""

    total: int
    items: list[Offer]


def offer(row: dict[str, Any]) -> Offer:
    """A card from a row of COLUMNS."""
    starts_at, ends_at = database.loaded(row["starts_at"]), database.loaded(row["ends_at"])
    assert starts_at
    assert ends_at
    minutes = rules.paid_minutes(starts_at, ends_at, row["break_minutes"])
    squared = row.get("squared")
    return Offer(
        id=row["id"],
        gig_id=row["gig_id"],
        title=row["title"],
        trade=row["trade"],
        employer_id=row["employer_id"],
        employer=row["employer"],
        site=row["site"],
        region_code=row["region_code"],
        township_code=row["township_code"],
        starts_at=starts_at,
        ends_at=ends_at,
        paid_minutes=minutes,
        hourly_fen=row["hourly_fen"],
        total_fen=rules.amount_fen(minutes, row["hourly_fen"]),
        settles=Settles(row["settles"]),
        meals=bool(row["meals"]),
        no_experience=bool(row["no_experience"]),
        insured=bool(row["insured"]),
        min_age=row["min_age"],
        places=row["places"],
        taken=row["taken"],
        waiting=row["waiting"],
        distance_m=None if squared is None else math.sqrt(squared),
    )


class _Where:
    """Conditions with their values, numbered as they come."""

    def __init__(self) -> None:
        self.conditions: list[str] = []
        self.values: list[Any] = []

    def value(self, value: Any) -> str:
        """A placeholder for a value."""
        self.values.append(database.stored(value) if isinstance(value, datetime) else value)
        return f"${len(self.values)}"

    def add(self, condition: str) -> None:
        """One more condition."""
        self.conditions.append(condition)


async def find_shifts(wanted: FindInput, now: datetime) -> Offers:
    """Public shifts that have not begun, filtered and sorted by the database.

    Distance is on a flat map around the reader: within 100 km it errs by less than one in a thousand, and both
    databases can sort by it without trigonometry.
    """
    where = _Where()
    where.add("s.state = 'open'")
    where.add(f"s.starts_at > {where.value(now)}")
    where.add(PUBLIC.format(now=where.value(now)))
    squared = _near(where, wanted)
    _filters(where, wanted)
    order = {"near": "squared, s.starts_at", "soon": "s.starts_at", "pay": "g.hourly_fen DESC, s.starts_at"}
    sort = "soon" if wanted.sort == "near" and squared == "NULL" else wanted.sort
    conditions = " AND ".join(where.conditions)
    rows = await database.rows(
        f"SELECT {COLUMNS}, {squared} AS squared, count(*) OVER () AS total FROM {TABLES} WHERE {conditions}"
        f" ORDER BY {order[sort]}, s.id LIMIT {int(wanted.limit)} OFFSET {int(wanted.offset)}",
        where.values,
    )
    if not rows and wanted.offset:
        counted = await database.rows(
            f"SELECT count(*) AS total FROM {TABLES} WHERE {conditions}", where.values
        )
        return Offers(counted[0]["total"], [])
    return Offers(rows[0]["total"] if rows else 0, [offer(row) for row in rows])


def _near(where: _Where, wanted: FindInput) -> str:
    """Add the radius; the expression for the squared distance in metres."""
    if wanted.lat is None or wanted.lon is None:
        return "NULL"
    radius = wanted.radius_km * 1000
    per_lon = METRES_PER_DEGREE * max(0.01, math.cos(math.radians(wanted.lat)))
    reach_lat, reach_lon = radius / METRES_PER_DEGREE, radius / per_lon
    where.add(
        f"p.lat BETWEEN {where.value(wanted.lat - reach_lat)} AND {where.value(wanted.lat + reach_lat)}"
    )
    where.add(
        f"p.lon BETWEEN {where.value(wanted.lon - reach_lon)} AND {where.value(wanted.lon + reach_lon)}"
    )
    # The figures are floats of ours, so they stand in the text: PostgreSQL would otherwise guess their types.
    y = f"((p.lat - ({wanted.lat!r})) * {METRES_PER_DEGREE!r})"
    x = f"((p.lon - ({wanted.lon!r})) * {per_lon!r})"
    squared = f"({y} * {y} + {x} * {x})"
    where.add(f"{squared} <= {radius * radius!r}")
    return squared


def _filters(where: _Where, wanted: FindInput) -> None:
    if wanted.day is not None:
        start, end = local_day(wanted.day)
        where.add(f"s.starts_at >= {where.value(start)} AND s.starts_at < {where.value(end)}")
    if wanted.from_ is not None:
        where.add(f"s.start_minute >= {where.value(wanted.from_)}")
    if wanted.to is not None:
        overnight = wanted.from_ is not None and wanted.to <= wanted.from_
        where.add(f"s.end_minute <= {where.value(wanted.to + (1440 if overnight else 0))}")
    if wanted.min_hourly_fen is not None:
        where.add(f"g.hourly_fen >= {where.value(wanted.min_hourly_fen)}")
    if wanted.trade:
        where.add(f"g.trade = {where.value(wanted.trade)}")
    if wanted.settles is not None:
        where.add(f"g.settles = {where.value(wanted.settles.value)}")
    if wanted.employer is not None:
        where.add(f"e.id = {where.value(wanted.employer)}")
    if wanted.no_experience:
        where.add("g.no_experience")
    if wanted.meals:
        where.add("g.meals")


@dataclass(frozen=True)
class ShiftPage:
    """Everything one reader sees of one shift."""

    offer: Offer
    state: ShiftState
    duties: str
    conditions: str
    address: str
    lat: float
    lon: float
    verified_at: datetime | None
    terms_id: int
    terms_sha256: str
    claim_id: int | None
    claim_state: ClaimState | None
    undo_until: datetime | None
    position: int | None
    """Number on the waiting list, from 1."""
    consented: bool
    """The reader lets this employer see name and phone already."""
    facts: ClaimFacts


FACTS = """SELECT {columns}, g.duties, g.conditions, p.address, e.decided_at AS verified_at,
    CASE WHEN {public} THEN 1 ELSE 0 END AS is_public,
    t.id AS terms_id, t.sha256 AS terms_sha256,
    u.name AS worker_name, u.birth_date, c.id AS claim_id, c.state AS claim_state, c.undo_until, c.joined_at,
    CASE WHEN EXISTS (SELECT 1 FROM claim o WHERE o.worker_id = u.id AND o.shift_id <> s.id
        AND o.state IN ('hired', 'working', 'worked', 'absent')
        AND o.starts_at < s.ends_at AND o.ends_at > s.starts_at) THEN 1 ELSE 0 END AS overlaps,
    CASE WHEN EXISTS (SELECT 1 FROM membership m WHERE m.user_id = u.id AND m.employer_id = e.id)
        THEN 1 ELSE 0 END AS own_employer,
    CASE WHEN EXISTS (SELECT 1 FROM consent y WHERE y.user_id = u.id AND y.employer_id = e.id
        AND y.purpose = 'share-with-employer' AND y.withdrawn_at IS NULL) THEN 1 ELSE 0 END AS consented
    FROM {tables}
    JOIN terms t ON t.shift_id = s.id AND t.version = (SELECT max(version) FROM terms WHERE shift_id = s.id)
    LEFT JOIN account u ON u.id = $2
    LEFT JOIN claim c ON c.shift_id = s.id AND c.worker_id = u.id
        AND c.state IN ('waiting', 'hired', 'working', 'worked', 'absent')
    WHERE s.id = $1"""


async def shift_page(shift_id: int, viewer_id: int | None, now: datetime) -> ShiftPage:
    """A shift for a reader: public ones for everybody, others only for who has a claim on it. NotFound otherwise."""
    sql = FACTS.format(columns=COLUMNS, tables=TABLES, public=PUBLIC.format(now="$3"))
    rows = await database.rows(sql, [shift_id, viewer_id or 0, database.stored(now)])
    if not rows or not (rows[0]["is_public"] or rows[0]["claim_id"]):
        raise NotFound
    row = rows[0]
    return ShiftPage(
        offer=offer(row),
        state=ShiftState(row["state"]),
        duties=row["duties"],
        conditions=row["conditions"],
        address=row["address"],
        lat=row["lat"],
        lon=row["lon"],
        verified_at=database.loaded(row["verified_at"]),
        terms_id=row["terms_id"],
        terms_sha256=row["terms_sha256"],
        claim_id=row["claim_id"],
        claim_state=ClaimState(row["claim_state"]) if row["claim_state"] else None,
        undo_until=database.loaded(row["undo_until"]),
        position=await position(shift_id, row["claim_id"]) if row["claim_state"] == "waiting" else None,
        consented=bool(row["consented"]),
        facts=_facts(row),
    )


def _facts(row: dict[str, Any]) -> ClaimFacts:
    birth = database.loaded_date(row["birth_date"])
    starts_at = database.loaded(row["starts_at"])
    assert starts_at
    return ClaimFacts(
        public=bool(row["is_public"]),
        state=ShiftState(row["state"]),
        starts_at=starts_at,
        places=row["places"],
        taken=row["taken"],
        waiting=row["waiting"],
        live_claim=row["claim_id"] is not None,
        overlaps=bool(row["overlaps"]),
        birth_date=birth,
        named=bool(row["worker_name"]),
        min_age=row["min_age"],
        trade_refusal=_trade_refusal(birth, row["trade"], starts_at.date()) if birth else None,
        own_employer=bool(row["own_employer"]),
    )


def _trade_refusal(birth: date, trade: str, on: date) -> Refusal | None:
    finding = trades.may_work(birth, trade, on)
    return Refusal(finding.code, finding.message, finding.params) if finding else None


async def position(shift_id: int, claim_id: int) -> int:
    """Number of a claim on the waiting list, from 1."""
    rows = await database.rows(
        "SELECT count(*) AS before FROM claim c JOIN claim me ON me.id = $2 WHERE c.shift_id = $1"
        " AND c.state = 'waiting' AND (c.joined_at < me.joined_at OR (c.joined_at = me.joined_at AND c.id <= me.id))",
        [shift_id, claim_id],
    )
    return int(rows[0]["before"])
