"""The hourly and monthly minimum wage of a place on a day."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cache

from core.i18n import N_
from rulebook.findings import Finding, finding
from rulebook.law import rule
from rulebook.places import region
from rulebook.tables import rows


@dataclass(frozen=True, slots=True)
class Floor:
    """The least that may be paid in a region from a day on, in fen."""

    hourly_fen: int
    monthly_fen: int
    region_code: str
    effective_from: date
    source: str


def hourly_floor(region_code: str, on: date) -> Floor | None:
    """The floor in force there on that day, from the county, its city or its province, whichever has its own.

    None means that we do not know, not that any wage is lawful.
    """
    place = region(region_code)
    while place:
        for floor in _floors().get(place.code, []):
            if floor.effective_from <= on:
                return floor
        place = region(place.parent_code)
    return None


def why_not_wage(hourly_fen: int, region_code: str, on: date) -> Finding | None:
    """Why this hourly pay may not be offered there on that day: below the floor, or the floor is unknown."""
    floor = hourly_floor(region_code, on)
    if floor is None:
        return unknown_floor(on, "hourly_fen")
    if hourly_fen >= floor.hourly_fen:
        return None
    return finding(
        "wage-floor",
        on,
        "hourly_fen",
        N_("The pay is below the local minimum of ¥%(floor)s an hour."),
        N_("Offer at least ¥%(floor)s an hour."),
        floor=yuan(floor.hourly_fen),
    )


def unknown_floor(on: date, field: str) -> Finding | None:
    """The finding that nobody here knows the floor of this place."""
    return finding(
        "wage-floor-unknown",
        on,
        field,
        N_("The minimum wage of this place is not known here."),
        N_("Check the local minimum wage before you publish."),
    )


WEEKS, MONTHS = 52, 12
"""Of a year."""


def least_monthly(floor: Floor, hours_a_week: int, on: date) -> int:
    """The least a month of such weeks must pay, in fen.

    A part-time week is held to the hourly floor. The monthly floor is for an ordinary week; a longer one may not
    come out cheaper by the hour.
    """
    part_time, ordinary = rule("part-time-week", on), rule("ordinary-week", on)
    if part_time and part_time.limit and hours_a_week <= part_time.limit:
        return -(-floor.hourly_fen * hours_a_week * WEEKS // MONTHS)
    if ordinary and ordinary.limit and hours_a_week > ordinary.limit:
        return -(-floor.monthly_fen * hours_a_week // ordinary.limit)
    return floor.monthly_fen


def why_not_monthly(monthly_fen: int, hours_a_week: int, region_code: str, on: date) -> Finding | None:
    """Why this monthly pay may not be offered there on that day for so many hours a week."""
    floor = hourly_floor(region_code, on)
    if floor is None:
        return unknown_floor(on, "monthly_from_fen")
    least = least_monthly(floor, hours_a_week, on)
    if monthly_fen >= least:
        return None
    return finding(
        "wage-floor",
        on,
        "monthly_from_fen",
        N_("For %(hours)s hours a week the local minimum is ¥%(floor)s a month."),
        N_("Offer at least ¥%(floor)s a month."),
        hours=hours_a_week,
        floor=yuan(least),
    )


def yuan(fen: int) -> str:
    """Fen as people write yuan: 25, 23.50."""
    return f"{fen // 100}" if fen % 100 == 0 else f"{fen // 100}.{fen % 100:02d}"


@cache
def _floors() -> dict[str, list[Floor]]:
    """Floors by region, the newest first."""
    found = defaultdict(list)
    for row in rows("minwage.csv"):
        found[row["region_code"]].append(_read_floor(row))
    for versions in found.values():
        versions.sort(key=lambda floor: floor.effective_from, reverse=True)
    return dict(found)


def _read_floor(row: dict[str, str]) -> Floor:
    return Floor(
        int(row["hourly_fen"]),
        int(row["monthly_fen"]),
        row["region_code"],
        date.fromisoformat(row["effective_from"]),
        row["source"],
    )
