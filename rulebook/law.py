"""The dated table of rules: what each is called, how hard it is, which article it rests on."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal, cast

from rulebook.tables import rows

Level = Literal["stop", "warn"]


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


def rule(code: str, on: date) -> Rule | None:
    """The rule of this code in force on a day, or None where it does not hold yet."""
    return next((row for row in _rules()[code] if row.effective_from <= on), None)


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
    )
