"""Certificates as an employer sees them: the kind and the last day, never the number."""

from datetime import date

from accounts.models import Certificate
from accounts.rules import CertificateState
from marketplace.models import Claim
from marketplace.rules import LIVE

Papers = dict[int, list[tuple[str, date]]]
"""Claim → kinds of certificate its gig needs, each with the last day it is valid."""


async def papers_on(shift_id: int) -> Papers:
    """The verified certificates of everybody on a shift, of the kinds its gig needs; the longest valid of each."""
    claims = await Claim.filter(shift_id=shift_id, state__in=LIVE).values(
        "id", "worker_id", needed="shift__gig__certificates"
    )
    needed = claims[0]["needed"] if claims else []
    if not needed:
        return {}
    found = Certificate.filter(
        user_id__in=[claim["worker_id"] for claim in claims], kind__in=needed, state=CertificateState.VERIFIED
    )
    lasting = {}
    for paper in await found.order_by("expires_on").values("user_id", "kind", "expires_on"):
        lasting[paper["user_id"], paper["kind"]] = paper["expires_on"]
    return {
        claim["id"]: [
            (kind, lasting[claim["worker_id"], kind])
            for kind in needed
            if (claim["worker_id"], kind) in lasting
        ]
        for claim in claims
    }
