"""The rules of the gig market: pure, told the facts and the time, answering with the reason."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from core.errors import Refusal, refusal
from core.i18n import N_
from rulebook.trades import age_on


class GigState(StrEnum):
    """draft → pending (an officer looks) → published → closed; or rejected, and again pending."""

    DRAFT = "draft"
    PENDING = "pending"
    PUBLISHED = "published"
    REJECTED = "rejected"
    CLOSED = "closed"


class ShiftState(StrEnum):
    """Open for claims, or called off by the employer."""

    OPEN = "open"
    CANCELLED = "cancelled"


class ClaimState(StrEnum):
    """waiting → hired → working → worked; or how it ended otherwise."""

    WAITING = "waiting"
    HIRED = "hired"
    WORKING = "working"
    WORKED = "worked"
    ABSENT = "absent"
    UNDONE = "undone"
    CANCELLED = "cancelled"
    CALLED_OFF = "called-off"
    LAPSED = "lapsed"


HOLDING = (ClaimState.HIRED, ClaimState.WORKING, ClaimState.WORKED, ClaimState.ABSENT)
"""States in which a claim holds one place of its shift."""
LIVE = (ClaimState.WAITING, *HOLDING)
"""States in which a worker has this shift already."""

EDGES = {
    ClaimState.WAITING: {ClaimState.HIRED, ClaimState.CANCELLED, ClaimState.CALLED_OFF, ClaimState.LAPSED},
    ClaimState.HIRED: {
        ClaimState.WORKING,
        ClaimState.ABSENT,
        ClaimState.UNDONE,
        ClaimState.CANCELLED,
        ClaimState.CALLED_OFF,
    },
    ClaimState.WORKING: {ClaimState.WORKED},
}
"""From state → to states. Anything else is a fault."""


class Settles(StrEnum):
    """When pay falls due. The law allows fifteen days at most [劳动合同法 72]."""

    DAY = "day"
    WEEK = "week"
    FORTNIGHT = "fortnight"


SETTLES_WITHIN = {Settles.DAY: 0, Settles.WEEK: 7, Settles.FORTNIGHT: 15}
"""Days from the shift's last day to the day the pay is due."""


class CheckedBy(StrEnum):
    """How an arrival or a leaving was noted."""

    QR = "qr"
    CODE = "code"
    HAND = "hand"
    WORKER = "worker"
    TIMER = "timer"


class PayKind(StrEnum):
    """What a pay line is for."""

    WORK = "work"
    CORRECTION = "correction"
    ALLOWANCE = "allowance"
    """Owed by an employer who called a shift off too late."""


class Tier(StrEnum):
    """To whom a shift is open: it widens by itself, favourites → good past workers → everybody."""

    FAVOURITES = "favourites"
    PAST = "past"
    ALL = "all"


class InvitationState(StrEnum):
    """An exclusive offer of a freed place: open for 90 seconds, then the next in the list is asked."""

    OPEN = "open"
    TAKEN = "taken"
    DECLINED = "declined"
    EXPIRED = "expired"


class Side(StrEnum):
    """Who says something of whom."""

    WORKER = "worker"
    EMPLOYER = "employer"


class MarkKind(StrEnum):
    """A favourite is offered first, who is blocked never meets again."""

    FAVOURITE = "favourite"
    BLOCKED = "blocked"


class CorrectionState(StrEnum):
    """A wish to change the hours: silence for 24 hours approves."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class JobState(StrEnum):
    """As a gig: an officer looks before anybody sees it."""

    PENDING = "pending"
    PUBLISHED = "published"
    REJECTED = "rejected"
    CLOSED = "closed"


class ApplicationState(StrEnum):
    """sent → seen → invited → hired, or refused with a typed reason, or withdrawn."""

    SENT = "sent"
    SEEN = "seen"
    INVITED = "invited"
    HIRED = "hired"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class RefusalReason(StrEnum):
    """Why an application was refused, in one of these and nothing else."""

    FILLED = "filled"
    SKILLS = "skills"
    HOURS = "hours"
    DISTANCE = "distance"
    PAY = "pay"
    PAPERS = "papers"
    NO_ANSWER = "no-answer"


class PayState(StrEnum):
    """due → confirmed → paid; disputed from any of them, and back to confirmed when settled."""

    DUE = "due"
    CONFIRMED = "confirmed"
    PAID = "paid"
    DISPUTED = "disputed"


UNDO_WINDOW = timedelta(minutes=5)
CHECK_IN_OPENS = timedelta(minutes=60)
CHECK_IN_STEP = 30
"""Seconds for which a code on the site's screen is shown."""
CODE_GRACE = 4
"""A six-digit code stays good for this many further steps: people read it off and type it slowly."""
QR_GRACE = 1
FORGOTTEN_AFTER = timedelta(hours=2)
"""Who is still checked in this long after the end forgot to check out; the agreed end counts."""
POST_AHEAD = timedelta(days=180)
PHONE_SHOWN_BEFORE = timedelta(hours=12)
PHONE_SHOWN_AFTER = timedelta(hours=2)
PLACES_MAX = 500
SHIFT_MAX = timedelta(hours=16)


