"""Notices of the demo town: what its people find in their inboxes."""

from datetime import datetime, timedelta
from typing import Any

from accounts.models import Employer, Membership, Notice
from accounts.rules import LicenceState
from app.demo.draft import Draft
from marketplace.models import Claim, Gig, PayLine, Shift
from marketplace.rules import ClaimState, PayState

EACH = 20
"""How many notices of one kind there are at most."""
UNREAD = timedelta(days=2)
"""People look into their inboxes every other day."""


def add_notices(draft: Draft, now: datetime) -> None:
    """The newest of each kind, as marketplace and accounts write them; only the latest are unread."""
    coming = [claim for claim in draft.rows(Claim) if claim.state is ClaimState.HIRED]
    promoted = [claim for claim in coming if claim.hired_at != claim.joined_at]
    at_once = [claim for claim in coming if claim.hired_at == claim.joined_at]
    for kind, claims in (("promoted", promoted), ("hired", at_once)):
        for claim in _newest(claims, "hired_at"):
            link = f"/claims/{claim.id}"
            _put(draft, claim.worker_id, kind, claim.hired_at, now, link, _words(draft, claim))
    paid = [line for line in draft.rows(PayLine) if line.state is PayState.PAID]
    for line in _newest(paid, "paid_at"):
        _put(
            draft,
            line.worker_id,
            "pay-paid",
            line.paid_at,
            now,
            f"/claims/{line.claim_id}",
            {"fen": line.amount_fen},
        )
    _tell_employers(draft, now)


def _newest(rows: list[Any], moment: str) -> list[Any]:
    return sorted(rows, key=lambda row: (getattr(row, moment), row.id))[-EACH:]


def _words(draft: Draft, claim: Claim) -> dict[str, object]:
    gig = draft.row(Gig, draft.row(Shift, claim.shift_id).gig_id)
    employer = draft.row(Employer, gig.employer_id)
    return {"title": gig.title, "employer": employer.name, "starts_at": claim.starts_at.isoformat()}


def _tell_employers(draft: Draft, now: datetime) -> None:
    verified = [
        employer for employer in draft.rows(Employer) if employer.licence_state is LicenceState.VERIFIED
    ]
    for employer in _newest(verified, "decided_at"):
        params = {"employer": employer.name, "reason": ""}
        for member in draft.rows(Membership):
            if member.employer_id == employer.id:
                _put(
                    draft, member.user_id, "employer-verified", employer.decided_at, now, "/employer", params
                )


def _put(
    draft: Draft, user_id: int, kind: str, at: datetime, now: datetime, link: str, params: dict[str, object]
) -> None:
    draft.add(
        Notice,
        user_id=user_id,
        kind=kind,
        params=params,
        link=link,
        created_at=at,
        read_at=at + UNREAD if at + UNREAD < now else None,
    )
