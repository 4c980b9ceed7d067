"""Settlement over the API: what an employer owes, confirms and pays."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from accounts import queries as people
from accounts.rules import Viewer
from accounts.rules import employer as employer_member
from core.api import Call, Operation, api
from core.errors import Invalid
from core.forms import Input
from core.i18n import N_, _
from marketplace.actions import settlement
from marketplace.api.claims import PayLineItem
from marketplace.forms import MinutesInput
from marketplace.queries import settlement as queries
from marketplace.rules import PayKind, PayState


class SettlementQuery(Input):
    """Which pay lines."""

    employer: int | None = Field(
        None, ge=1, le=2**62, description="Needed by who acts for several employers."
    )
    state: PayState = PayState.DUE
    page: int = Field(1, ge=1, le=1_000_000)


class Total(BaseModel):
    """How many pay lines are in one state, and what they come to."""

    lines: int
    fen: int


class SettlementLine(BaseModel):
    """A pay line as the employer settles it."""

    id: int
    worker: str
    title: str
    starts_at: datetime
    in_at: datetime | None
    out_at: datetime | None
    kind: PayKind
    minutes: int
    hourly_fen: int
    amount_fen: int
    state: PayState
    due_on: date
    confirms_at: datetime = Field(description="When hours that are due confirm themselves.")
    paid_at: datetime | None
    dispute: str


class Settlement(BaseModel):
    """Pay lines in one state, and the totals of all states."""

    employer_id: int
    totals: dict[PayState, Total]
    state: PayState
    page: int
    pages: int
    items: list[SettlementLine] = Field(
        description="Fifty to a page: the longest due first, the last paid first."
    )


async def show(call: Call) -> Settlement:
    """What an employer owes."""
    wanted: SettlementQuery = call.query
    employer_id = await _employer(call.viewer, wanted.employer)
    found = await queries.settlement(employer_id, wanted.state, wanted.page)
    return Settlement(
        employer_id=employer_id,
        state=found.state,
        page=found.page,
        pages=found.pages,
        totals={state: Total(lines=tally.lines, fen=tally.fen) for state, tally in found.tallies.items()},
        items=[
            SettlementLine(**{name: getattr(line, name) for name in SettlementLine.model_fields})
            for line in found.lines
        ],
    )


async def _employer(viewer: Viewer, wanted: int | None) -> int:
    if wanted is not None:
        await people.employer_for(viewer, wanted)
        return wanted
    if len(viewer.employer_ids) > 1:
        raise Invalid({"employer": _("You act for several employers: please say which.")})
    return viewer.employer_ids[0]


async def confirm(call: Call) -> PayLineItem:
    """The employer confirms the hours."""
    employers = call.viewer.employer_ids
    return PayLineItem.of(
        await settlement.confirm_hours(call.path("id"), employers, call.body.minutes, call.now)
    )


async def pay(call: Call) -> PayLineItem:
    """The employer has paid."""
    return PayLineItem.of(await settlement.mark_paid(call.path("id"), call.viewer.employer_ids, call.now))


routes = [
    api(
        "GET",
        "/api/v1/settlement",
        show,
        who=employer_member,
        operation=Operation(
            N_("Pay lines of an employer by state"),
            query=SettlementQuery,
            answer=Settlement,
        ),
    ),
    api(
        "POST",
        "/api/v1/pay-lines/{id:int}/confirm",
        confirm,
        who=employer_member,
        operation=Operation(
            N_("Confirm the hours of a pay line, as recorded or corrected"),
            body=MinutesInput,
            answer=PayLineItem,
            refusals=("confirmed", "paid", "changed"),
        ),
    ),
    api(
        "POST",
        "/api/v1/pay-lines/{id:int}/pay",
        pay,
        who=employer_member,
        operation=Operation(
            N_("Mark a confirmed pay line as paid"),
            answer=PayLineItem,
            refusals=("not-confirmed", "paid", "changed"),
        ),
    ),
]