def waiting_limit(places: int) -> int:
    """How many may wait. A longer list would be a promise nobody can keep."""
    return max(10, 2 * places)


@dataclass(frozen=True)
class ClaimFacts:
    """What decides whether somebody may claim a shift."""

    public: bool
    """The gig is published and its employer verified."""
    state: ShiftState
    starts_at: datetime
    places: int
    taken: int
    waiting: int
    live_claim: bool
    overlaps: bool
    birth_date: date | None
    named: bool
    min_age: int
    trade_refusal: Refusal | None = None
    """Why the law bars this person from this trade, if it does."""
    own_employer: bool = False


def why_not_claim(facts: ClaimFacts, now: datetime) -> Refusal | None:
    """Why this shift cannot be claimed, or None. The same answer feeds the button, the refusal and the test."""
    return why_closed(facts, now) or why_not_person(facts, now) or why_full(facts)


def why_closed(facts: ClaimFacts, now: datetime) -> Refusal | None:
    """Why nobody can claim it."""
    if not facts.public or facts.state is not ShiftState.OPEN:
        return refusal("closed", N_("This shift is no longer offered."))
    if facts.starts_at <= now:
        return refusal("closed", N_("This shift has already begun."))
    return None


def why_not_person(facts: ClaimFacts, now: datetime) -> Refusal | None:
    """Why this person cannot claim it."""
    if facts.live_claim:
        return refusal("already-claimed", N_("You have this shift already."))
    if facts.own_employer:
        return refusal("own-employer", N_("You are a member of this employer and cannot take its shifts."))
    if not facts.named or facts.birth_date is None:
        return refusal("profile-needed", N_("Please give your name and ID number first."))
    if age_on(facts.birth_date, facts.starts_at.date()) < facts.min_age:
        return refusal("too-young", N_("This shift is for people of %(n)s and over."), n=facts.min_age)
    if facts.trade_refusal:
        return facts.trade_refusal
    if facts.overlaps:
        return refusal("overlap", N_("You have another shift at that time."))
    return None


def why_full(facts: ClaimFacts) -> Refusal | None:
    """Why there is neither a place nor a place to wait."""
    if facts.taken >= facts.places and facts.waiting >= waiting_limit(facts.places):
        return refusal("full", N_("The shift is full, and so is its waiting list."))
    return None


def why_not_cancel(state: ClaimState, starts_at: datetime, now: datetime) -> Refusal | None:
    """Why a worker cannot give a claim back."""
    if state not in (ClaimState.WAITING, ClaimState.HIRED):
        return refusal("not-yours-to-cancel", N_("This claim cannot be cancelled any more."))
    if state is ClaimState.HIRED and starts_at <= now:
        return refusal("begun", N_("The shift has begun. Please talk to the employer."))
    return None


def ended_as(state: ClaimState, undo_until: datetime | None, now: datetime) -> ClaimState:
    """Giving back within the undo window leaves no trace on a worker's record."""
    if state is ClaimState.HIRED and undo_until is not None and now <= undo_until:
        return ClaimState.UNDONE
    return ClaimState.CANCELLED


def why_not_places(places: int, taken: int) -> Refusal | None:
    """Why a shift cannot have this many places."""
    if places < taken:
        return refusal(
            "places-taken", N_("%(n)s people are hired already; there cannot be fewer places."), n=taken
        )
    return None


# --- the day ---


def check_in_step(moment: datetime) -> int:
    """Number of the 30-second step a moment lies in."""
    return int(moment.timestamp()) // CHECK_IN_STEP


def check_in_code(key: str, step: int) -> str:
    """The six digits on the site's screen in this step."""
    digest = hmac.new(key.encode(), str(step).encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06}"


def check_in_token(key: str, shift_id: int, step: int) -> str:
    """What the QR on the site's screen carries in this step."""
    digest = hmac.new(key.encode(), f"qr {shift_id} {step}".encode(), hashlib.sha256).hexdigest()
    return f"{step:x}-{digest[:20]}"


def is_fresh_code(key: str, code: str, now: datetime) -> bool:
    """Whether somebody read this code off the screen just now."""
    step = check_in_step(now)
    expected = [check_in_code(key, step - back) for back in range(CODE_GRACE + 1)]
    return any(hmac.compare_digest(code.encode(), good.encode()) for good in expected)


def is_fresh_token(key: str, shift_id: int, token: str, now: datetime) -> bool:
    """Whether this QR was on the screen just now."""
    step = check_in_step(now)
    expected = [check_in_token(key, shift_id, step - back) for back in range(QR_GRACE + 1)]
    return any(hmac.compare_digest(token.encode(), good.encode()) for good in expected)


