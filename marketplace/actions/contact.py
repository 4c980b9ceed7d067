"""Looking at a worker's phone number: it leaves a trace that the worker can read."""

from datetime import datetime

from core import audit
from core.database import transaction
from core.errors import NotFound, Refused
from marketplace import rules
from marketplace.models import Claim


async def see_phone(claim_id: int, employer_ids: tuple[int, ...], now: datetime) -> str:
    """The number of somebody hired, on the day of the shift. Raises Refused `no-phone` otherwise."""
    claim = await Claim.get_or_none(id=claim_id, shift__gig__employer_id__in=employer_ids).select_related(
        "worker"
    )
    if claim is None:
        raise NotFound
    why_not = rules.why_not_phone(claim.state, claim.starts_at, claim.ends_at, now)
    if why_not:
        raise Refused(why_not)
    async with transaction():
        await audit.record("phone.seen", "claim", claim.id, now=now, subject_id=claim.worker.id)
    return str(claim.worker.phone)
