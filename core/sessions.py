"""The session cookie, the visitor cookie, and the token that proves a form is ours."""

import secrets
from urllib.parse import SplitResult, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from core import crypto, settings
from core.errors import Forbidden
from core.i18n import N_

YEAR = 365 * 24 * 3600


def _name(plain: str) -> str:
    # __Host- needs https, which a county office on its own network may not have.
    return f"__Host-{plain}" if settings.current().secure else plain


def session_token(request: Request) -> str:
    """The secret in the session cookie, or empty."""
    return request.cookies.get(_name("jishi"), "")


def start(response: Response, token: str, max_age: int) -> None:
    """Give the browser its session."""
    response.set_cookie(
        _name("jishi"),
        token,
        max_age=max_age,
        httponly=True,
        samesite="lax",
        secure=settings.current().secure,
    )


def end(response: Response) -> None:
    """Take the session away, and with it what the browser kept of the pages."""
    response.delete_cookie(_name("jishi"), httponly=True, samesite="lax", secure=settings.current().secure)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'


def visitor(request: Request) -> str:
    """A random mark of this browser, so that forms are protected before anybody signs in."""
    mark: str | None = request.cookies.get(_name("visitor"))
    if mark is None:
        mark = getattr(request.state, "new_visitor", None)
    if mark is None:
        mark = secrets.token_urlsafe(16)
        request.state.new_visitor = mark
    return mark


def remember_visitor(request: Request, response: Response) -> None:
    """Send the visitor cookie with the first form."""
    mark = getattr(request.state, "new_visitor", None)
    if mark is not None:
        response.set_cookie(
            _name("visitor"),
            mark,
            max_age=YEAR,
            httponly=True,
            samesite="lax",
            secure=settings.current().secure,
        )


def csrf_token(request: Request) -> str:
    """Proof that a form came from our page, bound to this browser and this session."""
    return crypto.sign(f"{visitor(request)}\0{session_token(request)}", "csrf")


def check_form(request: Request, token: str) -> None:
    """Raise Forbidden unless the form came from our own page."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden("foreign-form", N_("This form came from another site and was not sent."))
    origin = request.headers.get("origin")
    if origin and origin != "null" and _parts(origin).netloc != request.headers.get("host", ""):
        raise Forbidden("foreign-form", N_("This form came from another site and was not sent."))
    if not crypto.is_signed(f"{visitor(request)}\0{session_token(request)}", token, "csrf"):
        raise Forbidden(
            "stale-form", N_("This page was open for too long. Please load it again; nothing was saved.")
        )


def came_from(request: Request) -> str:
    """Path of the page somebody was on, or the first page."""
    return _parts(request.headers.get("referer", "")).path or "/"


def _parts(address: str) -> SplitResult:
    """An address from a header, which may be anything; what is no address has empty parts."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def safe_next(target: str, default: str = "/") -> str:
    """Where to go after signing in: a path of this site and nothing else."""
    # Browsers drop tabs and line breaks from an address: "/<tab>/evil.example" would be another site's.
    if not target.startswith("/") or target.startswith("//") or "\\" in target or not target.isprintable():
        return default
    return target
