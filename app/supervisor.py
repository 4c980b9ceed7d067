"""Starts the parts of Jishi, restarts what dies, and takes everything down again.

People read this in a terminal before any page exists, so each sentence comes in Chinese and in English.
"""

import asyncio
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from functools import partial

from app import ground, lifeline, redis_server
from core.settings import Settings

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
STEADY = 30.0
"""Seconds after which a process counts as well, and its earlier deaths are forgotten."""
AGAIN_AND_AGAIN = 3
GRACE = 10.0
SLOW_START = 30.0
LONGEST_LINE = 65536
COLOURS = (36, 33, 35, 32, 34)


@dataclass(frozen=True)
class Process:
    """One program to keep alive."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    health: Callable[[], bool] | None = None
    """Asked from a thread until it says yes once; the site counts as open when all have."""
    descriptors: tuple[int, ...] = ()
    """Open files the program inherits, such as a listening socket."""
    outlives_others: bool = False
    """Stopped last, for what the others still need while they finish."""


class Supervisor:
    """Keeps a list of processes alive until SIGINT, SIGTERM or SIGHUP.

    Each child leads its own process group and dies with us (see `lifeline`), so neither Ctrl-C nor `kill -9`
    leaves an orphan.
    """

    def __init__(self, processes: Sequence[Process], when_open: Callable[[], None] = lambda: None) -> None:
        self._processes = processes
        self._when_open = when_open
        self._stopping = asyncio.Event()
        self._last_call = asyncio.Event()
        self._hurry = asyncio.Event()
        self._width = max(len(process.name) for process in processes)

    async def run(self) -> None:
        """Returns when everything has stopped."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self.stop)
        opening = asyncio.create_task(self._open())
        first = [self._keep(each, self._stopping) for each in self._processes if not each.outlives_others]
        last = [self._keep(each, self._last_call) for each in self._processes if each.outlives_others]
        staying = asyncio.gather(*last)
        await asyncio.gather(*first, self._stopping.wait())
        opening.cancel()
        self._last_call.set()
        await staying

    def stop(self) -> None:
        """Ask everything to finish; asked twice, wait for nothing."""
        if self._stopping.is_set():
            self._hurry.set()
        self._stopping.set()

    async def _open(self) -> None:
        started = time.monotonic()
        told = False
        for process in self._processes:
            while process.health and not await asyncio.to_thread(process.health):
                await asyncio.sleep(0.1)
                if not told and time.monotonic() - started > SLOW_START:
                    told = True
                    ground.say(f"{process.name} 还没有准备好，继续等。", f"Still waiting for {process.name}.")
        self._when_open()

    async def _keep(self, process: Process, enough: asyncio.Event) -> None:
        """Run the process again and again until it is enough, with a growing pause while it keeps dying."""
        deaths = 0
        while not enough.is_set():
            started = time.monotonic()
            status = await self._live(process, enough)
            if enough.is_set():
                return
            deaths = 1 if time.monotonic() - started > STEADY else deaths + 1
            pause = min(FIRST_PAUSE * 2 ** min(deaths - 1, 10), LONGEST_PAUSE)  # 2 ** 2000 is no float
            _tell_death(process.name, status, deaths, pause)
            with suppress(TimeoutError):
                await asyncio.wait_for(enough.wait(), pause)

    async def _live(self, process: Process, enough: asyncio.Event) -> str:
        """One life of the process, from start to end; says how it ended."""
        reading, writing = os.pipe()
        printing = asyncio.create_task(self._print_lines(process.name, reading))
        try:
            child = await asyncio.create_subprocess_exec(
                *lifeline.command(process.argv),
                env={**os.environ, "PYTHONUNBUFFERED": "1", **process.env},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                pass_fds=process.descriptors,
                process_group=0,
            )
        except OSError as error:  # no memory or no process number left: as good as a death
            return str(error)
        finally:
            os.close(writing)
        await self._until_gone(child, enough)
        # Whoever inherited the output may still hold it open; what they say no longer matters.
        await asyncio.wait({printing}, timeout=1)
        printing.cancel()
        return _how(child.returncode)

    async def _until_gone(self, child: asyncio.subprocess.Process, enough: asyncio.Event) -> None:
        exit_ = asyncio.create_task(child.wait())
        if not await _first(exit_, enough, None):
            with suppress(ProcessLookupError):
                child.terminate()
            await _first(exit_, self._hurry, GRACE)
        # The group, not only its leader: nothing a child started may stay behind when we stop or restart it.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        await exit_

    async def _print_lines(self, name: str, descriptor: int) -> None:
        """Copy output line by line, so that two processes never share a line."""
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0)
        )
        rest = b""
        try:
            while chunk := await reader.read(LONGEST_LINE):
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > LONGEST_LINE:  # a line without end must not eat the memory
                    lines, rest = [*lines, rest], b""
                for line in lines:
                    self._print(name, line)
            if rest:
                self._print(name, rest)
        finally:
            transport.close()

    def _print(self, name: str, line: bytes) -> None:
        prefix = f"{name:{self._width}} |"
        if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
            names = [process.name for process in self._processes]
            prefix = f"\x1b[{COLOURS[names.index(name) % len(COLOURS)]}m{prefix}\x1b[0m"
        ground.write(f"{prefix} {line.decode(errors='replace')}")


