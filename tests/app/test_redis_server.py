"""The private Valkey: it answers, is private, and never stands in its own way."""

import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from arq import create_pool
from arq.connections import RedisSettings
from redis import Redis

from app import redis_server


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose path is short enough for a socket."""
    return tmp_path_factory.mktemp("v")


def test_the_wheel_still_tells_where_its_program_is() -> None:
    path = redis_server._of_the_wheel()
    assert path is not None
    assert redis_server._runs(path)


def test_a_program_on_the_path_is_taken_when_the_wheel_has_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = folder / "valkey-server"
    found.symlink_to(redis_server.binary())
    monkeypatch.setattr(redis_server, "_of_the_wheel", lambda: None)
    monkeypatch.setenv("PATH", str(folder))
    assert redis_server.binary() == str(found)


def test_a_machine_without_any_program_is_told_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_server, "_of_the_wheel", lambda: None)
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(redis_server.NoRedis, match="REDIS_URL"):
        redis_server.binary()


def test_it_answers_on_a_socket_and_is_gone_after_the_block(folder: Path) -> None:
    with redis_server.running(folder) as url:
        assert url == f"unix://{folder}/valkey.sock"
        assert redis_server.answers(url)
    assert not redis_server.answers(url)


@pytest.mark.anyio
async def test_arq_enqueues_on_it(folder: Path) -> None:
    with redis_server.running(folder) as url:
        pool = await create_pool(RedisSettings.from_dsn(url))
        await pool.enqueue_job("confirm_claim", 7)
        assert [job.function for job in await pool.queued_jobs()] == ["confirm_claim"]
        await pool.aclose()


@pytest.mark.parametrize("name", ["a" * 120, "集市 data"])
def test_a_folder_that_cannot_hold_a_socket_gets_a_port_and_a_password(folder: Path, name: str) -> None:
    with redis_server.running(folder / name) as url:
        assert url.startswith("redis://:")
        assert redis_server.answers(url)
        port = url.rsplit(":", 1)[1]
        assert not redis_server.answers(f"redis://127.0.0.1:{port}")


def test_nobody_else_can_read_its_folder(folder: Path) -> None:
    with redis_server.running(folder / "queue"):
        files = [folder / "queue" / name for name in ("valkey.conf", "valkey.url")]
        assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
        assert stat.S_IMODE((folder / "queue").stat().st_mode) == 0o700


def test_a_second_user_of_the_folder_shares_the_server_that_is_there(folder: Path) -> None:
    with redis_server.running(folder) as first:
        with redis_server.running(folder) as second:
            assert second == first
        assert redis_server.answers(first)


def test_a_stale_socket_does_not_hinder_the_next_start(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(folder / "valkey.sock"))
    with redis_server.running(folder) as url:
        assert redis_server.answers(url)


def test_who_owns_the_folder_replaces_a_server_left_behind(folder: Path) -> None:
    orphan = subprocess.Popen(redis_server.prepare(folder).argv)
    while not redis_server.find(folder):
        assert orphan.poll() is None
    redis_server.prepare(folder)
    assert orphan.wait(timeout=10) == 0


def test_an_unknown_language_does_not_hinder_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "xx_YY.UTF-8")
    with redis_server.running(folder) as url:
        assert redis_server.answers(url)


def test_it_dies_with_a_parent_that_was_killed(folder: Path) -> None:
    program = (
        "import pathlib, sys, time; from app import redis_server\n"
        "with redis_server.running(pathlib.Path(sys.argv[1])) as url: print(url, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        url = parent.stdout.readline().decode().strip()
        with Redis.from_url(url) as client:
            server = psutil.Process(client.info("server")["process_id"])
        parent.send_signal(signal.SIGKILL)
    psutil.wait_procs([server], timeout=10)
    assert not server.is_running()
