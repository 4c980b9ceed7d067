"""Points for giving shifts back late: written down with the claim, taken back by an officer."""

from datetime import datetime

from accounts.actions import notify
from accounts.rules import Viewer
from core import audit, database
from core.clock import local
from core.database import transaction
from core.errors import NotFound, Refused
from core.i18n import N_
from marketplace.models import Claim, PointRow
from marketplace.queries.points import standing_of
from marketplace.rules import PointReason
from rulebook import market

LOCK = "UPDATE claim SET state = state WHERE id = $1"


def for_absence(now: datetime) -> int:
    """What not coming costs."""
    return market.number("points-absent", local(now).date())


async def give(claim: Claim, points: int, reason: PointReason, now: datetime) -> None:
    """Write points down beside the end of a claim, in the open transaction, and tell the worker."""
    if not points:
        return
    await PointRow.create(
        claim_id=claim.id, worker_id=claim.worker_id, points=points, reason=reason.value, at=now
    )
    await audit.record("points.given", "claim", claim.id, now=now, subject_id=claim.worker_id, points=points)
    paused = (await standing_of(claim.worker_id, now)).paused_until
    if paused:
        await notify(
            claim.worker_id, "paused", now, link="/account/points", starts_at=paused.isoformat(), n=points
        )
    else:
        await notify(claim.worker_id, "points", now, link="/account/points", n=points)


async def take_back(point_id: int, officer: Viewer, regions: list[str], now: datetime) -> int:
    """An officer of the employer's county takes the points of one row back; how many. Raises NotFound, Refused."""
    row = await PointRow.get_or_none(id=point_id, claim__shift__gig__employer__region_code__in=regions)
    if row is None:
        raise NotFound
    async with transaction():
        # The claim's row is locked first: two officers must not take the same points back twice.
        await database.execute(LOCK, [row.claim_id])
        left = sum(await PointRow.filter(claim_id=row.claim_id).values_list("points", flat=True))
        if left <= 0:
            raise Refused("taken-back", N_("These points have been taken back already."))
        await PointRow.create(
            claim_id=row.claim_id,
            worker_id=row.worker_id,
            points=-left,
            reason=PointReason.TAKEN_BACK.value,
            at=now,
        )
        await audit.record(
            "points.taken-back", "claim", row.claim_id, now=now, subject_id=row.worker_id, points=left
        )
        await notify(row.worker_id, "points-back", now, link="/account/points", n=left)
    return int(left)
