"""Storing the rows of a file as pending gigs, many at a time."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

from core import audit, live
from core.clock import local
from core.database import transaction
from marketplace.actions.gigs import shift_row, terms_row
from marketplace.forms import SHIFTS_MAX
from marketplace.imports.gigs import GoodRow
from marketplace.models import Gig, Shift, Terms
from marketplace.rules import GigState

CHUNK = 500


@dataclass
class Imported:
    """What has been stored, and the gigs that later rows of the same file may still join."""

    gigs: int = 0
    shifts: int = 0
    open_gigs: dict[bytes, Gig] = field(default_factory=dict)
    """By gig key."""
    shifts_of: Counter[int] = field(default_factory=Counter)
    """By gig id."""
    changed: dict[int, "Change"] = field(default_factory=dict)
    """By gig id, since the last commit."""


@dataclass
class Change:
    """What a transaction did to a gig."""

    gig: Gig
    is_new: bool
    shifts: int = 0


async def import_rows(rows: Iterable[GoodRow], now: datetime, *, at_once: bool) -> Imported:
    """Store rows as gigs that wait for an officer, like typed ones. Rows with one gig key share a gig.

    `at_once` is all or nothing: whatever `rows` raises on the way, nothing is stored. Otherwise each few hundred
    rows are a transaction of their own, and what was stored stays.
    """
    stored = Imported()
    if at_once:
        async with transaction():
            for chunk in _chunks(rows):
                await _store(chunk, stored, now)
            await _close(stored, now)
    else:
        for chunk in _chunks(rows):
            async with transaction():
                await _store(chunk, stored, now)
                await _close(stored, now)
    return stored


def _chunks(rows: Iterable[GoodRow]) -> Iterator[list[GoodRow]]:
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


async def _store(chunk: list[GoodRow], stored: Imported, now: datetime) -> None:
    gigs = await _gigs(chunk, stored, now)
    await _insert_shifts(gigs, chunk, now)
    for gig in gigs:
        change = stored.changed.setdefault(gig.id, Change(gig, is_new=gig.id not in stored.shifts_of))
        change.shifts += 1
        stored.shifts_of[gig.id] += 1
    stored.shifts += len(chunk)


async def _close(stored: Imported, now: datetime) -> None:
    """What is written once per gig and transaction: how long it holds, and the audit row."""
    for gig_id, change in stored.changed.items():
        await Gig.filter(id=gig_id, valid_until__lt=change.gig.valid_until).update(
            valid_until=change.gig.valid_until
        )
        verb = "gig.pending" if change.is_new else "gig.shifts-added"
        await audit.record(verb, "gig", gig_id, now=now, shifts=change.shifts)
    employers = {change.gig.employer_id for change in stored.changed.values()}  # type: ignore[attr-defined]  # Tortoise's own
    for employer_id in employers:
        live.touch("employer", employer_id)
    stored.changed = {}


async def _gigs(chunk: list[GoodRow], stored: Imported, now: datetime) -> list[Gig]:
    """The gig of each row, stored."""
    placed: list[Gig] = []
    new: list[Gig] = []
    joining: Counter[bytes] = Counter()
    for row in chunk:
        key = row.gig_key
        gig = stored.open_gigs.get(key)
        if gig is None or stored.shifts_of[gig.id] + joining[key] >= SHIFTS_MAX:
            gig = stored.open_gigs[key] = _gig_row(row, now)
            joining[key] = 0
            new.append(gig)
        joining[key] += 1
        gig.valid_until = max(gig.valid_until, _last_day(row))
        placed.append(gig)
    await _insert_gigs(new)
    stored.gigs += len(new)
    return placed


def _last_day(row: GoodRow) -> date:
    return local(row.gig.shifts[0].ends_at).date()


def _gig_row(row: GoodRow, now: datetime) -> Gig:
    return Gig(
        employer_id=row.poster.employer.id,
        created_by_id=row.poster.author_id,
        created_at=now,
        submitted_at=now,
        state=GigState.PENDING,
        valid_until=_last_day(row),
        **row.gig.model_dump(exclude={"shifts"}),
    )


async def _insert_gigs(gigs: list[Gig]) -> None:
    """Store gigs in bulk and learn their ids: within one transaction ids rise in the order of insertion."""
    if not gigs:
        return
    last = await Gig.all().order_by("-id").first().values_list("id", flat=True) or 0
    await Gig.bulk_create(gigs)
    mine = Gig.filter(id__gt=last, created_at=gigs[0].created_at, submitted_at=gigs[0].submitted_at)
    for gig, gig_id in zip(gigs, await mine.order_by("id").values_list("id", flat=True), strict=True):
        gig.id = gig_id


async def _insert_shifts(gigs: list[Gig], chunk: list[GoodRow], now: datetime) -> None:
    """Store the shift and the terms of each row; a shift is known again by its check-in key."""
    shifts = [shift_row(gig, row.gig.shifts[0], now) for gig, row in zip(gigs, chunk, strict=True)]
    last = await Shift.all().order_by("-id").first().values_list("id", flat=True) or 0
    await Shift.bulk_create(shifts)
    ids = dict(await Shift.filter(id__gt=last).values_list("check_in_key", "id"))
    for shift in shifts:
        shift.id = ids[shift.check_in_key]
    await Terms.bulk_create(
        terms_row(shift, gig, row.site, row.poster.employer, now)
        for shift, gig, row in zip(shifts, gigs, chunk, strict=True)
    )
