"""Errors become a page, or problem+json for the API; the last resort says nothing but a number to ask for."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from core import sessions
from core.api import problem
from core.database import AWAY
from core.errors import AppError, Invalid, SecondFactorNeeded, SignInNeeded, TooMany
from core.html import page, wants_block
from core.i18n import N_, _, translated

log = structlog.get_logger("errors")

TITLES = {
    400: N_("This request could not be understood"),
    401: N_("Please sign in"),
    403: N_("This is not for your account"),
    404: N_("Not found"),
    405: N_("This cannot be done here"),
    409: N_("This did not work"),
    413: N_("This is too large"),
    422: N_("Please look at your answers again"),
    429: N_("One moment please"),
    500: N_("Something went wrong on our side"),
    503: N_("Back in a moment"),
}
TEXTS = {
    404: N_("This page is not there, or it is not yours to see."),
    405: N_("Please go back and use the button on the page."),
    500: N_(
        "Nothing of what you did before is lost. Please try again; if it stays, tell us the number below."
    ),
    503: N_("The site is busy or being worked on. Nothing is lost; please try again in a moment."),
}


def is_api(request: Request) -> bool:
    """Whether a program is asking."""
    return str(request.scope["path"]).startswith("/api/")


def answer(request: Request, status: int, code: str, text: str, **more: Any) -> Response:
    """The error as its reader needs it."""
    request_id = getattr(request.state, "request_id", "")
    if is_api(request):
        return problem(status, code, text, request_id=request_id, **more)
    title = translated(TITLES.get(status, TITLES[500]))
    next_url, next_label = _way_on(request)
    return page(
        request,
        "error.html",
        status=status,
        title=title,
        text=text,
        request_id=request_id,
        next_url=next_url,
        next_label=next_label,
    )


def _way_on(request: Request) -> tuple[str, str]:
    """No dead end: the first page of whoever is reading."""
    viewer = getattr(request.state, "viewer", None)
    if viewer is not None and not viewer.is_worker and viewer.is_employer:
        return "/employer", _("To today's shifts")
    if viewer is not None and not viewer.is_worker and viewer.is_officer:
        return "/officer", _("To the office")
    return "/", _("To the shifts near you")


async def expected(request: Request, error: Exception) -> Response:
    """A refusal, a missing thing, a wrong answer."""
    assert isinstance(error, AppError)
    if isinstance(error, SignInNeeded) and not is_api(request):
        return _send(request, "/sign-in")
    if isinstance(error, SecondFactorNeeded) and not is_api(request):
        return _send(request, "/second-factor")
    more: dict[str, Any] = {}
    if isinstance(error, Invalid):
        more["errors"] = error.errors
    if isinstance(error, TooMany):
        more["retry_after"] = error.retry_after
    response = answer(request, error.status, error.reason.code, error.reason.text, **more)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _send(request: Request, where: str) -> Response:
    """To another page first, and back again afterwards."""
    back = request.scope["path"] if request.method == "GET" else sessions.came_from(request)
    target = f"{where}?next={quote(back)}"
    if wants_block(request):
        return Response(headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)


async def http(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: unknown address, wrong method, too large."""
    assert isinstance(error, HTTPException)
    status = error.status_code
    name = HTTPStatus(status).phrase.lower().replace(" ", "-")
    text = translated(TEXTS.get(status, TITLES.get(status, TITLES[400])))
    response = answer(request, status, name, text)
    response.headers.update(error.headers or {})
    return response


async def database_away(request: Request, error: Exception) -> Response:
    """The database is restarting or overloaded: say so, and when to come again."""
    log.error(
        "database.away", error=type(error).__name__, request_id=getattr(request.state, "request_id", "")
    )
    response = answer(request, 503, "unavailable", translated(TEXTS[503]))
    response.headers["Retry-After"] = "2"
    return response


async def unexpected(request: Request, error: Exception) -> Response:
    """Our own fault: logged with its place, told with a number, never with its text."""
    log.error("unexpected", request_id=getattr(request.state, "request_id", ""), exc_info=error)
    return answer(request, 500, "internal", translated(TEXTS[500]))


HANDLERS: dict[Any, Any] = {
    AppError: expected,
    HTTPException: http,
    **dict.fromkeys(AWAY, database_away),
}
