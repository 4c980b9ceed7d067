"""Postings of an employer: writing one with the coach, the list, one of them, further shifts."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from accounts import queries as accounts
from accounts.handlers.employer import Desk, desk, desk_of
from core import clock
from core.errors import Invalid, NotFound, Refused
from core.html import page
from core.i18n import _, get_locale, translated
from core.routing import fields, see_other
from marketplace.actions import gigs as actions
from marketplace.coach import findings_of_draft
from marketplace.handlers import gig_form
from marketplace.handlers.gig_form import Typed
from marketplace.queries import employer
from marketplace.rules import GigState
from rulebook import trades
from rulebook.findings import Finding

if TYPE_CHECKING:
    from accounts.models import Site
    from marketplace.models import Gig

MISSING = "missing-element"


async def listing(request: Request) -> Response:
    """The employer's postings."""
    here, wanted = await desk(request), request.query_params.get("state", "")
    state = GigState(wanted) if wanted in list(GigState) else None
    found = await employer.gigs_of(here.employer.id, state, clock.now())
    return page(request, "marketplace/gig_list.html", found, desk=here)


async def ask(request: Request) -> Response:
    """The form of a new posting; with `from`, filled in from an earlier one for next week."""
    here = await desk(request)
    values = gig_form.blank(clock.today())
    earlier = request.query_params.get("from", "")
    if earlier.isascii() and earlier.isdigit() and len(earlier) < 19:
        gig = await employer.gig_of(request.state.viewer.employer_ids, int(earlier))
        values = gig_form.of_gig(gig, await employer.again(gig.id, clock.now()))
    return await _form(request, here, values)


async def _form(request: Request, here: Desk, values: Typed, **more: Any) -> Response:
    """The form as it stands; nothing of it is saved."""
    sites = await accounts.sites_of(here.employer.id)
    if "site_id" not in values and len(sites) == 1:
        values = values | {"site_id": str(sites[0].id)}
    context: dict[str, Any] = {"gig": None, "errors": {}, "status": 200, "block": None} | more
    return page(
        request,
        "marketplace/gig_form.html",
        desk=here,
        sites=sites,
        values=values,
        rows=gig_form.rows_in(values),
        trade_groups=gig_form.trade_groups(get_locale()),
        settles=_settles(),
        breaks=gig_form.BREAKS,
        rows_max=gig_form.ROWS_MAX,
        once=token_urlsafe(12),
        today=clock.today(),
        certificates=[(kind, translated(name)) for kind, name in trades.CERTIFICATES.items()],
        chosen_certificates=gig_form.certificates(values),
        coaching=more.get("block") == "coach",
        **_coached(here, sites, values),
        **context,
    )


def _settles() -> list[tuple[str, str]]:
    return [(key.value, translated(words)) for key, words in gig_form.SETTLES.items()]


def _coached(here: Desk, sites: list[Site], values: Typed) -> dict[str, Any]:
    site = next((site for site in sites if str(site.id) == values.get("site_id")), None)
    found = findings_of_draft(gig_form.draft(values), site, here.employer, clock.today())
    return {
        "findings": [finding for finding in found if finding.code != MISSING],
        "missing": _to_write(found),
        "preview": gig_form.preview(values),
        "site": site,
    }


def _to_write(found: list[Finding]) -> list[Finding]:
    # Without a site neither its region nor its address is known: one sentence for one question.
    return [finding for finding in found if finding.code == MISSING and finding.field != "region_code"]


async def coach(request: Request) -> Response:
    """What the rules say of the posting as far as it is written, and how its card will look."""
    here, typed = await desk(request), await fields(request)
    return await _form(request, here, typed, block="coach")


async def post_gig(request: Request) -> Response:
    """Hand a posting in, or give the form one more row."""
    here, typed = await desk(request), await fields(request)
    if "more" in typed or "more" in request.query_params:
        return await _one_row_more(request, here, typed, None)
    try:
        new = gig_form.read_gig(typed)
        site = await _own_site(request, new.site_id)
        gig = await actions.post_gig(new, site, request.state.viewer, clock.now())
    except Invalid as invalid:
        return await _form(request, here, typed, errors=invalid.errors, status=invalid.status)
    except Refused as refused:
        return await _form(request, here, typed, errors={"": refused.reason.text}, status=refused.status)
    return see_other(f"/employer/gigs/{gig.id}")


async def _one_row_more(request: Request, here: Desk, typed: Typed, gig: Gig | None) -> Response:
    values = gig_form.one_row_more({name: value for name, value in typed.items() if name != "more"})
    return await _form(request, here, values, gig=gig, block="rows")


async def _own_site(request: Request, site_id: int) -> Site:
    """The chosen place of work. One that is not the employer's is no choice."""
    try:
        return await accounts.site_for(request.state.viewer, site_id)
    except NotFound:
        raise Invalid({"site_id": _("Please choose one of your sites.")}) from None


async def show(request: Request) -> Response:
    """One posting with its shifts."""
    return await _show(request, None, {}, 200)


async def _show(request: Request, typed: Typed | None, errors: dict[str, str], status: int) -> Response:
    here = await employer.gig_page(request.state.viewer.employer_ids, request.path_params["id"], clock.now())
    values = typed if typed is not None else gig_form.of_shifts(here.again)
    trade = trades.trade(here.gig.trade)
    return page(
        request,
        "marketplace/gig.html",
        here,
        status=status,
        desk=await desk_of(request, here.employer),
        values=values,
        errors=errors,
        rows=gig_form.rows_in(values),
        breaks=gig_form.BREAKS,
        today=clock.today(),
        trade=trade.name(get_locale()) if trade else here.gig.trade,
        settles=translated(gig_form.SETTLES[here.gig.settles]),
    )


async def ask_again(request: Request) -> Response:
    """The form of a rejected posting, as it was."""
    gig = await _rejected(request)
    values = gig_form.of_gig(gig, await employer.shifts_of(gig.id))
    return await _form(request, await desk_of(request, gig.employer), values, gig=gig)


async def repost(request: Request) -> Response:
    """Hand a rejected posting in again, changed."""
    gig = await _rejected(request)
    here, typed = await desk_of(request, gig.employer), await fields(request)
    if "more" in typed or "more" in request.query_params:
        return await _one_row_more(request, here, typed, gig)
    try:
        new = gig_form.read_gig(typed)
        site = await _own_site(request, new.site_id)
        await actions.repost_gig(gig, new, site, clock.now())
    except Invalid as invalid:
        return await _form(request, here, typed, gig=gig, errors=invalid.errors, status=invalid.status)
    except Refused as refused:
        return await _form(
            request, here, typed, gig=gig, errors={"": refused.reason.text}, status=refused.status
        )
    return see_other(f"/employer/gigs/{gig.id}")


async def _rejected(request: Request) -> Gig:
    gig = await employer.gig_of(request.state.viewer.employer_ids, request.path_params["id"])
    if gig.state is not GigState.REJECTED:
        raise NotFound
    return gig


async def add_shifts(request: Request) -> Response:
    """Further shifts of a published posting."""
    gig_id, typed = request.path_params["id"], await fields(request)
    await employer.gig_of(request.state.viewer.employer_ids, gig_id)
    try:
        shifts = gig_form.read_shifts(typed)
        await actions.add_shifts(gig_id, request.state.viewer.employer_ids, shifts, clock.now())
    except Invalid as invalid:
        return await _show(request, typed, invalid.errors, invalid.status)
    except Refused as refused:
        return await _show(request, typed, {"": refused.reason.text}, refused.status)
    return see_other(f"/employer/gigs/{gig_id}#shifts")
