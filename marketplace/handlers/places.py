"""Where the reader is: told by the address, remembered by the browser, or picked from the list of regions."""

import math
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from core import settings
from core.html import page
from marketplace.handlers.links import shifts_address
from marketplace.queries.places import Place, position_place, region_place
from rulebook import places
from rulebook.places import Region

COOKIE = "place"
KEEP = 30 * 24 * 3600
DECIMALS = 3
"""A remembered position is rounded to about a hundred metres: near enough to sort by, not to find a door."""


@dataclass(frozen=True)
class PlacesPage:
    """The picker: what was typed and found, or one region with what lies below it."""

    q: str
    found: list[Region]
    region: Region | None
    above: list[Region]
    below: list[Region]
    kept: dict[str, str]
    link: object


def told(request: Request) -> Place | None:
    """The place in the address: a region's code, or a position that is on the map."""
    query = request.query_params
    return (
        region_place(query["place"])
        if query.get("place")
        else _position(query.get("lat", ""), query.get("lon", ""))
    )


def remembered(request: Request) -> Place | None:
    """The place this browser chose before."""
    lat, colon, lon = request.cookies.get(COOKIE, "").partition(":")
    return _position(lat, lon) if colon else region_place(lat)


def _position(lat: str, lon: str) -> Place | None:
    try:
        y, x = float(lat), float(lon)
    except ValueError:
        return None
    known = math.isfinite(x) and math.isfinite(y) and abs(y) <= 90 and abs(x) <= 180
    return position_place(y, x) if known else None


def remember(response: Response, place: Place) -> None:
    """Start from here next time."""
    value = place.code or f"{place.lat:.{DECIMALS}f}:{place.lon:.{DECIMALS}f}"
    response.set_cookie(
        COOKIE, value, max_age=KEEP, httponly=True, samesite="lax", secure=settings.current().secure
    )


async def choose(request: Request) -> Response:
    """Pick a place by name or from province down to township."""
    query = request.query_params
    q, here = (
        query.get("q", "").strip()[:40],
        places.region(query.get("in", "") if query.get("in", "").isdigit() else ""),
    )
    kept = {
        name: value
        for name, value in query.items()
        if value and name not in ("q", "in", "place", "lat", "lon", "page")
    }
    context = PlacesPage(
        q=q,
        found=places.search_places(q) if q else [],
        region=here,
        above=_above(here),
        below=places.children(here.code if here else ""),
        kept=kept,
        link=shifts_address,
    )
    return page(request, "marketplace/places.html", context)


def _above(here: Region | None) -> list[Region]:
    """The regions around this one, the largest first."""
    road: list[Region] = []
    parent = places.region(here.parent_code) if here and here.parent_code else None
    while parent:
        road.insert(0, parent)
        parent = places.region(parent.parent_code) if parent.parent_code else None
    return road
