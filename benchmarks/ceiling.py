"""What the database alone can do: one claim as one statement, with nothing around it."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle

import asyncpg
import uvloop

from benchmarks.crowd import Crowd
from core import clock, database, settings

POSTGRES = """
WITH place AS (
    UPDATE shift SET taken = taken + 1 WHERE id = $1 AND state = 'open' AND starts_at > $3 AND taken < places
    RETURNING id, starts_at, ends_at
), mine AS (
    INSERT INTO claim (shift_id, worker_id, terms_id, state, starts_at, ends_at, joined_at, hired_at, undo_until, code_tries, slip_code)
    SELECT p.id, $2, t.id, 'hired', p.starts_at, p.ends_at, $3, $3, $4, 0, '' FROM place p JOIN terms t ON t.shift_id = p.id
    RETURNING id, shift_id
), written AS (
    INSERT INTO ledger (shift_id, claim_id, change, at) SELECT shift_id, id, 1, $3 FROM mine
)
INSERT INTO outbox (job, args, state, due_at, tries, fence, last_error, created_at)
SELECT 'accounts.send_notice', jsonb_build_object('claim_id', id), 'waiting', $3, 0, 0, '', $3 FROM mine
"""
TAKE = (
    "UPDATE shift SET taken = taken + 1 WHERE id = ? AND state = 'open' AND starts_at > ? AND taken < places"
)
CLAIM = """INSERT INTO claim
    (shift_id, worker_id, terms_id, state, starts_at, ends_at, joined_at, hired_at, undo_until, code_tries, slip_code)
    SELECT s.id, ?, t.id, 'hired', s.starts_at, s.ends_at, ?, ?, ?, 0, ''
    FROM shift s JOIN terms t ON t.shift_id = s.id WHERE s.id = ?"""
LEDGER = "INSERT INTO ledger (shift_id, claim_id, change, at) VALUES (?, ?, 1, ?)"
OUTBOX = """INSERT INTO outbox (job, args, state, due_at, tries, fence, last_error, created_at)
    VALUES ('accounts.send_notice', '{}', 'waiting', ?, 0, 0, '', ?)"""

Pair = tuple[int, int]


def rate(crowd: Crowd, shift_ids: list[int], claimers: int) -> float:
    """Claims per second, asked by as many connections as the site's pool has."""
    pairs = list(zip(cycle(shift_ids), crowd.worker_ids[:claimers], strict=False))
    url = settings.current().database
    if settings.current().embedded:
        return _sqlite(url.removeprefix("sqlite://"), pairs)
    return uvloop.run(_postgres(url, pairs))


async def _postgres(url: str, pairs: list[Pair]) -> float:
    size = database.POOL
    async with asyncpg.create_pool(url, min_size=size, max_size=size) as pool:
        await asyncio.gather(*(pool.execute("SELECT 1") for _ in range(size)))
        queue, now = iter(pairs), clock.now()
        start = time.perf_counter()
        await asyncio.gather(*(_ask(pool, queue, now) for _ in range(size)))
        return len(pairs) / (time.perf_counter() - start)


async def _ask(pool: asyncpg.Pool, queue: Iterator[Pair], now: datetime) -> None:
    async with pool.acquire() as connection:
        for shift_id, worker_id in queue:
            await connection.execute(POSTGRES, shift_id, worker_id, now, now + timedelta(minutes=5))


def _sqlite(path: str, pairs: list[Pair]) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    now, undo = _text(clock.now()), _text(clock.now() + timedelta(minutes=5))
    start = time.perf_counter()
    for shift_id, worker_id in pairs:
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute(TAKE, (shift_id, now)).rowcount:
            claim_id = connection.execute(CLAIM, (worker_id, now, now, undo, shift_id)).lastrowid
            connection.execute(LEDGER, (shift_id, claim_id, now))
            connection.execute(OUTBOX, (now, now))
        connection.execute("COMMIT")
    took = time.perf_counter() - start
    connection.close()
    return len(pairs) / took


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(" ")
