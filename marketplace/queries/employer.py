"""What an employer sees: its days, its postings, who comes to a shift, what it owes. Always of its own alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Employer, Site
from core import clock, database
from core.errors import NotFound
from marketplace import rules
from marketplace.forms import local_day
from marketplace.models import Attendance, Claim, Gig, Shift
from marketplace.queries.settlement import Tally, pay_tallies
from marketplace.rules import CheckedBy, ClaimState, GigState, PayState, ShiftState

DAYS_SHOWN = 7
AGAIN_MAX = 7
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A shift as its employer's lists show it."""

    id: int
    gig_id: int
    title: str
    site: str
    gig_state: GigState
    state: ShiftState
    starts_at: datetime
    ends_at: datetime
    break_minutes: int
    paid_minutes: int
    places: int
    taken: int
    waiting: int
    here: int
    """Checked in and still working."""
    worked: int
    absent: int

    @property
    def coming(self) -> int:
        """Hired and not here yet."""
        return self.taken - self.here - self.worked - self.absent

    @property
    def places_left(self) -> int:
        """Free places."""
        return self.places - self.taken

    def is_on(self, now: datetime) -> bool:
        """Whether it runs at this moment."""
        return self.starts_at <= now < self.ends_at

    def is_over(self, now: datetime) -> bool:
        """Whether its end has passed."""
        return self.ends_at <= now


SHIFTS = """SELECT s.id, s.gig_id, g.title, p.name AS site, g.state AS gig_state, s.state, s.starts_at, s.ends_at,
    s.break_minutes, s.places, s.taken, s.waiting,
    (SELECT count(*) FROM claim c WHERE c.shift_id = s.id AND c.state = 'working') AS here,
    (SELECT count(*) FROM claim c WHERE c.shift_id = s.id AND c.state = 'worked') AS worked,
    (SELECT count(*) FROM claim c WHERE c.shift_id = s.id AND c.state = 'absent') AS absent
    FROM shift s JOIN gig g ON g.id = s.gig_id JOIN site p ON p.id = g.site_id"""


async def _shift_rows(condition: str, values: list[Any]) -> list[ShiftRow]:
    stored = [database.stored(value) if isinstance(value, datetime) else value for value in values]
    found = await database.rows(f"{SHIFTS} WHERE {condition} ORDER BY s.starts_at, s.id LIMIT 500", stored)
    return [_shift_row(row) for row in found]


def _shift_row(row: dict[str, Any]) -> ShiftRow:
    starts_at, ends_at = database.loaded(row["starts_at"]), database.loaded(row["ends_at"])
    assert starts_at
    assert ends_at
    paid = rules.paid_minutes(starts_at, ends_at, row["break_minutes"])
    more = {"gig_state": GigState(row["gig_state"]), "state": ShiftState(row["state"]), "paid_minutes": paid}
    return ShiftRow(**(row | more | {"starts_at": starts_at, "ends_at": ends_at}))


# --- today ---


@dataclass(frozen=True)
class Today:
    """The employer's day and what needs an answer."""

    shifts: list[ShiftRow]
    tomorrow: list[ShiftRow]
    later: list[ShiftRow]
    due: Tally
    disputed: Tally
    pending: int
    rejected: list[Gig]
    gigs: int

    @property
    def running(self) -> list[ShiftRow]:
        """Today's shifts that are not called off."""
        return [shift for shift in self.shifts if shift.state is ShiftState.OPEN]


async def today(employer_id: int, now: datetime) -> Today:
    """Today's shifts with those still running from last night, tomorrow's, and the rest of the week."""
    midnight, tomorrow = local_day(clock.local(now).date())
    over, end = tomorrow + timedelta(days=1), midnight + timedelta(days=DAYS_SHOWN)
    rows = await _shift_rows(
        "g.employer_id = $1 AND g.state IN ('published', 'closed') AND s.starts_at < $2"
        " AND (s.starts_at >= $3 OR (s.ends_at > $4 AND s.starts_at < $3))",
        [employer_id, end, midnight, now],
    )
    tallies = await pay_tallies(employer_id)
    counts = await _gig_counts(employer_id)
    return Today(
        shifts=[row for row in rows if row.starts_at < tomorrow],
        tomorrow=[row for row in rows if tomorrow <= row.starts_at < over],
        later=[row for row in rows if row.starts_at >= over and row.state is ShiftState.OPEN],
        due=tallies[PayState.DUE],
        disputed=tallies[PayState.DISPUTED],
        pending=counts.get(GigState.PENDING, 0),
        rejected=await Gig.filter(employer_id=employer_id, state=GigState.REJECTED).order_by("-decided_at"),
        gigs=sum(counts.values()),
    )


