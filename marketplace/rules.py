"""The rules of the gig market: pure, told the facts and the time, answering with the reason."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from core.clock import local
from core.errors import Refusal, refusal
from core.i18n import N_, translated
from rulebook import market
from rulebook.places import Point, distance_m
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
    # Hours from the printed sheet, typed afterwards.
    ClaimState.ABSENT: {ClaimState.WORKING},
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
    SLIP = "slip"
    """By the six digits of a slip, for people without a phone."""
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
    lacking: tuple[str, ...] = ()
    """Names of certificates the gig needs and this person has no verified one of on that day."""
    held: int = 0
    """Free places offered to somebody on the waiting list."""
    travels: bool = False
    """Another shift lies so near in time that there is no way from one place to the other."""
    blocked_by: Side | None = None
    """Who of the two does not want to meet the other."""
    paused_until: datetime | None = None


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
    if facts.blocked_by:
        return _why_blocked(facts.blocked_by)
    if not facts.named or facts.birth_date is None:
        return refusal("profile-needed", N_("Please give your name and ID number first."))
    if age_on(facts.birth_date, facts.starts_at.date()) < facts.min_age:
        return refusal("too-young", N_("This shift is for people of %(n)s and over."), n=facts.min_age)
    if facts.trade_refusal:
        return facts.trade_refusal
    if facts.lacking:
        return refusal(
            "certificate-needed",
            N_(
                "This shift needs: %(names)s, valid on that day and verified. "
                "Add it under “My certificates”; an officer looks at it."
            ),
            names=", ".join(translated(name) for name in facts.lacking),
        )
    return _why_not_then(facts, now)


def _why_blocked(by: Side) -> Refusal:
    if by is Side.WORKER:
        return refusal("blocked", N_("You have blocked this employer."))
    # Told as closed, without blame.
    return refusal("closed", N_("This shift is no longer offered."))


def _why_not_then(facts: ClaimFacts, now: datetime) -> Refusal | None:
    """What stands in the way at that time."""
    if facts.overlaps:
        return refusal("overlap", N_("You have another shift at that time."))
    if facts.travels:
        return refusal(
            "travel", N_("You would not get here in time from your other shift, or there from here.")
        )
    if facts.paused_until and now < facts.paused_until:
        day = local(facts.paused_until).date().isoformat()
        return refusal(
            "paused",
            N_("You gave shifts back late too often. You can take shifts again from %(day)s."),
            day=day,
        )
    return None


def why_full(facts: ClaimFacts) -> Refusal | None:
    """Why there is neither a place nor a place to wait."""
    if facts.taken + facts.held >= facts.places and facts.waiting >= waiting_limit(facts.places):
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


def why_not_places(places: int, taken: int, held: int = 0) -> Refusal | None:
    """Why a shift cannot have this many places."""
    if taken <= places < taken + held:
        return refusal(
            "places-taken",
            N_("A place is being offered to somebody who waits. Please try again in two minutes."),
        )
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


# --- the day and after ---

REMIND_FAR, REMIND_NEAR = timedelta(hours=12), timedelta(hours=2)
LATE_MINUTES = (10, 20, 30, 45)
SILENCE = timedelta(hours=24)
"""An employer who says nothing for this long agrees: to hours as recorded, and to a correction."""
BY_HAND_WITHIN = timedelta(days=7)
"""How long after the end hours from the printed sheet may be typed in."""
CORRECT_WITHIN = timedelta(days=7)
RATE_WITHIN = timedelta(days=14)
RELIABLE_FOR = timedelta(days=90)
"""What counts for reliability: how somebody is now, not how they once were."""
FACTS = ("address", "work", "pay", "hours", "meals")
"""What a worker may say was as posted, or was not."""


def why_not_on_way(
    state: ClaimState, starts_at: datetime, ends_at: datetime, now: datetime
) -> Refusal | None:
    """Why somebody cannot say now that they are on the way or will be late."""
    if state is not ClaimState.HIRED:
        return refusal("not-hired", N_("You are not hired for this shift."))
    if now < starts_at - REMIND_FAR:
        return refusal("too-early", N_("You can say so from 12 hours before the shift."))
    if now >= ends_at:
        return refusal("over", N_("This shift is over."))
    return None


def why_not_by_hand(
    state: ClaimState, starts_at: datetime, ends_at: datetime, times: tuple[datetime, datetime], now: datetime
) -> Refusal | None:
    """Why hours from the printed sheet cannot be typed in for somebody."""
    if state not in (ClaimState.HIRED, ClaimState.ABSENT):
        return refusal("checked-in", N_("The hours of this person are noted already."))
    if now < ends_at:
        return refusal("not-over", N_("Hours can be typed in once the shift is over."))
    if now > ends_at + BY_HAND_WITHIN:
        return refusal("too-late", N_("Hours can be typed in for seven days after the shift."))
    if not starts_at - CHECK_IN_OPENS <= times[0] < times[1] <= ends_at + FORGOTTEN_AFTER:
        return refusal("not-in-shift", N_("These times do not lie within the shift."))
    return None


def why_not_correct(
    state: ClaimState,
    ends_at: datetime,
    *,
    is_open: bool,
    minutes: int,
    counted: int,
    paid: bool,
    now: datetime,
) -> Refusal | None:
    """Why a worker cannot ask for other hours. `counted` are the minutes on the pay lines so far."""
    if state is not ClaimState.WORKED:
        return refusal("not-worked", N_("Hours can be changed once you have checked out."))
    if is_open:
        return refusal("asked", N_("You have asked for a change already. Please wait for the answer."))
    if now > ends_at + CORRECT_WITHIN:
        return refusal("too-late", N_("Hours can be changed for seven days after the shift."))
    if minutes == counted:
        return refusal("same", N_("These are the hours that are noted already."))
    if paid and minutes < counted:
        return refusal("paid", N_("This is paid already and can only become more."))
    return None


def why_not_decide(state: CorrectionState) -> Refusal | None:
    """Why a wish for other hours cannot be answered any more."""
    if state is not CorrectionState.OPEN:
        return refusal("answered", N_("This was answered already."))
    return None


def why_not_settle(state: PayState, *, paid: bool) -> Refusal | None:
    """Why a dispute cannot be settled by a further line: unpaid lines are settled by confirming the right hours."""
    if state is not PayState.DISPUTED or not paid:
        return refusal("not-disputed", N_("Only a paid line that is disputed is settled this way."))
    return None


def confirms_at(created_at: datetime) -> datetime:
    """When a line that is due confirms itself."""
    return created_at + SILENCE


def why_not_rate(state: ClaimState, ends_at: datetime, now: datetime) -> Refusal | None:
    """Why a claim cannot be rated, nor its posting be called true or not."""
    if state is not ClaimState.WORKED:
        return refusal("not-worked", N_("You can say so once the work is done."))
    if now > ends_at + RATE_WITHIN:
        return refusal("too-late", N_("You can say so for 14 days after the shift."))
    return None


def may_see_rating(*, mine: bool, theirs: bool, ends_at: datetime, now: datetime) -> bool:
    """Each side sees what the other wrote once both have written, or nobody can any more: no tit for tat."""
    return theirs and (mine or now > ends_at + RATE_WITHIN)


def why_not_message(shift: ShiftState, ends_at: datetime, now: datetime) -> Refusal | None:
    """Why an employer cannot write to everybody on a shift."""
    if shift is not ShiftState.OPEN or now > ends_at + PHONE_SHOWN_AFTER:
        return refusal("over", N_("This shift is over."))
    return None


# --- lasting jobs ---

JOB_AHEAD = timedelta(days=183)
"""A vacancy older than half a year is looked at again, as a licence is."""

APPLICATION_EDGES = {
    ApplicationState.SENT: {
        ApplicationState.SEEN,
        ApplicationState.INVITED,
        ApplicationState.HIRED,
        ApplicationState.REFUSED,
        ApplicationState.WITHDRAWN,
    },
    ApplicationState.SEEN: {
        ApplicationState.INVITED,
        ApplicationState.HIRED,
        ApplicationState.REFUSED,
        ApplicationState.WITHDRAWN,
    },
    ApplicationState.INVITED: {
        ApplicationState.HIRED,
        ApplicationState.REFUSED,
        ApplicationState.WITHDRAWN,
    },
    ApplicationState.WITHDRAWN: {ApplicationState.SENT},
}
"""From state → to states. Anything else is a fault. Who comes back after withdrawing applies with the same row."""
UNANSWERED = (ApplicationState.SENT, ApplicationState.SEEN)
ANSWERED = (ApplicationState.INVITED, ApplicationState.HIRED, ApplicationState.REFUSED)


def ways_to(state: ApplicationState) -> list[ApplicationState]:
    """The states from which an application may come to this one."""
    return [came for came, ways in APPLICATION_EDGES.items() if state in ways]


@dataclass(frozen=True)
class ApplyFacts:
    """What decides whether somebody may apply for a job."""

    open: bool
    """The job is published and still holds, and its employer is verified."""
    state: ApplicationState | None
    """Of the application this person has sent already."""
    own_employer: bool
    blocked: bool
    """One of the two does not want to meet the other."""
    named: bool
    birth_date: date | None
    min_age: int
    trade_refusal: Refusal | None = None
    """Why the law bars this person from this trade, if it does."""


def why_not_apply(facts: ApplyFacts, today: date) -> Refusal | None:
    """Why this person cannot apply for this job, or None. The same answer feeds the button, the refusal and the test."""
    if facts.state not in (None, ApplicationState.WITHDRAWN):
        return refusal("already-applied", N_("You have applied for this job already."))
    if not facts.open:
        return refusal("closed", N_("This job is no longer offered."))
    if facts.own_employer:
        return refusal("own-employer", N_("You are a member of this employer and cannot apply to it."))
    if facts.blocked:
        return refusal("blocked", N_("This employer's jobs are not open to you."))
    if not facts.named or facts.birth_date is None:
        return refusal("profile-needed", N_("Please give your name and ID number first."))
    if age_on(facts.birth_date, today) < facts.min_age:
        return refusal("too-young", N_("This job is for people of %(n)s and over."), n=facts.min_age)
    return facts.trade_refusal


def why_not_answer(
    state: ApplicationState, to: ApplicationState, reason: RefusalReason | None
) -> Refusal | None:
    """Why an employer cannot move an application to this state."""
    if state is ApplicationState.WITHDRAWN:
        return refusal("withdrawn", N_("The applicant has withdrawn."))
    if to not in APPLICATION_EDGES.get(state, set()):
        return refusal("answered", N_("This application has been answered already."))
    if to is ApplicationState.REFUSED and reason is None:
        return refusal("reason-needed", N_("Please choose the reason; the applicant will read it."))
    return None


def why_not_withdraw(state: ApplicationState) -> Refusal | None:
    """Why an applicant cannot take an application back."""
    if ApplicationState.WITHDRAWN not in APPLICATION_EDGES.get(state, set()):
        return refusal("not-yours-to-withdraw", N_("This application cannot be withdrawn any more."))
    return None


def why_not_call(state: ApplicationState) -> Refusal | None:
    """Why an employer may not see an applicant's number: it is for those they want to meet."""
    if state not in (ApplicationState.INVITED, ApplicationState.HIRED):
        return refusal("no-phone", N_("Numbers are shown once you have invited the person."))
    return None


