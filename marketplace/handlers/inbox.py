"""The officer's inbox: licences and postings that wait, and the decision on a posting."""

from starlette.requests import Request
from starlette.responses import Response

from accounts import queries as accounts
from accounts.forms import DecisionInput
from core import clock
from core.errors import Invalid, Refused
from core.forms import parse
from core.html import page
from core.i18n import get_locale, translated
from core.routing import fields, see_other
from marketplace import rules
from marketplace.actions import gigs as actions
from marketplace.actions import jobs
from marketplace.handlers.gig_form import SETTLES
from marketplace.queries import officer
from marketplace.queries.jobs import officer_job
from marketplace.queries.officer import Item
from rulebook import places, trades


async def show(request: Request) -> Response:
    """What waits, oldest first; with `next`, straight to the first, or to the one after that one."""
    regions = await accounts.counties_of(request.state.viewer)
    items = await officer.waiting(regions)
    if "next" in request.query_params and items:
        return see_other(_after(items, request.query_params["next"]).url)
    names = {code: county.full_name for code in regions if (county := places.county(code))}
    return page(request, "marketplace/inbox.html", block="live", items=items, counties=names)


def _after(items: list[Item], key: str) -> Item:
    """The item behind the named one; the first when it is gone or the last."""
    keys = [f"{item.kind}-{item.id}" for item in items]
    return items[(keys.index(key) + 1) % len(items)] if key in keys else items[0]


async def gig(request: Request) -> Response:
    """A posting as workers would see it, with what the coach says."""
    return await _gig(request, "", "", 200)


async def _gig(request: Request, reason: str, problem: str, status: int) -> Response:
    regions = await accounts.counties_of(request.state.viewer)
    found = await officer.gig_page(regions, request.path_params["id"], clock.now())
    trade, county = trades.trade(found.gig.trade), places.county(found.site.region_code)
    first = found.shifts[0] if found.shifts else None
    minutes = rules.paid_minutes(first.starts_at, first.ends_at, first.break_minutes) if first else 0
    return page(
        request,
        "marketplace/officer_gig.html",
        found,
        status=status,
        reason=reason,
        problem=problem,
        trade=trade,
        trade_name=trade.name(get_locale()) if trade else found.gig.trade,
        county=county.full_name if county else found.site.region_code,
        settles=translated(SETTLES[found.gig.settles]),
        certificate=translated(trades.CERTIFICATES[trade.certificate]) if trade and trade.certificate else "",
        first=first,
        minutes=minutes,
        total_fen=rules.amount_fen(minutes, found.gig.hourly_fen),
    )


async def decide(request: Request) -> Response:
    """Publish the posting, or send it back with the reason; then on to what waits next."""
    regions = await accounts.counties_of(request.state.viewer)
    typed = await fields(request)
    reason = typed.get("reason", "")
    try:
        said = parse(DecisionInput, typed)
        await actions.decide_gig(
            request.path_params["id"],
            regions,
            request.state.viewer,
            accept=said.accept,
            reason=said.reason,
            now=clock.now(),
        )
    except Invalid as invalid:
        return await _gig(request, reason, next(iter(invalid.errors.values())), invalid.status)
    except Refused as refused:
        return await _gig(request, reason, refused.reason.text, refused.status)
    return see_other("/officer?next")


async def job(request: Request) -> Response:
    """A lasting job as it would be public, with what the coach says."""
    return await _job(request, "", "", 200)


async def _job(request: Request, reason: str, problem: str, status: int) -> Response:
    regions = await accounts.counties_of(request.state.viewer)
    found = await officer_job(regions, request.path_params["id"], clock.now())
    trade, county = trades.trade(found.job.trade), places.county(found.site.region_code)
    return page(
        request,
        "marketplace/officer_job.html",
        found,
        status=status,
        reason=reason,
        problem=problem,
        trade=trade.name(get_locale()) if trade else found.job.trade,
        county=county.full_name if county else found.site.region_code,
    )


async def decide_job(request: Request) -> Response:
    """Publish the job, or send it back with the reason; then on to what waits next."""
    regions = await accounts.counties_of(request.state.viewer)
    typed = await fields(request)
    reason = typed.get("reason", "")
    try:
        said = parse(DecisionInput, typed)
        await jobs.decide_job(
            request.path_params["id"],
            regions,
            request.state.viewer,
            accept=said.accept,
            reason=said.reason,
            now=clock.now(),
        )
    except Invalid as invalid:
        return await _job(request, reason, next(iter(invalid.errors.values())), invalid.status)
    except Refused as refused:
        return await _job(request, reason, refused.reason.text, refused.status)
    return see_other("/officer?next")
