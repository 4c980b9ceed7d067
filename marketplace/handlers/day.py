"""The day of a shift: on the way and late, slips and the printed sheet, a word to everybody."""

from datetime import date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from accounts.handlers.employer import desk_of
from core import clock, limits
from core.errors import Invalid, Refused
from core.forms import parse
from core.html import page
from core.i18n import _
from core.routing import fields, see_other
from marketplace import rules
from marketplace.actions import day as actions
from marketplace.forms import LateInput, MessageInput, SlipInput, TimesInput, minute_of_day
from marketplace.handlers.claims import show_claim
from marketplace.handlers.console import show_shift
from marketplace.queries import after, employer


async def on_way(request: Request) -> Response:
    """The worker is on the way."""
    claim_id, viewer = request.path_params["id"], request.state.viewer
    await after.own_claim(claim_id, viewer.id)
    try:
        await actions.set_out(claim_id, viewer, clock.now())
    except Refused as refused:
        return await show_claim(request, claim_id, refused=refused.reason)
    return see_other(f"/claims/{claim_id}")


async def late(request: Request) -> Response:
    """The worker will be late by so many minutes."""
    claim_id, viewer = request.path_params["id"], request.state.viewer
    await after.own_claim(claim_id, viewer.id)
    await limits.count("late", str(viewer.id))
    try:
        said = parse(LateInput, await fields(request))
        await actions.be_late(claim_id, viewer, said.minutes, clock.now())
    except Invalid as invalid:
        return await show_claim(request, claim_id, errors=invalid.errors)
    except Refused as refused:
        return await show_claim(request, claim_id, refused=refused.reason)
    return see_other(f"/claims/{claim_id}")


async def slip_in(request: Request) -> Response:
    """The employer checks somebody in by the digits of the slip."""
    shift_id, mine = request.path_params["id"], request.state.viewer.employer_ids
    await employer.shift_of(mine, shift_id)
    typed = await fields(request)
    try:
        await actions.check_in_by_slip(shift_id, mine, parse(SlipInput, typed), clock.now())
    except Invalid as invalid:
        return await show_shift(request, shift_id, status=422, errors=invalid.errors, values=typed)
    except Refused as refused:
        return await show_shift(
            request, shift_id, status=409, errors={"code": refused.reason.text}, values=typed
        )
    return see_other(f"/employer/shifts/{shift_id}")


async def message(request: Request) -> Response:
    """Write to everybody hired for a shift."""
    shift_id, viewer = request.path_params["id"], request.state.viewer
    await employer.shift_of(viewer.employer_ids, shift_id)
    await limits.count("shift-message", str(viewer.id))
    typed = await fields(request)
    try:
        await actions.write_to_all(shift_id, viewer, parse(MessageInput, typed), clock.now())
    except Invalid as invalid:
        return await show_shift(request, shift_id, status=422, errors=invalid.errors, values=typed)
    except Refused as refused:
        return await show_shift(
            request, shift_id, status=409, errors={"text": refused.reason.text}, values=typed
        )
    return see_other(f"/employer/shifts/{shift_id}#messages")


async def sheet(request: Request) -> Response:
    """The list for the door, to print; after the shift the hours on it are typed in here."""
    return await _sheet(request, request.path_params["id"])


async def _sheet(
    request: Request,
    shift_id: int,
    *,
    status: int = 200,
    problem: tuple[int, str] = (0, ""),
    values: dict[str, str] | None = None,
) -> Response:
    now, found = clock.now(), await employer.shift_of(request.state.viewer.employer_ids, shift_id)
    return page(
        request,
        "marketplace/sheet.html",
        status=status,
        desk=await desk_of(request, found.gig.employer),
        shift=found,
        gig=found.gig,
        site=found.gig.site,
        rows=await after.sheet_rows(shift_id),
        may_type=found.ends_at <= now <= found.ends_at + rules.BY_HAND_WITHIN,
        type_until=found.ends_at + rules.BY_HAND_WITHIN,
        problem=problem,
        values=values or {},
    )


async def by_hand(request: Request) -> Response:
    """Type in when somebody came and left, from the printed sheet."""
    mine, claim_id = request.state.viewer.employer_ids, request.path_params["id"]
    shift_id = await employer.shift_of_claim(mine, claim_id)
    shift, typed = await employer.shift_of(mine, shift_id), await fields(request)
    try:
        times = _times(clock.local(shift.starts_at).date(), typed, shift.starts_at)
        await actions.hours_by_hand(claim_id, mine, times, clock.now())
    except Invalid as invalid:
        words = next(iter(invalid.errors.values()))
        return await _sheet(request, shift_id, status=422, problem=(claim_id, words), values=typed)
    except Refused as refused:
        told = (claim_id, refused.reason.text)
        return await _sheet(request, shift_id, status=409, problem=told, values=typed)
    return see_other(f"/employer/shifts/{shift_id}/sheet")


def _times(day: date, typed: dict[str, str], starts_at: datetime) -> TimesInput:
    """Two times of the day of the shift; a leaving before the coming is after midnight. Raises Invalid."""
    try:
        came, left = minute_of_day(typed.get("in", "")), minute_of_day(typed.get("out", ""))
    except ValueError:
        raise Invalid({"in": _("Please give both times, e.g. 18:00.")}) from None
    midnight = datetime(day.year, day.month, day.day)
    in_at = clock.utc(midnight + timedelta(minutes=came))
    if in_at < starts_at - timedelta(hours=12):
        in_at += timedelta(days=1)
    out_at = clock.utc(midnight + timedelta(minutes=left))
    while out_at <= in_at:
        out_at += timedelta(days=1)
    return TimesInput(in_at=in_at, out_at=out_at)
