"""The contract of a shift, word for word: what both sides can open for ever after the tap."""

import hashlib
import json
from typing import Any

from marketplace.models import Gig, Shift

VERSION = "2026-11"
"""Version of the standing clauses (undo, cancelling, sharing of name and phone)."""


def body(shift: Shift, gig: Gig, site: Any, employer: Any) -> dict[str, Any]:
    """Everything agreed, as plain values. The order of keys is the order on the page."""
    return {
        "clauses": VERSION,
        "employer": {"name": employer.name, "credit_code": employer.credit_code},
        "title": gig.title,
        "trade": gig.trade,
        "duties": gig.duties,
        "conditions": gig.conditions,
        "min_age": gig.min_age,
        "site": {"name": site.name, "address": site.address, "region": site.region_code},
        "starts_at": shift.starts_at.isoformat(),
        "ends_at": shift.ends_at.isoformat(),
        "break_minutes": shift.break_minutes,
        "hourly_fen": gig.hourly_fen,
        "settles": str(gig.settles.value),
        "meals": gig.meals,
        "insured": gig.insured,
        "policy_number": gig.policy_number,
        "certificates": gig.certificates,
    }


def fingerprint(content: dict[str, Any]) -> str:
    """SHA-256 of the canonical text: the same terms have the same fingerprint everywhere."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
