"""Claims over the API: the tap, giving back, coming and going."""

from datetime import date, datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from accounts.rules import employer as employer_member
from accounts.rules import worker
from core import clock
from core.api import Call, Operation, api
from core.i18n import N_
from core.routing import signed_in
from marketplace import rules
from marketplace.actions import attendance, claims, settlement
from marketplace.forms import CheckInInput, ClaimInput, DisputeInput
from marketplace.queries.claims import ClaimPage, claim_page, my_page, terms_page
from marketplace.rules import CheckedBy, ClaimState, InvitationState, PayKind, PayState


class Claimed(BaseModel):
    """What the tap came to."""

    id: int
    state: ClaimState = Field(description="hired or waiting", examples=["hired"])
    position: int | None = Field(description="Number on the waiting list, from 1; null when hired.")
    undo_until: datetime | None = Field(description="Until then it can be given back without a trace.")


class ClaimStateNow(BaseModel):
    """How a claim stands."""

    id: int
    state: ClaimState


class AttendanceItem(BaseModel):
    """When somebody came and went, and who says so."""

    claim_id: int
    in_at: datetime
    in_by: CheckedBy
    in_distance_m: int | None = Field(description="Metres from the site; null when no position was told.")
    out_at: datetime | None
    out_by: CheckedBy | None
    worked_minutes: int | None = Field(description="Paid minutes; null until the check-out.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From a row."""
        return cls(
            claim_id=row.claim_id,
            **{name: getattr(row, name) for name in cls.model_fields if name != "claim_id"},
        )


class PayLineItem(BaseModel):
    """One line of what a worker is owed."""

    id: int
    claim_id: int
    kind: PayKind
    minutes: int
    hourly_fen: int
    amount_fen: int = Field(examples=[11200])
    state: PayState
    due_on: date
    confirmed_at: datetime | None
    paid_at: datetime | None
    dispute: str = Field(description="Why the worker disputes it; else empty.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From a row."""
        return cls(
            claim_id=row.claim_id,
            **{name: getattr(row, name) for name in cls.model_fields if name != "claim_id"},
        )


class InvitationItem(BaseModel):
    """A free place offered to the caller alone."""

    id: int
    state: InvitationState
    offered_at: datetime
    expires_at: datetime = Field(description="Until then nobody else gets the place.")


class ClaimItem(BaseModel):
    """One claim with what happened and what is owed."""

    id: int
    state: ClaimState
    shift_id: int
    gig_id: int
    title: str
    employer: str
    employer_id: int
    site: str
    address: str
    lat: float
    lon: float
    starts_at: datetime
    ends_at: datetime
    hourly_fen: int = Field(description="As agreed.")
    total_fen: int = Field(description="Pay of the whole shift, as agreed.")
    position: int | None = Field(description="Number on the waiting list, from 1.")
    joined_at: datetime
    undo_until: datetime | None
    invitation: InvitationItem | None = Field(description="The last offer of a free place, while waiting.")
    cancel_points: int = Field(description="What giving it back would cost now.")
    terms: str = Field(description="Fingerprint of what was agreed.")
    worker: str | None = Field(description="Name of the worker; told to the employer only.")
    attendance: AttendanceItem | None
    pay_lines: list[PayLineItem]


class Claims(BaseModel):
    """The caller's claims."""

    items: list[ClaimItem]


class AgreedTerms(BaseModel):
    """What was agreed, word for word."""

    claim_id: int
    version: int
    sha256: str = Field(description="SHA-256 of `body` as canonical JSON (sorted keys, no spaces, UTF-8).")
    body: dict[str, Any]
    agreed_at: datetime


def item(page: ClaimPage) -> ClaimItem:
    """A claim as the API tells it."""
    claim, came = page.claim, page.attendance
    return ClaimItem(
        id=claim.id,
        state=claim.state,
        shift_id=page.shift.id,
        gig_id=page.gig.id,
        title=page.gig.title,
        employer=page.employer.name,
        employer_id=page.employer.id,
        site=page.site.name,
        address=page.site.address,
        lat=page.site.lat,
        lon=page.site.lon,
        starts_at=claim.starts_at,
        ends_at=claim.ends_at,
        hourly_fen=page.hourly_fen,
        total_fen=page.total_fen,
        position=page.position,
        joined_at=claim.joined_at,
        undo_until=claim.undo_until,
        invitation=_invitation(page.invitation),
        cancel_points=rules.points_for(claim.state, claim.undo_until, claim.starts_at, clock.now()),
        terms=claim.terms.sha256,
        worker=None if page.mine else page.worker.name,
        attendance=AttendanceItem.of(came) if came else None,
        pay_lines=[PayLineItem.of(line) for line in page.lines],
    )


def _invitation(row: Any) -> InvitationItem | None:
    return row and InvitationItem(**{name: getattr(row, name) for name in InvitationItem.model_fields})


async def claim_shift(call: Call) -> Claimed:
    """The one tap."""
    wanted: ClaimInput = call.body
    got = await claims.claim_shift(
        call.path("id"), call.viewer, terms=wanted.terms, wait=wanted.wait, now=call.now
    )
    return Claimed(id=got.id, state=got.state, position=got.position, undo_until=got.undo_until)


async def mine(call: Call) -> Claims:
    """The caller's claims."""
    page = await my_page(call.viewer.id, call.now)
    return Claims(items=[item(one) for one in (*page.under_way, *page.coming, *page.waiting, *page.past)])


async def show(call: Call) -> ClaimItem:
    """One claim."""
    return item(await claim_page(call.path("id"), call.viewer))


async def give_back(call: Call) -> ClaimStateNow:
    """Give a claim back."""
    return ClaimStateNow(
        id=call.path("id"), state=await claims.cancel_claim(call.path("id"), call.viewer, call.now)
    )


async def terms(call: Call) -> AgreedTerms:
    """The contract of a claim."""
    page = await terms_page(call.path("id"), call.viewer)
    return AgreedTerms(
        claim_id=page.claim.id,
        version=page.terms.version,
        sha256=page.terms.sha256,
        body=page.terms.body,
        agreed_at=page.claim.joined_at,
    )


async def check_in(call: Call) -> AttendanceItem:
    """The worker has come."""
    return AttendanceItem.of(await attendance.check_in(call.path("id"), call.viewer, call.body, call.now))


async def check_out(call: Call) -> PayLineItem:
    """The worker leaves."""
    return PayLineItem.of(await attendance.check_out(call.path("id"), call.viewer, call.now))


async def dispute(call: Call) -> PayLineItem:
    """The worker says that a pay line is wrong."""
    return PayLineItem.of(await settlement.dispute(call.path("id"), call.viewer, call.body.reason, call.now))


async def check_in_by_hand(call: Call) -> AttendanceItem:
    """The employer sees the worker there."""
    employers = call.viewer.employer_ids
    return AttendanceItem.of(await attendance.check_in_by_hand(call.path("id"), employers, call.now))


async def check_out_by_hand(call: Call) -> PayLineItem:
    """The employer sees the worker leave."""
    return PayLineItem.of(
        await attendance.check_out_by_hand(call.path("id"), call.viewer.employer_ids, call.now)
    )


WHY_NOT_CLAIM = (
    "closed",
    "full",
    "already-claimed",
    "own-employer",
    "profile-needed",
    "too-young",
    "overlap",
    "travel",
    "blocked",
    "paused",
    "terms-changed",
    "under-16",
    "barred-under-18",
)
WHY_NOT_IN = ("checked-in", "not-hired", "too-early", "over")

routes = [
    api(
        "POST",
        "/api/v1/shifts/{id:int}/claims",
        claim_shift,
        who=worker,
        operation=Operation(
            N_("Claim a shift: hired at once, or on the waiting list"),
            201,
            body=ClaimInput,
            answer=Claimed,
            refusals=WHY_NOT_CLAIM,
        ),
    ),
    api(
        "GET",
        "/api/v1/claims",
        mine,
        who=worker,
        operation=Operation(
            N_("The caller's own claims: the next first, then the latest"),
            answer=Claims,
        ),
    ),
    api(
        "GET",
        "/api/v1/claims/{id:int}",
        show,
        who=signed_in,
        operation=Operation(
            N_("One claim, for its worker and its employer"),
            answer=ClaimItem,
        ),
    ),
    api(
        "DELETE",
        "/api/v1/claims/{id:int}",
        give_back,
        who=worker,
        operation=Operation(
            N_("Give a claim back; the next who waits is hired"),
            answer=ClaimStateNow,
            refusals=("not-yours-to-cancel", "begun", "changed"),
        ),
    ),
    api(
        "GET",
        "/api/v1/claims/{id:int}/terms",
        terms,
        who=signed_in,
        operation=Operation(
            N_("What was agreed, word for word"),
            answer=AgreedTerms,
        ),
    ),
    api(
        "POST",
        "/api/v1/claims/{id:int}/check-in",
        check_in,
        who=worker,
        operation=Operation(
            N_("Check in with the QR's token or the six digits"),
            body=CheckInInput,
            answer=AttendanceItem,
            refusals=(*WHY_NOT_IN, "stale-code", "outside"),
        ),
    ),
    api(
        "POST",
        "/api/v1/claims/{id:int}/check-out",
        check_out,
        who=worker,
        operation=Operation(
            N_("Check out; the answer is the pay line"),
            answer=PayLineItem,
            refusals=("not-working",),
        ),
    ),
    api(
        "POST",
        "/api/v1/claims/{id:int}/check-in-by-hand",
        check_in_by_hand,
        who=employer_member,
        operation=Operation(
            N_("The employer checks a worker in"),
            answer=AttendanceItem,
            refusals=WHY_NOT_IN,
        ),
    ),
    api(
        "POST",
        "/api/v1/claims/{id:int}/check-out-by-hand",
        check_out_by_hand,
        who=employer_member,
        operation=Operation(
            N_("The employer checks a worker out"),
            answer=PayLineItem,
            refusals=("not-working",),
        ),
    ),
    api(
        "POST",
        "/api/v1/pay-lines/{id:int}/dispute",
        dispute,
        who=worker,
        operation=Operation(
            N_("Say that a pay line is wrong"),
            body=DisputeInput,
            answer=PayLineItem,
            refusals=("disputed", "changed"),
        ),
    ),
]
