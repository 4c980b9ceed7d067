"""The dated numbers by which the gig market deals: travel, offers, points, allowance, release."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from rulebook.tables import rows

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands from a day on."""

    value: int
    effective_from: date


@dataclass(frozen=True, slots=True)
class Step:
    """What holds while less than so many hours are left; None is the last step, for all the rest."""

    under_hours: int | None
    value: int
    effective_from: date


def number(code: str, on: date) -> int:
    """The number of this code in force on a day; the oldest row for days before all rows."""
    versions = _numbers()[code]
    return next((row for row in versions if row.effective_from <= on), versions[-1]).value


def step(code: str, left: timedelta, on: date) -> int:
    """The value for so much time left, by the table in force on a day. Beyond its last step it is 0."""
    table = _steps()[code]
    since = max((row.effective_from for row in table if row.effective_from <= on), default=None)
    # A later table replaces the whole earlier one, or a step that was taken out would live on.
    for row in table if since is None else [row for row in table if row.effective_from == since]:
        if row.under_hours is None or left < row.under_hours * HOUR:
            return row.value
    return 0


@cache
def _numbers() -> dict[str, list[Number]]:
    """Numbers by code, the newest first."""
    found: dict[str, list[Number]] = {}
    for row in rows("market.csv"):
        since = date.fromisoformat(row["effective_from"])
        found.setdefault(row["code"], []).append(Number(int(row["value"]), since))
    for versions in found.values():
        versions.sort(key=lambda version: version.effective_from, reverse=True)
    return found


@cache
def _steps() -> dict[str, list[Step]]:
    """Steps by code, the shortest time first."""
    found: dict[str, list[Step]] = {}
    for row in rows("steps.csv"):
        hours = int(row["under_hours"]) if row["under_hours"] else None
        since = date.fromisoformat(row["effective_from"])
        found.setdefault(row["code"], []).append(Step(hours, int(row["value"]), since))
    for steps in found.values():
        steps.sort(key=lambda each: (each.under_hours is None, each.under_hours or 0))
    return found
