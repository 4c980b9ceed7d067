"""How many claims a second: `python -m benchmarks.claims`.

Every race goes over HTTP to real web processes, and beside it, in the same run and on the same data, the database
alone runs one statement per claim: that is the ceiling no program can break.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from secrets import token_hex
from typing import Any

from benchmarks import ceiling, crowd, load, report, site
from benchmarks.crowd import Crowd


@dataclass(frozen=True)
class Race:
    """So many people tap at once."""

    name: str
    claimers: int
    shifts: int
    places: int
    """Of each shift."""


RACES = (
    Race("10 places, 1 shift", 1000, 1, 10),
    Race("all win, 1 shift", 500, 1, 500),
    Race("all win, 100 shifts", 1000, 100, 10),
)
QUICK = (
    Race("10 places, 1 shift", 100, 1, 10),
    Race("all win, 1 shift", 50, 1, 50),
    Race("all win, 10 shifts", 100, 10, 10),
)


def main() -> None:
    """Measure and tell."""
    options = report.parser("Claims over HTTP beside the bare database.", repeat=5)
    options.add_argument("--web", type=int, default=1, help="web processes (1)")
    options.add_argument("--database", choices=site.KINDS, action="append", help="only this one")
    options.add_argument(
        "--oversell",
        type=int,
        metavar="N",
        help="then run the first race N times and count what was oversold (1000)",
    )
    chosen = options.parse_args()
    races = QUICK if chosen.quick else RACES
    again = (10 if chosen.quick else 1000) if chosen.oversell is None else chosen.oversell
    results: dict[str, list[dict[str, Any]]] = {"races": [], "oversell": []}
    for kind in chosen.database or site.KINDS:
        with site.installed(kind):
            people = site.with_database(crowd.gather, 3 * races[0].claimers, races[-1].shifts)
            with site.served(chosen.web) as port:
                _race(races[0], people, _turns(people, races[0]), port)  # opens the pool and warms the caches
                results["races"] += [_measure(kind, race, people, port, chosen.repeat) for race in races]
                if again:
                    results["oversell"].append(_oversell(kind, races[0], people, port, again))
    report.tell("benchmarks.claims", results, as_json=chosen.json)


def _turns(people: Crowd, race: Race) -> Iterator[list[str]]:
    """Other people in each run: one person is let through only so often a minute."""
    sets = [
        people.tokens[start : start + race.claimers] for start in range(0, len(people.tokens), race.claimers)
    ]
    return cycle(each for each in sets if len(each) == race.claimers)


def _measure(kind: str, race: Race, people: Crowd, port: int, repeat: int) -> dict[str, Any]:
    turns = _turns(people, race)
    runs = [_beside_the_ceiling(race, people, turns, port) for _ in range(repeat)]
    oversold, errors = sum(run["oversold"] for run in runs), sum(run["5xx"] for run in runs)
    told = report.medians(runs) | {"oversold": oversold, "5xx": errors}
    broken = site.with_database(crowd.broken)
    return {
        "database": kind,
        "race": race.name,
        "claimers": race.claimers,
        **told,
        "broken": " ".join(broken) or "-",
    }


def _beside_the_ceiling(race: Race, people: Crowd, turns: Iterator[list[str]], port: int) -> dict[str, Any]:
    shift_ids = people.shift_ids[: race.shifts]
    site.with_database(crowd.begin_again, shift_ids, race.places)
    raw = ceiling.rate(people, shift_ids, race.claimers)
    http = _race(race, people, turns, port)
    return http | {"raw req/s": raw, "ratio": http["req/s"] / raw}


def _race(race: Race, people: Crowd, turns: Iterator[list[str]], port: int) -> dict[str, Any]:
    shift_ids = people.shift_ids[: race.shifts]
    site.with_database(crowd.begin_again, shift_ids, race.places)
    taps = [_tap(shift_id, token) for shift_id, token in zip(cycle(shift_ids), next(turns), strict=False)]
    answers = load.burst(port, taps)
    return {
        "req/s": answers.rate,
        "p50 ms": answers.percentile(50),
        "p99 ms": answers.percentile(99),
        "5xx": answers.errors,
        "refused": answers.statuses.get("409", 0),
        "other": sum(answers.statuses.values())
        - sum(answers.statuses.get(each, 0) for each in ("201", "409")),
        **site.with_database(crowd.outcome),
    }


def _tap(shift_id: int, token: str) -> str:
    headers = {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": token_hex(8),
        "Content-Type": "application/json",
    }
    return load.request("POST", f"/api/v1/shifts/{shift_id}/claims", headers, "{}")


def _oversell(kind: str, race: Race, people: Crowd, port: int, times: int) -> dict[str, Any]:
    turns = _turns(people, race)
    runs = [_race(race, people, turns, port) for _ in range(times)]
    return {
        "database": kind,
        "race": race.name,
        "repetitions": times,
        "oversold": sum(run["oversold"] for run in runs),
        "undersold": sum(run["hired"] < race.places for run in runs),
        "5xx": sum(run["5xx"] for run in runs),
        "broken": " ".join(site.with_database(crowd.broken)) or "-",
    }


if __name__ == "__main__":
    main()
