"""A demo town made up for a day: always the same for the same day and seed, and nothing else is asked."""

from datetime import date
from random import Random

from app.demo.employers import OFFICERS, Trading, town_parts
from app.demo.material import KUNSHAN
from app.demo.people import Registry
from app.demo.shapes import Town
from app.demo.timetable import Roster, Timetable

WORKERS, NEWCOMERS = 300, 20
"""The last twenty workers have not taken a shift yet."""
ORGANISERS = 2


def build_town(day: date, seed: int = 1) -> Town:
    """The whole town. People, employers and gigs stay the same from day to day; shifts and claims do not."""
    # Two sources of chance, and strings as seeds: the same on every platform and version of Python.
    still, moving = Random(f"town {seed}"), Random(f"shifts {seed} {day}")
    registry = Registry(still, day)
    workers = [registry.add_worker(number) for number in range(1, WORKERS + 1)]
    _add_staff(registry)
    trading = Trading(day, still, registry)
    trading.settle()
    timetable = Timetable(day, moving, trading.gigs, trading.works, Roster(workers[:-NEWCOMERS], moving))
    timetable.fill()
    return Town(
        day=day,
        region_code=KUNSHAN,
        townships=tuple(town_parts()),
        people=tuple(registry.people),
        employers=tuple(trading.employers),
        memberships=tuple(trading.memberships),
        sites=tuple(trading.sites),
        gigs=tuple(trading.gigs),
        shifts=tuple(timetable.shifts),
        claims=tuple(timetable.claims),
        pay_lines=tuple(timetable.pay_lines),
    )


def _add_staff(registry: Registry) -> None:
    for number in range(1, OFFICERS + 1):
        registry.add(f"officer-{number}", 9000 + number, 28 + 9 * number, "officer")
    registry.add("administrator-1", 9101, 41, "administrator")
    for number in range(1, ORGANISERS + 1):
        registry.add(f"organiser-{number}", 9200 + number, 30 + 5 * number, "organiser")
