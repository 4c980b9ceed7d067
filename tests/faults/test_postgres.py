"""PostgreSQL stops dead and comes back under a running site."""

import asyncio
import os
import signal
from collections.abc import Iterator

import asyncpg
import httpx
import psutil
import pytest

from core import settings
from tests import services
from tests.conftest import _statement
from tests.faults.running import Jishi, running, until
from tests.faults.test_embedded import claim

pytestmark = [pytest.mark.serial, pytest.mark.timeout(180)]


class Cluster:
    """A PostgreSQL of this test's own, durable, that can be stopped and started."""

    def __init__(self) -> None:
        self.programs = services._postgres_programs() or services.missing("PostgreSQL is not installed.")
        self.folder = services._folder("faults")
        self.prefix = services._as_someone_else(self.programs, self.folder) if os.geteuid() == 0 else []
        self.url = services._initdb(self.prefix, self.programs, self.folder)

    def start(self) -> None:
        port = int(self.url.rstrip("/").rsplit(":", 1)[1])
        services._start(self.prefix, self.programs, self.folder, port=port, durable=True)

    def stop_immediately(self) -> None:
        """What `pg_ctl stop -m immediate` sends: no goodbye, recovery at the next start."""
        postmaster = int((self.folder / "cluster/postmaster.pid").read_text().split()[0])
        found = [each for each in psutil.process_iter() if str(self.folder) in " ".join(_words(each))]
        mine = next((each for each in found if each.pid == postmaster), None) or found[-1]
        mine.send_signal(signal.SIGQUIT)
        until(lambda: not mine.is_running() or mine.status() == "zombie", "the end of PostgreSQL")
        (self.folder / "cluster/postmaster.pid").unlink(missing_ok=True)


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    made = Cluster()
    made.start()
    asyncio.run(_statement(made.url, "CREATE DATABASE jishi"))
    return made


@pytest.fixture(scope="module")
def jishi(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, installed: settings.Settings
) -> Iterator[Jishi]:
    with running(tmp_path_factory.mktemp("jishi"), DATABASE_URL=f"{cluster.url}jishi") as started:
        yield started


def test_postgres_stops_dead_and_comes_back(cluster: Cluster, jishi: Jishi):
    # Somebody with no shift yet, and shifts over several days that ask for no papers: some of them fit together.
    token = jishi.token(jishi.accounts("worker")[-1]["phone"])
    asked = {"sort": "soon", "limit": 100, "offset": 20, "no_experience": True}
    offered = httpx.get(f"{jishi.url}/api/v1/shifts", params=asked, timeout=10).json()["items"][::2]
    tries = [(token, item["id"], f"k {item['id']}") for item in offered]
    before = [claim(jishi, *each) for each in tries[:20]]
    acknowledged = [(each, answer) for each, answer in zip(tries, before, strict=False) if answer[0] == 201]
    assert acknowledged

    cluster.stop_immediately()
    for path in ("/", "/api/v1/shifts", "/healthz"):
        answer = httpx.get(f"{jishi.url}{path}", timeout=20)
        assert answer.status_code == 503, path
        assert path == "/healthz" or int(answer.headers["retry-after"]) > 0
    status, body = claim(jishi, *tries[20])
    assert (status, body["code"]) == (503, "unavailable")
    assert jishi.health()["status"] == "down"

    cluster.start()
    until(jishi.answers, "the site after PostgreSQL came back")
    for each, answer in acknowledged:
        assert claim(jishi, *each) == answer
    assert {claim(jishi, *each)[0] for each in tries[20:]} <= {201, 409}
    until(lambda: jishi.health()["status"] == "ok", "all well")
    until(lambda: _waiting(cluster) == 0, "the promises kept")
    assert jishi.check() == []


def _waiting(cluster: Cluster) -> int:

    async def count() -> int:
        connection = await asyncpg.connect(f"{cluster.url}jishi")
        try:
            return int(
                await connection.fetchval("SELECT count(*) FROM outbox WHERE state IN ('waiting', 'running')")
            )
        finally:
            await connection.close()

    return asyncio.run(count())
