"""What an employer owes who was hired when it calls a shift off too late."""

from datetime import datetime

from accounts.actions import notify
from core import audit
from core.clock import local
from marketplace import rules
from marketplace.models import Claim, PayLine, Terms
from marketplace.rules import PayKind, PayState, Settles


async def owe(claim: Claim, employer_id: int, now: datetime) -> int:
    """Write the allowance of a claim that is being called off, in the open transaction; in fen, 0 in good time.

    It follows from the terms and the table alone, so there is nothing to confirm: the line begins confirmed.
    """
    percent = rules.allowance_percent(claim.starts_at, now)
    if not percent:
        return 0
    body = (await Terms.get(id=claim.terms_id)).body
    minutes = allowed_minutes(claim, body, percent)
    hourly_fen = int(str(body["hourly_fen"]))
    line = await PayLine.create(
        claim_id=claim.id,
        employer_id=employer_id,
        worker_id=claim.worker_id,
        kind=PayKind.ALLOWANCE,
        minutes=minutes,
        hourly_fen=hourly_fen,
        amount_fen=rules.amount_fen(minutes, hourly_fen),
        state=PayState.CONFIRMED,
        due_on=rules.due_on(local(claim.ends_at).date(), Settles(str(body["settles"]))),
        created_at=now,
        confirmed_at=now,
    )
    await audit.record(
        "pay.allowance",
        "pay-line",
        line.id,
        now=now,
        subject_id=claim.worker_id,
        fen=line.amount_fen,
        percent=percent,
    )
    await notify(claim.worker_id, "allowance", now, link=f"/claims/{claim.id}", fen=line.amount_fen)
    return line.amount_fen


def allowed_minutes(claim: Claim, body: dict[str, object], percent: int) -> int:
    """The share of the agreed paid minutes."""
    paid = rules.paid_minutes(claim.starts_at, claim.ends_at, int(str(body["break_minutes"])))
    return rules.allowance_minutes(paid, percent)