def why_not_valid(valid_until: date, today: date) -> Refusal | None:
    """Why a job cannot hold until this day."""
    if valid_until < today:
        return refusal("past", N_("The last day of a job must lie in the future."))
    if valid_until - today > JOB_AHEAD:
        return refusal("far", N_("A job can be posted for at most half a year; then look at it again."))
    return None


# --- the way from one shift to the next ---


@dataclass(frozen=True, slots=True)
class Booked:
    """A shift somebody holds: when and where."""

    starts_at: datetime
    ends_at: datetime
    point: Point


class Conflict(StrEnum):
    """Why a shift does not go together with another of the same person."""

    OVERLAP = "overlap"
    TRAVEL = "travel"


NEIGHBOURS_WITHIN = timedelta(hours=12)
"""Further apart in time, no way within the reach of short work matters."""


def travel_time(start: Point, end: Point, on: date) -> timedelta:
    """How long people need from one place to another; nothing at the same place."""
    if start == end:
        return timedelta(0)
    hours = distance_m(start, end) / 1000 / market.number("travel-kmh", on)
    return timedelta(hours=hours, minutes=market.number("travel-extra-minutes", on))


def conflict(wanted: Booked, held: Iterable[Booked]) -> Conflict | None:
    """What stands between a shift and those somebody holds already."""
    on, found = local(wanted.starts_at).date(), None
    for other in held:
        if other.starts_at < wanted.ends_at and other.ends_at > wanted.starts_at:
            return Conflict.OVERLAP
        way = travel_time(other.point, wanted.point, on)
        if other.starts_at < wanted.ends_at + way and other.ends_at + way > wanted.starts_at:
            found = Conflict.TRAVEL
    return found


