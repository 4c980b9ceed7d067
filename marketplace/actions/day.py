"""The day of a shift: on the way, late, a slip instead of a phone, hours from the printed sheet, a word to all."""

from datetime import datetime
from typing import Any

from accounts.actions import notify, notify_employer
from accounts.rules import Viewer
from core import audit, live
from core.database import transaction
from core.errors import NotFound, Refused, refuse_if
from core.i18n import N_
from marketplace import rules
from marketplace.actions import attendance
from marketplace.forms import MessageInput, SlipInput, TimesInput
from marketplace.models import Attendance, Claim, PayLine, Shift, ShiftMessage
from marketplace.rules import CheckedBy, ClaimState


async def set_out(claim_id: int, worker: Viewer, now: datetime) -> None:
    """The worker is on the way; the employer's page shows it."""
    claim = await _mine(claim_id, worker)
    refuse_if(rules.why_not_on_way(claim.state, claim.starts_at, claim.ends_at, now))
    async with transaction():
        hired = Claim.filter(id=claim.id, state=ClaimState.HIRED)
        if not await hired.filter(on_way_at=None).update(on_way_at=now):
            return
        await audit.record("claim.on-way", "claim", claim.id, now=now)
        _touch(claim)


async def be_late(claim_id: int, worker: Viewer, minutes: int, now: datetime) -> None:
    """The worker will be late; the employer is told."""
    claim = await _mine(claim_id, worker)
    refuse_if(rules.why_not_on_way(claim.state, claim.starts_at, claim.ends_at, now))
    async with transaction():
        if not await Claim.filter(id=claim.id, state=ClaimState.HIRED).update(late_minutes=minutes):
            raise Refused("not-hired", N_("You are not hired for this shift."))
        await audit.record("claim.late", "claim", claim.id, now=now, minutes=minutes)
        if claim.late_minutes != minutes:
            gig = claim.shift.gig
            link = f"/employer/shifts/{claim.shift_id}"
            await notify_employer(gig.employer_id, "worker-late", now, link=link, title=gig.title, n=minutes)
        _touch(claim)


async def _mine(claim_id: int, worker: Viewer) -> Any:
    claim = await Claim.get_or_none(id=claim_id, worker_id=worker.id).select_related("shift__gig")
    if claim is None:
        raise NotFound
    return claim


def _touch(claim: Any) -> None:
    live.touch("claim", claim.id)
    live.touch("shift", claim.shift_id)


async def check_in_by_slip(
    shift_id: int, employer_ids: tuple[int, ...], shown: SlipInput, now: datetime
) -> Attendance:
    """The employer types the six digits of somebody's slip."""
    if not await Shift.filter(id=shift_id, gig__employer_id__in=employer_ids).exists():
        raise NotFound
    found = await Claim.filter(shift_id=shift_id, slip_code=shown.code, state__in=rules.HOLDING)
    if len(found) != 1:
        raise Refused("wrong-slip", N_("Nobody hired for this shift has these digits on the slip."))
    claim = found[0]
    refuse_if(rules.why_not_check_in(claim.state, claim.starts_at, claim.ends_at, now))
    return await attendance.arrive(claim, CheckedBy.SLIP, None, now)


async def hours_by_hand(
    claim_id: int, employer_ids: tuple[int, ...], times: TimesInput, now: datetime
) -> PayLine:
    """Type in when somebody came and left, from the printed sheet, up to a week later; the worker is told."""
    claim = await Claim.get_or_none(id=claim_id, shift__gig__employer_id__in=employer_ids)
    if claim is None:
        raise NotFound
    refuse_if(
        rules.why_not_by_hand(claim.state, claim.starts_at, claim.ends_at, (times.in_at, times.out_at), now)
    )
    async with transaction():
        came = Claim.filter(id=claim.id, state=claim.state)
        if not await came.update(state=ClaimState.WORKING):
            raise Refused("checked-in", N_("The hours of this person are noted already."))
        await Attendance.create(claim_id=claim.id, in_at=times.in_at, in_by=CheckedBy.HAND)
        await audit.record(
            "claim.working", "claim", claim.id, now=now, subject_id=claim.worker_id, by="by hand"
        )
        claim.state = ClaimState.WORKING
        return await attendance.leave(claim, CheckedBy.HAND, now, times.out_at)


async def write_to_all(shift_id: int, author: Viewer, wanted: MessageInput, now: datetime) -> ShiftMessage:
    """Write to everybody hired for a shift: a notice for each, and the words on the page of the claim."""
    shift: Any = await Shift.get_or_none(
        id=shift_id, gig__employer_id__in=author.employer_ids
    ).select_related("gig__employer")
    if shift is None:
        raise NotFound
    refuse_if(rules.why_not_message(shift.state, shift.ends_at, now))
    async with transaction():
        message = await ShiftMessage.create(shift_id=shift.id, author_id=author.id, text=wanted.text, at=now)
        await audit.record("shift.message", "shift", shift.id, now=now, message=message.id)
        told = await Claim.filter(shift_id=shift.id, state__in=(ClaimState.HIRED, ClaimState.WORKING))
        for claim in told:
            words = {"title": shift.gig.title, "employer": shift.gig.employer.name}
            await notify(claim.worker_id, "shift-message", now, link=f"/claims/{claim.id}#messages", **words)
            live.touch("claim", claim.id)
        live.touch("shift", shift.id)
    return message
