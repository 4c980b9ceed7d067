"""Things die in the middle: the site on its embedded database, as `make run` starts it."""

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx
import psutil
import pytest
import redis

from accounts.actions import open_api_session
from app.tables import config
from core import clock, database, settings
from tests.faults.running import Jishi, running, until

pytestmark = [pytest.mark.serial, pytest.mark.timeout(180)]

WORKERS, SHIFTS = 16, 16
CALLS = httpx.Client(timeout=20, limits=httpx.Limits(max_keepalive_connections=0))


@pytest.fixture(scope="module")
def jishi(tmp_path_factory: pytest.TempPathFactory, installed: settings.Settings) -> Iterator[Jishi]:
    with running(tmp_path_factory.mktemp("jishi")) as started:
        yield started


@pytest.fixture(scope="module")
def tokens(jishi: Jishi, installed: settings.Settings) -> list[str]:
    """Bearer tokens of some workers, made as `python -m app token` makes them."""

    async def made() -> list[str]:
        await database.connect(config())
        try:
            return [
                await open_api_session(each["phone"], clock.now())
                for each in jishi.accounts("worker")[:WORKERS]
            ]
        finally:
            await database.disconnect()

    settings.install(replace(installed, data_dir=jishi.data))
    try:
        return asyncio.run(made())
    finally:
        settings.install(installed)


def ask(jishi: Jishi, sql: str) -> list[Any]:
    file = sqlite3.connect(f"file:{jishi.data}/jishi.db?mode=ro", uri=True, timeout=20)
    try:
        return file.execute(sql).fetchall()
    finally:
        file.close()


def shifts(jishi: Jishi, offset: int = 0) -> list[int]:
    """Shifts that begin in a while, so that claims can be given back."""
    found = httpx.get(
        f"{jishi.url}/api/v1/shifts?sort=soon&limit={SHIFTS}&offset={60 + offset}", timeout=10
    ).json()
    return [item["id"] for item in found["items"]]