def why_not_check_in(
    state: ClaimState, starts_at: datetime, ends_at: datetime, now: datetime
) -> Refusal | None:
    """Why somebody cannot check in now."""
    if state in (ClaimState.WORKING, ClaimState.WORKED):
        return refusal("checked-in", N_("You are checked in already."))
    if state is not ClaimState.HIRED:
        return refusal("not-hired", N_("You are not hired for this shift."))
    if now < starts_at - CHECK_IN_OPENS:
        return refusal("too-early", N_("Checking in opens one hour before the shift."))
    if now >= ends_at:
        return refusal("over", N_("This shift is over."))
    return None


def why_not_here(distance_m: float | None, fence_m: int) -> Refusal | None:
    """Why a position is not the site. No position at all is let in and shown to the employer."""
    if distance_m is not None and distance_m > fence_m:
        return refusal(
            "outside",
            N_("You are %(distance)s m from the site; checking in works within %(fence)s m."),
            distance=round(distance_m),
            fence=fence_m,
        )
    return None


def why_not_check_out(state: ClaimState) -> Refusal | None:
    """Why somebody cannot check out now."""
    if state is not ClaimState.WORKING:
        return refusal("not-working", N_("You are not checked in to this shift."))
    return None


def worked_minutes(
    *, starts_at: datetime, ends_at: datetime, break_minutes: int, in_at: datetime, out_at: datetime
) -> int:
    """Paid minutes: inside the agreed hours, rounded down to whole minutes, less the break of a long enough stay.

    Coming early or staying late is not work until the employer says so (a correction); that keeps the
    worker's word and the employer's word apart.
    """
    begin, end = max(starts_at, in_at), min(ends_at, out_at)
    stayed = max(0, int((end - begin).total_seconds() // 60))
    whole = int((ends_at - starts_at).total_seconds() // 60)
    return max(0, stayed - (break_minutes if stayed * 2 > whole else 0))


def amount_fen(minutes: int, hourly_fen: int) -> int:
    """Pay for minutes at an hourly rate, rounded half up to a whole fen, once."""
    return (minutes * hourly_fen + 30) // 60


def minute_of(wall: datetime) -> int:
    """Minutes of the day of a wall time."""
    return wall.hour * 60 + wall.minute


def paid_minutes(starts_at: datetime, ends_at: datetime, break_minutes: int) -> int:
    """Minutes a whole shift pays for."""
    return int((ends_at - starts_at).total_seconds() // 60) - break_minutes


def due_on(last_day: date, settles: Settles) -> date:
    """The day by which the pay must be settled."""
    return last_day + timedelta(days=SETTLES_WITHIN[settles])


# --- settlement ---


def why_not_confirm(state: PayState) -> Refusal | None:
    """Why an employer cannot confirm a pay line."""
    if state not in (PayState.DUE, PayState.DISPUTED):
        return refusal("confirmed", N_("This line is confirmed already."))
    return None


def why_not_pay(state: PayState) -> Refusal | None:
    """Why an employer cannot mark a pay line as paid."""
    if state is PayState.PAID:
        return refusal("paid", N_("This line is paid already."))
    if state is not PayState.CONFIRMED:
        return refusal("not-confirmed", N_("Please confirm the hours first."))
    return None


def why_not_dispute(state: PayState) -> Refusal | None:
    """Why a worker cannot dispute a pay line."""
    if state is PayState.DISPUTED:
        return refusal("disputed", N_("You have disputed this line already."))
    return None


def why_not_post(*, licence_in: bool, stops: int) -> Refusal | None:
    """Why a posting cannot go to an officer. Licence and posting may wait for the officer side by side."""
    if stops:
        return refusal("stopped", N_("Please mend what the coach has stopped first."))
    if not licence_in:
        return refusal("licence-needed", N_("Please hand in your licence first."))
    return None


def why_not_publish(*, verified: bool, stops: int) -> Refusal | None:
    """Why shifts cannot become public."""
    if not verified:
        return refusal("not-verified", N_("Your licence must be verified first."))
    return why_not_post(licence_in=verified, stops=stops)


# --- what an employer may see of a worker ---


def short_name(name: str) -> str:
    """A name cut to its first character, for people who only wait."""
    return f"{name[:1]}**" if name else "**"


def why_not_phone(state: ClaimState, starts_at: datetime, ends_at: datetime, now: datetime) -> Refusal | None:
    """Why an employer may not see a worker's number: it is for finding each other on the day, no longer."""
    near = starts_at - PHONE_SHOWN_BEFORE <= now <= ends_at + PHONE_SHOWN_AFTER
    if state not in (ClaimState.HIRED, ClaimState.WORKING) or not near:
        return refusal("no-phone", N_("Numbers are shown on the day of the shift, for people who are hired."))
    return None
