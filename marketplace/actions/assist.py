"""Acting for somebody without a phone: the same actions, done by an officer, noted with both names.

The audit trail takes the officer as the one who acts from the request, and the person as whom it is about; that
person reads it under "Who acted for you, who looked".
"""

from datetime import datetime

from accounts.actions import CONSENT_VERSION
from accounts.rules import Viewer
from core import audit
from core.database import transaction
from marketplace.actions import claims
from marketplace.actions.claims import Claimed
from marketplace.models import Claim


async def claim_for(shift_id: int, person: Viewer, officer: Viewer, *, terms: str, now: datetime) -> Claimed:
    """Take the shift for the person, who has heard the terms and the consent. Raises Refused with the reason."""
    async with transaction():
        got = await claims.claim_shift(shift_id, person, terms=terms, now=now)
        await Claim.filter(id=got.id).update(made_by_id=officer.id)
        await audit.record(
            "assist.consented",
            "claim",
            got.id,
            now=now,
            subject_id=person.id,
            text=CONSENT_VERSION,
            read="aloud",
        )
    return got
