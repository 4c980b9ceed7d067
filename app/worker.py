"""The worker process: keeps the promises of the outbox and runs the timers.

arq rings the bell the moment a promise is made. When Redis is away nothing rings, and the worker's own look
into the table, once a second, finds the same rows.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from arq.worker import Worker, func
from redis.exceptions import RedisError
from tortoise.exceptions import BaseORMException

import accounts.jobs
import marketplace.jobs
from app import logs
from app.tables import config
from core import clock, database, idempotency, outbox, settings, wake

log = structlog.get_logger("worker")
LOOK_EVERY = 1.0


def jobs() -> dict[str, outbox.Job]:
    """Every job by its name. Two of one name would silently hide each other, so that stops the start."""
    gathered: dict[str, outbox.Job] = {}
    for package in (accounts.jobs.jobs,):
        if twice := gathered.keys() & package.keys():
            raise RuntimeError(f"two jobs of one name: {sorted(twice)}")
        gathered |= package
    return gathered


async def _sweep_outbox(now: datetime) -> None:
    await outbox.sweep_done(now)
    await idempotency.sweep(now)


TIMERS: dict[str, tuple[int, Callable[[datetime], Awaitable[Any]]]] = {
    **accounts.jobs.timers,
    **marketplace.jobs.timers,
    "core.sweep": (3600, _sweep_outbox),
}


async def look(bell: asyncio.Event, known: dict[str, outbox.Job]) -> None:
    """Run what is due whenever the bell rings, and once a second anyway."""
    while True:
        bell.clear()
        try:
            await outbox.relay(known)
        except (*database.AWAY, BaseORMException, OSError) as error:
            log.error("worker.database_away", error=type(error).__name__)
            await asyncio.sleep(LOOK_EVERY)
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY):
                await bell.wait()


async def tick() -> None:
    """Run each timer when it is due."""
    due = dict.fromkeys(TIMERS, clock.now())
    while True:
        now = clock.now()
        for name, (every, run) in TIMERS.items():
            if due[name] <= now:
                due[name] = now + timedelta(seconds=every)
                await _timer(name, run, now)
        await asyncio.sleep(1)


async def _timer(name: str, run: Callable[[datetime], Awaitable[Any]], now: datetime) -> None:
    try:
        await run(now)
    except Exception as error:
        log.exception("worker.timer_failed", timer=name, error=type(error).__name__)


async def listen(bell: asyncio.Event) -> None:
    """Let arq ring the bell; when Redis goes away, go on without it and try again."""
    url = settings.current().redis_url

    async def relay(_ctx: dict[str, Any]) -> None:
        bell.set()

    while url:
        door = Worker(
            functions=[func(relay, name=wake.BELL, keep_result=0)],
            redis_settings=wake.arq_settings(url),
            queue_name=wake.QUEUE,
            job_serializer=wake.serialize,
            job_deserializer=wake.deserialize,
            handle_signals=False,
            poll_delay=0.1,
            job_timeout=10,
        )
        try:
            await door.main()
        except (RedisError, OSError, TimeoutError):
            log.warning("worker.redis_away")
        finally:
            with suppress(RedisError, OSError, TimeoutError):
                await door.close()
        await asyncio.sleep(LOOK_EVERY)


async def main() -> None:
    """Run until SIGTERM or SIGINT; what is in hand is finished or handed back."""
    logs.configure()
    await database.connect(config())
    bell, stopping = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    tasks = [asyncio.create_task(each) for each in (look(bell, jobs()), tick(), listen(bell))]
    ended = asyncio.create_task(stopping.wait())
    done, _ = await asyncio.wait([*tasks, ended], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await wake.close()
    await database.disconnect()
    for task in done - {ended}:
        task.result()  # a part that ended by itself ended by a fault: show it


if __name__ == "__main__":
    asyncio.run(main())
