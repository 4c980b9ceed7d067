"""The hot months of a place, and what outdoor work in them owes people."""

from datetime import date
from functools import cache

from core.i18n import N_
from rulebook.findings import Finding, finding
from rulebook.law import rule
from rulebook.places import upwards
from rulebook.tables import rows


def hot_months(region_code: str, on: date) -> range:
    """Months in which heat rules matter there, from the closest region that has its own; empty where none is known."""
    for code in upwards(region_code):
        for since, months in _months().get(code, []):
            if since <= on:
                return months
    return range(0)


def on_hot_days(on: date) -> Finding | None:
    """What the law asks of outdoor work when it gets hot, with the degrees in force on a day."""
    limits = {name: found.limit for name, code in LIMITS.items() if (found := rule(code, on))}
    if len(limits) < len(LIMITS):
        return None
    return finding(
        "heat",
        on,
        "shifts",
        N_(
            "These are hot months: from %(allowance)s °C outdoor work earns a heat allowance, from %(short)s °C it"
            " lasts at most %(hours)s hours a day, from %(stop)s °C it stops."
        ),
        N_("Plan early and late hours, breaks and water, and say what you pay on hot days."),
        **limits,
    )


LIMITS = {"allowance": "heat", "short": "heat-short", "hours": "heat-hours", "stop": "heat-stop"}
"""Numbers of the sentence → rules that set them."""


@cache
def _months() -> dict[str, list[tuple[date, range]]]:
    """Hot months by region, the newest row first."""
    found: dict[str, list[tuple[date, range]]] = {}
    for row in rows("heat.csv"):
        months = range(int(row["first_month"]), int(row["last_month"]) + 1)
        found.setdefault(row["region_code"], []).append((date.fromisoformat(row["effective_from"]), months))
    for versions in found.values():
        versions.sort(key=lambda version: version[0], reverse=True)
    return found
