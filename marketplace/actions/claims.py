"""The claim engine: taking a place, waiting for one, giving it back; who is next stands in waiting.py.

One conditional UPDATE of the shift's row decides every race. It also holds that row's lock until the commit, so
that giving back, promoting and joining the waiting list of one shift happen one after the other.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from tortoise.exceptions import IntegrityError

from accounts.actions import consent_to_share, notify
from accounts.rules import Viewer
from core import audit, database, live
from core.database import transaction
from core.errors import NotFound, Refusal, Refused, refusal, refuse_if
from core.i18n import N_
from marketplace import rules
from marketplace.actions import allowance, points
from marketplace.actions.waiting import (
    GIVE_BACK,
    STOP_WAITING,
    TAKE,
    promote_waiting,
    release_offer,
    words_of,
)
from marketplace.models import Claim, LedgerRow
from marketplace.queries import shifts
from marketplace.queries.shifts import ShiftPage
from marketplace.rules import ClaimState, InvitationState, PointReason

WAIT = (
    "UPDATE shift SET waiting = waiting + 1 WHERE id = $1 AND state = 'open' AND starts_at > $2"
    " AND taken + held >= places AND waiting < $3"
)


@dataclass(frozen=True)
class Claimed:
    """What the tap came to."""

    id: int
    state: ClaimState
    position: int | None
    undo_until: datetime | None


async def claim_shift(
    shift_id: int, worker: Viewer, *, terms: str = "", wait: bool = True, now: datetime
) -> Claimed:
    """Hire the worker for a place of the shift, or put them on its waiting list. Raises Refused with the reason.

    `terms` is the fingerprint of what the worker read; when the employer changed it meanwhile, nothing happens.
    """
    page = await shifts.shift_page(shift_id, worker.id, now)
    refuse_if(rules.why_not_claim(page.facts, now))
    if terms and terms != page.terms_sha256:
        raise Refused("terms-changed", N_("The terms have changed meanwhile. Please read them again."))
    try:
        async with transaction():
            hired = await _take_or_wait(page, wait, now)
            return await _write(page, worker, hired, now)
    except IntegrityError as error:
        raise Refused(_judged_by(error)) from None


async def _take_or_wait(page: ShiftPage, wait: bool, now: datetime) -> bool:
    """True when a place was taken, False when a place to wait. A place may come free in between: then again."""
    shift_id, limit = page.offer.id, rules.waiting_limit(page.offer.places)
    for _ in range(3):
        if await database.execute(TAKE, [shift_id, database.stored(now)]):
            return True
        if not wait:
            break
        if await database.execute(WAIT, [shift_id, database.stored(now), limit]):
            return False
    raise Refused(
        "full", N_("The shift is full, and so is its waiting list.") if wait else N_("The shift is full.")
    )


async def _write(page: ShiftPage, worker: Viewer, hired: bool, now: datetime) -> Claimed:
    """The claim and all that goes with it, in few round trips: meanwhile the next one waits for the shift's row."""
    state = ClaimState.HIRED if hired else ClaimState.WAITING
    undo_until = now + rules.UNDO_WINDOW if hired else None
    claim_id = await database.insert(
        Claim,
        shift_id=page.offer.id,
        worker_id=worker.id,
        terms_id=page.terms_id,
        state=state,
        starts_at=page.offer.starts_at,
        ends_at=page.offer.ends_at,
        joined_at=now,
        slip_code=f"{secrets.randbelow(1_000_000):06}",
        hired_at=now if hired else None,
        undo_until=undo_until,
    )
    beside = [
        audit.row(
            f"claim.{state.value}", "claim", claim_id, now=now, subject_id=worker.id, shift=page.offer.id
        )
    ]
    if hired:
        beside.append((LedgerRow, {"shift_id": page.offer.id, "claim_id": claim_id, "change": 1, "at": now}))
    if not page.consented:
        beside.append(consent_to_share(worker.id, page.offer.employer_id, now))
    await notify(worker.id, state.value, now, link=f"/claims/{claim_id}", beside=beside, **_words(page))
    live.touch("shift", page.offer.id)
    live.touch("employer", page.offer.employer_id)
    place = None if hired else await shifts.position(page.offer.id, claim_id)
    return Claimed(claim_id, state, place, undo_until)


def _words(page: ShiftPage) -> dict[str, object]:
    return {
        "title": page.offer.title,
        "employer": page.offer.employer,
        "starts_at": page.offer.starts_at.isoformat(),
    }


def _judged_by(error: IntegrityError) -> Refusal:
    """The refusal of a constraint: somebody tapped twice, or took another shift in the same moment."""
    if "overlap" in str(error):
        return refusal("overlap", N_("You have another shift at that time."))
    return refusal("already-claimed", N_("You have this shift already."))


