"""Reminders before a shift: where and when, twelve hours and two hours ahead."""

from datetime import datetime
from typing import Any

from accounts.actions import notify
from core.database import transaction
from marketplace import rules
from marketplace.models import Claim
from marketplace.rules import ClaimState

BATCH = 200


async def remind(now: datetime) -> int:
    """Remind everybody hired whose shift is near (timer). A column says who was told, so nobody is told twice."""
    near, far = now + rules.REMIND_NEAR, now + rules.REMIND_FAR
    hired = Claim.filter(state=ClaimState.HIRED)
    told = 0
    for claim in await hired.filter(reminded_near_at=None, starts_at__gt=now, starts_at__lte=near).limit(
        BATCH
    ):
        told += await _remind(claim, "reminded_near_at", "reminder-near", rules.REMIND_NEAR, now)
    for claim in await hired.filter(reminded_far_at=None, starts_at__gt=near, starts_at__lte=far).limit(
        BATCH
    ):
        told += await _remind(claim, "reminded_far_at", "reminder-far", rules.REMIND_FAR, now)
    return told


async def _remind(claim: Any, column: str, kind: str, ahead: Any, now: datetime) -> bool:
    """Whoever was hired after the reminder's own moment has just read it all: only the column is set."""
    async with transaction():
        open_claim = Claim.filter(id=claim.id, state=ClaimState.HIRED, **{column: None})
        if not await open_claim.update(**{column: now}) or claim.hired_at > claim.starts_at - ahead:
            return False
        words = await Claim.get(id=claim.id).values(
            title="shift__gig__title",
            employer="shift__gig__employer__name",
            site="shift__gig__site__name",
            address="shift__gig__site__address",
        )
        place = f"{words.pop('site')} · {words.pop('address')}"
        starts_at = claim.starts_at.isoformat()
        await notify(
            claim.worker_id, kind, now, link=f"/claims/{claim.id}", place=place, starts_at=starts_at, **words
        )
    return True
