"""What an officer needs in front of them while acting for somebody without a phone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import Office
from accounts.queries import offices_of
from accounts.rules import Viewer
from marketplace.forms import FindInput
from marketplace.queries.claims import MyPage, my_page
from marketplace.queries.shifts import Offers, find_shifts
from rulebook import places

REACH_KM = 30
SHOWN = 30


@dataclass(frozen=True)
class AssistPage:
    """A person's shifts, and those near the station that are open to them."""

    person: Any
    my: MyPage
    offers: Offers
    office: Office | None


async def assist_page(person: Any, officer: Viewer, asked: dict[str, object], now: datetime) -> AssistPage:
    """Everything for one person at the counter. `asked` are filters of the list."""
    offices = await offices_of(officer)
    office = offices[0] if offices else None
    wanted = FindInput(**_near(office) | {"limit": SHOWN} | asked)  # type: ignore[arg-type]
    return AssistPage(
        person, await my_page(person.id, now), await find_shifts(wanted, now, person.id), office
    )


def _near(office: Office | None) -> dict[str, object]:
    """Around the station; where it has no position, around the middle of its region."""
    if office is None:
        return {}
    region = places.region(office.region_code)
    if office.lat is not None and office.lon is not None:
        return {"lat": office.lat, "lon": office.lon, "radius_km": REACH_KM}
    return {"lat": region.lat, "lon": region.lon, "radius_km": REACH_KM} if region else {}
