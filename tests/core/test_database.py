"""Transactions: whole or not at all, one inside the other, and several processes on one SQLite file."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from tortoise.exceptions import IntegrityError

from core import audit, clock, database
from core.models import AuditRow, IdempotencyKey

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]


async def write(number: int = 1) -> None:
    await audit.record("test.written", "test", number, now=clock.now())


async def written() -> list[int]:
    return await AuditRow.filter(verb="test.written").order_by("id").values_list("object_id", flat=True)


async def clash() -> None:
    """Break a unique constraint."""
    for _ in range(2):
        await IdempotencyKey.create(
            actor_id=1, key="k", route="", fingerprint="", status=200, body="", created_at=clock.now()
        )


class Heard:
    """Something to do after the commit."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> None:
        self.times += 1


async def test_what_raises_leaves_nothing(db):
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 the transaction is what raises
        async with database.transaction():
            await write()
            raise ZeroDivisionError
    assert await written() == []


async def test_the_inner_falls_with_the_outer(db):
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 the transaction is what raises
        async with database.transaction():
            async with database.transaction():
                await write()
            raise ZeroDivisionError
    assert await written() == []


async def test_an_inner_one_that_raises_leaves_nothing_and_the_outer_goes_on(db):
    async with database.transaction():
        await write(1)
        with pytest.raises(IntegrityError):  # noqa: PT012 as above
            async with database.transaction():
                await write(2)
                await clash()
        await write(3)
    assert await written() == [1, 3]


async def test_what_was_asked_for_after_the_commit_happens_once_and_after_it(db):
    heard = Heard()
    async with database.transaction():
        async with database.transaction():
            database.after_commit(heard)
        assert heard.times == 0
    assert heard.times == 1


async def test_what_was_asked_for_by_a_part_that_failed_does_not_happen(db):
    kept, dropped = Heard(), Heard()
    async with database.transaction():
        database.after_commit(kept)
        with pytest.raises(ZeroDivisionError):  # noqa: PT012 the transaction is what raises
            async with database.transaction():
                database.after_commit(dropped)
                raise ZeroDivisionError
    assert (kept.times, dropped.times) == (1, 0)


async def test_nothing_happens_after_a_transaction_that_failed(db):
    heard = Heard()
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 the transaction is what raises
        async with database.transaction():
            database.after_commit(heard)
            raise ZeroDivisionError
    assert heard.times == 0


async def test_after_commit_needs_a_transaction(db):
    with pytest.raises(RuntimeError):
        database.after_commit(Heard())
    with pytest.raises(RuntimeError):
        async with database.attempt():
            pass


async def test_tasks_beside_each_other_have_transactions_of_their_own(db):
    async def one(number: int) -> None:
        async with database.transaction():
            await write(number)
            await asyncio.sleep(0)
            if number % 2:
                raise ZeroDivisionError

    await asyncio.gather(*(one(number) for number in range(8)), return_exceptions=True)
    assert sorted(await written()) == [0, 2, 4, 6]


async def test_moments_compare_alike_in_our_own_sql(db):
    now = clock.now()
    await write()
    sql = "SELECT count(*) AS n FROM audit WHERE at >= $1 AND at <= $2"
    assert (await database.rows(sql, [database.stored(now), database.stored(clock.now())]))[0]["n"] == 1
    assert (await database.rows(sql, [database.stored(clock.now()), database.stored(clock.now())]))[0][
        "n"
    ] == 0
    row = (await database.rows("SELECT at FROM audit"))[0]
    assert database.loaded(row["at"]) == (await AuditRow.get()).at


def test_passwords_with_odd_letters_reach_the_server_whole():
    credentials = database.connection_config("postgres://wang:p%40ss%2Fw@db.example:5433/jishi")[
        "credentials"
    ]
    assert (credentials["user"], credentials["password"]) == ("wang", "p@ss/w")
    assert (credentials["host"], credentials["port"], credentials["database"]) == (
        "db.example",
        5433,
        "jishi",
    )


# --- several processes on one SQLite file ---

COUNTER = """
import asyncio, sqlite3, sys
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

async def main(engine, path, times):
    config = {{"connections": {{"default": {{"engine": engine, "credentials": {{"file_path": path}}}}}},
              "apps": {{"core": {{"models": ["core.models"], "default_connection": "default"}}}}}}
    await Tortoise.init(config=config, _enable_global_fallback=True)
    failed = 0
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(times):
        try:
            async with in_transaction("default"):
                rows = await get_connection("default").execute_query_dict("SELECT n FROM counter")
                await asyncio.sleep(0.001)
                await get_connection("default").execute_query("UPDATE counter SET n = ?", [rows[0]["n"] + 1])
        except Exception as error:
            assert "locked" in str(error), error
            failed += 1
    await Tortoise.close_connections()
    print(failed)

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def _go(running: list[subprocess.Popen]) -> list[str]:
    """Let them all begin in the same moment; what each prints at its end."""
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    return [process.communicate(timeout=60)[0] for process in running]


def _three_count_to_a_hundred(engine: str, path: Path) -> tuple[int, int]:
    """What the counter came to, and how many transactions failed with "database is locked"."""
    import sqlite3

    with sqlite3.connect(path) as file:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("CREATE TABLE counter (n INTEGER)")
        file.execute("INSERT INTO counter VALUES (0)")
    file.close()
    argv = [sys.executable, "-c", COUNTER.replace("{{", "{").replace("}}", "}"), engine, str(path), "100"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    running = [subprocess.Popen(argv, cwd=ROOT, **pipes) for _ in range(3)]
    assert [process.stdout.readline() for process in running] == ["ready\n"] * 3
    failed = sum(int(told) for told in _go(running))
    file = sqlite3.connect(path)
    counted = file.execute("SELECT n FROM counter").fetchone()[0]
    file.close()
    return counted, failed


def test_three_processes_that_read_and_then_write_never_find_it_locked(tmp_path):
    assert _three_count_to_a_hundred("core.sqlite", tmp_path / "ours.db") == (300, 0)


def test_without_our_begin_immediate_they_do(tmp_path):
    """The negative control: Tortoise's own engine, whose `BEGIN` is deferred."""
    counted, failed = _three_count_to_a_hundred("tortoise.backends.sqlite", tmp_path / "stock.db")
    assert failed > 0
    assert counted == 300 - failed
