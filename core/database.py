"""Connections and transactions. Nobody else opens one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from tortoise import Tortoise
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

AfterCommit = Callable[[], Awaitable[None]]
_after_commit: ContextVar[list[AfterCommit] | None] = ContextVar("after_commit", default=None)


def connection_config(url: str, *, pool: int = 12) -> dict[str, Any]:
    """The connection part of Tortoise's config for a database address."""
    if url.startswith("sqlite://"):
        return {"engine": "core.sqlite", "credentials": {"file_path": url.removeprefix("sqlite://")}}
    parts = urlsplit(url)
    limits = {
        "statement_timeout": "10000",
        "idle_in_transaction_session_timeout": "10000",
        "lock_timeout": "5000",
        "timezone": "UTC",
    }
    return {
        "engine": "tortoise.backends.asyncpg",
        "credentials": {
            "host": parts.hostname,
            "port": parts.port or 5432,
            "user": unquote(parts.username or "postgres"),
            "password": unquote(parts.password or ""),
            "database": parts.path.lstrip("/"),
            "minsize": 1,
            "maxsize": pool,
            "server_settings": limits,
        },
    }


async def connect(config: dict[str, Any]) -> None:
    """Open the database for this process; the connection itself is made at the first query."""
    # Web servers run requests in other tasks than the lifespan: without the fallback they would see no connection.
    await Tortoise.init(config=config, _enable_global_fallback=True)


async def disconnect() -> None:
    """Close this process's connections."""
    await Tortoise.close_connections()


def database() -> BaseDBAsyncClient:
    """The connection in force: the open transaction's, or else the pool."""
    return get_connection("default")


def dialect() -> str:
    """`sqlite` or `postgres`."""
    return str(database().capabilities.dialect)


async def rows(sql: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
    """Rows of a hand-written SELECT. Placeholders are `$1, $2 …` on both databases."""
    return await database().execute_query_dict(_placeholders(sql), values or [])


async def execute(sql: str, values: list[Any] | None = None) -> int:
    """Run a hand-written statement; how many rows it changed."""
    count, _ = await database().execute_query(_placeholders(sql), values or [])
    return count


def _placeholders(sql: str) -> str:
    return sql.replace("$", "?") if dialect() == "sqlite" else sql


def stored(value: datetime) -> Any:
    """A moment as hand-written SQL compares it: SQLite keeps moments as text, in Tortoise's own form."""
    return value if dialect() == "postgres" else value.isoformat(" ")


def loaded(value: Any) -> datetime | None:
    """A moment as it came out of hand-written SQL."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def loaded_date(value: Any) -> date | None:
    """A date as it came out of hand-written SQL."""
    return date.fromisoformat(value) if isinstance(value, str) else value


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """One action = one transaction. Inside another it joins it, so that all stands or falls together.

    Live events and wake-ups asked for by `after_commit` go out once, after the outermost commit;
    they carry nothing that is not in the database, so losing them loses nothing.
    """
    if _after_commit.get() is not None:
        yield
        return
    pending: list[AfterCommit] = []
    token = _after_commit.set(pending)
    try:
        async with in_transaction("default"):
            yield
    finally:
        _after_commit.reset(token)
    for call in pending:
        await call()


@asynccontextmanager
async def attempt() -> AsyncIterator[None]:
    """A savepoint inside the open transaction: what fails in it is undone, the rest stands."""
    async with in_transaction("default"):
        yield


def after_commit(call: AfterCommit) -> None:
    """Do this once the open transaction is durable. Only for what may be lost."""
    pending = _after_commit.get()
    if pending is None:
        raise RuntimeError("after_commit outside a transaction")
    pending.append(call)
