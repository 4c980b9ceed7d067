"""Routes that say who may use them; one without that word cannot be written."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core import audit, idempotency, sessions
from core.errors import AppError, Forbidden, Malformed, NotFound, SignInNeeded

Handler = Callable[[Request], Awaitable[Response]]
MOST_FIELDS = 300
LARGEST_ID = 2**63 - 1
"""No row has a greater id: the databases themselves choke on such a number."""


class Person(Protocol):
    """What the spine needs to know of somebody signed in."""

    id: int


@dataclass(frozen=True)
class Who:
    """Who may use a route. `admits` answers for somebody signed in; `everybody` lets strangers in as well."""

    name: str
    admits: Callable[[Any], bool]
    everybody: bool = False


anyone = Who("anyone", lambda _: True, everybody=True)
signed_in = Who("signed-in", lambda _: True)


class Guarded(Route):
    """A route with its declared users."""

    def __init__(self, path: str, endpoint: Handler, *, who: Who, methods: list[str]) -> None:
        super().__init__(path, endpoint, methods=methods, name=f"{methods[0]} {path}")
        self.who = who


async def admit(request: Request, who: Who) -> Any:
    """The viewer, once it is clear that they may be here. Raises SignInNeeded or Forbidden."""
    viewer = await request.app.state.identify(request)
    request.state.viewer = viewer
    audit.set_origin(viewer.id if viewer else None, getattr(request.state, "request_id", ""))
    if viewer is None and not who.everybody:
        raise SignInNeeded
    if viewer is not None and not who.admits(viewer):
        raise Forbidden
    if any(isinstance(value, int) and value > LARGEST_ID for value in request.path_params.values()):
        raise NotFound
    return viewer


def get(path: str, handler: Handler, *, who: Who) -> Guarded:
    """A page."""

    async def endpoint(request: Request) -> Response:
        await admit(request, who)
        response = await handler(request)
        sessions.remember_visitor(request, response)
        return response

    return Guarded(path, endpoint, who=who, methods=["GET"])


def post(path: str, handler: Handler, *, who: Who) -> Guarded:
    """A form: proven to be ours, and done once however often it is sent."""

    async def endpoint(request: Request) -> Response:
        try:
            return await answer(request)
        finally:
            await request.close()  # the files that came with the form

    async def answer(request: Request) -> Response:
        viewer = await admit(request, who)
        form = await read_form(request)
        sessions.check_form(request, str(form.get("_csrf", "")))
        key = str(form.get("_once", ""))
        if viewer is None or not key:
            response = await handler(request)
        else:
            response = await idempotency.once(
                actor_id=viewer.id,
                key=key,
                route=request.scope["path"],
                content=_content(form),
                run=lambda: handler(request),
            )
            response = _shown_again(request, response)
        sessions.remember_visitor(request, response)
        return response

    return Guarded(path, endpoint, who=who, methods=["POST"])


def _shown_again(request: Request, response: Response) -> Response:
    """A block is not kept with its key (it may show a person's data): the second tap loads the page as it is now."""
    if "Idempotency-Replayed" not in response.headers or "location" in response.headers:
        return response
    if request.headers.get("hx-request") == "true":
        return Response(headers={"HX-Refresh": "true"})
    return see_other(sessions.safe_next(sessions.came_from(request)))


async def read_form(request: Request) -> FormData:
    """The form that was sent. Raises Malformed when it is no form or has absurdly many fields."""
    try:
        return await request.form(max_fields=MOST_FIELDS, max_files=5)
    except AppError:
        raise
    except Exception as error:
        raise Malformed from error


def _content(form: Mapping[str, Any]) -> bytes:
    return repr(
        sorted((name, str(value)) for name, value in form.items() if not name.startswith("_"))
    ).encode()


async def fields(request: Request) -> dict[str, str]:
    """The text answers of the form, our own hidden fields and empty answers left out."""
    form = await read_form(request)
    return {
        name: value
        for name, value in form.items()
        if isinstance(value, str) and value != "" and not name.startswith("_")
    }


def see_other(path: str) -> RedirectResponse:
    """Go there next (after a form)."""
    return RedirectResponse(path, 303)
