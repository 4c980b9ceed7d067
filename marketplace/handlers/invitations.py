"""The answer to an offer of a free place."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from accounts.rules import Viewer
from core import clock
from core.errors import Refused
from core.routing import see_other
from marketplace.actions import waiting
from marketplace.handlers.claims import show_claim
from marketplace.queries.claims import claim_of_invitation

Answer = Callable[[int, Viewer, datetime], Awaitable[int]]


async def accept(request: Request) -> Response:
    """Yes: hired."""
    return await _answer(request, waiting.accept)


async def decline(request: Request) -> Response:
    """No: the next is asked, and one keeps one's number."""
    return await _answer(request, waiting.decline)


async def _answer(request: Request, answer: Answer) -> Response:
    viewer, invitation_id = request.state.viewer, request.path_params["id"]
    claim_id = await claim_of_invitation(invitation_id, viewer.id)
    try:
        await answer(invitation_id, viewer, clock.now())
    except Refused as error:
        return await show_claim(request, claim_id, refused=error.reason)
    return see_other(f"/claims/{claim_id}")
