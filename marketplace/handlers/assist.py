"""The station's counter: an officer finds somebody, takes shifts for them, gives them back, notes coming and leaving."""

from collections.abc import Awaitable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from accounts import actions as accounts
from accounts import queries as people
from accounts.forms import LookUpInput, RegisterInput
from core import clock, limits
from core.errors import Invalid, Refusal, Refused
from core.forms import parse
from core.html import page
from core.i18n import _
from core.routing import fields, see_other
from marketplace import rules
from marketplace.actions import assist, attendance, claims
from marketplace.forms import CheckInInput
from marketplace.queries.assist import assist_page
from marketplace.queries.claims import claim_page
from marketplace.queries.shifts import shift_page
from rulebook import identity


async def ask(request: Request) -> Response:
    """The form for a phone or an ID number."""
    return _ask(request, {}, {}, 200)


def _ask(
    request: Request, values: dict[str, str], errors: dict[str, str], status: int, *, unknown: bool = False
) -> Response:
    return page(
        request, "marketplace/assist.html", values=values, errors=errors, unknown=unknown, status=status
    )


async def look_up(request: Request) -> Response:
    """Find the person; each find is kept and shown to them."""
    typed = await fields(request)
    try:
        whom = parse(LookUpInput, typed).whom
        phone = identity.normal_phone(whom)
        if phone is None and identity.why_not_id_number(whom, clock.today()):
            raise Invalid({"whom": _("Please type the whole mobile number or the whole ID number.")})
        await limits.count("look-up", str(request.state.viewer.id))
        found = await accounts.look_up(phone, identity.compact(whom), clock.now())
    except Invalid as invalid:
        return _ask(request, typed, invalid.errors, invalid.status)
    if found is None:
        values = {"phone": whom} if phone else {"id_number": whom}
        return _ask(request, typed | values, {}, 200, unknown=True)
    return see_other(f"/officer/assist/{found}")


async def register(request: Request) -> Response:
    """Open an account for somebody without a phone of their own."""
    typed = await fields(request)
    try:
        person_id = await accounts.register_for(parse(RegisterInput, typed), clock.now())
    except Invalid as invalid:
        return _ask(request, typed, invalid.errors, invalid.status, unknown=True)
    except Refused as refused:
        errors = {"id_number": refused.reason.text}
        return _ask(request, typed, errors, refused.status, unknown=True)
    return see_other(f"/officer/assist/{person_id}")


async def show(request: Request) -> Response:
    """The person at the counter: their shifts, and what is open to them near the station."""
    return await _show(request)


async def _show(request: Request, refused: Refusal | None = None) -> Response:
    person = await _person(request)
    day = request.query_params.get("day", "")
    found = await assist_page(
        person, request.state.viewer, {"day": day} if day in ("today", "tomorrow") else {}, clock.now()
    )
    return page(
        request,
        "marketplace/assist_person.html",
        found,
        day=day,
        refused=refused,
        opens=rules.CHECK_IN_OPENS,
        status=409 if refused else 200,
    )


async def _person(request: Request) -> Any:
    return await people.assisted(request.state.viewer.id, request.path_params["person"], clock.now())


async def shift(request: Request) -> Response:
    """One shift with its terms, to be read aloud."""
    return await _shift(request, request.path_params["id"])


async def _shift(request: Request, shift_id: int, refused: Refusal | None = None) -> Response:
    person, now = await _person(request), clock.now()
    found = await shift_page(shift_id, person.id, now)
    return page(
        request,
        "marketplace/assist_shift.html",
        person=person,
        shift=found,
        why=rules.why_not_claim(found.facts, now),
        refused=refused,
        status=409 if refused else 200,
    )


async def claim(request: Request) -> Response:
    """Take the shift for the person, once the consent was read aloud."""
    person, form, shift_id = await _person(request), await fields(request), request.path_params["id"]
    try:
        if form.get("consent") != "yes":
            raise Refused("consent-needed", _("Please read the consent aloud and tick it first."))
        got = await assist.claim_for(
            shift_id,
            people.viewer_of(person),
            request.state.viewer,
            terms=form.get("terms", ""),
            now=clock.now(),
        )
    except Refused as error:
        return await _shift(request, shift_id, error.reason)
    return see_other(f"/officer/assist/{person.id}/claims/{got.id}/slip")


async def cancel(request: Request) -> Response:
    """Give a shift back for the person."""
    who = people.viewer_of(await _person(request))
    return await _done(request, claims.cancel_claim(request.path_params["id"], who, clock.now()))


async def check_in(request: Request) -> Response:
    """Note the arrival by the six digits on the site's screen, told by telephone."""
    who, claim_id = people.viewer_of(await _person(request)), request.path_params["id"]
    shown = parse(CheckInInput, {"code": (await fields(request)).get("code", "")})
    await limits.count("check-in-code", f"{who.id} {claim_id}")
    return await _done(request, attendance.check_in(claim_id, who, shown, clock.now()))


async def check_out(request: Request) -> Response:
    """Note the leaving."""
    who = people.viewer_of(await _person(request))
    return await _done(request, attendance.check_out(request.path_params["id"], who, clock.now()))


async def _done(request: Request, act: Awaitable[object]) -> Response:
    try:
        await act
    except Refused as error:
        return await _show(request, error.reason)
    return see_other(f"/officer/assist/{request.path_params['person']}#shifts")


async def slip(request: Request) -> Response:
    """The slip to print: where, when, how much, and the six digits that check the person in."""
    person = await _person(request)
    found = await claim_page(request.path_params["id"], people.viewer_of(person))
    return page(request, "marketplace/assist_slip.html", page=found, person=person)
