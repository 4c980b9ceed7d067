"""Coming and going: check-in, check-out, and the pay line that follows from them."""

from datetime import datetime

from tortoise.exceptions import IntegrityError

from accounts.actions import notify
from accounts.rules import Viewer
from core import audit, live
from core.clock import local
from core.database import transaction
from core.errors import NotFound, Refused, refuse_if
from core.i18n import N_
from marketplace import rules
from marketplace.forms import CheckInInput
from marketplace.models import Attendance, Claim, PayLine
from marketplace.rules import CheckedBy, ClaimState, PayKind, PayState, Settles
from rulebook.places import distance_m


async def check_in(claim_id: int, worker: Viewer, shown: CheckInInput, now: datetime) -> Attendance:
    """Note that a worker has come, by the site's QR or its six digits. Raises Refused with the reason."""
    claim = await Claim.get_or_none(id=claim_id, worker_id=worker.id).select_related("shift__gig__site")
    if claim is None:
        raise NotFound
    refuse_if(rules.why_not_check_in(claim.state, claim.starts_at, claim.ends_at, now))
    shift, site = claim.shift, claim.shift.gig.site
    if shown.token:
        by, fresh = CheckedBy.QR, rules.is_fresh_token(shift.check_in_key, shift.id, shown.token, now)
    else:
        by, fresh = CheckedBy.CODE, rules.is_fresh_code(shift.check_in_key, shown.code.strip(), now)
    if not fresh:
        raise Refused(
            "stale-code", N_("This code is not on the site's screen now. Please scan or type it again.")
        )
    away = None
    if shown.lat is not None and shown.lon is not None:
        away = distance_m((shown.lat, shown.lon), (site.lat, site.lon))
    refuse_if(rules.why_not_here(away, site.fence_m))
    return await arrive(claim, by, away, now)


async def check_in_by_hand(claim_id: int, employer_ids: tuple[int, ...], now: datetime) -> Attendance:
    """The employer sees the worker standing there and says so."""
    claim = await _claim_of(claim_id, employer_ids)
    refuse_if(rules.why_not_check_in(claim.state, claim.starts_at, claim.ends_at, now))
    return await arrive(claim, CheckedBy.HAND, None, now)


async def _claim_of(claim_id: int, employer_ids: tuple[int, ...]) -> Claim:
    claim = await Claim.get_or_none(id=claim_id, shift__gig__employer_id__in=employer_ids)
    if claim is None:
        raise NotFound
    return claim


async def arrive(claim: Claim, by: CheckedBy, away: float | None, now: datetime) -> Attendance:
    """Note an arrival that has been proven."""
    try:
        async with transaction():
            if not await Claim.filter(id=claim.id, state=ClaimState.HIRED).update(state=ClaimState.WORKING):
                raise Refused("checked-in", N_("You are checked in already."))
            here = await Attendance.create(
                claim_id=claim.id, in_at=now, in_by=by, in_distance_m=None if away is None else round(away)
            )
            await audit.record(
                "claim.working", "claim", claim.id, now=now, subject_id=claim.worker_id, by=by.value
            )
            await _touch(claim)
    except IntegrityError:
        raise Refused("checked-in", N_("You are checked in already.")) from None
    return here


async def check_out(claim_id: int, worker: Viewer, now: datetime) -> PayLine:
    """Note that a worker leaves. The hours and the pay line are made in the same moment."""
    claim = await Claim.get_or_none(id=claim_id, worker_id=worker.id)
    if claim is None:
        raise NotFound
    return await leave(claim, CheckedBy.WORKER, now)


async def check_out_by_hand(claim_id: int, employer_ids: tuple[int, ...], now: datetime) -> PayLine:
    """The employer notes that a worker has left."""
    return await leave(await _claim_of(claim_id, employer_ids), CheckedBy.HAND, now)


async def leave(claim: Claim, by: CheckedBy, now: datetime, out_at: datetime | None = None) -> PayLine:
    """Note a leaving, with the hours and the pay line that follow."""
    out_at = out_at or now
    refuse_if(rules.why_not_check_out(claim.state))
    async with transaction():
        if not await Claim.filter(id=claim.id, state=ClaimState.WORKING).update(state=ClaimState.WORKED):
            raise Refused("not-working", N_("You are not checked in to this shift."))
        claim = await Claim.get(id=claim.id).select_related("shift__gig", "terms")
        here = await Attendance.get(claim_id=claim.id)
        minutes = rules.worked_minutes(
            starts_at=claim.starts_at,
            ends_at=claim.ends_at,
            break_minutes=claim.shift.break_minutes,
            in_at=here.in_at,
            out_at=out_at,
        )
        await Attendance.filter(id=here.id).update(out_at=out_at, out_by=by, worked_minutes=minutes)
        await audit.record(
            "claim.worked",
            "claim",
            claim.id,
            now=now,
            subject_id=claim.worker_id,
            minutes=minutes,
            by=by.value,
        )
        line = await _write_line(claim, minutes, now)
        await _touch(claim)
    return line


async def _write_line(claim: Claim, minutes: int, now: datetime) -> PayLine:
    """The pay line of a claim, at the rate of the terms that were agreed, not of the posting as it is now."""
    hourly_fen, settles = int(str(claim.terms.body["hourly_fen"])), Settles(str(claim.terms.body["settles"]))
    line = await PayLine.create(
        claim_id=claim.id,
        employer_id=claim.shift.gig.employer_id,
        worker_id=claim.worker_id,
        kind=PayKind.WORK,
        minutes=minutes,
        hourly_fen=hourly_fen,
        amount_fen=rules.amount_fen(minutes, hourly_fen),
        state=PayState.DUE,
        due_on=rules.due_on(local(claim.ends_at).date(), settles),
        created_at=now,
    )
    await audit.record(
        "pay.due", "pay-line", line.id, now=now, subject_id=claim.worker_id, fen=line.amount_fen
    )
    await notify(
        claim.worker_id,
        "pay-due",
        now,
        link=f"/claims/{claim.id}",
        title=claim.shift.gig.title,
        fen=line.amount_fen,
    )
    return line


async def close_forgotten(now: datetime) -> int:
    """Check out who forgot to, two hours after the end, with the agreed end as the time (timer)."""
    late = await Claim.filter(state=ClaimState.WORKING, ends_at__lte=now - rules.FORGOTTEN_AFTER).limit(200)
    for claim in late:
        await leave(claim, CheckedBy.TIMER, now, claim.ends_at)
    return len(late)


async def _touch(claim: Claim) -> None:
    live.touch("claim", claim.id)
    live.touch("shift", claim.shift_id)
