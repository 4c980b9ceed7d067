"""Which employers a file may post for, and where."""

from collections import defaultdict
from datetime import datetime

from accounts.models import Employer, Membership, Site
from accounts.rules import LicenceState, Role
from marketplace.imports.gigs import Poster


async def posters(now: datetime, credit_code: str | None = None) -> dict[str, Poster]:
    """Verified employers with at least one member, by credit code; or only the one that is named.

    The first member is named as the author: a file comes through the machine's own command line.
    """
    named = {"credit_code": credit_code} if credit_code else {}
    employers = await Employer.filter(licence_state=LicenceState.VERIFIED, verified_until__gt=now, **named)
    ids = [employer.id for employer in employers]
    sites: dict[int, list[Site]] = defaultdict(list)
    for site in await Site.filter(employer_id__in=ids).order_by("id"):
        sites[site.employer_id].append(site)  # type: ignore[attr-defined]  # Tortoise's own column
    members = Membership.filter(employer_id__in=ids, role=Role.EMPLOYER).order_by("-id")
    authors = {row["employer_id"]: row["user_id"] for row in await members.values("employer_id", "user_id")}
    return {
        employer.credit_code: Poster(employer, sites[employer.id], authors[employer.id])
        for employer in employers
        if employer.id in authors
    }
