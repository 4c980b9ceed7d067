"""The claim engine: taking a place, waiting for one, giving it back, promoting the next.

One conditional UPDATE of the shift's row decides every race. It also holds that row's lock until the commit, so
that giving back, promoting and joining the waiting list of one shift happen one after the other.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.exceptions import IntegrityError

from accounts.actions import consent_to_share, notify
from accounts.rules import Viewer
from core import audit, database, live
from core.database import transaction
from core.errors import NotFound, Refusal, Refused, refusal, refuse_if
from core.i18n import N_
from marketplace import rules
from marketplace.models import Claim, LedgerRow, Skip
from marketplace.queries import shifts
from marketplace.queries.shifts import ShiftPage
from marketplace.rules import ClaimState

TAKE = "UPDATE shift SET taken = taken + 1 WHERE id = $1 AND state = 'open' AND starts_at > $2 AND taken < places"
WAIT = (
    "UPDATE shift SET waiting = waiting + 1 WHERE id = $1 AND state = 'open' AND starts_at > $2"
    " AND taken >= places AND waiting < $3"
)
GIVE_BACK = "UPDATE shift SET taken = taken - 1 WHERE id = $1 AND taken > 0"
STOP_WAITING = "UPDATE shift SET waiting = waiting - 1 WHERE id = $1 AND waiting > 0"

PROMOTABLE = """SELECT s.id FROM shift s WHERE s.state = 'open' AND s.starts_at > $1 AND s.waiting > 0
    AND s.taken < s.places AND EXISTS (SELECT 1 FROM claim w WHERE w.shift_id = s.id AND w.state = 'waiting'
        AND NOT EXISTS (SELECT 1 FROM claim b WHERE b.worker_id = w.worker_id AND b.id <> w.id
            AND b.state IN ('hired', 'working', 'worked', 'absent')
            AND b.starts_at < w.ends_at AND b.ends_at > w.starts_at))
    ORDER BY s.starts_at, s.id LIMIT 200"""
"""Shifts with a free place and somebody waiting who could take it. Those for which all who wait are busy are left
out: there may be many, they would be tried in vain every few seconds, and crowd out the others."""


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
    """Give a claim back (within five minutes: undo). The next who waits is hired in the same moment.

    Raises NotFound for anybody else's claim, Refused when the shift has begun or the claim has ended.
    """
    claim = await Claim.get_or_none(id=claim_id, worker_id=worker.id)
    if claim is None:
        raise NotFound
    refuse_if(rules.why_not_cancel(claim.state, claim.starts_at, now))
    async with transaction():
        ended = rules.ended_as(claim.state, claim.undo_until, now)
        await end_claim(claim, ended, now)
        if claim.state is ClaimState.HIRED:
            await promote_waiting(claim.shift_id, now)
    return ended


async def end_claim(claim: Claim, ended: ClaimState, now: datetime) -> None:
    """End a waiting or hired claim, in the open transaction, and give back what it held."""
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


def _changed() -> Refused:
    return Refused("changed", N_("This claim has changed meanwhile. Please look again."))


async def promote_waiting(shift_id: int, now: datetime) -> int:
    """Hire from the waiting list, in order, while places are free; how many were. In the open transaction.

    Who cannot be hired now keeps the place in the list, and a row says why they were passed over.
    """
    promoted = 0
    waiting = await Claim.filter(shift_id=shift_id, state=ClaimState.WAITING).order_by("joined_at", "id")
    for claim in waiting:
        if claim.starts_at <= now or not await database.execute(TAKE, [shift_id, database.stored(now)]):
            break
        try:
            async with database.attempt():
                await _hire(claim, now)
            promoted += 1
        except Refused:
            # Given back before we held the shift's row.
            await database.execute(GIVE_BACK, [shift_id])
        except IntegrityError:
            await database.execute(GIVE_BACK, [shift_id])
            if not await Skip.filter(claim_id=claim.id, reason="overlap").exists():
                await Skip.create(claim_id=claim.id, reason="overlap", at=now)
    return promoted


async def _hire(claim: Claim, now: datetime) -> None:
    waiting = Claim.filter(id=claim.id, state=ClaimState.WAITING)
    if not await waiting.update(state=ClaimState.HIRED, hired_at=now, undo_until=now + rules.UNDO_WINDOW):
        raise _changed()
    await database.execute(STOP_WAITING, [claim.shift_id])
    await LedgerRow.create(shift_id=claim.shift_id, claim_id=claim.id, change=1, at=now)
    await audit.record("claim.hired", "claim", claim.id, now=now, subject_id=claim.worker_id, was="waiting")
    await notify(claim.worker_id, "promoted", now, link=f"/claims/{claim.id}", **await _words_of(claim))


async def _words_of(claim: Claim) -> dict[str, Any]:
    row = await Claim.get(id=claim.id).values(
        "starts_at", title="shift__gig__title", employer="shift__gig__employer__name"
    )
    return row | {"starts_at": row["starts_at"].isoformat()}


async def change_places(shift_id: int, employer_id: int, places: int, now: datetime) -> None:
    """More or fewer places; never fewer than are hired. New places go to who waits first."""
    async with transaction():
        changed = await database.execute(
            "UPDATE shift SET places = $2 WHERE id = $1 AND taken <= $2 AND state = 'open'",
            [shift_id, places],
        )
        if not changed:
            rows = await database.rows("SELECT taken FROM shift WHERE id = $1", [shift_id])
            refuse_if(rules.why_not_places(places, rows[0]["taken"]))
            raise Refused("closed", N_("This shift is no longer offered."))
        await audit.record("shift.places", "shift", shift_id, now=now, places=places)
        await promote_waiting(shift_id, now)
        live.touch("shift", shift_id)
        live.touch("employer", employer_id)


async def call_off_shift(shift_id: int, employer_id: int, now: datetime) -> None:
    """The employer calls a shift off before it starts; everybody hired or waiting is told."""
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
                claim.worker_id, "called-off", now, link=f"/claims/{claim.id}", **await _words_of(claim)
            )
        live.touch("employer", employer_id)


async def promote_everywhere(now: datetime) -> int:
    """Hire whoever has become able to take a free place since, e.g. by giving another shift back (timer)."""
    free = await database.rows(PROMOTABLE, [database.stored(now)])
    promoted = 0
    for row in free:
        async with transaction():
            promoted += await promote_waiting(row["id"], now)
    return promoted


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
    return len(missing)