async def _gig_counts(employer_id: int) -> dict[GigState, int]:
    rows = await database.rows(
        "SELECT state, count(*) AS n FROM gig WHERE employer_id = $1 GROUP BY state", [employer_id]
    )
    return {GigState(row["state"]): row["n"] for row in rows}


# --- postings ---


@dataclass(frozen=True, slots=True)
class GigRow:
    """A posting in the list of its employer."""

    id: int
    title: str
    site: str
    state: GigState
    rejection: str
    hourly_fen: int
    submitted_at: datetime | None
    next_at: datetime | None
    """Start of its next shift."""
    coming: int
    """Shifts still to come."""
    places: int
    taken: int


@dataclass(frozen=True)
class GigList:
    """An employer's postings in one state, or all, with the counts of each."""

    gigs: list[GigRow]
    counts: dict[GigState, int]
    state: GigState | None


async def gigs_of(employer_id: int, state: GigState | None, now: datetime) -> GigList:
    """Postings, those with the next shift first."""
    rows = await database.rows(
        "SELECT g.id, g.title, p.name AS site, g.state, g.rejection, g.hourly_fen, g.submitted_at,"
        " min(s.starts_at) AS next_at, count(s.id) AS coming, coalesce(sum(s.places), 0) AS places,"
        " coalesce(sum(s.taken), 0) AS taken FROM gig g JOIN site p ON p.id = g.site_id"
        " LEFT JOIN shift s ON s.gig_id = g.id AND s.state = 'open' AND s.ends_at > $2"
        " WHERE g.employer_id = $1 AND (g.state = $3 OR $3 = '')"
        " GROUP BY g.id, g.title, p.name, g.state, g.rejection, g.hourly_fen, g.submitted_at"
        " ORDER BY CASE WHEN min(s.starts_at) IS NULL THEN 1 ELSE 0 END, min(s.starts_at), g.id DESC LIMIT 200",
        [employer_id, database.stored(now), state.value if state else ""],
    )
    return GigList([_gig_row(row) for row in rows], await _gig_counts(employer_id), state)


def _gig_row(row: dict[str, Any]) -> GigRow:
    moments = {name: database.loaded(row[name]) for name in ("submitted_at", "next_at")}
    return GigRow(**(row | moments | {"state": GigState(row["state"])}))


async def gig_of(employer_ids: tuple[int, ...], gig_id: int) -> Gig:
    """A posting of these employers with its site and employer. Raises NotFound for anybody else's."""
    gig = await Gig.get_or_none(id=gig_id, employer_id__in=employer_ids).select_related("site", "employer")
    if gig is None:
        raise NotFound
    return gig


@dataclass(frozen=True)
class GigPage:
    """A posting with its shifts, and the same times once more."""

    gig: Gig
    site: Site
    employer: Employer
    coming: list[ShiftRow]
    past: list[ShiftRow]
    again: list[Shift]


async def gig_page(employer_ids: tuple[int, ...], gig_id: int, now: datetime) -> GigPage:
    """Everything an employer sees of one posting. Raises NotFound for anybody else's."""
    gig = await gig_of(employer_ids, gig_id)
    rows = await _shift_rows("s.gig_id = $1", [gig_id])
    past = [row for row in rows if row.is_over(now)]
    return GigPage(
        gig=gig,
        site=gig.site,
        employer=gig.employer,
        coming=[row for row in rows if not row.is_over(now)],
        past=past[::-1][:20],
        again=await again(gig_id, now),
    )


async def shifts_of(gig_id: int) -> list[Shift]:
    """The shifts of a posting in order."""
    return await Shift.filter(gig_id=gig_id).order_by("starts_at", "id")


