"""What every benchmark is told and tells: options, the machine, a table, JSON."""

import argparse
import json
import os
import platform
import sqlite3
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

VERSIONS = ("uvicorn", "uvloop", "httptools", "starlette", "tortoise-orm", "asyncpg", "aiosqlite", "jinja2")


def parser(about: str, *, repeat: int) -> argparse.ArgumentParser:
    """The options all benchmarks have."""
    options = argparse.ArgumentParser(description=about)
    options.add_argument("--json", action="store_true", help="print JSON instead of tables")
    options.add_argument(
        "--quick", action="store_true", help="small sizes: shows that it works, not how fast it is"
    )
    options.add_argument(
        "--repeat", type=int, default=repeat, help=f"runs of which the median is told ({repeat})"
    )
    return options


def machine() -> dict[str, Any]:
    """Where the figures come from."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_before": os.getloadavg()[0],
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in VERSIONS},
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next(
        (line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine()
    )


def medians(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The middle value of each figure; words are the same in all runs."""
    first = runs[0]
    return {
        name: round(median(run[name] for run in runs), 3) if isinstance(value, int | float) else value
        for name, value in first.items()
    }


def tell(command: str, results: dict[str, list[dict[str, Any]]], *, as_json: bool) -> None:
    """Print everything: titles with their rows of figures."""
    facts = {"command": command, "arguments": sys.argv[1:], "machine": machine(), **results}
    if as_json:
        print(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    print(f"python -m {command} {' '.join(sys.argv[1:])}".strip())
    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    for title, rows in results.items():
        print(f"\n{title}")
        _table(rows)


def _table(rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    names = list(rows[0])
    cells = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    for line in cells:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