# --- exclusive offers ---


def needs_answer(starts_at: datetime, now: datetime) -> bool:
    """Whether time is so short that who waits must be asked before being hired: they may have gone elsewhere."""
    return starts_at - now <= timedelta(minutes=market.number("answer-minutes", local(now).date()))


def can_arrive(starts_at: datetime, home: Point | None, site: Point, now: datetime) -> bool:
    """Whether somebody can still come in time, from home or from where we assume them to be."""
    on = local(now).date()
    assumed = timedelta(minutes=market.number("travel-assumed-minutes", on))
    return starts_at - now > (assumed if home is None else travel_time(home, site, on))


def offer_ends(now: datetime) -> datetime:
    """Until when an offer made now is exclusive."""
    return now + timedelta(seconds=market.number("offer-seconds", local(now).date()))


# --- release in tiers ---

WIDER = {Tier.FAVOURITES: Tier.PAST, Tier.PAST: Tier.ALL}


def widens_at(tier: Tier, starts_at: datetime, now: datetime) -> datetime | None:
    """When a shift that opened to this tier now opens to the next."""
    if tier is Tier.ALL:
        return None
    return now + timedelta(minutes=market.step(f"tier-{tier.value}", starts_at - now, local(now).date()))


# --- points for giving back late ---


class PointReason(StrEnum):
    """What points are for."""

    LATE = "late"
    ABSENT = "absent"
    TAKEN_BACK = "taken-back"
    """An officer took them back: negative."""


