"""The waiting list: who gets a place that came free.

Well before the start the next in order is hired at once. When time is short the next who can still arrive is asked
first: an exclusive offer, for which the place is held in the same transaction. Everybody else keeps their number.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.exceptions import IntegrityError

from accounts.actions import notify
from accounts.rules import Viewer
from core import audit, database, live
from core.database import transaction
from core.errors import NotFound, Refused
from core.i18n import N_
from marketplace import rules
from marketplace.models import Claim, Invitation, LedgerRow, Skip
from marketplace.queries.shifts import booked_by
from marketplace.rules import Booked, ClaimState, Conflict, InvitationState
from rulebook.places import Point

TAKE = (
    "UPDATE shift SET taken = taken + 1 WHERE id = $1 AND state = 'open' AND starts_at > $2"
    " AND taken + held < places"
)
HOLD = (
    "UPDATE shift SET held = held + 1 WHERE id = $1 AND state = 'open' AND starts_at > $2"
    " AND taken + held < places"
)
TAKE_HELD = (
    "UPDATE shift SET taken = taken + 1, held = held - 1 WHERE id = $1 AND state = 'open' AND starts_at > $2"
    " AND held > 0"
)
RELEASE = "UPDATE shift SET held = held - 1 WHERE id = $1 AND held > 0"
GIVE_BACK = "UPDATE shift SET taken = taken - 1 WHERE id = $1 AND taken > 0"
STOP_WAITING = "UPDATE shift SET waiting = waiting - 1 WHERE id = $1 AND waiting > 0"

IN_ORDER = """SELECT w.id, w.worker_id, w.starts_at, w.ends_at, p.lat, p.lon, h.lat AS home_lat, h.lon AS home_lon,
    (SELECT count(*) FROM invitation i WHERE i.claim_id = w.id) AS asked
    FROM claim w JOIN shift s ON s.id = w.shift_id JOIN gig g ON g.id = s.gig_id JOIN site p ON p.id = g.site_id
    LEFT JOIN saved_place h ON h.id = (SELECT max(id) FROM saved_place WHERE user_id = w.worker_id)
    WHERE w.shift_id = $1 AND w.state = 'waiting' AND NOT EXISTS (SELECT 1 FROM mark b
        WHERE b.worker_id = w.worker_id AND b.employer_id = g.employer_id AND b.kind = 'blocked')
    ORDER BY w.id"""
"""Who waits, in the order in which they joined: ids are given while the shift's row is held, times are read before.
With where they live (the place they saved last), and without those whom one side has blocked."""

PROMOTABLE = """SELECT s.id FROM shift s WHERE s.state = 'open' AND s.starts_at > $1 AND s.waiting > 0
    AND s.taken + s.held < s.places AND EXISTS (SELECT 1 FROM claim w WHERE w.shift_id = s.id AND w.state = 'waiting'
        AND NOT EXISTS (SELECT 1 FROM claim b WHERE b.worker_id = w.worker_id AND b.id <> w.id
            AND b.state IN ('hired', 'working', 'worked', 'absent')
            AND b.starts_at < w.ends_at AND b.ends_at > w.starts_at)
        AND NOT EXISTS (SELECT 1 FROM invitation i WHERE i.claim_id = w.id)
        AND NOT EXISTS (SELECT 1 FROM skip k WHERE k.claim_id = w.id AND (k.reason = 'late'
            OR (k.reason = 'travel' AND EXISTS (SELECT 1 FROM claim b WHERE b.worker_id = w.worker_id
                AND b.state IN ('hired', 'working') AND b.hired_at <= k.at)))))
    ORDER BY s.starts_at, s.id LIMIT 200"""
"""Shifts with a free place and somebody waiting who could take it. Those for which all who wait are busy are left
out: there may be many, they would be tried in vain every few seconds, and crowd out the others."""


@dataclass(frozen=True)
class Next:
    """Somebody on the waiting list."""

    claim_id: int
    shift_id: int
    worker_id: int
    wanted: Booked
    home: Point | None
    asked: bool
    """Was offered a place of this shift before; nobody is asked twice."""


async def promote_waiting(shift_id: int, now: datetime) -> int:
    """Hire from the waiting list, or ask, in order, while places are free; how many were. In the open transaction.

    Who cannot have a place now keeps their number, and a row says why they were passed over.
    """
    moved = 0
    for one in await _in_order(shift_id):
        asks = rules.needs_answer(one.wanted.starts_at, now)
        if asks and one.asked:
            continue
        if one.wanted.starts_at <= now or not await database.execute(
            HOLD if asks else TAKE, [shift_id, database.stored(now)]
        ):
            break
        moved += await (_ask if asks else _promote)(one, now)
    return moved


async def _in_order(shift_id: int) -> list[Next]:
    return [_next(shift_id, row) for row in await database.rows(IN_ORDER, [shift_id])]


def _next(shift_id: int, row: dict[str, Any]) -> Next:
    starts_at, ends_at = database.loaded(row["starts_at"]), database.loaded(row["ends_at"])
    assert starts_at
    assert ends_at
    home = None if row["home_lat"] is None else (row["home_lat"], row["home_lon"])
    wanted = Booked(starts_at, ends_at, (row["lat"], row["lon"]))
    return Next(row["id"], shift_id, row["worker_id"], wanted, home, row["asked"] > 0)


async def _promote(one: Next, now: datetime) -> bool:
    """Hire who is next for the place that was just taken for them, or give it back."""
    reason = await _why_not_next(one, now)
    if reason is None:
        try:
            async with database.attempt():
                await _hire(one.claim_id, one.shift_id, one.worker_id, "promoted", now)
            return True
        except Refused:
            pass  # given back before we held the shift's row
        except IntegrityError:
            reason = Conflict.OVERLAP.value
    await database.execute(GIVE_BACK, [one.shift_id])
    if reason:
        await _pass_over(one, reason, now)
    return False


async def _ask(one: Next, now: datetime) -> bool:
    """Offer who is next the place that was just held for them, or let it go."""
    reason = await _why_not_next(one, now)
    if reason is None and not rules.can_arrive(one.wanted.starts_at, one.home, one.wanted.point, now):
        reason = "late"
    still_waits = reason is None and await Claim.filter(id=one.claim_id, state=ClaimState.WAITING).exists()
    if not still_waits:
        await database.execute(RELEASE, [one.shift_id])
        if reason:
            await _pass_over(one, reason, now)
        return False
    made = await Invitation.create(
        shift_id=one.shift_id, claim_id=one.claim_id, offered_at=now, expires_at=rules.offer_ends(now)
    )
    await audit.record("invitation.open", "invitation", made.id, now=now, subject_id=one.worker_id)
    await notify(
        one.worker_id, "offered", now, link=f"/claims/{one.claim_id}", **await words_of(one.claim_id)
    )
    _touch(one.shift_id, one.claim_id)
    return True


async def _why_not_next(one: Next, now: datetime) -> str | None:
    against = rules.conflict(one.wanted, await booked_by(one.worker_id, now))
    return against.value if against else None


async def _pass_over(one: Next, reason: str, now: datetime) -> None:
    if not await Skip.filter(claim_id=one.claim_id, reason=reason).exists():
        await Skip.create(claim_id=one.claim_id, reason=reason, at=now)


async def _hire(claim_id: int, shift_id: int, worker_id: int, notice: str, now: datetime) -> None:
    waiting = Claim.filter(id=claim_id, state=ClaimState.WAITING)
    if not await waiting.update(state=ClaimState.HIRED, hired_at=now, undo_until=now + rules.UNDO_WINDOW):
        raise _changed()
    await database.execute(STOP_WAITING, [shift_id])
    await LedgerRow.create(shift_id=shift_id, claim_id=claim_id, change=1, at=now)
    await audit.record("claim.hired", "claim", claim_id, now=now, subject_id=worker_id, was="waiting")
    await notify(worker_id, notice, now, link=f"/claims/{claim_id}", **await words_of(claim_id))
    _touch(shift_id, claim_id)


async def words_of(claim_id: int) -> dict[str, Any]:
    """What a notice about a claim says of its shift."""
    row = await Claim.get(id=claim_id).values(
        "starts_at", title="shift__gig__title", employer="shift__gig__employer__name"
    )
    return row | {"starts_at": row["starts_at"].isoformat()}


def _changed() -> Refused:
    return Refused("changed", N_("This claim has changed meanwhile. Please look again."))


def _touch(shift_id: int, claim_id: int) -> None:
    live.touch("shift", shift_id)
    live.touch("claim", claim_id)


# --- the answer ---


async def accept(invitation_id: int, worker: Viewer, now: datetime) -> int:
    """Take the place that was offered; the number of the claim, which is hired now.

    Who comes too late still gets a place while one is free: it is theirs no more than anybody else's then.
    Raises NotFound for anybody else's offer, Refused `offer-over` when the place is gone.
    """
    mine = await _mine(invitation_id, worker)
    claim_id, shift_id = mine.claim.id, mine.claim.shift_id
    if mine.claim.state is not ClaimState.WAITING:
        raise _changed()
    try:
        async with transaction():
            await _take_offered(mine, shift_id, now)
            await _hire(claim_id, shift_id, worker.id, "hired", now)
            live.touch("employer", mine.claim.shift.gig.employer_id)
    except IntegrityError:
        raise Refused("overlap", N_("You have another shift at that time.")) from None
    return int(claim_id)


async def _take_offered(mine: Any, shift_id: int, now: datetime) -> None:
    """The shift's row first, as everywhere: two answers, or an answer and the timer, come one after the other."""
    moment = database.stored(now)
    if mine.state is not InvitationState.OPEN:
        taken = await database.execute(TAKE, [shift_id, moment])
    else:
        # The offer may be over since it was read; then what was held here was held for somebody else.
        taken = now < mine.expires_at and await database.execute(TAKE_HELD, [shift_id, moment])
        taken = taken and await _decide(mine.id, InvitationState.TAKEN, now)
    if not taken:
        raise _over()


