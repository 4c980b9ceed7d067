"""An officer looks at an employer's licence and decides."""

from starlette.requests import Request
from starlette.responses import Response

from accounts import actions, queries
from accounts.forms import DecisionInput
from accounts.handlers.employer import KINDS
from accounts.rules import why_not_verify
from core import clock, files
from core.errors import Invalid, NotFound, Refused
from core.forms import parse
from core.html import page
from core.i18n import translated
from core.routing import fields, see_other
from rulebook import identity, places

CSP = {
    "application/pdf": "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'",
}
"""A browser shows no PDF inside a sandbox; pictures need nothing and get nothing."""
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"


async def employer(request: Request) -> Response:
    """An employer of the officer's counties with its licence."""
    return await _employer(request, "", "", 200)


async def _employer(request: Request, reason: str, problem: str, status: int) -> Response:
    regions = await queries.counties_of(request.state.viewer)
    found = await queries.employer_in(regions, request.path_params["id"])
    county = places.county(found.region_code)
    return page(
        request,
        "accounts/officer_employer.html",
        status=status,
        employer=found,
        kind=translated(KINDS[found.kind]),
        county=county.full_name if county else found.region_code,
        credit_code_finding=identity.why_not_credit_code(found.credit_code),
        members=await queries.members_of(found.id),
        may_decide=why_not_verify(found.licence_state) is None,
        reason=reason,
        problem=problem,
    )


async def licence(request: Request) -> Response:
    """The licence itself; whatever was uploaded can run nothing."""
    regions = await queries.counties_of(request.state.viewer)
    found = await queries.employer_in(regions, request.path_params["id"])
    if not found.licence_path:
        raise NotFound
    headers = {
        "Content-Security-Policy": CSP.get(found.licence_type, SANDBOX),
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'inline; filename="licence-{found.id}.{found.licence_path.rsplit(".", 1)[-1]}"',
        "Cache-Control": "private, no-store",
    }
    return Response(await files.read(found.licence_path), headers=headers, media_type=found.licence_type)


async def decide_employer(request: Request) -> Response:
    """Accept the licence, or send it back with the reason; then on to what waits next."""
    regions = await queries.counties_of(request.state.viewer)
    found = await queries.employer_in(regions, request.path_params["id"])
    typed = await fields(request)
    reason = typed.get("reason", "")
    try:
        said = parse(DecisionInput, typed)
        await actions.decide_licence(
            found.id, request.state.viewer, accept=said.accept, reason=said.reason, now=clock.now()
        )
    except Invalid as invalid:
        return await _employer(request, reason, next(iter(invalid.errors.values())), invalid.status)
    except Refused as refused:
        return await _employer(request, reason, refused.reason.text, refused.status)
    return see_other("/officer?next")
