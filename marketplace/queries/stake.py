"""What hangs on a claim or a shift besides the work: an offer of a place, points, an allowance."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import clock
from marketplace import rules
from marketplace.models import Claim, Invitation, Mark
from marketplace.queries.claims import ClaimPage
from marketplace.queries.points import standing_of
from marketplace.rules import ClaimState, MarkKind, Side, Standing


@dataclass(frozen=True)
class Stake:
    """What a worker should know before answering or giving back."""

    invitation: Invitation | None
    """The last offer of a free place; it may be over."""
    places_left: int
    points_now: int
    """What giving back costs at this moment."""
    standing: Standing
    limit: int
    """From so many points on one pauses."""
    marked: MarkKind | None


async def stake_of(page: ClaimPage, now: datetime) -> Stake:
    """The stake of a claim's worker; for the employer's eyes nothing of it."""
    claim, shift, limit = page.claim, page.shift, rules.points_limit(clock.local(now).date())
    left = shift.places - shift.taken - shift.held
    if not page.mine:
        return Stake(None, left, 0, Standing(0), limit, None)
    mark = await Mark.get_or_none(side=Side.WORKER, worker_id=claim.worker.id, employer_id=page.employer.id)
    return Stake(
        invitation=page.invitation,
        places_left=left,
        points_now=rules.points_for(claim.state, claim.undo_until, claim.starts_at, now),
        standing=await standing_of(claim.worker.id, now),
        limit=limit,
        marked=mark.kind if mark else None,
    )


@dataclass(frozen=True)
class CallOffCost:
    """What calling a shift off would cost its employer now."""

    percent: int
    people: int
    fen: int


async def call_off_cost(shift: Any, now: datetime) -> CallOffCost:
    """The allowance of everybody hired, by the terms each of them agreed to."""
    percent = rules.allowance_percent(shift.starts_at, now)
    if not percent:
        return CallOffCost(0, 0, 0)
    hired = await Claim.filter(shift_id=shift.id, state=ClaimState.HIRED).select_related("terms")
    return CallOffCost(percent, len(hired), sum(_allowance(claim, percent) for claim in hired))


def _allowance(claim: Claim, percent: int) -> int:
    body = claim.terms.body
    paid = rules.paid_minutes(claim.starts_at, claim.ends_at, int(str(body["break_minutes"])))
    return rules.amount_fen(rules.allowance_minutes(paid, percent), int(str(body["hourly_fen"])))