async def again(gig_id: int, now: datetime) -> list[Shift]:
    """The last week's shifts of a posting, moved by whole weeks to the next one. They are not saved."""
    shifts = await Shift.filter(gig_id=gig_id, state=ShiftState.OPEN).order_by("-starts_at").limit(AGAIN_MAX)
    last_week = [shift for shift in shifts[::-1] if shifts[0].starts_at - shift.starts_at < WEEK]
    if not last_week:
        return []
    weeks = max(1, (now - last_week[0].starts_at) // WEEK + 1)
    for shift in last_week:
        shift.starts_at += WEEK * weeks
        shift.ends_at += WEEK * weeks
    return last_week


# --- one shift ---


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a claim on a shift, as far as the employer may see them."""

    claim_id: int
    worker_id: int
    name: str
    phone: str
    """Masked; `actions.contact.see_phone` tells the number and notes who asked."""
    state: ClaimState
    position: int | None
    joined_at: datetime
    in_at: datetime | None = None
    in_by: CheckedBy | None = None
    in_distance_m: int | None = None
    out_at: datetime | None = None
    worked_minutes: int | None = None
    reachable: bool = False
    on_way_at: datetime | None = None
    late_minutes: int | None = None


@dataclass(frozen=True)
class EmployerShift:
    """A shift with the people on it."""

    shift: ShiftRow
    employer: Employer
    gig: Gig
    site: Site
    here: list[Person]
    coming: list[Person]
    waiting: list[Person]
    gone: list[Person]
    ended: list[Person]
    """Gave the place back, or were called off."""

    @property
    def everybody(self) -> list[Person]:
        """Who is on it or waits for it."""
        return [*self.here, *self.coming, *self.waiting, *self.gone]

    @property
    def nobody(self) -> bool:
        """Nobody has ever asked for it."""
        return not (self.here or self.coming or self.waiting or self.gone or self.ended)


async def shift_of(employer_ids: tuple[int, ...], shift_id: int) -> Shift:
    """A shift of these employers with its posting. Raises NotFound for anybody else's."""
    found = Shift.get_or_none(id=shift_id, gig__employer_id__in=employer_ids)
    shift = await found.select_related("gig__site", "gig__employer")
    if shift is None:
        raise NotFound
    return shift


async def shift_of_claim(employer_ids: tuple[int, ...], claim_id: int) -> int:
    """The shift a claim is on. Raises NotFound for anybody else's."""
    claim = await Claim.get_or_none(id=claim_id, shift__gig__employer_id__in=employer_ids).select_related(
        "shift"
    )
    if claim is None:
        raise NotFound
    return int(claim.shift.id)


async def shift_page(employer_ids: tuple[int, ...], shift_id: int, now: datetime) -> EmployerShift:
    """Who is hired, waiting, here and gone. Raises NotFound for anybody else's shift."""
    shift = await shift_of(employer_ids, shift_id)
    rows = await _shift_rows("s.id = $1", [shift_id])
    people = await _people(shift_id, now)

    def of(*states: ClaimState) -> list[Person]:
        return [person for person in people if person.state in states]

    return EmployerShift(
        shift=rows[0],
        employer=shift.gig.employer,
        gig=shift.gig,
        site=shift.gig.site,
        here=of(ClaimState.WORKING),
        coming=of(ClaimState.HIRED),
        waiting=of(ClaimState.WAITING),
        gone=of(ClaimState.WORKED, ClaimState.ABSENT),
        ended=of(ClaimState.CANCELLED, ClaimState.CALLED_OFF),
    )


async def _people(shift_id: int, now: datetime) -> list[Person]:
    claims = await Claim.filter(shift_id=shift_id).select_related("worker").order_by("id")
    rows = await Attendance.filter(claim__shift_id=shift_id).select_related("claim")
    attended = {row.claim.id: row for row in rows}
    numbers = {claim.id: n for n, claim in enumerate((c for c in claims if c.state is ClaimState.WAITING), 1)}
    return [_person(claim, attended.get(claim.id), numbers.get(claim.id), now) for claim in claims]


def _person(claim: Claim, here: Attendance | None, position: int | None, now: datetime) -> Person:
    came: dict[str, Any] = (
        {}
        if here is None
        else {
            "in_at": here.in_at,
            "in_by": here.in_by,
            "in_distance_m": here.in_distance_m,
            "out_at": here.out_at,
            "worked_minutes": here.worked_minutes,
        }
    )
    holds = claim.state in rules.HOLDING
    return Person(
        claim_id=claim.id,
        worker_id=claim.worker.id,
        on_way_at=claim.on_way_at,
        late_minutes=claim.late_minutes,
        name=claim.worker.name if holds else rules.short_name(claim.worker.name),
        phone=claim.worker.phone if holds else "",
        state=claim.state,
        position=position,
        joined_at=claim.joined_at,
        reachable=rules.why_not_phone(claim.state, claim.starts_at, claim.ends_at, now) is None,
        **came,
    )
