"""Hours that were noted wrong: the worker's wish, the employer's answer, and silence, which agrees."""

from datetime import datetime
from typing import Any

from tortoise.exceptions import IntegrityError

from accounts.actions import notify, notify_employer
from accounts.rules import Viewer
from core import audit, database, live
from core.clock import local
from core.database import transaction
from core.errors import NotFound, Refused, refuse_if
from core.i18n import N_
from marketplace import rules
from marketplace.forms import CorrectionInput, WishAnswerInput
from marketplace.models import Claim, Correction, PayLine
from marketplace.rules import CorrectionState, PayKind, PayState, Settles

BATCH = 200
HOURS = (PayKind.WORK, PayKind.CORRECTION)
"""Kinds of pay line that stand for time worked."""

SILENT = f"""SELECT l.id FROM pay_line l WHERE l.state = 'due' AND l.created_at <= $1 AND NOT EXISTS
    (SELECT 1 FROM correction k WHERE k.claim_id = l.claim_id AND k.state = 'open') ORDER BY l.id LIMIT {BATCH}"""
"""Hours about which nobody has spoken."""


async def ask(claim_id: int, worker: Viewer, wanted: CorrectionInput, now: datetime) -> Correction:
    """The worker asks for other hours. Both sides are told that no answer within a day is a yes."""
    claim: Any = await Claim.get_or_none(id=claim_id, worker_id=worker.id).select_related("shift__gig")
    if claim is None:
        raise NotFound
    lines = await PayLine.filter(claim_id=claim_id, kind__in=HOURS)
    refuse_if(
        rules.why_not_correct(
            claim.state,
            claim.ends_at,
            is_open=await Correction.filter(claim_id=claim_id, state=CorrectionState.OPEN).exists(),
            minutes=wanted.minutes,
            counted=sum(line.minutes for line in lines),
            paid=any(line.paid_at for line in lines),
            now=now,
        )
    )
    try:
        async with transaction():
            asked = await Correction.create(
                claim_id=claim_id,
                minutes=wanted.minutes,
                reason=wanted.reason,
                asked_at=now,
                answer_by=now + rules.SILENCE,
            )
            await audit.record("correction.open", "correction", asked.id, now=now, minutes=wanted.minutes)
            employer_id = claim.shift.gig.employer_id
            title, link = claim.shift.gig.title, f"/employer/settlement?employer={employer_id}#corrections"
            await notify_employer(employer_id, "correction-asked", now, link=link, title=title)
            _touch(claim_id, employer_id)
    except IntegrityError:
        raise Refused(
            "asked", N_("You have asked for a change already. Please wait for the answer.")
        ) from None
    return asked


async def answer(
    correction_id: int, employer_ids: tuple[int, ...], said: WishAnswerInput, now: datetime
) -> Correction:
    """The employer agrees to other hours, or refuses them and says why."""
    asked = await Correction.get_or_none(id=correction_id, claim__shift__gig__employer_id__in=employer_ids)
    if asked is None:
        raise NotFound
    refuse_if(rules.why_not_decide(asked.state))
    await _decide(asked, said, now, by="employer")
    return await Correction.get(id=correction_id)


async def approve_silent(now: datetime) -> int:
    """Agree for employers who did not answer in time (timer)."""
    late = await Correction.filter(state=CorrectionState.OPEN, answer_by__lte=now).limit(BATCH)
    for asked in late:
        await _decide(asked, WishAnswerInput(accept=True, words=""), now, by="silence")
    return len(late)


async def _decide(asked: Any, said: WishAnswerInput, now: datetime, *, by: str) -> None:
    state = CorrectionState.ACCEPTED if said.accept else CorrectionState.REFUSED
    async with transaction():
        still_open = Correction.filter(id=asked.id, state=CorrectionState.OPEN)
        if not await still_open.update(state=state, decided_at=now, answer=said.words):
            raise Refused("answered", N_("This was answered already."))
        claim: Any = await Claim.get(id=asked.claim_id).select_related("shift__gig", "terms")
        await audit.record(
            f"correction.{state.value}", "correction", asked.id, now=now, subject_id=claim.worker_id, by=by
        )
        if said.accept:
            await _agree(claim, asked.minutes, now)
        await notify(
            claim.worker_id,
            f"correction-{state.value}",
            now,
            link=f"/claims/{claim.id}#pay",
            title=claim.shift.gig.title,
            reason=said.words,
        )
        _touch(claim.id, claim.shift.gig.employer_id)