@dataclass(frozen=True)
class Standing:
    """How many points somebody has, and until when they pause because of them."""

    points: int
    paused_until: datetime | None = None


def points_for(state: ClaimState, undo_until: datetime | None, starts_at: datetime, now: datetime) -> int:
    """What giving a claim back costs now: nothing while waiting, within the undo, or early enough."""
    if state is not ClaimState.HIRED or ended_as(state, undo_until, now) is ClaimState.UNDONE:
        return 0
    return market.step("late-cancel", starts_at - now, local(now).date())


def points_count_from(now: datetime) -> datetime:
    """Points written down before this moment have faded."""
    return now - timedelta(days=market.number("points-days", local(now).date()))


def points_limit(on: date) -> int:
    """From so many points on somebody pauses."""
    return market.number("points-pause", on)


def standing(given: Iterable[tuple[datetime, int]], worked: Iterable[datetime], now: datetime) -> Standing:
    """Points after all that was given and taken back (moment, points), and one off for each shift worked since.

    The pause runs from the moment the limit was reached; points that are taken back below it end it.
    """
    on, since = local(now).date(), points_count_from(now)
    limit, pause = points_limit(on), timedelta(days=market.number("points-pause-days", on))
    off = [(at, -market.number("points-off", on), True) for at in worked if at > since]
    points, until = 0, None
    for at, change, by_work in sorted([*((at, change, False) for at, change in given if at > since), *off]):
        points = max(0, points + change)
        if change > 0 and points >= limit:
            until = at + pause
        elif points < limit and not by_work:
            until = None
    return Standing(points, until if until and until > now else None)


# --- what an employer owes for calling off late ---


def allowance_percent(starts_at: datetime, now: datetime) -> int:
    """Share of the agreed pay that is owed when a shift is called off now."""
    return market.step("allowance", starts_at - now, local(now).date())


def allowance_minutes(paid: int, percent: int) -> int:
    """The same in paid minutes, rounded up to a whole minute, so that the line adds up like any other."""
    return -(-paid * percent // 100)
