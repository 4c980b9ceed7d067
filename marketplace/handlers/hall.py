"""The screen in a hall or a station: shifts near it, soonest first, by themselves, for who only looks."""

from dataclasses import dataclass
from datetime import datetime

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from core import clock, settings
from core.html import page
from marketplace.forms import FindInput
from marketplace.handlers import places
from marketplace.handlers.links import shifts_address
from marketplace.queries.places import Place, busiest
from marketplace.queries.shifts import Offer, find_shifts

A_SCREEN = 6
SCREENS = 5
"""So many screens in turn; then it begins again with what is soonest by then."""
THEMES = ("light", "dark")


@dataclass(frozen=True)
class HallPage:
    """One screen of cards, and where the next one is."""

    near: Place | None
    offers: list[Offer]
    total: int
    screen: int
    screens: int
    following: str
    """Address of the next screen."""
    qr: Markup
    address: str
    """What the QR leads to."""


async def show(request: Request) -> Response:
    """One screen; after 15 seconds it asks for the next one by itself."""
    now, query = clock.now(), request.query_params
    near = places.told(request) or await busiest(now)
    number = query.get("screen", "1")
    asked = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 1
    theme = query.get("theme", "") if query.get("theme") in THEMES else request.state.theme
    found = await _screen(near, max(1, asked), query.get("theme", ""), now)
    return page(request, "marketplace/hall.html", found, block="screen", theme=theme)


async def _screen(near: Place | None, asked: int, theme: str, now: datetime) -> HallPage:
    point = {"lat": near.lat, "lon": near.lon, "radius_km": near.reach_km} if near else {}
    found = await find_shifts(FindInput(**point, sort="soon", limit=A_SCREEN * SCREENS), now)  # type: ignore[arg-type]
    screens = max(1, -(-len(found.items) // A_SCREEN))
    screen = (asked - 1) % screens + 1
    where = _where(near)
    address = settings.current().public_url + shifts_address(where)
    following = shifts_address(where, screen=screen % screens + 1, theme=theme).replace("/shifts", "/hall", 1)
    cards = found.items[(screen - 1) * A_SCREEN : screen * A_SCREEN]
    return HallPage(near, cards, found.total, screen, screens, following, _qr(address), address)


def _where(near: Place | None) -> dict[str, object]:
    if near is None:
        return {}
    return {"place": near.code} if near.code else {"lat": near.lat, "lon": near.lon}


def _qr(address: str) -> Markup:
    drawing = segno.make(address, error="m").svg_inline(omitsize=True, border=2, dark="#000", light="#fff")
    return Markup(drawing)  # noqa: S704 drawn by us from an address of ours
