"""New shifts near a place, the newest first, for feed readers."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import database
from marketplace.queries.places import Place
from marketplace.queries.shifts import COLUMNS, METRES_PER_DEGREE, PUBLIC, TABLES, Offer, offer

NEWEST = 50


@dataclass(frozen=True, slots=True)
class NewShift:
    """A shift and since when it can be found."""

    offer: Offer
    at: datetime


async def newest(near: Place | None, now: datetime) -> list[NewShift]:
    """Public shifts that have not begun, within reach of a place, those found last first."""
    values: list[Any] = [database.stored(now)]
    box = ""
    if near:
        lat = near.reach_km * 1000 / METRES_PER_DEGREE
        lon = lat / max(0.01, math.cos(math.radians(near.lat)))
        box = " AND p.lat BETWEEN $2 AND $3 AND p.lon BETWEEN $4 AND $5"
        values += [near.lat - lat, near.lat + lat, near.lon - lon, near.lon + lon]
    public = PUBLIC.format(now="$1")
    rows = await database.rows(
        f"SELECT {COLUMNS}, CASE WHEN g.decided_at > s.created_at THEN g.decided_at ELSE s.created_at END AS found_at"
        f" FROM {TABLES} WHERE s.state = 'open' AND s.tier = 'all' AND s.starts_at > $1 AND {public}{box}"
        f" ORDER BY found_at DESC, s.id DESC LIMIT {NEWEST}",
        values,
    )
    return [NewShift(offer(row), database.loaded(row["found_at"]) or now) for row in rows]
