"""Signing in: phone, code, and for staff the second factor."""

from typing import Any

import pyotp
import segno
from starlette.requests import Request
from starlette.responses import Response

from accounts import actions, queries
from accounts.actions import TOTP_STEP
from accounts.forms import CodeInput, PhoneInput, SecondFactorInput
from accounts.rules import CODE_LIVES, WORKER_SESSION
from core import clock, i18n, limits, sessions, settings
from core.errors import Forbidden, Invalid, Refused
from core.forms import parse
from core.html import page
from core.routing import fields, see_other

BROWSERS = {
    "MicroMessenger": "微信",
    "Edg": "Edge",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "HarmonyOS": "HarmonyOS",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}
"""A word in User-Agent → what people call it; the first that fits counts."""


async def ask_phone(request: Request) -> Response:
    """The first step: which phone."""
    target = sessions.safe_next(request.query_params.get("next", "/"))
    return page(request, "accounts/sign_in.html", errors={}, values={}, next=target)


async def send_code(request: Request) -> Response:
    """Send a code and ask for it. The answer is the same for known and unknown numbers."""
    form = await fields(request)
    target = sessions.safe_next(form.pop("next", "/"))
    try:
        asked = parse(PhoneInput, form)
    except Invalid as error:
        return page(
            request, "accounts/sign_in.html", errors=error.errors, values=form, next=target, status=422
        )
    await limits.count("code-per-phone", asked.phone)
    await limits.count("code-per-address", request.client.host if request.client else "")
    code = await actions.request_code(asked.phone, clock.now())
    return _code_page(request, asked.phone, target, code=code)


def _code_page(
    request: Request,
    phone: str,
    target: str,
    *,
    code: str = "",
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    return page(
        request,
        "accounts/code.html",
        phone=phone,
        next=target,
        errors=errors or {},
        status=status,
        demo_code=code if settings.current().demo else "",
        minutes=int(CODE_LIVES.total_seconds() // 60),
    )


async def enter_code(request: Request) -> Response:
    """Exchange the code for a session."""
    form = await fields(request)
    target = sessions.safe_next(form.get("next", "/"))
    try:
        given = parse(CodeInput, form)
    except Invalid as error:
        if "phone" in error.errors:
            return page(
                request, "accounts/sign_in.html", errors=error.errors, values=form, next=target, status=422
            )
        return _code_page(request, form["phone"], target, errors=error.errors, status=422)
    await limits.count("sign-in-per-phone", given.phone)
    try:
        token = await actions.sign_in(
            given.phone, given.code, locale=i18n.get_locale(), device=_device(request), now=clock.now()
        )
    except (Refused, Forbidden) as error:
        return _code_page(
            request, given.phone, target, errors={"code": error.reason.text}, status=error.status
        )
    response = see_other(target)
    sessions.start(response, token, int(WORKER_SESSION.absolute.total_seconds()))
    return response


def _device(request: Request) -> str:
    """Enough for somebody to recognise their own phone in the list of devices, and no more."""
    agent = request.headers.get("user-agent", "")
    browser = next((name for mark, name in BROWSERS.items() if mark in agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), "")
    return " · ".join(word for word in (browser, system) if word)


async def sign_out(request: Request) -> Response:
    """End this session, here and in the browser."""
    viewer = request.state.viewer
    await actions.end_session(viewer, viewer.session_id, clock.now())
    response = see_other("/")
    sessions.end(response)
    return response


async def ask_second_factor(request: Request) -> Response:
    """Ask staff for the second factor; whoever has none yet sets it up here."""
    viewer = request.state.viewer
    target = sessions.safe_next(request.query_params.get("next", "/"))
    if viewer.second_factor or not viewer.is_staff:
        return see_other(target)
    return await _second_factor_page(request, target)


async def enter_second_factor(request: Request) -> Response:
    """Accept six digits of the authenticator app."""
    viewer, form = request.state.viewer, await fields(request)
    target = sessions.safe_next(form.get("next", "/"))
    await limits.count("second-factor", str(viewer.id))
    try:
        given = parse(SecondFactorInput, form)
        await actions.show_second_factor(viewer, given.code, clock.now())
    except Invalid as error:
        return await _second_factor_page(request, target, error.errors, 422)
    except Refused as error:
        return await _second_factor_page(request, target, {"code": error.reason.text}, error.status)
    return see_other(target)


async def _second_factor_page(
    request: Request, target: str, errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    viewer = request.state.viewer
    user = await queries.person(viewer.id)
    secret = "" if user.totp_last_step else await actions.new_totp(viewer)
    return page(
        request,
        "accounts/second_factor.html",
        errors=errors or {},
        next=target,
        secret=secret,
        status=status,
        qr=_qr(secret, viewer.name) if secret else "",
        demo_code=_next_code(user, secret) if settings.current().demo else "",
    )


def _qr(secret: str, name: str) -> str:
    """A picture that an authenticator app reads."""
    address = pyotp.TOTP(secret).provisioning_uri(name=name or None, issuer_name="Jishi")
    return segno.make(address).svg_data_uri(scale=5, border=2, dark="#000", light="#fff")


def _next_code(user: Any, secret: str) -> str:
    """A code that is still good: the present one, or the next when the present one was used."""
    step = max(int(clock.now().timestamp()) // TOTP_STEP, user.totp_last_step + 1)
    return pyotp.TOTP(secret or str(user.totp_secret)).generate_otp(step)
