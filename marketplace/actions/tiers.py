"""Tiered release: a shift opens to favourites, then to good past workers, then to everybody, by itself."""

from datetime import datetime

from core import audit, live
from core.database import transaction
from marketplace import rules
from marketplace.models import Shift
from marketplace.rules import ShiftState, Tier


async def start_release(gig_id: int, now: datetime) -> None:
    """The gig became public: from now on the time of its shifts' first tier runs. In the open transaction."""
    waiting = Shift.filter(gig_id=gig_id, state=ShiftState.OPEN, widens_at=None).exclude(tier=Tier.ALL)
    for shift in await waiting:
        await Shift.filter(id=shift.id).update(widens_at=rules.widens_at(shift.tier, shift.starts_at, now))


async def widen_shifts(now: datetime) -> int:
    """Open shifts to the next tier when their time has come (timer)."""
    due = await Shift.filter(state=ShiftState.OPEN, widens_at__lte=now).order_by("widens_at").limit(200)
    for shift in due:
        wider = rules.WIDER.get(shift.tier, Tier.ALL)
        async with transaction():
            # Its tier decides: two workers, or one twice, widen by one step only.
            moved = await Shift.filter(id=shift.id, tier=shift.tier, widens_at__lte=now).update(
                tier=wider, widens_at=rules.widens_at(wider, shift.starts_at, now)
            )
            if moved:
                await audit.record(f"shift.tier-{wider.value}", "shift", shift.id, now=now)
                live.touch("shift", shift.id)
    return len(due)
