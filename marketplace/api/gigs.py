"""Postings over the API, for their employer."""

from datetime import date, datetime
from typing import Self

from pydantic import BaseModel, Field

from accounts import queries as people
from accounts.rules import employer as employer_member
from core.api import Call, Operation, api
from core.clock import local
from core.errors import Invalid
from core.forms import Input
from core.i18n import N_
from marketplace.actions import gigs
from marketplace.api.shifts import ShiftCounts, counts
from marketplace.coach import findings_of
from marketplace.forms import GigInput, ShiftsInput
from marketplace.queries import employer
from marketplace.rules import GigState, Settles
from rulebook.findings import Finding


class FindingItem(BaseModel):
    """Something doubtful about a posting."""

    code: str = Field(description="Stable; for programs.")
    level: str = Field(description="stop or warn", examples=["warn"])
    field: str
    text: str = Field(description="In the reader's language.")
    advice: str
    rule: str = Field(description="The article it rests on.")

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """From a finding of the rulebook."""
        return cls(
            code=finding.code,
            level=finding.level,
            field=finding.field,
            text=finding.text,
            advice=finding.advice,
            rule=finding.rule,
        )


class Posted(BaseModel):
    """A posting that waits for an officer."""

    id: int
    state: GigState
    shift_ids: list[int] = Field(description="In the order of their start.")
    findings: list[FindingItem] = Field(description="What the coach advises; nothing here stops the posting.")


class ShiftsAdded(BaseModel):
    """Further shifts of a posting."""

    gig_id: int
    shift_ids: list[int]


class GigItem(BaseModel):
    """A posting in the list of its employer."""

    id: int
    employer_id: int
    title: str
    site: str
    state: GigState
    rejection: str = Field(description="Why an officer sent it back; else empty.")
    hourly_fen: int
    submitted_at: datetime | None
    next_at: datetime | None = Field(description="Start of its next shift.")
    coming: int = Field(description="Shifts still to come.")
    places: int = Field(description="Places of the shifts to come.")
    taken: int


class Gigs(BaseModel):
    """Postings of the caller's employers."""

    items: list[GigItem]


class GigDetails(BaseModel):
    """A posting with its shifts."""

    id: int
    employer_id: int
    site_id: int
    title: str
    trade: str
    duties: str
    conditions: str
    min_age: int
    hourly_fen: int
    settles: Settles
    meals: bool
    no_experience: bool
    insured: bool
    policy_number: str = Field(description="Number of the accident policy; may be empty.")
    certificates: list[str] = Field(description="Kinds of certificate a worker needs.", examples=[["health"]])
    valid_until: date
    state: GigState
    rejection: str
    submitted_at: datetime | None
    decided_at: datetime | None
    shifts: list[ShiftCounts] = Field(description="Those to come, then the last twenty.")


class GigsQuery(Input):
    """Which postings."""

    employer: int | None = Field(None, ge=1, le=2**62, description="Only this employer's postings.")
    state: GigState | None = None


async def post_gig(call: Call) -> Posted:
    """Post a gig with its shifts."""
    new: GigInput = call.body
    site = await people.site_for(call.viewer, new.site_id)
    findings = findings_of(new, site, site.employer, local(call.now).date())
    stops = {stop.field: f"{stop.text} {stop.advice}".strip() for stop in findings if stop.level == "stop"}
    if stops:
        # A program is told which field to mend, as a person is by the coach.
        raise Invalid(stops)
    gig = await gigs.post_gig(new, site, call.viewer, call.now)
    shifts = await employer.shifts_of(gig.id)
    return Posted(
        id=gig.id,
        state=gig.state,
        shift_ids=[shift.id for shift in shifts],
        findings=[FindingItem.of(finding) for finding in findings],
    )


async def add_shifts(call: Call) -> ShiftsAdded:
    """Further shifts of a published gig."""
    added = await gigs.add_shifts(call.path("id"), call.viewer.employer_ids, call.body.shifts, call.now)
    return ShiftsAdded(gig_id=call.path("id"), shift_ids=added)


async def listing(call: Call) -> Gigs:
    """The postings of one employer of the viewer, or of all."""
    wanted: GigsQuery = call.query
    if wanted.employer is not None:
        await people.employer_for(call.viewer, wanted.employer)
    employers = call.viewer.employer_ids if wanted.employer is None else (wanted.employer,)
    return Gigs(
        items=[
            _gig(row, employer_id)
            for employer_id in employers
            for row in (await employer.gigs_of(employer_id, wanted.state, call.now)).gigs
        ]
    )


def _gig(row: employer.GigRow, employer_id: int) -> GigItem:
    fields = {name: getattr(row, name) for name in GigItem.model_fields if name != "employer_id"}
    return GigItem(employer_id=employer_id, **fields)


async def show(call: Call) -> GigDetails:
    """One posting."""
    page = await employer.gig_page(call.viewer.employer_ids, call.path("id"), call.now)
    named = {"employer_id": page.employer.id, "site_id": page.site.id}
    fields = {
        name: getattr(page.gig, name) for name in GigDetails.model_fields if name not in (*named, "shifts")
    }
    return GigDetails(**named, **fields, shifts=[counts(row) for row in (*page.coming, *page.past)])


routes = [
    api(
        "POST",
        "/api/v1/gigs",
        post_gig,
        who=employer_member,
        operation=Operation(
            N_("Post a gig with its shifts"),
            201,
            body=GigInput,
            answer=Posted,
            refusals=("not-verified", "past", "far"),
        ),
    ),
    api(
        "GET",
        "/api/v1/gigs",
        listing,
        who=employer_member,
        operation=Operation(
            N_("Postings of the caller's employers"),
            query=GigsQuery,
            answer=Gigs,
        ),
    ),
    api(
        "GET",
        "/api/v1/gigs/{id:int}",
        show,
        who=employer_member,
        operation=Operation(
            N_("One posting with its shifts"),
            answer=GigDetails,
        ),
    ),
    api(
        "POST",
        "/api/v1/gigs/{id:int}/shifts",
        add_shifts,
        who=employer_member,
        operation=Operation(
            N_("Add shifts to a published posting"),
            201,
            body=ShiftsInput,
            answer=ShiftsAdded,
            refusals=("not-published", "not-verified", "stopped", "past", "far"),
        ),
    ),
]
