"""What waits for an officer: licences and postings of the officer's own counties, and of no others."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Certificate, Employer, Site
from accounts.queries import certificates_to_verify, employers_to_verify
from core.errors import NotFound
from core.i18n import translated
from marketplace.coach import findings_of_gig
from marketplace.models import Gig, Job, Shift
from marketplace.rules import GigState, JobState, short_name
from rulebook import trades
from rulebook.findings import Finding

PLACES = {"licence": "employers", "gig": "gigs", "job": "jobs", "certificate": "certificates"}
"""Kind of what waits → the part of the officer's pages where it is decided."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that waits for a decision."""

    kind: str
    """`licence`, `gig`, `job` or `certificate`."""
    id: int
    title: str
    employer: str
    region_code: str
    since: datetime
    again: bool
    """It was rejected or verified before and comes back."""

    @property
    def url(self) -> str:
        """Where it is decided."""
        return f"/officer/{PLACES[self.kind]}/{self.id}"


async def waiting(regions: list[str]) -> list[Item]:
    """Licences, postings and certificates that wait, oldest first."""
    jobs = Job.filter(state=JobState.PENDING, employer__region_code__in=regions).select_related("employer")
    gigs = Gig.filter(state=GigState.PENDING, employer__region_code__in=regions).select_related("employer")
    items = [_licence(employer) for employer in await employers_to_verify(regions)]
    items += [_gig(gig) for gig in await gigs]
    items += [_job(job) for job in await jobs]
    items += [_certificate(paper) for paper in await certificates_to_verify()]
    return sorted(items, key=lambda item: (item.since, item.kind, item.id))


def _licence(employer: Employer) -> Item:
    return Item(
        "licence",
        employer.id,
        employer.name,
        employer.name,
        employer.region_code,
        employer.submitted_at or employer.created_at,
        employer.decided_at is not None,
    )


def _certificate(paper: Certificate) -> Item:
    name = translated(trades.CERTIFICATES.get(paper.kind, ""))
    return Item("certificate", paper.id, name, short_name(paper.user.name), "", paper.created_at, again=False)


def _gig(gig: Gig) -> Item:
    return Item(
        "gig",
        gig.id,
        gig.title,
        gig.employer.name,
        gig.employer.region_code,
        gig.submitted_at or gig.created_at,
        gig.decided_at is not None,
    )


def _job(job: Job) -> Item:
    again = job.decided_at is not None
    employer = job.employer
    return Item("job", job.id, job.title, employer.name, employer.region_code, job.created_at, again)


@dataclass(frozen=True)
class OfficerGig:
    """A posting under an officer's eyes."""

    gig: Gig
    site: Site
    employer: Employer
    shifts: list[Shift]
    findings: list[Finding]


async def gig_page(regions: list[str], gig_id: int, now: datetime) -> OfficerGig:
    """A posting of these counties. Raises NotFound for any other, and for drafts."""
    found = Gig.get_or_none(id=gig_id, employer__region_code__in=regions)
    gig = await found.select_related("site", "employer")
    if gig is None or gig.state is GigState.DRAFT:
        raise NotFound
    shifts = await Shift.filter(gig_id=gig_id).order_by("starts_at", "id")
    return OfficerGig(gig, gig.site, gig.employer, shifts, findings_of_gig(gig, shifts, now))
