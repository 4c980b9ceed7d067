"""Places somebody looks for work around: kept from the list of shifts, deleted in the account."""

from starlette.requests import Request
from starlette.responses import Response

from accounts import actions
from accounts.forms import SavedPlaceInput
from core import clock, sessions
from core.forms import parse
from core.routing import fields, see_other


async def save(request: Request) -> Response:
    """Keep the place of the list under a name, and go back to the list."""
    form = await fields(request)
    target = form.pop("next", "")
    await actions.save_place(request.state.viewer, parse(SavedPlaceInput, form), clock.now())
    return see_other(sessions.safe_next(target, "/account#places"))


async def forget(request: Request) -> Response:
    """Delete a place."""
    await actions.forget_place(request.state.viewer, request.path_params["id"], clock.now())
    return see_other("/account#places")
