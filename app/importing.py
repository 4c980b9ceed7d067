"""The body of `python -m app import gigs`: two passes over the file, the first only looks."""

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from tqdm import tqdm  # type: ignore[import-untyped]

from core import clock
from core.errors import Refused
from core.i18n import N_, _
from marketplace.actions.imports import import_rows
from marketplace.imports.files import read
from marketplace.imports.gigs import GoodRow, Poster, RowError, RowWrong, readable
from marketplace.queries.posters import posters
from rulebook.identity import compact

SHOWN = 100
"""Errors printed in full; more would scroll the first ones away."""


async def import_gigs(path: Path, *, employer: str | None = None, partial: bool = False) -> int:
    """Import a file's rows as gigs that wait for an officer; 0 when all went in, 1 otherwise."""
    now = clock.now()
    try:
        known = await _posters(employer, now)
        errors, good = _look(path, known, now)
        _print_errors(errors)
        if good == 0 or (errors and not partial):
            _say(_("Nothing was imported."))
            return 1
        return await _import(path, known, now, good, partial=partial) or int(bool(errors))
    except Refused as refused:
        _say(refused.reason.text)
        return 1
    except OSError as error:
        _say(_("The file cannot be read: %(why)s", why=error.strerror or ""))
        return 1


async def _posters(employer: str | None, now: datetime) -> dict[str, Poster]:
    found = await posters(now, compact(employer) if employer else None)
    if not found:
        raise Refused("no-employer", N_("No verified employer with this credit code has a member here."))
    return found


def _look(path: Path, known: dict[str, Poster], now: datetime) -> tuple[list[RowError], int]:
    """Every error and how many rows are good."""
    errors: list[RowError] = []
    good = 0
    for row in tqdm(
        readable(read(path), known, now), desc=_("Checking"), unit="", disable=None, file=sys.stderr
    ):
        if isinstance(row, RowWrong):
            errors += row.errors
        else:
            good += 1
    return errors, good


async def _import(path: Path, known: dict[str, Poster], now: datetime, total: int, *, partial: bool) -> int:
    bar = tqdm(
        _good(path, known, now), total=total, desc=_("Importing"), unit="", disable=None, file=sys.stderr
    )
    stored = await import_rows(bar, now, at_once=not partial)
    print(
        _(
            N_("%(shifts)s shifts of %(gigs)s postings were imported; an officer looks at them next."),
            shifts=stored.shifts,
            gigs=stored.gigs,
        )
    )
    return 0


def _good(path: Path, known: dict[str, Poster], now: datetime) -> Iterator[GoodRow]:
    # Read again rather than kept: 50,000 rows in memory would be worth nothing to anybody.
    return (row for row in readable(read(path), known, now) if isinstance(row, GoodRow))


def _print_errors(errors: list[RowError]) -> None:
    for error in errors[:SHOWN]:
        _say(str(error))
    if len(errors) > SHOWN:
        _say(_("… and %(n)s more errors.", n=len(errors) - SHOWN))


def _say(text: str) -> None:
    print(text, file=sys.stderr)
