"""Finding shifts and reading one. What the public may see is said here and nowhere else."""

import json
import math
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from core import clock, database
from core.errors import NotFound, Refusal
from marketplace import rules
from marketplace.forms import FindInput, local_day
from marketplace.models import Invitation
from marketplace.queries.points import standing_of
from marketplace.rules import Booked, ClaimFacts, ClaimState, Conflict, MarkKind, Settles, ShiftState, Side
from rulebook import places, trades

PUBLIC = "g.state = 'published' AND e.licence_state = 'verified' AND e.verified_until > {now}"
"""A shift is public while its gig is published and its employer's licence is verified and not stale."""

WORKED_WELL = """SELECT 1 FROM claim k JOIN shift ks ON ks.id = k.shift_id JOIN gig kg ON kg.id = ks.gig_id
    WHERE k.worker_id = {reader} AND k.state = 'worked' AND kg.employer_id = e.id AND NOT EXISTS (
        SELECT 1 FROM rating r WHERE r.claim_id = k.id AND r.side = 'employer' AND r.stars < 4)"""
IN_TIER = f"""(s.tier = 'all' OR EXISTS (SELECT 1 FROM mark f WHERE f.worker_id = {{reader}} AND f.employer_id = e.id
    AND f.side = 'employer' AND f.kind = 'favourite') OR (s.tier = 'past' AND EXISTS ({WORKED_WELL})))"""
"""The shift is open to this reader already: it widens from favourites to who has worked there well, then to all."""
FOR_ALL = "s.tier = 'all'"
NOT_BLOCKED = """NOT EXISTS (SELECT 1 FROM mark b WHERE b.worker_id = {reader} AND b.employer_id = e.id
    AND b.kind = 'blocked')"""
"""Neither of the two has blocked the other."""

BOOKED = """claim o JOIN shift os ON os.id = o.shift_id JOIN gig og ON og.id = os.gig_id JOIN site op ON op.id = og.site_id"""

COLUMNS = """s.id, s.gig_id, s.starts_at, s.ends_at, s.break_minutes, s.places, s.taken, s.held, s.waiting, s.state,
    g.title, g.trade, g.hourly_fen, g.settles, g.meals, g.no_experience, g.insured, g.min_age,
    e.id AS employer_id, e.name AS employer, p.name AS site, p.region_code, p.township_code, p.lat, p.lon"""
TABLES = """shift s JOIN gig g ON g.id = s.gig_id JOIN employer e ON e.id = g.employer_id
    JOIN site p ON p.id = g.site_id"""

CHIPS = {
    "settles_day": "g.settles = 'day'",
    "no_experience": "g.no_experience",
    "meals": "g.meals",
    "min_hourly_fen_2500": "g.hourly_fen >= 2500",
    "min_hourly_fen_3000": "g.hourly_fen >= 3000",
}
"""Chip of the list → what it asks for. Counted in the pass that counts the whole, so a count costs no query."""
COUNTS = ", ".join(
    f"sum(CASE WHEN {condition} THEN 1 ELSE 0 END) OVER () AS count_{chip}"
    for chip, condition in CHIPS.items()
)

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
    lat: float
    lon: float
    distance_m: float | None = None
    held: int = 0
    """Places offered to somebody on the waiting list."""
    conflict: Conflict | None = None
    """What stands between it and the reader's own shifts."""

    @property
    def places_left(self) -> int:
        """Free places."""
        return self.places - self.taken - self.held

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
    counts: dict[str, int] = field(default_factory=dict)
    """How many of them each chip would leave; see CHIPS."""


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
        lat=row["lat"],
        lon=row["lon"],
        distance_m=None if squared is None else math.sqrt(squared),
        held=row["held"],
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


async def find_shifts(wanted: FindInput, now: datetime, reader_id: int | None = None) -> Offers:
    """Public shifts that have not begun, filtered and sorted by the database.

    Distance is on a flat map around the reader: within 100 km it errs by less than one in a thousand, and both
    databases can sort by it without trigonometry.
    """
    where = _Where()
    where.add("s.state = 'open'")
    where.add(f"s.starts_at > {where.value(now)}")
    where.add(PUBLIC.format(now=where.value(now)))
    _for_reader(where, reader_id)
    squared = _near(where, wanted)
    _filters(where, wanted)
    order = {"near": "squared, s.starts_at", "soon": "s.starts_at", "pay": "g.hourly_fen DESC, s.starts_at"}
    sort = "soon" if wanted.sort == "near" and squared == "NULL" else wanted.sort
    conditions = " AND ".join(where.conditions)
    rows = await database.rows(
        f"SELECT {COLUMNS}, {squared} AS squared, count(*) OVER () AS total, {COUNTS} FROM {TABLES} WHERE {conditions}"
        f" ORDER BY {order[sort]}, s.id LIMIT {int(wanted.limit)} OFFSET {int(wanted.offset)}",
        where.values,
    )
    if not rows and wanted.offset:
        counted = await database.rows(
            f"SELECT count(*) AS total FROM {TABLES} WHERE {conditions}", where.values
        )
        return Offers(counted[0]["total"], [])
    first = rows[0] if rows else {}
    counts = {chip: int(first.get(f"count_{chip}", 0)) for chip in CHIPS}
    booked = await booked_by(reader_id, now) if reader_id and rows else []
    return Offers(first.get("total", 0), [_beside(offer(row), booked) for row in rows], counts)


