"""Templates: the list, saving a posting as one, posting it again in two clicks."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from accounts.handlers.employer import desk, desk_of
from core import clock
from core.errors import Invalid, Refused
from core.forms import parse
from core.html import page
from core.routing import fields, see_other
from marketplace.actions import templates as actions
from marketplace.forms import TemplateInput
from marketplace.handlers import gig_form
from marketplace.queries import employer, templates


async def listing(request: Request) -> Response:
    """The employer's templates."""
    here = await desk(request)
    return page(
        request,
        "marketplace/templates.html",
        desk=here,
        templates=await templates.templates_of(here.employer.id),
    )


async def save(request: Request) -> Response:
    """Keep a posting as a template."""
    gig = await employer.gig_of(request.state.viewer.employer_ids, request.path_params["id"])
    typed = await fields(request)
    new = parse(TemplateInput, {"name": typed.get("name", gig.title)})
    await actions.save_template(gig, new.name, clock.now())
    return see_other((await desk_of(request, gig.employer)).address("/employer/templates"))


async def show(request: Request) -> Response:
    """The form with the next same times; one more tap and the shifts are public."""
    return await _show(request, None, {}, 200)


async def _show(
    request: Request, typed: dict[str, str] | None, errors: dict[str, str], status: int
) -> Response:
    viewer, template_id = request.state.viewer, request.path_params["id"]
    found = await templates.template_page(viewer.employer_ids, template_id, clock.now())
    values: dict[str, Any] = typed if typed is not None else gig_form.of_shifts(found.again)
    return page(
        request,
        "marketplace/template.html",
        found,
        status=status,
        desk=await desk_of(request, found.template.gig.employer),
        gig=found.template.gig,
        values=values,
        errors=errors,
        rows=gig_form.rows_in(values),
        breaks=gig_form.BREAKS,
        today=clock.today(),
    )


async def post(request: Request) -> Response:
    """Post the template's shifts again."""
    mine, typed = request.state.viewer.employer_ids, await fields(request)
    template = await templates.template_of(mine, request.path_params["id"])
    try:
        await actions.post_from(template, mine, gig_form.read_shifts(typed), clock.now())
    except Invalid as invalid:
        return await _show(request, typed, invalid.errors, invalid.status)
    except Refused as refused:
        return await _show(request, typed, {"": refused.reason.text}, refused.status)
    return see_other(f"/employer/gigs/{template.gig.id}#shifts")


async def delete(request: Request) -> Response:
    """Delete a template; its posting stays."""
    mine = request.state.viewer.employer_ids
    template = await templates.template_of(mine, request.path_params["id"])
    await actions.delete_template(template.id, mine, clock.now())
    return see_other((await desk_of(request, template.gig.employer)).address("/employer/templates"))
