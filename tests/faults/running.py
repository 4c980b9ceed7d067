"""The real thing, started as a person starts it, and ended by the ids it tells."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def until(true: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Wait for it; what it came to."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with suppress(httpx.HTTPError, OSError, psutil.Error):
            if result := true():
                return result
        time.sleep(0.1)
    raise AssertionError(f"waited in vain for: {what}")


@dataclass
class Jishi:
    """A running installation."""

    data: Path
    port: int
    environ: dict[str, str]
    supervisor: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *flags: str) -> None:
        """Start it and wait until it answers."""
        argv = [
            sys.executable,
            "-m",
            "app",
            "run",
            "--port",
            str(self.port),
            "--data",
            str(self.data),
            *flags,
        ]
        with (self.data / "output").open("ab") as output:
            self.supervisor = subprocess.Popen(
                argv, cwd=ROOT, env=self.environ, stdout=output, stderr=output, start_new_session=True
            )
        until(self.answers, f"an answer at {self.url}: {self.output()[-500:]}")

    def answers(self) -> bool:
        assert self.supervisor
        assert self.supervisor.poll() is None, self.output()[-2000:]
        return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200

    def output(self) -> str:
        return (self.data / "output").read_text(errors="replace")

    def health(self) -> dict[str, Any]:
        return dict(httpx.get(f"{self.url}/healthz", timeout=10).json())

    def processes(self, word: str) -> list[psutil.Process]:
        """Our own children whose command line has this word."""
        assert self.supervisor
        found = psutil.Process(self.supervisor.pid).children(recursive=True)
        return [each for each in found if any(word in part for part in each.cmdline())]

    def kill(self, word: str, number: int = signal.SIGKILL) -> list[int]:
        """Send a signal to the children whose command line has this word; their ids."""
        victims = [each.pid for each in self.processes(word)]
        assert victims, f"no process {word}: {[each.cmdline() for each in self.processes('')]}"
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        return victims

    def stop(self) -> None:
        """As Ctrl-C does; what is left after a while goes by its id."""
        if self.supervisor is None or self.supervisor.poll() is not None:
            return
        family = psutil.Process(self.supervisor.pid).children(recursive=True)
        self.supervisor.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            self.supervisor.wait(20)
            return
        for each in [*family, psutil.Process(self.supervisor.pid)]:
            with suppress(psutil.Error):
                each.kill()
        self.supervisor.wait(10)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "app", *words, "--data", str(self.data)]
        return subprocess.run(
            argv, cwd=ROOT, env=self.environ, capture_output=True, text=True, timeout=60, check=False
        )

    def check(self) -> list[dict[str, Any]]:
        """The invariants that do not hold."""
        return list(json.loads(self.command("check", "--json").stdout))

    def accounts(self, role: str) -> list[dict[str, str]]:
        listed = json.loads(self.command("demo", "--accounts", "--json").stdout)
        return [each for each in listed if each["role"] == role]

    def token(self, phone: str) -> str:
        made = self.command("token", "--phone", phone)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()


@contextmanager
def running(data: Path, **environ: str) -> Iterator[Jishi]:
    """An installation with the demo town."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "REDIS_URL", "DEMO", "DATA_DIR")
    }
    jishi = Jishi(data, free_port(), clean | environ)
    try:
        jishi.start("--demo")
        yield jishi
    finally:
        jishi.stop()
