"""The real thing to measure: a migrated database of either kind and web processes in front of it."""

import asyncio
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.migrations.api.migrate import migrate

from app import ground, lifeline
from app.tables import config
from core import database, settings
from tests import services

KINDS = ("postgres", "sqlite")
WEB = "app.web:create"
START_PATIENCE = 60.0
T = TypeVar("T")


@contextmanager
def installed(kind: str) -> Iterator[settings.Settings]:
    """A fresh, migrated database that keeps its promises (fsync on), as the settings of this process."""
    with tempfile.TemporaryDirectory(prefix="jishi-bench-") as folder:
        url = _postgres() if kind == "postgres" else f"sqlite://{folder}/jishi.db"
        settings.install(settings.Settings(data_dir=Path(folder), database_url=url))
        EXECUTOR_CACHE.clear()  # Tortoise keeps its SQL per connection name, and we speak both dialects
        asyncio.run(_migrate(url))
        yield settings.current()


def _postgres() -> str:
    server, name = services.postgres(durable=True), f"bench_{uuid4().hex[:8]}"
    asyncio.run(_create(server, name))
    return f"{server}{name}"


async def _create(server: str, name: str) -> None:
    connection = await asyncpg.connect(f"{server}postgres")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()


async def _migrate(url: str) -> None:
    await migrate(config=config(url))
    await database.disconnect()


def with_database(work: Callable[..., Awaitable[T]], *values: Any) -> T:
    """Run something that needs the database, and let go of it again."""

    async def run() -> T:
        await database.connect(config())
        try:
            return await work(*values)
        finally:
            await database.disconnect()

    return asyncio.run(run())


@contextmanager
def served(processes: int = 1, app: str = WEB) -> Iterator[int]:
    """Web processes as the supervisor starts them, sharing one port; the port."""
    with ExitStack() as stack:
        listening = stack.enter_context(ground.listen("127.0.0.1", 0, "PORT"))
        for _ in range(processes):
            stack.callback(_stop, _start(listening, app))
        port = int(listening.getsockname()[1])
        _wait_until_healthy(port)
        yield port


def _start(listening: socket.socket, app: str) -> subprocess.Popen[bytes]:
    chosen = settings.current()
    argv = [sys.executable, "-m", "uvicorn", app, "--factory", "--fd", str(listening.fileno())]
    argv += ["--no-access-log", "--no-server-header", "--log-level", "warning"]
    env = os.environ | {
        "DATA_DIR": str(chosen.data_dir),
        "DATABASE_URL": chosen.database_url,
        "REDIS_URL": "",
    }
    return subprocess.Popen(lifeline.command(argv), env=env, pass_fds=[listening.fileno()])


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_until_healthy(port: int) -> None:
    deadline = time.monotonic() + START_PATIENCE
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_PATIENCE)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise SystemExit("The web process did not start.")