def _for_reader(where: _Where, reader_id: int | None) -> None:
    """Leave out what is not open to this reader yet, and whom they do not want to meet."""
    if reader_id is None:
        where.add(FOR_ALL)
        return
    reader = where.value(reader_id)
    where.add(IN_TIER.format(reader=reader))
    where.add(NOT_BLOCKED.format(reader=reader))


def _beside(found: Offer, booked: list[Booked]) -> Offer:
    """The card with a word about the reader's own shifts."""
    wanted = Booked(found.starts_at, found.ends_at, (found.lat, found.lon))
    against = rules.conflict(wanted, booked) if booked else None
    return replace(found, conflict=against) if against else found


async def booked_by(worker_id: int, now: datetime) -> list[Booked]:
    """The shifts somebody holds that are not long over."""
    rows = await database.rows(
        f"SELECT {NEIGHBOUR} FROM {BOOKED} WHERE o.worker_id = $1 AND o.state IN ('hired', 'working', 'worked', 'absent')"
        " AND o.ends_at > $2",
        [worker_id, database.stored(now - rules.NEIGHBOURS_WITHIN)],
    )
    return _booked(rows)


NEIGHBOUR = (
    "o.starts_at AS other_starts_at, o.ends_at AS other_ends_at, op.lat AS other_lat, op.lon AS other_lon"
)


def _booked(rows: list[dict[str, Any]]) -> list[Booked]:
    found = []
    for row in rows:
        starts_at, ends_at = database.loaded(row["other_starts_at"]), database.loaded(row["other_ends_at"])
        if starts_at and ends_at:
            found.append(Booked(starts_at, ends_at, (row["other_lat"], row["other_lon"])))
    return found


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
    certificates: tuple[str, ...] = ()
    """Kinds of certificate the gig needs."""
    marked: MarkKind | None = None
    """What the reader thinks of the employer."""
    invitation: Invitation | None = None
    """A free place that is offered to the reader alone, or was and may still be free."""


FACTS = """SELECT {columns}, g.duties, g.conditions, g.certificates, p.address,
    (SELECT {joined}(d.kind || ' ' || CAST(d.expires_on AS TEXT), ',') FROM certificate d
        WHERE d.user_id = u.id AND d.state = 'verified') AS papers, e.decided_at AS verified_at,
    CASE WHEN {public} THEN 1 ELSE 0 END AS is_public,
    t.id AS terms_id, t.sha256 AS terms_sha256,
    u.name AS worker_name, u.birth_date, c.id AS claim_id, c.state AS claim_state, c.undo_until, c.joined_at,
    CASE WHEN {in_tier} THEN 1 ELSE 0 END AS in_tier, mine.kind AS my_mark, theirs.kind AS their_mark, {neighbour},
    (SELECT coalesce(sum(q.points), 0) FROM point q WHERE q.worker_id = u.id AND q.at > $5 AND q.points > 0) AS points,
    CASE WHEN EXISTS (SELECT 1 FROM membership m WHERE m.user_id = u.id AND m.employer_id = e.id)
        THEN 1 ELSE 0 END AS own_employer,
    CASE WHEN EXISTS (SELECT 1 FROM consent y WHERE y.user_id = u.id AND y.employer_id = e.id
        AND y.purpose = 'share-with-employer' AND y.withdrawn_at IS NULL) THEN 1 ELSE 0 END AS consented
    FROM {tables}
    JOIN terms t ON t.shift_id = s.id AND t.version = (SELECT max(version) FROM terms WHERE shift_id = s.id)
    LEFT JOIN account u ON u.id = $2
    LEFT JOIN claim c ON c.shift_id = s.id AND c.worker_id = u.id
        AND c.state IN ('waiting', 'hired', 'working', 'worked', 'absent')
    LEFT JOIN mark mine ON mine.worker_id = u.id AND mine.employer_id = e.id AND mine.side = 'worker'
    LEFT JOIN mark theirs ON theirs.worker_id = u.id AND theirs.employer_id = e.id AND theirs.side = 'employer'
    LEFT JOIN ({booked}) ON o.worker_id = u.id AND o.shift_id <> s.id AND o.ends_at > $4
        AND o.state IN ('hired', 'working', 'worked', 'absent')
    WHERE s.id = $1"""
