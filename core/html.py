"""Pages and their blocks: one template per page, the same handler answers with the page or with one block."""

import hashlib
from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2_fragments import render_block
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from core import clock, crypto, i18n, live, sessions, settings

ROOT = Path(__file__).parent.parent
STATIC = ROOT / "static"


@cache
def build() -> str:
    """A short name of the static files as they are now: part of their address, so browsers keep them for ever."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(STATIC).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:10]


def static(path: str) -> str:
    """Address of a static file."""
    return f"/static/{build()}/{path}"


def money(fen: int) -> str:
    """12800 → ¥128, 12850 → ¥128.50."""
    sign, fen = ("-" if fen < 0 else ""), abs(fen)
    return f"{sign}¥{fen // 100:,}" if fen % 100 == 0 else f"{sign}¥{fen // 100:,}.{fen % 100:02}"


def day(moment: datetime) -> str:
    """今天, 明天, or the date with its weekday."""
    on = clock.local(moment).date()
    ahead = (on - clock.today()).days
    english = i18n.get_locale() == "en"
    words = {-1: i18n._("Yesterday"), 0: i18n._("Today"), 1: i18n._("Tomorrow")}
    if not english:  # one short word in Chinese, four long ones in English, where the date says it better
        words[2] = i18n._("The day after tomorrow")
    return words[ahead] if ahead in words else _date(on, english=english)


@lru_cache(maxsize=400)
def _date(on: date, *, english: bool) -> str:
    return format_date(on, "EEE d MMM" if english else "M月d日 EEE", locale="en" if english else "zh_Hans_CN")


def time_of_day(moment: datetime) -> str:
    """18:00 on the wall."""
    return clock.local(moment).strftime("%H:%M")


def moment(value: datetime) -> str:
    """Day and time."""
    return f"{day(value)} {time_of_day(value)}"


def wall(value: datetime) -> str:
    """A moment as it stands on paper: the date itself, never "tomorrow"."""
    return clock.local(value).strftime("%Y-%m-%d %H:%M")


def month(value: datetime) -> str:
    """The calendar month of a moment: 2026-11."""
    return clock.local(value).strftime("%Y-%m")


def time_range(start: datetime, end: datetime) -> str:
    """今天 18:00–22:00; the end says +1 when it is on another day."""
    later = i18n._(" next day") if clock.local(end).date() > clock.local(start).date() else ""
    return f"{day(start)} {time_of_day(start)}–{time_of_day(end)}{later}"


def hours(minutes: int | timedelta) -> str:
    """Minutes as people say them: 4 小时, 4.5 h, 3 小时 46 分, 20 min."""
    if isinstance(minutes, timedelta):
        minutes = int(minutes.total_seconds() // 60)
    if minutes % 30 == 0:
        return i18n._("%(n)s h", n=f"{minutes / 60:g}")
    if minutes < 60:
        return i18n._("%(n)s min", n=minutes)
    return i18n._("%(hours)s h %(minutes)s min", hours=minutes // 60, minutes=minutes % 60)


def waited(since: datetime) -> str:
    """How long ago, in the largest unit that still says something: 20 min, 5 h, 3 days."""
    minutes = int((clock.now() - since).total_seconds() // 60)
    if minutes < 60:
        return i18n._("%(n)s min", n=max(minutes, 0))
    if minutes < 2 * 24 * 60:
        return i18n._("%(n)s h", n=minutes // 60)
    return i18n._("%(n)s days", n=minutes // (24 * 60))


def distance(metres: float) -> str:
    """300 m below a kilometre, 1.2 km above."""
    if metres < 1000:
        return i18n._("%(n)s m", n=int(round(metres, -1)))
    return i18n._("%(n)s km", n=f"{metres / 1000:.1f}".removesuffix(".0"))


@cache
def environment() -> Environment:
    """The template environment of this process."""
    env = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=settings.current().development,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    env.policies["ext.i18n.trimmed"] = True
    env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: i18n.translations(i18n.get_locale()).gettext(text) if text else "",
        lambda one, many, n: i18n.translations(i18n.get_locale()).ngettext(one, many, n),
        newstyle=True,
    )
    env.filters |= {
        "money": money,
        "day": day,
        "clock": time_of_day,
        "moment": moment,
        "wall": wall,
        "month": month,
        "hours": hours,
        "waited": waited,
        "distance": distance,
        "masked": crypto.masked,
    }
    env.globals |= {
        "static": static,
        "live_url": live.live_url,
        "time_range": time_range,
        "kept": kept,
        "languages": i18n.LOCALES,
        "demo": settings.current().demo,
        "development": settings.current().development,
    }
    # A single block is rendered without the page's own imports, so the components are there for every template.
    env.globals["ui"] = env.get_template("ui.html").module
    return env


def kept(template: str, **things: Hashable) -> Markup:
    """A part of a page that shows these things and nothing else: rendered once for each language and day.

    Lists show the same cards again and again, and rendering them is most of what a list costs. A thing that has
    changed is another value, so nothing here is ever stale.
    """
    render = _kept.__wrapped__ if settings.current().development else _kept
    return render(template, tuple(things.items()), i18n.get_locale(), clock.today())


@lru_cache(maxsize=2000)
def _kept(template: str, things: tuple[tuple[str, Hashable], ...], _locale: str, _today: date) -> Markup:
    return Markup(environment().get_template(template).render(dict(things)))  # noqa: S704 rendered with autoescape


def as_context(context: object) -> dict[str, Any]:
    """A page's context: a dataclass (its fields by name) or a mapping."""
    if isinstance(context, Mapping):
        return dict(context)
    if is_dataclass(context):
        return {field.name: getattr(context, field.name) for field in fields(context)}
    raise TypeError(context)


def wants_block(request: Request) -> bool:
    """Whether the page itself asked for one block to put in place."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-request-type") != "full"


def page(
    request: Request,
    template: str,
    context: object = None,
    *,
    block: str | None = None,
    status: int = 200,
    **more: Any,
) -> HTMLResponse:
    """The page, or only its named block when htmx asked and `block` is given."""
    values = (
        _request_context(request)
        | {"status": status}
        | (as_context(context) if context is not None else {})
        | more
    )
    env = environment()
    if block and wants_block(request):
        html = render_block(env, template, block, **values)
    else:
        html = env.get_template(template).render(values)
    # What strangers see may be kept for going back; what somebody signed in sees may not be kept at all.
    kept = "no-store" if values["viewer"] else "private, no-cache"
    return HTMLResponse(html, status, {"Cache-Control": kept, "Vary": "HX-Request, Cookie, Accept-Language"})


def _request_context(request: Request) -> dict[str, Any]:
    token = sessions.csrf_token(request)
    return {
        "request": request,
        "viewer": getattr(request.state, "viewer", None),
        "locale": i18n.get_locale(),
        "theme": getattr(request.state, "theme", "auto"),
        "print_size": getattr(request.state, "print_size", "normal"),
        "now": clock.now(),
        "flash": getattr(request.state, "flash", []),
        "csrf_field": lambda: Markup('<input type="hidden" name="_csrf" value="{}">').format(token),
        "once_field": lambda: Markup('<input type="hidden" name="_once" value="{}">').format(
            token_urlsafe(12)
        ),
    }