def _over() -> Refused:
    return Refused("offer-over", N_("The offer is over, and the place went to somebody else."))


async def decline(invitation_id: int, worker: Viewer, now: datetime) -> int:
    """Let an offered place go to the next; one keeps one's number on the list. The number of the claim."""
    mine = await _mine(invitation_id, worker)
    await _let_go(mine.id, mine.claim.shift_id, InvitationState.DECLINED, now)
    return int(mine.claim.id)


async def _mine(invitation_id: int, worker: Viewer) -> Any:
    found = Invitation.get_or_none(id=invitation_id, claim__worker_id=worker.id)
    mine = await found.select_related("claim__shift__gig")
    if mine is None:
        raise NotFound
    return mine


async def _let_go(invitation_id: int, shift_id: int, state: InvitationState, now: datetime) -> None:
    async with transaction():
        if not await database.execute(RELEASE, [shift_id]) or not await _decide(invitation_id, state, now):
            raise _over()
        live.touch("shift", shift_id)
        await promote_waiting(shift_id, now)


async def _decide(invitation_id: int, state: InvitationState, now: datetime) -> bool:
    decided = await Invitation.filter(id=invitation_id, state=InvitationState.OPEN).update(
        state=state, decided_at=now
    )
    if decided:
        await audit.record(f"invitation.{state.value}", "invitation", invitation_id, now=now)
    return bool(decided)


async def release_offer(claim_id: int, shift_id: int, state: InvitationState, now: datetime) -> bool:
    """End the open offer of a claim that ends, if it has one. In the open transaction, holding the shift's row."""
    offer = await Invitation.get_or_none(claim_id=claim_id, state=InvitationState.OPEN)
    if offer is None or not await _decide(offer.id, state, now):
        return False
    await database.execute(RELEASE, [shift_id])
    return True


# --- timers ---


async def expire_invitations(now: datetime) -> int:
    """Pass on the places of offers that nobody answered in time (timer)."""
    late = await Invitation.filter(state=InvitationState.OPEN, expires_at__lte=now).order_by("id").limit(200)
    passed_on = 0
    for offer in late:
        try:
            await _let_go(offer.id, offer.shift_id, InvitationState.EXPIRED, now)
            passed_on += 1
        except Refused:
            continue  # answered in the same moment
    return passed_on


async def promote_everywhere(now: datetime) -> int:
    """Hire or ask whoever has become able to take a free place since, e.g. by giving another shift back (timer)."""
    free = await database.rows(PROMOTABLE, [database.stored(now)])
    promoted = 0
    for row in free:
        async with transaction():
            promoted += await promote_waiting(row["id"], now)
    return promoted
