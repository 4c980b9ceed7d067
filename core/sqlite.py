"""SQLite for several processes: Tortoise's client with transactions that take the write lock first."""

import sqlite3
from typing import Any

from tortoise.backends.base.client import TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.exceptions import OperationalError

SAFE_VERSION = (3, 51, 3)
"""Older versions can, rarely, corrupt a WAL file written by two connections (sqlite.org/wal.html#walresetbug)."""


class _ImmediateTransaction(SqliteTransactionWrapper):
    """`BEGIN` alone is deferred: it reads first and finds at its first write that another process was
    faster, which no busy timeout can mend. `BEGIN IMMEDIATE` waits its turn instead.
    """

    async def begin(self) -> None:
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error


class _ImmediateContext(SqliteTransactionContext):
    async def __aenter__(self) -> Any:
        await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            await self.connection.begin()
        except BaseException:
            # Tortoise's own context keeps the lock here, and the process would hang for ever.
            self._trxlock.release()
            raise
        from tortoise.connection import get_connections

        self.token = get_connections().set(self.connection_name, self.connection)
        return self.connection


class ImmediateSqliteClient(SqliteClient):
    """One connection per process, WAL, durable commits, and fair waiting between processes."""

    def __init__(self, file_path: str, **kwargs: Any) -> None:
        super().__init__(file_path, **kwargs)
        self.pragmas.update(
            journal_mode="WAL",
            synchronous="FULL",  # an acknowledged claim survives a power cut
            busy_timeout=8000,
            journal_size_limit=64 * 1024 * 1024,
            cache_size=-32000,
        )

    def _in_transaction(self) -> TransactionContext:
        return _ImmediateContext(_ImmediateTransaction(self), self._lock)


client_class = ImmediateSqliteClient
