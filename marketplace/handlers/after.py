"""After the work: other hours, disputes of paid lines, the slip, stars and true or not, the calendar file."""

from typing import Any

from icalendar import Calendar, Event
from starlette.requests import Request
from starlette.responses import Response

from core import clock, settings
from core.errors import Invalid, NotFound, Refused
from core.forms import parse
from core.html import page
from core.i18n import _
from core.routing import fields, see_other
from marketplace.actions import corrections, ratings
from marketplace.forms import (
    CorrectionInput,
    RatingInput,
    SettleInput,
    TruthInput,
    WishAnswerInput,
    minute_of_day,
)
from marketplace.handlers.claims import show_claim
from marketplace.handlers.settlement import show_lines
from marketplace.queries import after, claims
from marketplace.queries import settlement as lines
from marketplace.rules import HOLDING


async def correct(request: Request) -> Response:
    """The worker asks for other hours."""
    claim_id, viewer, typed = request.path_params["id"], request.state.viewer, await fields(request)
    await after.own_claim(claim_id, viewer.id)
    try:
        wanted = parse(
            CorrectionInput, {"minutes": _minutes(typed.get("worked", "")), "reason": typed.get("why", "")}
        )
        await corrections.ask(claim_id, viewer, wanted, clock.now())
    except Invalid as invalid:
        names = {"minutes": "worked", "reason": "why"}
        errors = {names.get(name, name): words for name, words in invalid.errors.items()}
        return await show_claim(request, claim_id, errors=errors)
    except Refused as refused:
        return await show_claim(request, claim_id, refused=refused.reason)
    return see_other(f"/claims/{claim_id}#pay")


def _minutes(text: str) -> int:
    try:
        return minute_of_day(text)
    except ValueError:
        raise Invalid({"worked": _("Please give hours and minutes, e.g. 3:30.")}) from None


async def answer(request: Request) -> Response:
    """The employer agrees to other hours or refuses them."""
    mine, wish_id = request.state.viewer.employer_ids, request.path_params["id"]
    employer_id, typed = await after.employer_of_wish(wish_id, mine), await fields(request)
    try:
        await corrections.answer(wish_id, mine, parse(WishAnswerInput, typed), clock.now())
    except Invalid as invalid:
        told = {"wish_errors": {wish_id: next(iter(invalid.errors.values()))}}
        return await show_lines(request, "", status=422, **told)
    except Refused as refused:
        problem = refused.reason.text
        return await show_lines(request, "", status=409, problem=problem)
    return see_other(f"/employer/settlement?employer={employer_id}#corrections")


async def settle(request: Request) -> Response:
    """The employer settles the dispute of a paid line by paying further minutes."""
    line_id, mine, typed = request.path_params["id"], request.state.viewer.employer_ids, await fields(request)
    employer_id, state = await lines.line_of(mine, line_id)
    try:
        wanted = parse(SettleInput, {"minutes": _minutes(typed.get("worked", ""))})
        await corrections.settle_dispute(line_id, mine, wanted.minutes, clock.now())
    except Invalid as invalid:
        words: dict[str, Any] = {"errors": {line_id: next(iter(invalid.errors.values()))}}
        return await show_lines(request, state.value, status=422, values={line_id: typed}, **words)
    except Refused as refused:
        return await show_lines(request, state.value, status=409, problem=refused.reason.text)
    return see_other(f"/employer/settlement?state=confirmed&employer={employer_id}")


async def rate(request: Request) -> Response:
    """Stars and words about the other side."""
    claim_id, viewer = request.path_params["id"], request.state.viewer
    await claims.claim_page(claim_id, viewer)
    try:
        await ratings.rate(claim_id, viewer, parse(RatingInput, await fields(request)), clock.now())
    except Invalid as invalid:
        return await show_claim(request, claim_id, errors=invalid.errors)
    except Refused as refused:
        return await show_claim(request, claim_id, refused=refused.reason)
    return see_other(f"/claims/{claim_id}#said")


async def tell(request: Request) -> Response:
    """The worker says which facts of the posting were true."""
    claim_id, viewer = request.path_params["id"], request.state.viewer
    await after.own_claim(claim_id, viewer.id)
    typed = {name: value for name, value in (await fields(request)).items() if value != "skip"}
    try:
        await ratings.tell_truth(claim_id, viewer, parse(TruthInput, typed), clock.now())
    except Invalid as invalid:
        return await show_claim(request, claim_id, errors=invalid.errors)
    except Refused as refused:
        return await show_claim(request, claim_id, refused=refused.reason)
    return see_other(f"/claims/{claim_id}#said")


async def slip(request: Request) -> Response:
    """The slip of a claim, to show at the door before and to keep as the pay slip after; for both sides."""
    found = await claims.terms_page(request.path_params["id"], request.state.viewer)
    shown = await claims.claim_page(request.path_params["id"], request.state.viewer)
    if not shown.holds:
        raise NotFound
    return page(
        request,
        "marketplace/slip.html",
        page=shown,
        worker=found.worker,
        total_fen=sum(line.amount_fen for line in shown.lines),
        paid_fen=sum(line.amount_fen for line in shown.lines if line.paid_at),
        minutes=sum(line.minutes for line in shown.lines),
    )


async def calendar(request: Request) -> Response:
    """The booking for the worker's own calendar."""
    claim_id, viewer = request.path_params["id"], request.state.viewer
    found = await claims.claim_page(claim_id, viewer)
    if not (found.mine and found.claim.state in HOLDING):
        raise NotFound
    address = f"{settings.current().public_url}/claims/{claim_id}"
    event = Event()
    event.add("uid", address)
    event.add("dtstamp", found.claim.hired_at)
    event.add("dtstart", found.claim.starts_at)
    event.add("dtend", found.claim.ends_at)
    event.add("summary", f"{found.terms['title']} · {found.employer.name}")
    event.add("location", f"{found.site.name} · {found.site.address}")
    event.add("geo", (found.site.lat, found.site.lon))
    event.add("url", address)
    file = Calendar()
    file.add("prodid", "-//Jishi//Jishi//ZH")
    file.add("version", "2.0")
    file.add_component(event)
    headers = {
        "Content-Disposition": f'attachment; filename="shift-{claim_id}.ics"',
        "Cache-Control": "no-store",
    }
    return Response(file.to_ical(), 200, headers, "text/calendar")
