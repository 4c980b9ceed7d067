"""The officer's inbox over the API."""

from datetime import datetime

from pydantic import BaseModel, Field

from accounts import queries as people
from accounts.forms import DecisionInput
from accounts.rules import officer as officer_only
from core.api import Call, Operation, api
from core.i18n import N_
from marketplace.actions.gigs import decide_gig
from marketplace.queries import officer
from marketplace.rules import GigState


class InboxItem(BaseModel):
    """One thing that waits for a decision."""

    kind: str = Field(description="licence (id is the employer's) or gig", examples=["licence"])
    id: int
    title: str
    employer: str
    region_code: str
    since: datetime
    again: bool = Field(description="It was decided on before and comes back.")


class Inbox(BaseModel):
    """What waits, oldest first."""

    items: list[InboxItem]


class GigDecided(BaseModel):
    """A posting after the decision."""

    id: int
    state: GigState


async def show(call: Call) -> Inbox:
    """Licences and postings of the officer's counties."""
    waiting = await officer.waiting(await people.counties_of(call.viewer))
    return Inbox(
        items=[InboxItem(**{name: getattr(one, name) for name in InboxItem.model_fields}) for one in waiting]
    )


async def decide(call: Call) -> GigDecided:
    """Publish a posting or send it back."""
    word: DecisionInput = call.body
    regions = await people.counties_of(call.viewer)
    await decide_gig(
        call.path("id"), regions, call.viewer, accept=word.accept, reason=word.reason, now=call.now
    )
    return GigDecided(id=call.path("id"), state=GigState.PUBLISHED if word.accept else GigState.REJECTED)


routes = [
    api(
        "GET",
        "/api/v1/inbox",
        show,
        who=officer_only,
        operation=Operation(
            N_("Licences and postings that wait for the officer"),
            answer=Inbox,
        ),
    ),
    api(
        "POST",
        "/api/v1/gigs/{id:int}/decision",
        decide,
        who=officer_only,
        operation=Operation(
            N_("Publish a posting or send it back"),
            body=DecisionInput,
            answer=GigDecided,
            refusals=("reason-needed", "not-verified", "decided"),
        ),
    ),
]
