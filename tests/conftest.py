"""What every test may ask for: a fresh database of either kind, the application, the standing cast."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.migrations.api.migrate import migrate

from app.tables import config
from core import crypto, database, limits, settings
from tests import services
from tests.cast import Cast, Visitor


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def installed(tmp_path_factory: pytest.TempPathFactory) -> settings.Settings:
    """Settings for all tests: a data folder of their own, no Redis, no demo."""
    folder = tmp_path_factory.mktemp("data")
    settings.install(settings.Settings(data_dir=folder))
    crypto.keys()
    return settings.current()


async def _migrated(url: str) -> None:
    await migrate(config=config(url))
    await database.disconnect()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, installed: settings.Settings) -> Path:
    path = tmp_path_factory.mktemp("template") / "jishi.db"
    asyncio.run(_migrated(f"sqlite://{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template(installed: settings.Settings) -> str:
    """Address of the cluster; its database `template_jishi` is migrated and copied for each test."""
    server = services.postgres()
    asyncio.run(_statement(server, "CREATE DATABASE template_jishi"))
    asyncio.run(_migrated(f"{server}template_jishi"))
    return server


async def _statement(server: str, sql: str) -> None:
    connection = await asyncpg.connect(f"{server}postgres")
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a fresh, migrated, empty database: the test runs once on each kind."""
    if request.param == "sqlite":
        copy = tmp_path / "jishi.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), copy)
        yield f"sqlite://{copy}"
        return
    server, name = request.getfixturevalue("postgres_template"), f"t_{uuid4().hex[:12]}"
    asyncio.run(_statement(server, f"CREATE DATABASE {name} TEMPLATE template_jishi"))
    yield f"{server}{name}"
    asyncio.run(_statement(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def db(database_url: str, installed: settings.Settings) -> AsyncIterator[str]:
    """A connected, fresh database."""
    settings.install(replace(installed, database_url=database_url))
    limits.forget()
    # Tortoise keeps its SQL per connection name; only tests speak both dialects in one process.
    EXECUTOR_CACHE.clear()
    await database.connect(config(database_url))
    yield database_url
    await database.disconnect()
    settings.install(installed)


@pytest.fixture
async def cast(db: str) -> Cast:
    """Wanda works, Emil employs, Olga is the officer, Ada administers, Stan is a stranger."""
    return await Cast.gather()


@pytest.fixture
async def client(db: str) -> AsyncIterator[Visitor]:
    """Somebody at a browser, not signed in, in front of the real application."""
    async with Visitor.at_the_door() as visitor:
        yield visitor
