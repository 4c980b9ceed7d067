"""Where the work is: the place to start from for somebody who has not said where they are."""

from dataclasses import dataclass
from datetime import datetime

from core import database
from marketplace.queries.shifts import PUBLIC, TABLES
from rulebook import places

NEARBY_KM, COUNTY_KM, CITY_KM = 10, 30, 60


@dataclass(frozen=True, slots=True)
class Place:
    """A point from which distance is counted. A position told by the phone has no code."""

    lat: float
    lon: float
    name: str
    code: str = ""

    @property
    def county(self) -> str:
        """Code of the county it lies in, as far as that is known."""
        return self.code[:6] or places.nearest_county(self.lat, self.lon).code

    @property
    def reach_km(self) -> int:
        """How far to look unless somebody says otherwise: a county is wide, and a township's point is its county's."""
        if not self.code:
            return NEARBY_KM
        return COUNTY_KM if places.county(self.code[:6]) else CITY_KM


def region_place(code: str) -> Place | None:
    """The place of a region code, or None when there is no such region."""
    found = places.region(code) if code.isdigit() else None
    return Place(found.lat, found.lon, found.name, code) if found else None


def position_place(lat: float, lon: float) -> Place:
    """The place of a phone's position, named after the nearest county."""
    return Place(lat, lon, places.nearest_county(lat, lon).name)


async def busiest(now: datetime) -> Place | None:
    """The county with most public shifts, seen from the middle of its sites; None when there are no shifts at all."""
    rows = await database.rows(
        f"SELECT p.region_code, avg(p.lat) AS lat, avg(p.lon) AS lon FROM {TABLES}"
        f" WHERE s.state = 'open' AND s.starts_at > $1 AND {PUBLIC.format(now='$2')}"
        " GROUP BY p.region_code ORDER BY count(*) DESC, p.region_code LIMIT 1",
        [database.stored(now), database.stored(now)],
    )
    if not rows:
        return None
    code = rows[0]["region_code"]
    found = places.region(code)
    return Place(float(rows[0]["lat"]), float(rows[0]["lon"]), found.name if found else code, code)
