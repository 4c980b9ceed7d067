"""Language, colours and size of print: kept in the browser, the language in the account as well."""

from starlette.requests import Request
from starlette.responses import Response

from accounts import actions
from core import i18n, sessions, settings
from core.errors import Malformed
from core.routing import fields, see_other

CHOICES = {
    "locale": ("locale", tuple(i18n.LOCALES)),
    "theme": ("theme", ("auto", "light", "dark")),
    "print_size": ("print", ("normal", "large")),
}
"""Field → cookie and allowed values."""


async def change(request: Request) -> Response:
    """Keep one preference and go back to where it was chosen."""
    form = await fields(request)
    named = [name for name in CHOICES if name in form]
    if len(named) != 1 or form[named[0]] not in CHOICES[named[0]][1]:
        raise Malformed
    name = named[0]
    if name == "locale" and request.state.viewer is not None:
        await actions.set_locale(request.state.viewer, form[name])
    response = see_other(sessions.safe_next(form.get("next", "/")))
    response.set_cookie(
        CHOICES[name][0], form[name], max_age=sessions.YEAR, samesite="lax", secure=settings.current().secure
    )
    return response
