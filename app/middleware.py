"""What surrounds every request: who asks in which language, limits, headers, a log line."""

import secrets
import time
from collections.abc import Awaitable, Callable
from http.cookies import SimpleCookie

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import i18n, settings
from core.errors import TooLarge

log = structlog.get_logger("web")
requests_total = Counter("jishi_requests", "Requests by route and status.", ["route", "status"])
seconds = Histogram("jishi_request_seconds", "Seconds until the answer was complete.", ["route"])

LARGEST_BODY = 12 * 1024 * 1024
CSP = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(self), payment=(), usb=()",
}


def with_tiles(pattern: str) -> str:
    """The policy with the origin of an approved map's tiles, which may name several hosts by `{s}`."""
    if not pattern:
        return CSP
    scheme, _, rest = pattern.partition("://")
    host = rest.partition("/")[0]
    hosts = [host.replace("{s}", str(number)) for number in range(8)] if "{s}" in host else [host]
    origins = " ".join(f"{scheme}://{each}" for each in hosts)
    return CSP.replace("img-src 'self'", f"img-src 'self' {origins}")


LastResort = Callable[[Request, Exception], Awaitable[Response]]
THEMES = ("auto", "light", "dark")
SIZES = ("normal", "large")


class Surround:
    """Prepares the request's state and finishes its answer. Plain ASGI, so that streams stay streams."""

    def __init__(self, app: ASGIApp, last_resort: LastResort) -> None:
        self.app = app
        self.last_resort = last_resort
        chosen = settings.current()
        self.headers = HEADERS | {"Content-Security-Policy": with_tiles(chosen.map_tiles)}
        if chosen.secure:
            self.headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        self._prepare(scope)
        began, status, answered = time.perf_counter(), 500, False

        async def finish(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status, answered = message["status"], True
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                headers["X-Request-ID"] = scope["state"]["request_id"]
            await send(message)

        try:
            await self.app(scope, _limited(scope, receive), finish)
        except Exception as error:
            # Starlette's own last resort stands outside of us: its answer would have none of our headers.
            response = await self.last_resort(Request(scope), error)
            if answered:
                raise
            await response(scope, receive, finish)
        finally:
            self._tell(scope, status, time.perf_counter() - began)

    @staticmethod
    def _prepare(scope: Scope) -> None:
        headers = Headers(scope=scope)
        cookies = _cookies(headers.get("cookie", ""))
        state = scope.setdefault("state", {})
        state["request_id"] = secrets.token_hex(8)
        state["theme"] = cookies.get("theme") if cookies.get("theme") in THEMES else "auto"
        state["print_size"] = cookies.get("print") if cookies.get("print") in SIZES else "normal"
        locale = cookies.get("locale", "")
        i18n.set_locale(locale if locale in i18n.LOCALES else i18n.choose(headers.get("accept-language", "")))

    @staticmethod
    def _tell(scope: Scope, status: int, took: float) -> None:
        # The route's pattern, never the path: a path may hold a token.
        route = getattr(scope.get("route"), "path", None) or scope.get("endpoint_path", "other")
        requests_total.labels(route, status).inc()
        seconds.labels(route).observe(took)
        log.info(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            ms=round(took * 1000, 1),
            request_id=scope["state"]["request_id"],
        )


def _cookies(raw: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(raw).items()} if raw else {}
    except Exception:  # noqa: BLE001 a broken cookie header is no cookie
        return {}


def _limited(scope: Scope, receive: Receive) -> Receive:
    """The same body, cut off when it grows beyond what any page of ours takes."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > LARGEST_BODY:
                raise TooLarge
        return message

    return bounded if scope["method"] in ("POST", "PUT", "PATCH") else receive
