"""The JSON API: typed in and out, errors as problem+json, described by its own routes."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core import clock, idempotency
from core.errors import Invalid, Malformed, TooLarge
from core.forms import parse
from core.i18n import N_, _
from core.routing import Guarded, Who, admit

LARGEST_BODY = 2 * 1024 * 1024


@dataclass(frozen=True)
class Call:
    """One call of the API: who calls, when, and what was sent, already typed."""

    request: Request
    viewer: Any
    now: datetime
    body: Any = None
    query: Any = None

    def path(self, name: str) -> Any:
        """A value from the address."""
        return self.request.path_params[name]


Endpoint = Callable[[Call], Awaitable[BaseModel | None]]


@dataclass(frozen=True)
class Operation:
    """What the description says of a route."""

    summary: str
    status: int = 200
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    refusals: tuple[str, ...] = field(default=())
    """Codes with which it may refuse (409)."""


class ApiRoute(Guarded):
    """A route of the API with its description."""

    operation: Operation


def api(method: str, path: str, endpoint: Endpoint, *, who: Who, operation: Operation) -> ApiRoute:
    """A route of the API. Answers with `operation.answer`, or 204 when there is none."""

    async def serve(request: Request) -> Response:
        viewer = await admit(request, who)
        raw = await _read(request) if method in ("POST", "PUT", "PATCH") else b""
        body = parse(operation.body, _json(raw)) if operation.body else None
        query = parse(operation.query, _query(request)) if operation.query else None
        call = Call(request, viewer, clock.now(), body, query)

        async def run() -> Response:
            return respond(await endpoint(call), operation.status)

        if method == "GET" or viewer is None:
            return await run()
        key = request.headers.get("idempotency-key", "")
        return await idempotency.once(
            actor_id=viewer.id, key=key, route=f"{method} {request.url.path}", content=raw, run=run
        )

    route = ApiRoute(path, serve, who=who, methods=[method])
    route.operation = operation
    return route


def respond(result: BaseModel | None, status: int = 200) -> Response:
    """A model as JSON; nothing as 204."""
    if result is None:
        return Response(status_code=204)
    return Response(result.model_dump_json(), status, {"Cache-Control": "no-store"}, "application/json")


def _query(request: Request) -> dict[str, str]:
    """The query parameters. One given twice is refused: which of the two was meant, nobody knows."""
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise Invalid({name: _("Please give this only once.")})
        given[name] = value
    return given


async def _read(request: Request) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST_BODY:
            raise TooLarge
        chunks.append(chunk)
    return b"".join(chunks)


def _json(raw: bytes) -> Any:
    if not raw.strip():
        return {}
    try:
        return json.loads(raw, parse_constant=_no_constant, object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        raise Malformed("json", N_("The body is not valid JSON.")) from None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names differ. Readers disagree which of two equal names counts, so neither does."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("the same name twice")
    return found


def problem(status: int, code: str, title: str, **more: Any) -> JSONResponse:
    """An error after RFC 9457; `code` is stable and for programs, `title` is in the reader's language."""
    body = {"type": "about:blank", "status": status, "code": code, "title": title} | more
    return JSONResponse(body, status, media_type="application/problem+json")
