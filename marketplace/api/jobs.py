"""Lasting jobs and applications over the API."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

from accounts import queries as people
from accounts.forms import DecisionInput
from accounts.rules import employer as employer_member
from accounts.rules import officer as officer_only
from accounts.rules import worker
from core.api import Call, Operation, api
from core.clock import local
from core.errors import Invalid
from core.i18n import N_
from core.routing import anyone
from marketplace.actions import jobs as actions
from marketplace.api.gigs import FindingItem
from marketplace.coach import findings_of_job
from marketplace.forms import AnswerInput, ApplicationInput, FindJobsInput, JobInput
from marketplace.queries import jobs
from marketplace.queries.jobs import Applicant, JobOffer
from marketplace.rules import ApplicationState, JobState, RefusalReason

if TYPE_CHECKING:
    from marketplace.models import Application


class JobItem(BaseModel):
    """A public job."""

    id: int
    title: str
    trade: str
    employer_id: int
    employer: str
    site: str
    region_code: str
    township_code: str
    monthly_from_fen: int = Field(examples=[550000])
    monthly_to_fen: int = Field(examples=[700000])
    hours_a_week: int
    openings: int
    min_age: int
    valid_until: date
    published_at: datetime | None

    @classmethod
    def of(cls, offer: JobOffer) -> Self:
        """From a card."""
        return cls(**{name: getattr(offer, name) for name in JobItem.model_fields})


class Jobs(BaseModel):
    """One page of what was found."""

    total: int
    items: list[JobItem]


class JobDetails(JobItem):
    """A job to decide on."""

    duties: str
    conditions: str
    address: str
    application_id: int | None = Field(description="The caller's own application.")
    application_state: ApplicationState | None


class JobPosted(BaseModel):
    """A job that waits for an officer."""

    id: int
    state: JobState
    findings: list[FindingItem] = Field(description="What the coach advises; nothing here stops the job.")


class JobDecided(BaseModel):
    """A job after the decision."""

    id: int
    state: JobState


class ApplicationSent(BaseModel):
    """An application as it stands."""

    id: int
    state: ApplicationState


class ApplicationItem(BaseModel):
    """One of the caller's own applications."""

    id: int
    job_id: int
    title: str
    employer_id: int
    employer: str
    state: ApplicationState
    words: str
    has_file: bool
    sent_at: datetime
    answered_at: datetime | None
    refusal: RefusalReason | None = Field(description="Why it was refused; else null.")
    answer: str = Field(description="The employer's own words; may be empty.")

    @classmethod
    def of(cls, one: "Application") -> Self:
        """From a row with its job and employer."""
        same = ("id", "state", "words", "sent_at", "answered_at", "refusal", "answer")
        return cls(
            job_id=one.job.id,
            title=one.job.title,
            employer_id=one.job.employer.id,
            employer=one.job.employer.name,
            has_file=bool(one.file_path),
            **{name: getattr(one, name) for name in same},
        )


class Applications(BaseModel):
    """The caller's applications, the latest first."""

    items: list[ApplicationItem]


class ApplicantItem(BaseModel):
    """Somebody who has applied, as far as their consent goes. The number is shown on the page, once invited."""

    id: int = Field(description="Of the application.")
    name: str
    age: int | None
    state: ApplicationState
    sent_at: datetime
    has_file: bool
    words: str
    worked: int = Field(description="Shifts worked through this site.")

    @classmethod
    def of(cls, one: Applicant) -> Self:
        """From a row."""
        return cls(**{name: getattr(one, name) for name in ApplicantItem.model_fields})


class Applicants(BaseModel):
    """Who has applied and not withdrawn, the first first."""

    items: list[ApplicantItem]


async def listing(call: Call) -> Jobs:
    """Public jobs."""
    found = await jobs.find_jobs(call.query, call.now)
    return Jobs(total=found.total, items=[JobItem.of(offer) for offer in found.items])


async def show(call: Call) -> JobDetails:
    """One job."""
    page = await jobs.job_page(call.path("id"), call.viewer.id if call.viewer else None, call.now)
    more = ("duties", "conditions", "address", "application_id", "application_state")
    return JobDetails(**JobItem.of(page.offer).model_dump(), **{name: getattr(page, name) for name in more})


async def post_job(call: Call) -> JobPosted:
    """Post a job."""
    new: JobInput = call.body
    site = await people.site_for(call.viewer, new.site_id)
    findings = findings_of_job(new, site, site.employer, local(call.now).date())
    stops = {stop.field: f"{stop.text} {stop.advice}".strip() for stop in findings if stop.level == "stop"}
    if stops:
        # A program is told which field to mend, as a person is by the coach.
        raise Invalid(stops)
    job = await actions.post_job(new, site, call.viewer, call.now)
    return JobPosted(id=job.id, state=job.state, findings=[FindingItem.of(finding) for finding in findings])


