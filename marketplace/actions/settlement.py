"""Pay lines after the work: confirmed and paid by the employer, disputed by the worker."""

from datetime import datetime

from accounts.actions import notify, notify_employer
from accounts.rules import Viewer
from core import audit, live
from core.database import transaction
from core.errors import NotFound, Refused, refuse_if
from core.i18n import N_
from marketplace import rules
from marketplace.models import PayLine
from marketplace.rules import PayKind, PayState


async def confirm_hours(
    line_id: int, employer_ids: tuple[int, ...], minutes: int | None, now: datetime
) -> PayLine:
    """The employer confirms the hours of a pay line, as recorded or as corrected. A dispute is settled by it too."""
    line = await _line_of(line_id, employer_ids)
    refuse_if(rules.why_not_confirm(line.state))
    if line.paid_at is not None:
        raise Refused("paid", N_("This line is paid already."))
    agreed = line.minutes if minutes is None else minutes
    if line.kind is PayKind.ALLOWANCE and agreed != line.minutes:
        raise Refused("fixed", N_("An allowance follows from the table and cannot be changed."))
    async with transaction():
        moved = await PayLine.filter(id=line.id, state=line.state, paid_at=None).update(
            state=PayState.CONFIRMED,
            minutes=agreed,
            amount_fen=rules.amount_fen(agreed, line.hourly_fen),
            confirmed_at=now,
        )
        _refuse_unless(moved)
        await _tell_worker(line, PayState.CONFIRMED, now, minutes=agreed, was=line.minutes)
    return await PayLine.get(id=line.id)


async def confirm_all(employer_id: int, now: datetime) -> int:
    """Confirm every line that is due, as recorded; how many there were."""
    due = await PayLine.filter(employer_id=employer_id, state=PayState.DUE)
    for line in due:
        await confirm_hours(line.id, (employer_id,), None, now)
    return len(due)


async def mark_paid(line_id: int, employer_ids: tuple[int, ...], now: datetime) -> PayLine:
    """The employer has paid a confirmed line. From then on its figures never change."""
    line = await _line_of(line_id, employer_ids)
    refuse_if(rules.why_not_pay(line.state))
    async with transaction():
        _refuse_unless(
            await PayLine.filter(id=line.id, state=PayState.CONFIRMED).update(
                state=PayState.PAID, paid_at=now
            )
        )
        await _tell_worker(line, PayState.PAID, now)
    return await PayLine.get(id=line.id)


async def dispute(line_id: int, worker: Viewer, reason: str, now: datetime) -> PayLine:
    """The worker says that a line is wrong, and why; the employer is told."""
    line = await PayLine.get_or_none(id=line_id, worker_id=worker.id)
    if line is None:
        raise NotFound
    refuse_if(rules.why_not_dispute(line.state))
    async with transaction():
        _refuse_unless(
            await PayLine.filter(id=line.id, state=line.state).update(
                state=PayState.DISPUTED, disputed_at=now, dispute=reason
            )
        )
        await audit.record("pay.disputed", "pay-line", line.id, now=now, was=line.state.value)
        await notify_employer(
            line.employer_id, "pay-disputed", now, link="/employer/settlement", fen=line.amount_fen
        )
        live.touch("employer", line.employer_id)
    return await PayLine.get(id=line.id)


async def _line_of(line_id: int, employer_ids: tuple[int, ...]) -> PayLine:
    line = await PayLine.get_or_none(id=line_id, employer_id__in=employer_ids)
    if line is None:
        raise NotFound
    return line


async def _tell_worker(line: PayLine, state: PayState, now: datetime, **change: object) -> None:
    await audit.record(
        f"pay.{state.value}", "pay-line", line.id, now=now, subject_id=line.worker_id, **change
    )
    fen = rules.amount_fen(int(str(change.get("minutes", line.minutes))), line.hourly_fen)
    await notify(line.worker_id, f"pay-{state.value}", now, link=f"/claims/{line.claim_id}", fen=fen)
    live.touch("claim", line.claim_id)
    live.touch("employer", line.employer_id)


def _refuse_unless(moved: int) -> None:
    if not moved:
        raise Refused("changed", N_("This line has changed meanwhile. Please look again."))