"""One row for each shift that the reader holds besides, or a single one: all that decides, in one round trip."""


async def shift_page(shift_id: int, viewer_id: int | None, now: datetime) -> ShiftPage:
    """A shift for a reader: public ones for everybody they are open to, others only for who has a claim on it.

    Raises NotFound otherwise.
    """
    sql = FACTS.format(
        joined="string_agg" if database.dialect() == "postgres" else "group_concat",
        columns=COLUMNS,
        tables=TABLES,
        public=PUBLIC.format(now="$3"),
        in_tier=IN_TIER.format(reader="$2"),
        neighbour=NEIGHBOUR,
        booked=BOOKED,
    )
    moments = (now, now - rules.NEIGHBOURS_WITHIN, rules.points_count_from(now))
    rows = await database.rows(sql, [shift_id, viewer_id or 0, *map(database.stored, moments)])
    row = rows[0] if rows else {}
    if not row or not (row["claim_id"] or (row["is_public"] and (row["in_tier"] or row["own_employer"]))):
        raise NotFound
    waits = row["claim_state"] == "waiting"
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
        position=await position(shift_id, row["claim_id"]) if waits else None,
        consented=bool(row["consented"]),
        certificates=_needed(row),
        facts=_facts(row, _booked(rows), await _paused_until(row, viewer_id, now)),
        marked=MarkKind(row["my_mark"]) if row["my_mark"] else None,
        invitation=await invitation_of(row["claim_id"]) if waits else None,
    )


async def _paused_until(row: dict[str, Any], viewer_id: int | None, now: datetime) -> datetime | None:
    """Only who has points enough for a pause costs a second look."""
    if viewer_id is None or row["points"] < rules.points_limit(clock.local(now).date()):
        return None
    return (await standing_of(viewer_id, now)).paused_until


async def invitation_of(claim_id: int) -> Invitation | None:
    """The last offer of a free place to somebody who waits."""
    return await Invitation.filter(claim_id=claim_id).order_by("-id").first()


def _facts(row: dict[str, Any], booked: list[Booked], paused_until: datetime | None) -> ClaimFacts:
    birth = database.loaded_date(row["birth_date"])
    starts_at = database.loaded(row["starts_at"])
    ends_at = database.loaded(row["ends_at"])
    assert starts_at
    assert ends_at
    against = rules.conflict(Booked(starts_at, ends_at, (row["lat"], row["lon"])), booked)
    return ClaimFacts(
        public=bool(row["is_public"]),
        state=ShiftState(row["state"]),
        starts_at=starts_at,
        places=row["places"],
        taken=row["taken"],
        waiting=row["waiting"],
        live_claim=row["claim_id"] is not None,
        overlaps=against is Conflict.OVERLAP,
        birth_date=birth,
        named=bool(row["worker_name"]),
        min_age=row["min_age"],
        trade_refusal=_trade_refusal(birth, row["trade"], starts_at.date()) if birth else None,
        own_employer=bool(row["own_employer"]),
        lacking=_lacking(row, clock.local(ends_at).date()) if row["worker_name"] is not None else (),
        held=row["held"],
        travels=against is Conflict.TRAVEL,
        blocked_by=_blocked_by(row),
        paused_until=paused_until,
    )


def _blocked_by(row: dict[str, Any]) -> Side | None:
    if row["my_mark"] == MarkKind.BLOCKED:
        return Side.WORKER
    return Side.EMPLOYER if row["their_mark"] == MarkKind.BLOCKED else None


def _needed(row: dict[str, Any]) -> tuple[str, ...]:
    """Kinds of certificate the gig needs; one database gives JSON as text, the other as what it means."""
    raw = row["certificates"]
    return tuple(json.loads(raw) if isinstance(raw, str) else raw or ())


def _lacking(row: dict[str, Any], on: date) -> tuple[str, ...]:
    """Names of the needed certificates that this person has no verified one of on the day."""
    held = [paper.split(" ") for paper in (row["papers"] or "").split(",") if paper]
    valid = {kind for kind, ends in held if date.fromisoformat(ends) >= on}
    return tuple(trades.CERTIFICATES[kind] for kind in _needed(row) if kind not in valid)


def _trade_refusal(birth: date, trade: str, on: date) -> Refusal | None:
    finding = trades.may_work(birth, trade, on)
    return Refusal(finding.code, finding.message, finding.params) if finding else None


async def position(shift_id: int, claim_id: int) -> int:
    """Number of a claim on the waiting list, from 1."""
    rows = await database.rows(
        "SELECT count(*) AS before FROM claim c JOIN claim me ON me.id = $2 WHERE c.shift_id = $1"
        " AND c.state = 'waiting' AND c.id <= me.id",
        [shift_id, claim_id],
    )
    return int(rows[0]["before"])
