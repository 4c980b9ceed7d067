"""Promises: work that must follow a transaction, written inside it, done at least once afterwards.

The row in our database is the truth. arq (see app/worker.py) only rings the bell: whatever Redis forgets,
the worker's own look into the table finds again within a second.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from tortoise.exceptions import BaseORMException, IntegrityError

from core import audit, clock, database, wake
from core.models import OutboxRow, OutboxState

Job = Callable[..., Awaitable[None]]
log = structlog.get_logger("outbox")

HEARTBEAT = timedelta(seconds=10)
SILENT_AFTER = timedelta(seconds=30)
"""A running row without a heartbeat for this long belongs to a dead worker and is taken over."""
MAX_TRIES = 6
KEEP_DONE = timedelta(days=7)


class LostTheRow(Exception):
    """Another worker took the row over meanwhile: this run's effects are rolled back."""


def outside_transaction(job: Job) -> Job:
    """Mark a job that talks to the outside (SMS, mail): it may not hold a transaction open meanwhile."""
    job.outside = True  # type: ignore[attr-defined]
    return job


async def promise(job: str, *, due: datetime | None = None, key: str | None = None, **args: object) -> None:
    """Promise a job in the open transaction: it will run after the commit, or at `due`, and not if it rolls back.

    `args` are ids and small numbers, never personal data. With `key`, a promise already made is not made again.
    """
    if key is not None and await OutboxRow.filter(key=key).exists():
        return
    new = row(job, due=due, key=key, **args)
    if key is None:
        await database.insert_all(new)
    else:
        with suppress(IntegrityError):
            async with database.attempt():
                await database.insert_all(new)


def row(job: str, *, due: datetime | None = None, key: str | None = None, **args: object) -> database.Row:
    """The row of a promise, to be written in the open transaction together with others."""
    now = clock.now()
    if due is None or due <= now:
        database.after_commit(wake.ring)
    return OutboxRow, {"job": job, "args": args, "due_at": due or now, "key": key, "created_at": now}


async def forget(key: str) -> None:
    """Withdraw a promise that has not begun, inside the open transaction."""
    await OutboxRow.filter(key=key, state=OutboxState.WAITING).delete()


@dataclass(frozen=True)
class Taken:
    """A row in this worker's hands."""

    id: int
    job: str
    args: dict[str, Any]
    tries: int
    fence: int


async def take(limit: int, now: datetime) -> list[Taken]:
    """Take due rows, and rows whose worker fell silent. One conditional update each decides who has a row."""
    due = await database.rows(
        "SELECT id FROM outbox WHERE (state = 'waiting' AND due_at <= $1)"
        " OR (state = 'running' AND heartbeat_at < $2) ORDER BY due_at, id LIMIT $3",
        [database.stored(now), database.stored(now - SILENT_AFTER), limit],
    )
    taken = [await _take_one(row["id"], now) for row in due]
    return [row for row in taken if row]


async def _take_one(row_id: int, now: datetime) -> Taken | None:
    won = await database.rows(
        "UPDATE outbox SET state = 'running', fence = fence + 1, tries = tries + 1, heartbeat_at = $2"
        " WHERE id = $1 AND ((state = 'waiting' AND due_at <= $2) OR (state = 'running' AND heartbeat_at < $3))"
        " RETURNING id, job, args, tries, fence",
        [row_id, database.stored(now), database.stored(now - SILENT_AFTER)],
    )
    if not won:
        return None
    row = won[0]
    args = row["args"] if isinstance(row["args"], dict) else json.loads(row["args"])
    return Taken(row["id"], row["job"], args, row["tries"], row["fence"])


async def run(taken: Taken, jobs: dict[str, Job]) -> None:
    """Do one promise and mark it done; what fails is tried again later, and ends as `dead` in the open."""
    if taken.tries > MAX_TRIES:
        await _bury(taken, "its worker died each time")
        return
    audit.set_origin(None, f"outbox-{taken.id}")
    try:
        await _do(taken, jobs)
    except LostTheRow:
        log.warning("outbox.lost", row=taken.id, job=taken.job)
    except Exception as error:  # noqa: BLE001 whatever a job raises is the row's fate, not the worker's
        await _put_back(taken, error)


async def _do(taken: Taken, jobs: dict[str, Job]) -> None:
    job = jobs[taken.job]
    if getattr(job, "outside", False):
        await job(now=clock.now(), **taken.args)
        await _finish(taken)
        return
    # The effects and the mark are one transaction: a job that ran is done, a job that is done ran.
    async with database.transaction():
        await job(now=clock.now(), **taken.args)
        await _finish(taken)


async def _finish(taken: Taken) -> None:
    mine = OutboxRow.filter(id=taken.id, fence=taken.fence, state=OutboxState.RUNNING)
    if not await mine.update(state=OutboxState.DONE, done_at=clock.now()):
        raise LostTheRow


async def _keep_beating(batch: list[Taken]) -> None:
    """For every row in hand, also those whose turn is yet to come: a slow job must not lose the rows behind it."""
    while True:
        await asyncio.sleep(HEARTBEAT.total_seconds())
        with suppress(*database.AWAY, BaseORMException, OSError):
            for row in batch:
                mine = OutboxRow.filter(id=row.id, fence=row.fence, state=OutboxState.RUNNING)
                await mine.update(heartbeat_at=clock.now())


async def _put_back(taken: Taken, error: Exception) -> None:
    # The kind of error and its place are enough to mend it; its text may quote a person's data.
    told = f"{type(error).__name__} in {taken.job}"
    log.error(
        "outbox.failed",
        row=taken.id,
        job=taken.job,
        tries=taken.tries,
        error=type(error).__name__,
        exc_info=True,
    )
    if taken.tries >= MAX_TRIES:
        await _bury(taken, told)
        return
    again = clock.now() + timedelta(seconds=2 * 4 ** (taken.tries - 1))
    await OutboxRow.filter(id=taken.id, fence=taken.fence).update(
        state=OutboxState.WAITING, due_at=again, last_error=told
    )


async def _bury(taken: Taken, why: str) -> None:
    log.error("outbox.dead", row=taken.id, job=taken.job, why=why)
    await OutboxRow.filter(id=taken.id, fence=taken.fence).update(state=OutboxState.DEAD, last_error=why)


async def revive(row_id: int) -> bool:
    """Give a dead row another round of tries (administrator)."""
    dead = OutboxRow.filter(id=row_id, state=OutboxState.DEAD)
    return bool(await dead.update(state=OutboxState.WAITING, tries=0, due_at=clock.now()))


async def relay(jobs: dict[str, Job], *, batch: int = 10) -> int:
    """Run everything that is due; how many rows that was. Several workers may do so at once."""
    total = 0
    while taken := await take(batch, clock.now()):
        beat = asyncio.create_task(_keep_beating(taken))
        try:
            # One after the other: on SQLite a process has one connection, and elsewhere more workers are the way.
            for row in taken:
                await run(row, jobs)
        finally:
            beat.cancel()
        total += len(taken)
    return total


async def sweep_done(now: datetime) -> None:
    """Forget rows that were done long ago."""
    await OutboxRow.filter(state=OutboxState.DONE, done_at__lt=now - KEEP_DONE).delete()
