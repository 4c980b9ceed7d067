"""One's own account: who I am, where I am signed in, what I agreed to, and my messages."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from accounts import actions, queries
from accounts import notices as words
from accounts.forms import ProfileInput
from core import clock, sessions
from core.errors import Invalid, Refused
from core.forms import parse
from core.html import page
from core.routing import fields, see_other


@dataclass(frozen=True)
class AccountPage:
    """Everything one's account shows."""

    person: Any
    devices: list[Any]
    consents: list[Any]
    employers: list[Any]
    places: list[Any]
    next: str
    values: dict[str, str]
    errors: dict[str, str]


@dataclass(frozen=True)
class Message:
    """A notice with its words."""

    notice: Any
    heading: str
    sentence: str


async def show(request: Request) -> Response:
    """The account."""
    return await _account(request, request.query_params.get("next", ""), {}, {}, 200)


async def _account(
    request: Request, target: str, values: dict[str, str], errors: dict[str, str], status: int
) -> Response:
    viewer = request.state.viewer
    context = AccountPage(
        person=await queries.person(viewer.id),
        devices=await queries.sessions_of(viewer.id, clock.now()),
        consents=await queries.consents_of(viewer.id),
        employers=await queries.employers_of(viewer),
        places=await queries.places_of(viewer.id),
        next=sessions.safe_next(target, ""),
        values=values,
        errors=errors,
    )
    return page(request, "accounts/account.html", context, status=status)


async def save_profile(request: Request) -> Response:
    """Keep name and ID number, and go back to the shift that asked for them."""
    form = await fields(request)
    target = form.pop("next", "")
    try:
        profile = parse(ProfileInput, form)
        await actions.tell_who(request.state.viewer, profile, clock.now())
    except Invalid as error:
        return await _account(request, target, form, error.errors, 422)
    except Refused as error:
        return await _account(request, target, form, {"id_number": error.reason.text}, error.status)
    return see_other(sessions.safe_next(target, "/account"))


async def end_session(request: Request) -> Response:
    """Sign out one of one's devices; this one too, if it is meant."""
    viewer, session_id = request.state.viewer, request.path_params["id"]
    await actions.end_session(viewer, session_id, clock.now())
    here = session_id == viewer.session_id
    response = see_other("/" if here else "/account#devices")
    if here:
        sessions.end(response)
    return response


async def notices(request: Request) -> Response:
    """The inbox."""
    found = await queries.notices_of(request.state.viewer.id)
    messages = [Message(notice, words.heading(notice), words.sentence(notice)) for notice in found]
    return page(request, "accounts/notices.html", messages=messages)


async def read_notices(request: Request) -> Response:
    """Mark the inbox as read."""
    await actions.read_notices(request.state.viewer, clock.now())
    return see_other("/notices")
