"""Finding shifts near a place, and reading one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from accounts.queries import places_of
from accounts.rules import Viewer
from core import clock, html, i18n, settings
from core.errors import Invalid, Refusal
from core.forms import parse
from core.html import page
from core.i18n import _
from marketplace import rules, structured
from marketplace.forms import FindInput
from marketplace.handlers import places
from marketplace.handlers.links import shifts_address
from marketplace.queries.places import Place, busiest
from marketplace.queries.reputation import EmployerRecord, Truths, employers_records, truths_of
from marketplace.queries.shifts import Offers, ShiftPage, find_shifts, shift_page
from marketplace.rules import ClaimState
from rulebook.places import distance_m
from rulebook.trades import trades

if TYPE_CHECKING:
    from accounts.models import SavedPlace

NAMES = {field.alias or name for name, field in FindInput.model_fields.items()} - {"limit", "offset"} | {
    "place",
    "page",
}
TONIGHT = {"day": "today", "from": "17:00"}
PER_PAGE = 20
DAYS = 7
RADII = (3, 5, 10, 20, 30, 60, 100)
BLOCKS = {"claim_box", "places"}


@dataclass(frozen=True)
class FindPage:
    """A list of shifts with the filters that led to it."""

    values: dict[str, str]
    errors: dict[str, str]
    near: Place | None
    offers: Offers
    page: int
    pages: int
    days: list[tuple[str, str]]
    trades: list[tuple[str, str]]
    radii: list[tuple[str, str]]
    radius_km: float
    wider: int | None
    """The next larger radius, for who finds nothing."""
    link: Callable[..., str]
    truths: dict[int, Truths]
    """By employer: what workers say of its postings."""
    saved: "list[SavedPlace]"
    """The reader's own places."""
    swapped: bool
    """Only the list was asked for; what else follows the search is sent beside it."""
    tiles: str


@dataclass(frozen=True)
class ShiftView:
    """One shift as this reader sees it."""

    shift: ShiftPage
    why: Refusal | None
    """Why the button is off."""
    refused: Refusal | None
    """What the tap was answered with."""
    record: EmployerRecord
    structured: dict[str, Any] | None
    """The shift as schema.org wants it, while it is public."""
    hired: bool
    distance_m: float
    confirm: bool
    address: str


async def home(request: Request) -> Response:
    """Real shifts at once: no splash, no sign-in wall."""
    return await shifts(request)


async def shifts(request: Request) -> Response:
    """Shifts near a place. A wrong filter is told beside the form."""
    now, values = clock.now(), _values(request)
    chosen = places.told(request) or places.remembered(request)
    near = chosen or await busiest(now)
    errors, offers, wanted = {}, Offers(0, []), parse(FindInput, {})
    try:
        wanted = _wanted(values, near)
        viewer = request.state.viewer
        offers = await find_shifts(wanted, now, viewer.id if viewer else None)
    except Invalid as error:
        errors = {"" if name == "body" else name: words for name, words in error.errors.items()}
    context = replace(
        _context(values, errors, near, offers, wanted, now),
        truths=await truths_of((one.employer_id for one in offers.items), now),
        saved=await places_of(request.state.viewer.id) if request.state.viewer else [],
        swapped=html.wants_block(request),
    )
    response = page(
        request, "marketplace/shifts.html", context, block="results", status=422 if errors else 200
    )
    if chosen:
        places.remember(response, chosen)
    return response


def _values(request: Request) -> dict[str, str]:
    """The filters as they were asked for; of several answers to one question the first counts."""
    values: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if value.strip() and name in NAMES:
            values.setdefault(name, value.strip())
    return values


def _wanted(values: dict[str, str], near: Place | None) -> FindInput:
    """The typed filters. Raises Invalid."""
    if "place" in values and (near is None or near.code != values["place"]):
        raise Invalid({"": _("This place is not in the list. Please choose it again.")})
    asked: dict[str, object] = {
        name: value for name, value in values.items() if name not in ("place", "page")
    }
    if near and ("place" in values or not {"lat", "lon"} & values.keys()):
        asked |= {"lat": near.lat, "lon": near.lon}
    if near:
        asked.setdefault("radius_km", near.reach_km)
    if values.get("day") == "tonight":
        asked |= TONIGHT | ({"from": values["from"]} if "from" in values else {})
    number = values.get("page", "1")
    if not (number.isascii() and number.isdigit() and int(number[:6]) > 0 and len(number) < 5):
        raise Invalid({"": _("There is no such page.")})
    return parse(FindInput, asked | {"limit": PER_PAGE, "offset": (int(number) - 1) * PER_PAGE})


def _context(
    values: dict[str, str],
    errors: dict[str, str],
    near: Place | None,
    offers: Offers,
    wanted: FindInput,
    now: datetime,
) -> FindPage:
    locale = i18n.get_locale()
    return FindPage(
        values=values,
        errors=errors,
        near=near,
        offers=offers,
        page=wanted.offset // PER_PAGE + 1,
        pages=ceil(offers.total / PER_PAGE),
        days=_days(now),
        trades=[(trade.code, trade.name(locale)) for trade in trades()],
        radius_km=wanted.radius_km,
        radii=[(str(radius), html.distance(radius * 1000)) for radius in RADII],
        wider=next((radius for radius in RADII if radius > wanted.radius_km), None),
        link=shifts_address,
        truths={},
        saved=[],
        swapped=False,
        tiles=settings.current().map_tiles,
    )


def _days(now: datetime) -> list[tuple[str, str]]:
    """Today, tonight, tomorrow, and the dates of the week."""
    dates = [now + timedelta(days=ahead) for ahead in range(DAYS)]
    week = [(clock.local(date).date().isoformat(), html.day(date)) for date in dates]
    return [
        ("", _("Any day")),
        ("today", week[0][1]),
        ("tonight", _("Tonight")),
        ("tomorrow", week[1][1]),
        *week[2:],
    ]


async def shift(request: Request) -> Response:
    """One shift: everything to decide, and the button."""
    return await show_shift(request, request.path_params["id"])


async def show_shift(request: Request, shift_id: int, refused: Refusal | None = None) -> Response:
    """The page of a shift, or the block of it that was asked for; with the refusal of a tap where there was one."""
    now, viewer = clock.now(), request.state.viewer
    found = await shift_page(shift_id, viewer.id if viewer else None, now)
    place = places.remembered(request)
    view = ShiftView(
        shift=found,
        why=_why_not(found, viewer, now),
        refused=refused,
        record=(await employers_records((found.offer.employer_id,), now))[found.offer.employer_id],
        structured=structured.of_shift(found, f"{settings.current().public_url}/shifts/{shift_id}")
        if found.facts.public
        else None,
        hired=found.claim_state is not None and found.claim_state is not ClaimState.WAITING,
        distance_m=distance_m((place.lat, place.lon), (found.lat, found.lon)) if place else -1,
        confirm=request.query_params.get("confirm") == "1",
        address=f"/shifts/{shift_id}",
    )
    wanted = request.query_params.get("block", "claim_box")
    block = wanted if wanted in BLOCKS else "claim_box"
    return page(request, "marketplace/shift.html", view, block=block, status=409 if refused else 200)


def _why_not(found: ShiftPage, viewer: Viewer | None, now: datetime) -> Refusal | None:
    """What a stranger can know before signing in, or all of it."""
    if viewer is None:
        return rules.why_closed(found.facts, now) or rules.why_full(found.facts)
    return rules.why_not_claim(found.facts, now)
