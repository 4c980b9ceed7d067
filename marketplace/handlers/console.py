"""The employer's day: today's shifts, one shift with its people, the screen at the door."""

from collections.abc import Awaitable, Callable
from typing import Any

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from accounts.handlers.employer import desk, desk_of
from core import clock, settings
from core.errors import Invalid, Refused
from core.forms import parse
from core.html import page
from core.routing import fields, see_other
from marketplace import rules
from marketplace.actions import attendance, claims, contact
from marketplace.forms import PlacesInput
from marketplace.queries import employer
from marketplace.queries.after import messages_to
from marketplace.queries.marks import marks_by
from marketplace.queries.papers import papers_on
from marketplace.queries.reputation import workers_records
from marketplace.queries.stake import call_off_cost
from marketplace.queries.templates import templates_of

TEMPLATES_SHOWN = 6


async def today(request: Request) -> Response:
    """Today as a timeline of shifts, what needs an answer, and the week."""
    here, now = await desk(request), clock.now()
    day = await employer.today(here.employer.id, now)
    kept = [one for one in await templates_of(here.employer.id) if one.gig.state is rules.GigState.PUBLISHED]
    return page(
        request,
        "marketplace/console.html",
        block="live",
        desk=here,
        day=day,
        templates=kept[:TEMPLATES_SHOWN],
    )


async def shift(request: Request) -> Response:
    """Who is hired, waiting, here and gone."""
    return await show_shift(request, request.path_params["id"])


async def show_shift(request: Request, shift_id: int, *, status: int = 200, **more: Any) -> Response:
    """The same, with what stood in the way of what was asked."""
    now = clock.now()
    found = await employer.shift_page(request.state.viewer.employer_ids, shift_id, now)
    context: dict[str, Any] = {"problem": "", "numbers": {}, "errors": {}, "values": {}} | more
    return page(
        request,
        "marketplace/employer_shift.html",
        found,
        status=status,
        block="live",
        people=found,
        papers=await papers_on(shift_id),
        records=await workers_records((person.worker_id for person in found.everybody), now),
        messages=await messages_to(shift_id),
        may_write=rules.why_not_message(found.shift.state, found.shift.ends_at, now) is None,
        desk=await desk_of(request, found.employer),
        asks="call-off" if request.query_params.get("confirm") == "call-off" else "",
        cost=await call_off_cost(found.shift, now),
        marks=await marks_by(found.employer.id),
        may_call_off=found.shift.state is rules.ShiftState.OPEN and found.shift.starts_at > now,
        check_in_open=found.shift.starts_at - rules.CHECK_IN_OPENS <= now < found.shift.ends_at,
        **context,
    )


async def screen(request: Request) -> Response:
    """The QR and the six digits for a tablet at the door, and who has come."""
    now, shift_id = clock.now(), request.path_params["id"]
    key = (await employer.shift_of(request.state.viewer.employer_ids, shift_id)).check_in_key
    found = await employer.shift_page(request.state.viewer.employer_ids, shift_id, now)
    step = rules.check_in_step(now)
    address = (
        f"{settings.current().public_url}/check-in/{shift_id}/{rules.check_in_token(key, shift_id, step)}"
    )
    return page(
        request,
        "marketplace/screen.html",
        found,
        block="code",
        people=found,
        qr=_qr(address),
        digits=rules.check_in_code(key, step),
        open=found.shift.starts_at - rules.CHECK_IN_OPENS <= now < found.shift.ends_at,
        opens_at=found.shift.starts_at - rules.CHECK_IN_OPENS,
    )


def _qr(address: str) -> Markup:
    # Always dark on light, also on a dark page: many phones read no inverted codes.
    drawing = segno.make(address, error="m").svg_inline(omitsize=True, border=2, dark="#000", light="#fff")
    return Markup(drawing)  # noqa: S704 drawn by us from an address of ours


async def change_places(request: Request) -> Response:
    """More or fewer places."""
    shift_id, typed = request.path_params["id"], await fields(request)
    found = await employer.shift_of(request.state.viewer.employer_ids, shift_id)
    try:
        wanted = parse(PlacesInput, typed)
        await claims.change_places(shift_id, found.gig.employer.id, wanted.places, clock.now())
    except Invalid as invalid:
        return await show_shift(request, shift_id, status=invalid.status, values=typed, errors=invalid.errors)
    except Refused as refused:
        return await show_shift(
            request, shift_id, status=refused.status, values=typed, errors={"places": refused.reason.text}
        )
    return see_other(f"/employer/shifts/{shift_id}")


async def call_off(request: Request) -> Response:
    """Call a shift off; everybody on it is told."""
    shift_id = request.path_params["id"]
    found = await employer.shift_of(request.state.viewer.employer_ids, shift_id)
    try:
        await claims.call_off_shift(shift_id, found.gig.employer.id, clock.now())
    except Refused as refused:
        return await show_shift(request, shift_id, status=refused.status, problem=refused.reason.text)
    return see_other(f"/employer/shifts/{shift_id}")


async def check_in(request: Request) -> Response:
    """Note by hand that somebody has come."""
    return await _by_hand(request, attendance.check_in_by_hand)


async def check_out(request: Request) -> Response:
    """Note by hand that somebody has left."""
    return await _by_hand(request, attendance.check_out_by_hand)


async def _by_hand(request: Request, note: Callable[..., Awaitable[object]]) -> Response:
    mine, claim_id = request.state.viewer.employer_ids, request.path_params["id"]
    shift_id = await employer.shift_of_claim(mine, claim_id)
    try:
        await note(claim_id, mine, clock.now())
    except Refused as refused:
        return await show_shift(request, shift_id, status=refused.status, problem=refused.reason.text)
    return see_other(f"/employer/shifts/{shift_id}")


async def show_phone(request: Request) -> Response:
    """Show the number of somebody hired; the worker can read who looked."""
    mine, claim_id = request.state.viewer.employer_ids, request.path_params["id"]
    shift_id = await employer.shift_of_claim(mine, claim_id)
    try:
        phone = await contact.see_phone(claim_id, mine, clock.now())
    except Refused as refused:
        return await show_shift(request, shift_id, status=refused.status, problem=refused.reason.text)
    return await show_shift(request, shift_id, numbers={claim_id: phone})
