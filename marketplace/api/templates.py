"""Templates over the API: postings kept to post them again."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

from accounts.rules import employer as employer_member
from core.api import Call, Operation, api
from core.i18n import N_
from marketplace.actions import templates as actions
from marketplace.api.gigs import ShiftsAdded
from marketplace.forms import ShiftsInput, TemplateInput
from marketplace.queries import employer, templates
from marketplace.rules import GigState

if TYPE_CHECKING:
    from marketplace.models import Template


class NewTemplate(TemplateInput):
    """A posting and the name to keep it under."""

    gig_id: int = Field(ge=1, le=2**62)


class TemplateItem(BaseModel):
    """A posting kept under a name."""

    id: int
    name: str = Field(examples=["周五晚市"])
    employer_id: int
    gig_id: int
    title: str
    state: GigState = Field(description="Shifts can be posted at once while it is published.")
    used_at: datetime | None

    @classmethod
    def of(cls, one: "Template") -> Self:
        """From a row with its posting."""
        gig = one.gig
        return cls(
            id=one.id,
            name=one.name,
            employer_id=gig.employer.id,
            gig_id=gig.id,
            title=gig.title,
            state=gig.state,
            used_at=one.used_at,
        )


class Templates(BaseModel):
    """Templates, the last used first."""

    items: list[TemplateItem]


async def listing(call: Call) -> Templates:
    """The templates of the viewer's employers."""
    found = [one for mine in call.viewer.employer_ids for one in await templates.templates_of(mine)]
    return Templates(items=[TemplateItem.of(one) for one in found])


async def save(call: Call) -> TemplateItem:
    """Keep a posting as a template."""
    new: NewTemplate = call.body
    gig = await employer.gig_of(call.viewer.employer_ids, new.gig_id)
    kept = await actions.save_template(gig, new.name, call.now)
    return TemplateItem.of(await templates.template_of(call.viewer.employer_ids, kept.id))


async def post(call: Call) -> ShiftsAdded:
    """Further shifts of the template's posting."""
    mine = call.viewer.employer_ids
    found = await templates.template_of(mine, call.path("id"))
    added = await actions.post_from(found, mine, call.body.shifts, call.now)
    return ShiftsAdded(gig_id=found.gig.id, shift_ids=added)


async def delete(call: Call) -> None:
    """Delete a template."""
    await actions.delete_template(call.path("id"), call.viewer.employer_ids, call.now)


routes = [
    api(
        "GET",
        "/api/v1/templates",
        listing,
        who=employer_member,
        operation=Operation(N_("Templates of the caller's employers"), answer=Templates),
    ),
    api(
        "POST",
        "/api/v1/templates",
        save,
        who=employer_member,
        operation=Operation(
            N_("Keep a posting as a template"),
            201,
            body=NewTemplate,
            answer=TemplateItem,
            refusals=("templates-many",),
        ),
    ),
    api(
        "POST",
        "/api/v1/templates/{id:int}/shifts",
        post,
        who=employer_member,
        operation=Operation(
            N_("Post further shifts of a template; they are public at once"),
            201,
            body=ShiftsInput,
            answer=ShiftsAdded,
            refusals=("not-published", "not-verified", "stopped", "past", "far"),
        ),
    ),
    api(
        "DELETE",
        "/api/v1/templates/{id:int}",
        delete,
        who=employer_member,
        operation=Operation(N_("Delete a template; its posting stays"), 204),
    ),
]