async def cancel_claim(claim_id: int, worker: Viewer, now: datetime) -> ClaimState:
    """Give a claim back (within five minutes: undo). The next who waits is hired, or asked, in the same moment.

    Giving back late costs points, as the page said before the tap. Raises NotFound for anybody else's claim,
    Refused when the shift has begun or the claim has ended.
    """
    claim = await Claim.get_or_none(id=claim_id, worker_id=worker.id)
    if claim is None:
        raise NotFound
    refuse_if(rules.why_not_cancel(claim.state, claim.starts_at, now))
    async with transaction():
        ended = rules.ended_as(claim.state, claim.undo_until, now)
        if await end_claim(claim, ended, now):
            await promote_waiting(claim.shift_id, now)
        await points.give(
            claim,
            rules.points_for(claim.state, claim.undo_until, claim.starts_at, now),
            PointReason.LATE,
            now,
        )
    return ended


async def end_claim(claim: Claim, ended: ClaimState, now: datetime) -> bool:
    """End a waiting or hired claim, in the open transaction, and give back what it held; whether a place came free."""
    # The shift's row first: every path locks in that order, so two can never wait for each other.
    was_hired = claim.state is ClaimState.HIRED
    counted = await database.execute(GIVE_BACK if was_hired else STOP_WAITING, [claim.shift_id])
    moved = counted and await Claim.filter(id=claim.id, state=claim.state).update(state=ended, ended_at=now)
    if not moved:
        raise _changed()
    if was_hired:
        await LedgerRow.create(shift_id=claim.shift_id, claim_id=claim.id, change=-1, at=now)
    await audit.record(
        f"claim.{ended.value}", "claim", claim.id, now=now, subject_id=claim.worker_id, was=claim.state.value
    )
    live.touch("shift", claim.shift_id)
    if was_hired:
        return True
    let_go = InvitationState.DECLINED if ended is ClaimState.CANCELLED else InvitationState.EXPIRED
    return await release_offer(claim.id, claim.shift_id, let_go, now)


def _changed() -> Refused:
    return Refused("changed", N_("This claim has changed meanwhile. Please look again."))


async def change_places(shift_id: int, employer_id: int, places: int, now: datetime) -> None:
    """More or fewer places; never fewer than are hired. New places go to who waits first."""
    async with transaction():
        changed = await database.execute(
            "UPDATE shift SET places = $2 WHERE id = $1 AND taken + held <= $2 AND state = 'open'",
            [shift_id, places],
        )
        if not changed:
            rows = await database.rows("SELECT taken, held FROM shift WHERE id = $1", [shift_id])
            refuse_if(rules.why_not_places(places, rows[0]["taken"], rows[0]["held"]))
            raise Refused("closed", N_("This shift is no longer offered."))
        await audit.record("shift.places", "shift", shift_id, now=now, places=places)
        await promote_waiting(shift_id, now)
        live.touch("shift", shift_id)
        live.touch("employer", employer_id)


async def call_off_shift(shift_id: int, employer_id: int, now: datetime) -> int:
    """The employer calls a shift off before it starts; everybody hired or waiting is told.

    Inside the notice window everybody hired is owed an allowance; how much in all, in fen.
    """
    owed = 0
    async with transaction():
        off = await database.execute(
            "UPDATE shift SET state = 'cancelled' WHERE id = $1 AND state = 'open' AND starts_at > $2",
            [shift_id, database.stored(now)],
        )
        if not off:
            raise Refused("begun", N_("A shift that has begun or was called off cannot be called off."))
        await audit.record("shift.called-off", "shift", shift_id, now=now)
        for claim in await Claim.filter(shift_id=shift_id, state__in=(ClaimState.WAITING, ClaimState.HIRED)):
            await end_claim(claim, ClaimState.CALLED_OFF, now)
            await notify(
                claim.worker_id, "called-off", now, link=f"/claims/{claim.id}", **await words_of(claim.id)
            )
            if claim.state is ClaimState.HIRED:
                owed += await allowance.owe(claim, employer_id, now)
        live.touch("employer", employer_id)
    return owed


async def lapse_waiting(now: datetime) -> int:
    """End the waiting for shifts that have begun (timer)."""
    late = await Claim.filter(state=ClaimState.WAITING, starts_at__lte=now).limit(200)
    for claim in late:
        async with transaction():
            await end_claim(claim, ClaimState.LAPSED, now)
    return len(late)


async def mark_absent(now: datetime) -> int:
    """Note who was hired and had not come when the shift ended (timer)."""
    missing = await Claim.filter(state=ClaimState.HIRED, ends_at__lte=now).limit(200)
    for claim in missing:
        async with transaction():
            if await Claim.filter(id=claim.id, state=ClaimState.HIRED).update(state=ClaimState.ABSENT):
                await audit.record("claim.absent", "claim", claim.id, now=now, subject_id=claim.worker_id)
                await points.give(claim, points.for_absence(now), PointReason.ABSENT, now)
    return len(missing)