async def _first(exit_: asyncio.Task[int], event: asyncio.Event, patience: float | None) -> bool:
    """Wait for the exit, the event or the end of patience; True when the exit came first."""
    waiting = asyncio.create_task(event.wait())
    await asyncio.wait({exit_, waiting}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    return exit_.done()


def _how(status: int | None) -> str:
    return f"signal {-status}" if status is not None and status < 0 else f"exit code {status}"


def _tell_death(name: str, status: str, deaths: int, pause: float) -> None:
    if deaths < AGAIN_AND_AGAIN:
        ground.say(
            f"{name} 停了（{status}），正在重新启动。", f"{name} stopped ({status}); starting it again."
        )
        return
    ground.say(
        f"{name} 已连续停了 {deaths} 次（{status}），原因见上面它自己的输出。{pause:.1f} 秒后再试。",
        f"{name} has stopped {deaths} times in a row ({status}); its own lines above say why. "
        f"Trying again in {pause:.1f} s.",
    )


def run(settings: Settings, port: int | None = None) -> int:
    """Serve until told to stop; the exit code of `python -m app run`."""
    settings = replace(settings, port=port or settings.port, data_dir=settings.data_dir.resolve())
    try:
        with (
            ground.only_one(settings.data_dir, settings.port),
            ground.listen(settings.host, settings.port, "PORT") as listening,
        ):
            settings = replace(settings, media_port=ground.free_media_port(settings))
            processes, address = _processes(settings, listening), _address(settings)
            when_open = partial(ground.say, f"集市开门了：{address}", f"Jishi is open at {address}")
            asyncio.run(Supervisor(processes, when_open).run())
    except ground.CannotStart as problem:
        ground.say(problem.zh, problem.en)
        return 1
    except redis_server.NoRedis as problem:
        ground.say("没有可用的 Valkey 或 Redis。", str(problem))
        return 1
    ground.say("集市已收摊。", "Jishi has closed.")
    return 0


def _processes(settings: Settings, listening: socket.socket) -> list[Process]:
    processes = []
    if not settings.redis_url:
        valkey = redis_server.prepare(settings.data_dir / "valkey")
        settings = replace(settings, redis_url=valkey.url)
        processes.append(Process("valkey", valkey.argv, valkey.env, outlives_others=True))
    env = _environment(settings)
    python = (sys.executable, "-m")
    media = (*python, "livestream.media", "--port", str(settings.media_port))
    processes += [
        Process("worker", (*python, "app.worker"), env),
        Process("media", media, env, health=partial(_is_well, "127.0.0.1", settings.media_port)),
        *_web(settings, listening, env),
    ]
    return processes


def _web(settings: Settings, listening: socket.socket, env: Mapping[str, str]) -> list[Process]:
    """Web processes that share the one socket we opened.

    The kernel spreads the connections over them, and while one restarts the callers wait in its queue instead
    of being refused.
    """
    descriptor = listening.fileno()
    argv = [sys.executable, "-m", "uvicorn", "app.web:create", "--factory", "--fd", str(descriptor)]
    argv += ["--timeout-graceful-shutdown", "5", "--no-server-header"]
    argv += ["--no-access-log", "--log-level", "warning"]  # the terminal is for what needs a person
    argv += ["--forwarded-allow-ips", ",".join(settings.trusted_proxies)]
    health = partial(_is_well, _reachable(settings.host), settings.port)
    count = settings.web_processes
    names = ["web"] if count == 1 else [f"web {number}" for number in range(1, count + 1)]
    return [Process(name, argv, env, health=health, descriptors=(descriptor,)) for name in names]


def _environment(settings: Settings) -> dict[str, str]:
    """The settings as the children will read them again; they see exactly what we saw, flags included."""
    return {row.name.upper(): _as_text(getattr(settings, row.name)) for row in fields(settings)}


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _is_well(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def _address(settings: Settings) -> str:
    host = _reachable(settings.host)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"