async def decide(call: Call) -> JobDecided:
    """Publish a job or send it back."""
    word: DecisionInput = call.body
    regions, job_id = await people.counties_of(call.viewer), call.path("id")
    await actions.decide_job(
        job_id, regions, call.viewer, accept=word.accept, reason=word.reason, now=call.now
    )
    return JobDecided(id=job_id, state=JobState.PUBLISHED if word.accept else JobState.REJECTED)


async def apply(call: Call) -> ApplicationSent:
    """Apply for a job."""
    sent = await actions.apply_for_job(call.path("id"), call.viewer, call.body, None, "", call.now)
    return ApplicationSent(id=sent, state=ApplicationState.SENT)


async def mine(call: Call) -> Applications:
    """The caller's applications."""
    return Applications(items=[ApplicationItem.of(one) for one in await jobs.applications_by(call.viewer.id)])


async def applicants(call: Call) -> Applicants:
    """Who has applied for a job of the caller's employers."""
    job = await jobs.job_of(call.viewer.employer_ids, call.path("id"))
    found = await jobs.applicants_of(job.id, call.now)
    return Applicants(items=[ApplicantItem.of(one) for one in found])


async def answer(call: Call) -> ApplicationSent:
    """Invite, hire or refuse somebody."""
    said: AnswerInput = call.body
    state = ApplicationState(said.state)
    await actions.answer_application(
        call.path("id"),
        call.viewer.employer_ids,
        state,
        reason=said.refusal,
        answer=said.answer,
        now=call.now,
    )
    return ApplicationSent(id=call.path("id"), state=state)


async def withdraw(call: Call) -> ApplicationSent:
    """Take an application back."""
    await actions.withdraw_application(call.path("id"), call.viewer, call.now)
    return ApplicationSent(id=call.path("id"), state=ApplicationState.WITHDRAWN)


APPLY = (
    "already-applied",
    "closed",
    "own-employer",
    "blocked",
    "profile-needed",
    "too-young",
    "barred-under-18",
)

routes = [
    api(
        "GET",
        "/api/v1/jobs",
        listing,
        who=anyone,
        operation=Operation(N_("Find lasting jobs"), query=FindJobsInput, answer=Jobs),
    ),
    api(
        "POST",
        "/api/v1/jobs",
        post_job,
        who=employer_member,
        operation=Operation(
            N_("Post a lasting job"),
            201,
            body=JobInput,
            answer=JobPosted,
            refusals=("licence-needed", "past", "far"),
        ),
    ),
    api(
        "GET",
        "/api/v1/jobs/{id:int}",
        show,
        who=anyone,
        operation=Operation(N_("One lasting job"), answer=JobDetails),
    ),
    api(
        "POST",
        "/api/v1/jobs/{id:int}/decision",
        decide,
        who=officer_only,
        operation=Operation(
            N_("Publish a lasting job or send it back"),
            body=DecisionInput,
            answer=JobDecided,
            refusals=("reason-needed", "not-verified", "decided"),
        ),
    ),
    api(
        "POST",
        "/api/v1/jobs/{id:int}/applications",
        apply,
        who=worker,
        operation=Operation(
            N_("Apply for a lasting job"), 201, body=ApplicationInput, answer=ApplicationSent, refusals=APPLY
        ),
    ),
    api(
        "GET",
        "/api/v1/jobs/{id:int}/applications",
        applicants,
        who=employer_member,
        operation=Operation(N_("Who has applied for a job of the caller's employers"), answer=Applicants),
    ),
    api(
        "GET",
        "/api/v1/applications",
        mine,
        who=worker,
        operation=Operation(N_("The caller's applications"), answer=Applications),
    ),
    api(
        "POST",
        "/api/v1/applications/{id:int}/answer",
        answer,
        who=employer_member,
        operation=Operation(
            N_("Invite, hire or refuse an applicant"),
            body=AnswerInput,
            answer=ApplicationSent,
            refusals=("answered", "reason-needed"),
        ),
    ),
    api(
        "DELETE",
        "/api/v1/applications/{id:int}",
        withdraw,
        who=worker,
        operation=Operation(
            N_("Withdraw an application"), answer=ApplicationSent, refusals=("not-yours-to-withdraw",)
        ),
    ),
]
