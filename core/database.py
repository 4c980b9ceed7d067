"""Connections and transactions. Nobody else opens one."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

from asyncpg import InterfaceError
from asyncpg import exceptions as postgres
from tortoise import Tortoise
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.exceptions import DBConnectionError, OperationalError
from tortoise.models import Model
from tortoise.transactions import in_transaction

AWAY: tuple[type[Exception], ...] = (
    DBConnectionError,
    OperationalError,
    ConnectionError,
    TimeoutError,
    InterfaceError,
    postgres.PostgresConnectionError,
    postgres.OperatorInterventionError,
    postgres.InsufficientResourcesError,
    postgres.TransactionRollbackError,
    postgres.LockNotAvailableError,
)
"""What the database says while it restarts, or has too much to do: nothing was done, and later it may be.
Tortoise passes on as they are the errors of asyncpg that it has no name for."""

AfterCommit = Callable[[], Awaitable[None]]
Row = tuple[type[Model], dict[str, Any]]
"""A row to add: its table and what it holds by column. What is not given takes the model's default."""

POOL = 12
"""Connections of one process to PostgreSQL: more would only queue there instead of here."""


def connection_config(url: str) -> dict[str, Any]:
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
            "maxsize": POOL,
            "reset": _leave_as_it_is,
            "server_settings": limits,
        },
    }


async def _leave_as_it_is(_connection: Any) -> None:
    """Spare the clean-up that asyncpg does for each connection it gets back, at the price of a round trip.

    Open transactions it rolls back all the same, and nothing else of ours (SET, LISTEN, advisory locks, cursors)
    is left on a connection.
    """


_speaks = "postgres"


async def connect(config: dict[str, Any]) -> None:
    """Open the database for this process; the connection itself is made at the first query."""
    global _speaks
    _speaks = "sqlite" if config["connections"]["default"]["engine"] == "core.sqlite" else "postgres"
    # Web servers run requests in other tasks than the lifespan: without the fallback they would see no connection.
    await Tortoise.init(config=config, _enable_global_fallback=True)


async def disconnect() -> None:
    """Close this process's connections."""
    await Tortoise.close_connections()


def database() -> BaseDBAsyncClient:
    """The connection in force: the open transaction's, or else the pool."""
    return get_connection("default")


def dialect() -> str:
    """`sqlite` or `postgres`, as this process is connected."""
    return _speaks


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


async def insert(model: type[Model], **values: Any) -> int:
    """Add a row; its id. For busy paths: making a Tortoise object costs as much as the round trip itself."""
    await _begin()
    columns, held = _filled(model, values)
    row = await database().execute_query_dict(_insert(model, columns, 0, dialect()) + " RETURNING id", held)
    return int(row[0]["id"])


async def insert_all(*new: Row) -> None:
    """Add rows to different tables, on PostgreSQL in one round trip."""
    await _begin()
    if dialect() == "sqlite":
        for model, values in new:
            columns, held = _filled(model, values)
            await database().execute_query(_insert(model, columns, 0, "sqlite"), held)
        return
    parts, held = [], []
    for model, values in new:
        columns, more = _filled(model, values)
        parts.append(_insert(model, columns, len(held), "postgres"))
        held += more
    named = ", ".join(f"part{number} AS ({part})" for number, part in enumerate(parts[:-1]))
    await database().execute_query(f"WITH {named} {parts[-1]}" if named else parts[-1], held)


def _filled(model: type[Model], values: dict[str, Any]) -> tuple[tuple[str, ...], list[Any]]:
    row = _defaults(model) | values
    return tuple(row), [_held(value) for value in row.values()]


@cache
def _defaults(model: type[Model]) -> dict[str, Any]:
    fields = ((name, field.default) for name, field in model._meta.fields_map.items())  # Tortoise's only road
    return {name: {} if default is dict else default for name, default in fields if default is not None}


@cache
def _insert(model: type[Model], columns: tuple[str, ...], given: int, speaks: str) -> str:
    mark = "?" if speaks == "sqlite" else "$"
    places = ", ".join(f"{mark}{number}" for number in range(given + 1, given + len(columns) + 1))
    return f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) VALUES ({places})"


def _held(value: Any) -> Any:
    """A value as the column holds it."""
    if isinstance(value, datetime):
        return stored(value)
    return json.dumps(value, separators=(",", ":")) if isinstance(value, dict) else value


class _Work:
    """What a request or a job has under way: a transaction, begun or not yet, and what follows its commit."""

    def __init__(self) -> None:
        self.after: list[AfterCommit] = []
        self._transaction: Any = None

    @property
    def begun(self) -> bool:
        return self._transaction is not None

    async def begin(self) -> None:
        opening = in_transaction("default")
        await opening.__aenter__()
        self._transaction = opening

    async def end(self, error: BaseException | None) -> None:
        """Commit, or roll back because of the error. It may begin again afterwards."""
        if error is not None:
            self.after.clear()
        if self._transaction is not None:
            ending, self._transaction = self._transaction, None
            await ending.__aexit__(type(error) if error else None, error, None)


_work: ContextVar[_Work | None] = ContextVar("work", default=None)


@asynccontextmanager
async def together() -> AsyncIterator[_Work]:
    """All transactions inside are one, committed at the end of this.

    It begins with the first of them: who is refused because of what was merely read has cost no transaction.
    """
    outer = _work.get()
    if outer is not None:
        yield outer
        return
    work = _Work()
    token = _work.set(work)
    try:
        yield work
        await work.end(None)
    except BaseException as error:
        await work.end(error)
        raise
    finally:
        _work.reset(token)
    for call in work.after:
        await call()


async def _begin() -> None:
    work = _work.get()
    if work is not None and not work.begun:
        await work.begin()


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """One action = one transaction. Inside another it is a part of it: all of it stands or falls with the outer one,
    and a part that raises leaves nothing behind, even when somebody in between catches the error.

    Live events and wake-ups asked for by `after_commit` go out once, after the outermost commit;
    they carry nothing that is not in the database, so losing them loses nothing.
    """
    async with together() as work:
        if work.begun:
            async with _part(work):
                yield
            return
        await work.begin()
        try:
            yield
        except BaseException as error:
            await work.end(error)
            raise


@asynccontextmanager
async def _part(work: _Work) -> AsyncIterator[None]:
    asked = len(work.after)
    try:
        async with in_transaction("default"):
            yield
    except BaseException:
        del work.after[asked:]
        raise


@asynccontextmanager
async def attempt() -> AsyncIterator[None]:
    """A part of the open transaction that may fail: what fails in it is undone, the rest stands."""
    work = _work.get()
    if work is None or not work.begun:
        raise RuntimeError("attempt outside a transaction")
    async with _part(work):
        yield


def after_commit(call: AfterCommit) -> None:
    """Do this once the open transaction is durable. Only for what may be lost."""
    work = _work.get()
    if work is None:
        raise RuntimeError("after_commit outside a transaction")
    work.after.append(call)
