"""The dated table of rules: what each is called, how hard it is, which article it rests on."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal, cast

from rulebook.places import upwards
from rulebook.tables import rows

Level = Literal["stop", "warn"]
OFF = "off"
"""In the column `level`: from that day on the rule is not applied in that region."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as it stands from a day on; a later row of the same code replaces it."""

    code: str
    level: Level
    citation: str
    source: str
    effective_from: date
    limit: int | None
    """The number the rule turns on (days, years), where it has one."""
    region_code: str = ""
    """The region it holds in, with all that lies below; empty: everywhere."""


def rule(code: str, on: date, region_code: str = "") -> Rule | None:
    """The rule of this code in force on a day, or None where it does not hold (yet).

    The closest region has the word: county before city before province before the country.
    """
    standing = [row for row in _rules()[code] if row.effective_from <= on]
    for place in upwards(region_code) if any(row.region_code for row in standing) else [""]:
        found = next((row for row in standing if row.region_code == place), None)
        if found:
            return None if found.level == OFF else found
    return None


def rules() -> list[Rule]:
    """All rules ever in force, the newest of each code first: for the page that shows them."""
    return [row for versions in _rules().values() for row in versions]


@cache
def _rules() -> dict[str, list[Rule]]:
    found: dict[str, list[Rule]] = {}
    for row in rows("rules.csv"):
        found.setdefault(row["code"], []).append(_read_rule(row))
    for versions in found.values():
        versions.sort(key=lambda version: version.effective_from, reverse=True)
    return found


def _read_rule(row: dict[str, str]) -> Rule:
    return Rule(
        row["code"],
        cast("Level", row["level"]),
        row["citation"],
        row["source"],
        date.fromisoformat(row["effective_from"]),
        int(row["limit"]) if row["limit"] else None,
        row["region_code"],
    )