async def _agree(claim: Any, minutes: int, now: datetime) -> None:
    """Agreed hours change a line that is not paid; what was paid stays, and the rest becomes a line of its own."""
    lines = await PayLine.filter(claim_id=claim.id, kind__in=HOURS).order_by("id")
    unpaid = next((line for line in lines if line.paid_at is None), None)
    missing = minutes - sum(line.minutes for line in lines if line is not unpaid)
    if unpaid is None:
        if missing > 0:
            await add_line(claim, missing, now)
    else:
        changed = await PayLine.filter(id=unpaid.id, state=unpaid.state, paid_at=None).update(
            minutes=max(0, missing),
            amount_fen=rules.amount_fen(max(0, missing), unpaid.hourly_fen),
            state=PayState.CONFIRMED,
            confirmed_at=now,
        )
        _refuse_unless(changed)
        await audit.record(
            "pay.confirmed", "pay-line", unpaid.id, now=now, subject_id=claim.worker_id, minutes=missing
        )
    for line in lines:
        if line.state is PayState.DISPUTED and line.paid_at is not None:
            await PayLine.filter(id=line.id, state=PayState.DISPUTED).update(state=PayState.PAID)
            await audit.record("pay.settled", "pay-line", line.id, now=now, subject_id=claim.worker_id)


async def add_line(claim: Any, minutes: int, now: datetime) -> PayLine:
    """Further minutes of a claim that was paid, as a confirmed line of their own. In the open transaction."""
    hourly_fen, settles = int(str(claim.terms.body["hourly_fen"])), Settles(str(claim.terms.body["settles"]))
    line = await PayLine.create(
        claim_id=claim.id,
        employer_id=claim.shift.gig.employer_id,
        worker_id=claim.worker_id,
        kind=PayKind.CORRECTION,
        minutes=minutes,
        hourly_fen=hourly_fen,
        amount_fen=rules.amount_fen(minutes, hourly_fen),
        state=PayState.CONFIRMED,
        due_on=rules.due_on(local(now).date(), settles),
        created_at=now,
        confirmed_at=now,
    )
    await audit.record(
        "pay.correction", "pay-line", line.id, now=now, subject_id=claim.worker_id, fen=line.amount_fen
    )
    return line


async def settle_dispute(line_id: int, employer_ids: tuple[int, ...], minutes: int, now: datetime) -> PayLine:
    """Settle a dispute about a paid line: it stays as it is, the missing minutes become a line of their own."""
    line: Any = await PayLine.get_or_none(id=line_id, employer_id__in=employer_ids)
    if line is None:
        raise NotFound
    refuse_if(rules.why_not_settle(line.state, paid=line.paid_at is not None))
    async with transaction():
        disputed = PayLine.filter(id=line.id, state=PayState.DISPUTED)
        _refuse_unless(await disputed.exclude(paid_at=None).update(state=PayState.PAID))
        claim: Any = await Claim.get(id=line.claim_id).select_related("shift__gig", "terms")
        await audit.record("pay.settled", "pay-line", line.id, now=now, subject_id=line.worker_id)
        added = await add_line(claim, minutes, now)
        link = f"/claims/{claim.id}#pay"
        await notify(line.worker_id, "pay-confirmed", now, link=link, fen=added.amount_fen)
        _touch(claim.id, line.employer_id)
    return added


async def confirm_silent(now: datetime) -> int:
    """Confirm hours about which the employer said nothing for a day (timer). An open wish is waited for."""
    due = await database.rows(SILENT, [database.stored(now - rules.SILENCE)])
    return sum(
        [await _confirm(line, now) for line in await PayLine.filter(id__in=[row["id"] for row in due])]
    )


async def _confirm(line: Any, now: datetime) -> bool:
    async with transaction():
        due = PayLine.filter(id=line.id, state=PayState.DUE)
        if not await due.update(state=PayState.CONFIRMED, confirmed_at=now):
            return False
        await audit.record(
            "pay.confirmed", "pay-line", line.id, now=now, subject_id=line.worker_id, by="silence"
        )
        link = f"/claims/{line.claim_id}#pay"
        await notify(line.worker_id, "pay-confirmed", now, link=link, fen=line.amount_fen)
        _touch(line.claim_id, line.employer_id)
    return True


def _touch(claim_id: int, employer_id: int) -> None:
    live.touch("claim", claim_id)
    live.touch("employer", employer_id)


def _refuse_unless(moved: int) -> None:
    if not moved:
        raise Refused("changed", N_("This line has changed meanwhile. Please look again."))
