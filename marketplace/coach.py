"""The posting coach: a posting, finished or not, as the rulebook sees it."""

from dataclasses import dataclass, fields
from datetime import date, datetime

from accounts.models import Employer, Site
from core.clock import local
from core.errors import Refusal, refusal
from core.i18n import N_
from marketplace import rules
from marketplace.forms import GigInput, JobInput, ShiftInput
from marketplace.models import Gig, Job, Shift
from marketplace.rules import Settles
from rulebook.findings import Finding
from rulebook.posting import Posting, check_posting


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A posting as far as it has been written; None and empty mean "not said yet"."""

    title: str = ""
    trade: str = ""
    duties: str = ""
    conditions: str = ""
    min_age: int | None = None
    hourly_fen: int | None = None
    settles: Settles | None = None
    places: int | None = None
    insured: bool | None = None
    certificates: tuple[str, ...] = ()
    shifts: tuple[tuple[datetime, datetime], ...] = ()
    breaks: tuple[int, ...] = ()
    """Unpaid minutes of each shift."""


def findings_of_draft(draft: Draft, site: Site | None, employer: Employer, today: date) -> list[Finding]:
    """What the rules say of what is written so far: stops first, then warnings."""
    posting = Posting(
        title=draft.title,
        duties=draft.duties,
        conditions=draft.conditions,
        employer_name=employer.name,
        region_code=site.region_code if site else "",
        address=site.address if site else "",
        trade_code=draft.trade,
        hourly_fen=draft.hourly_fen,
        places=draft.places,
        shifts=tuple((_wall(starts_at), _wall(ends_at)) for starts_at, ends_at in draft.shifts),
        break_minutes=draft.breaks,
        min_age=draft.min_age,
        insured=draft.insured,
        certificates=draft.certificates,
        settles_within_days=None if draft.settles is None else rules.SETTLES_WITHIN[draft.settles],
        valid_until=max((local(ends_at).date() for _, ends_at in draft.shifts), default=None),
    )
    return sorted(check_posting(posting, today), key=lambda finding: finding.level != "stop")


def _wall(moment: datetime) -> datetime:
    return local(moment).replace(tzinfo=None)


def findings_of(new: GigInput, site: Site, employer: Employer, today: date) -> list[Finding]:
    """The same for a finished posting."""
    draft = Draft(
        title=new.title,
        trade=new.trade,
        duties=new.duties,
        conditions=new.conditions,
        min_age=new.min_age,
        hourly_fen=new.hourly_fen,
        settles=new.settles,
        places=sum(shift.places for shift in new.shifts),
        insured=new.insured,
        certificates=tuple(new.certificates),
        shifts=tuple((shift.starts_at, shift.ends_at) for shift in new.shifts),
        breaks=tuple(shift.break_minutes for shift in new.shifts),
    )
    return findings_of_draft(draft, site, employer, today)


def findings_of_gig(gig: Gig, shifts: list[Shift], now: datetime) -> list[Finding]:
    """The same for a posting that was handed in; `gig` comes with its site and employer."""
    draft = Draft(
        title=gig.title,
        trade=gig.trade,
        duties=gig.duties,
        conditions=gig.conditions,
        min_age=gig.min_age,
        hourly_fen=gig.hourly_fen,
        settles=gig.settles,
        places=sum(shift.places for shift in shifts),
        insured=gig.insured,
        certificates=tuple(gig.certificates),
        shifts=tuple((shift.starts_at, shift.ends_at) for shift in shifts),
        breaks=tuple(shift.break_minutes for shift in shifts),
    )
    return findings_of_draft(draft, gig.site, gig.employer, local(now).date())


def why_not_shifts(shifts: list[ShiftInput], now: datetime) -> Refusal | None:
    """Why shifts cannot be posted for these days."""
    if any(shift.starts_at <= now for shift in shifts):
        return refusal("past", N_("A shift must lie in the future."))
    if any(shift.starts_at - now > rules.POST_AHEAD for shift in shifts):
        return refusal("far", N_("A shift can be posted at most 180 days ahead."))
    return None


# --- lasting jobs ---


@dataclass(frozen=True, kw_only=True)
class JobDraft:
    """A lasting vacancy as far as it has been written; None and empty mean "not said yet"."""

    title: str = ""
    trade: str = ""
    duties: str = ""
    conditions: str = ""
    min_age: int | None = None
    openings: int | None = None
    monthly_from_fen: int | None = None
    monthly_to_fen: int | None = None
    hours_a_week: int | None = None
    valid_until: date | None = None


def findings_of_job_draft(
    draft: JobDraft, site: Site | None, employer: Employer, today: date
) -> list[Finding]:
    """What the rules say of a job as far as it is written: stops first, then warnings."""
    posting = Posting(
        title=draft.title,
        duties=draft.duties,
        conditions=draft.conditions,
        employer_name=employer.name,
        region_code=site.region_code if site else "",
        address=site.address if site else "",
        trade_code=draft.trade,
        places=draft.openings,
        min_age=draft.min_age,
        valid_until=draft.valid_until,
        lasting=True,
        monthly_fen=draft.monthly_from_fen,
        hours_a_week=draft.hours_a_week,
    )
    return sorted(check_posting(posting, today), key=lambda finding: finding.level != "stop")


def findings_of_job(job: Job | JobInput, site: Site, employer: Employer, today: date) -> list[Finding]:
    """The same for a job that is complete, handed in or about to be."""
    draft = JobDraft(**{field.name: getattr(job, field.name) for field in fields(JobDraft)})
    return findings_of_job_draft(draft, site, employer, today)
