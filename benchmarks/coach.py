"""What the posting coach says of real titles, and how long it reads.

    python -m benchmarks.coach --titles FILE [--day 2026-11-23] [--repeat 50]

FILE is a CSV with a column `title`. Every title that is stopped or doubted is printed, to be judged by a reader: a stop
must be right.
"""

import csv
import json
from argparse import Namespace
from collections import Counter
from datetime import date
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Any

from benchmarks.report import machine, parser
from rulebook.findings import Finding
from rulebook.wording import check_text

LENGTH = 2000
TEXTS = {
    "plain": "按手持机提示拣货，放到对应周转箱，下班前清点，不收押金，男女不限。",
    "barred": "限男，男士优先，未婚未育，限本地户口，押金300元，扣押身份证，乙肝勿扰，加微信abc12345，35岁以下。",
    "one letter": "男",
    "almost": "不收押金、服装费、报名费、培训费、中介费、办证费和",
}
"""Kinds of text, repeated up to LENGTH; the last ones are what a slow pattern would trip over."""


def findings_of(titles: list[str], on: date) -> list[tuple[str, list[Finding]]]:
    """The titles the coach has something to say about."""
    return [(title, found) for title in titles if (found := check_text("title", title, on))]


def counts(told: list[tuple[str, list[Finding]]]) -> dict[str, Any]:
    """How many titles are stopped and doubted, and by which rules."""
    stopped = [found for _, found in told if any(each.level == "stop" for each in found)]
    rules = Counter(f"{each.level} {each.code}" for _, found in told for each in found)
    return {"stopped": len(stopped), "doubted": len(told) - len(stopped), **dict(sorted(rules.items()))}


def milliseconds(on: date, repeat: int) -> dict[str, float]:
    """How long one field of LENGTH letters takes, by kind of text."""
    return {kind: _time((text * LENGTH)[:LENGTH], on, repeat) for kind, text in TEXTS.items()}


def _time(text: str, on: date, repeat: int) -> float:
    check_text("conditions", text, on)
    runs = []
    for _ in range(repeat):
        start = thread_time()
        check_text("conditions", text, on)
        runs.append((thread_time() - start) * 1000)
    return round(median(runs), 2)


def _titles(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row["title"] for row in csv.DictReader(file)]


def _options() -> Namespace:
    options = parser("Reads real titles with the posting coach and times it.", repeat=50)
    options.add_argument("--titles", type=Path, help="CSV with a column `title`")
    options.add_argument(
        "--day", type=date.fromisoformat, default=date(2026, 11, 23), help="rules of this day"
    )
    return options.parse_args()


def main() -> None:
    """Print counts, all findings and times."""
    options = _options()
    titles = _titles(options.titles) if options.titles else []
    told = findings_of(titles, options.day)
    result = {
        "titles": len(titles),
        **counts(told),
        "ms_per_2000_letters": milliseconds(options.day, options.repeat),
    }
    if options.json:
        print(json.dumps({"machine": machine(), **result}, ensure_ascii=False, indent=2))
        return
    for level in ("stop", "warn"):
        for title, found in told:
            if level == min(each.level for each in found):
                print(level, title, *(f"[{each.code}: {each.found}]" for each in found))
    for name, value in result.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
