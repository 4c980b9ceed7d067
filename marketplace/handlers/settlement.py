"""Settlement: confirming hours, answering disputes, noting what was paid."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from accounts.handlers.employer import desk
from core import clock
from core.errors import Invalid, Refused
from core.forms import parse
from core.html import page
from core.i18n import _
from core.routing import fields, see_other
from marketplace.actions import settlement as actions
from marketplace.forms import MinutesInput, minute_of_day
from marketplace.queries import settlement as queries
from marketplace.queries.after import open_wishes
from marketplace.queries.settlement import Tally
from marketplace.rules import PayState


async def show(request: Request) -> Response:
    """Pay lines of one state, and the totals of all."""
    return await show_lines(request, request.query_params.get("state", ""))


async def show_lines(request: Request, wanted: str, *, status: int = 200, **more: Any) -> Response:
    """The same, with what stood in the way of what was asked."""
    here = await desk(request)
    tallies = await queries.pay_tallies(here.employer.id)
    state = PayState(wanted) if wanted in list(PayState) else _first_to_do(tallies)
    number = request.query_params.get("page", "1")
    wanted_page = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1
    found = await queries.settlement(here.employer.id, state, wanted_page)
    context: dict[str, Any] = {"problem": "", "errors": {}, "values": {}, "wish_errors": {}} | more
    return page(
        request,
        "marketplace/settlement.html",
        found,
        block="live",
        status=status,
        desk=here,
        wishes=await open_wishes(here.employer.id),
        **context,
    )


def _first_to_do(tallies: dict[PayState, Tally]) -> PayState:
    """What waits for the employer comes first: disputes, then hours, then money."""
    order = (PayState.DISPUTED, PayState.DUE, PayState.CONFIRMED)
    return next((state for state in order if tallies[state].lines), PayState.DUE)


async def confirm_all(request: Request) -> Response:
    """Confirm every line that is due, as recorded."""
    here = await desk(request)
    await actions.confirm_all(here.employer.id, clock.now())
    return see_other(f"/employer/settlement?state=confirmed&employer={here.employer.id}")


async def confirm(request: Request) -> Response:
    """Confirm one line, as recorded or with the hours as corrected."""
    line_id, typed = request.path_params["id"], await fields(request)
    employer_id, state = await queries.line_of(request.state.viewer.employer_ids, line_id)
    try:
        said = parse(MinutesInput, {"minutes": _minutes(typed["worked"])} if "worked" in typed else {})
        await actions.confirm_hours(line_id, request.state.viewer.employer_ids, said.minutes, clock.now())
    except Invalid as invalid:
        words = next(iter(invalid.errors.values()))
        return await show_lines(
            request, state.value, status=invalid.status, errors={line_id: words}, values={line_id: typed}
        )
    except Refused as refused:
        return await show_lines(request, state.value, status=refused.status, problem=refused.reason.text)
    return see_other(f"/employer/settlement?state={state.value}&employer={employer_id}")


def _minutes(text: str) -> int:
    """Hours and minutes as typed, "3:30" or "4". Raises Invalid."""
    try:
        minutes = minute_of_day(text)
    except ValueError:
        raise Invalid({"worked": _("Please give hours and minutes, e.g. 3:30.")}) from None
    return minutes


async def pay(request: Request) -> Response:
    """Note that a confirmed line was paid."""
    line_id = request.path_params["id"]
    employer_id, state = await queries.line_of(request.state.viewer.employer_ids, line_id)
    try:
        await actions.mark_paid(line_id, request.state.viewer.employer_ids, clock.now())
    except Refused as refused:
        return await show_lines(request, state.value, status=refused.status, problem=refused.reason.text)
    return see_other(f"/employer/settlement?state={state.value}&employer={employer_id}")