def claim(jishi: Jishi, token: str, shift: int, key: str) -> tuple[int, dict[str, Any]] | None:
    """The answer, or None when there was none."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    try:
        answer = CALLS.post(f"{jishi.url}/api/v1/shifts/{shift}/claims", json={}, headers=headers)
    except httpx.HTTPError:
        return None
    return (answer.status_code, answer.json())


def claim_one(jishi: Jishi, tokens: list[str], word: str) -> dict[str, Any]:
    """A claim that is hired or waiting; it must work now."""
    for number, shift in enumerate(shifts(jishi, 120)):
        token = tokens[number % len(tokens)]
        answer = claim(jishi, token, shift, f"{word} {shift}")
        assert answer is not None
        assert answer[0] in (201, 409), answer
        if answer[0] == 201:
            return answer[1]
    raise AssertionError("nothing to claim")


def settled(jishi: Jishi) -> bool:
    """Whether every promise has been kept."""
    return ask(jishi, "SELECT count(*) FROM outbox WHERE state IN ('waiting', 'running')") == [(0,)]


def test_the_web_process_is_killed_in_the_middle_of_claims(jishi: Jishi, tokens: list[str]):
    tries = [(token, shift, f"{n} {shift}") for shift in shifts(jishi) for n, token in enumerate(tokens)]
    with ThreadPoolExecutor(16) as crowd:
        running = [crowd.submit(claim, jishi, *each) for each in tries]
        until(lambda: sum(each.done() for each in running) > 60, "some answers")
        jishi.kill("app.web:create")
        first = [each.result() for each in running]
    assert None in first, "the kill cut nobody off"
    until(jishi.answers, "the site after its web process was killed")
    acknowledged = {answer[1]["id"] for answer in first if answer and answer[0] == 201}
    assert acknowledged
    kept = {row[0] for row in ask(jishi, "SELECT id FROM claim")}
    assert acknowledged <= kept
    for each, answer in zip(tries, first, strict=True):
        if answer and answer[0] == 201:
            assert claim(jishi, *each) == answer  # the same key, the same answer
    cut = [each for each, answer in zip(tries, first, strict=True) if answer is None][:40]
    again = [claim(jishi, *each) for each in cut]
    assert {answer[0] for answer in again} <= {201, 409}
    assert [claim(jishi, *each) for each, answer in zip(cut, again, strict=True) if answer[0] == 201] == [
        answer for answer in again if answer[0] == 201
    ]
    assert jishi.check() == []


def test_the_worker_is_killed_and_what_was_promised_arrives_once(jishi: Jishi, tokens: list[str]):
    until(lambda: settled(jishi), "quiet")
    before = ask(jishi, "SELECT coalesce(max(id), 0) FROM outbox")[0][0]
    jishi.kill("app.worker", signal.SIGSTOP)
    claim_one(jishi, tokens, "worker")
    assert not settled(jishi)
    jishi.kill("app.worker")
    until(lambda: settled(jishi), "the promises kept by a new worker")
    rows = ask(jishi, f"SELECT state, tries FROM outbox WHERE id > {before}")
    assert rows
    assert {state for state, _ in rows} == {"done"}
    assert jishi.check() == []


def test_the_worker_dies_with_a_promise_in_its_hands(jishi: Jishi, tokens: list[str]):
    """As it looks afterwards: running, and silent. The next worker takes it over."""
    until(lambda: settled(jishi), "quiet")
    jishi.kill("app.worker", signal.SIGSTOP)
    claim_one(jishi, tokens, "hands")
    file = sqlite3.connect(jishi.data / "jishi.db", timeout=20)
    with file:
        file.execute(
            "UPDATE outbox SET state = 'running', fence = 1, tries = 1, heartbeat_at = '2020-01-01 00:00:00+00:00'"
            " WHERE state = 'waiting'"
        )
    file.close()
    jishi.kill("app.worker")
    until(lambda: settled(jishi), "the promises taken over")
    assert ask(jishi, "SELECT count(*) FROM outbox WHERE state = 'done' AND tries = 2")[0][0] > 0
    assert jishi.check() == []


def test_valkey_is_killed_and_comes_back(jishi: Jishi, tokens: list[str]):
    jishi.kill("valkey-server", signal.SIGSTOP)
    try:
        until(lambda: jishi.health()["status"] == "degraded", "a word about the queue")
        claim_one(jishi, tokens, "stopped")
        until(lambda: settled(jishi), "jobs without Valkey")
    finally:
        jishi.kill("valkey-server")
    claim_one(jishi, tokens, "killed")
    until(lambda: settled(jishi), "jobs without Valkey")
    until(lambda: jishi.health()["status"] == "ok", "Valkey again")
    claim_one(jishi, tokens, "back")
    until(lambda: settled(jishi), "jobs with Valkey")
    assert jishi.check() == []


def test_valkey_forgets_everything(jishi: Jishi, tokens: list[str]):
    connection = redis.Redis.from_url(f"unix://{jishi.data}/valkey/valkey.sock")
    connection.flushall()
    claim_one(jishi, tokens, "flushed")
    connection.flushall()
    connection.close()
    until(lambda: settled(jishi), "jobs after FLUSHALL")
    assert jishi.check() == []


def test_everything_is_killed_at_once_and_starts_again(jishi: Jishi, tokens: list[str]):
    made = claim_one(jishi, tokens, "last")
    assert jishi.supervisor is not None
    family = [jishi.supervisor.pid, *(each.pid for each in jishi.processes(""))]
    os.kill(jishi.supervisor.pid, signal.SIGKILL)
    jishi.supervisor.wait(10)
    until(
        lambda: (
            not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in family)
        ),
        "the end of all",
    )
    began = time.monotonic()
    jishi.start()
    assert time.monotonic() - began < 30
    assert (made["id"],) in ask(jishi, "SELECT id FROM claim")
    claim_one(jishi, tokens, "after all")
    until(lambda: settled(jishi), "jobs after the second start")
    assert jishi.check() == []


def test_stopping_leaves_nothing_behind(jishi: Jishi):
    assert jishi.supervisor is not None
    family = [jishi.supervisor.pid, *(each.pid for each in jishi.processes(""))]
    jishi.stop()
    assert jishi.supervisor.returncode == 0
    assert [
        pid for pid in family if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"
    ] == []
