"""What must be ours before anything starts: the data folder and the ports. And how we say that it is not."""

import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.settings import Settings

PORT_PATIENCE = 1.0


class CannotStart(Exception):
    """Something outside of us is in the way; holds the sentence in Chinese and in English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def say(zh: str, en: str) -> None:
    """Tell the person at the terminal."""
    write(f"{zh}\n{en}")


def write(text: str) -> None:
    """Print at once, and never fail."""
    # `make run | head` closes our output; that is no reason to stop serving.
    with suppress(OSError, ValueError):
        sys.stdout.write(text.encode(sys.stdout.encoding, "replace").decode(sys.stdout.encoding) + "\n")
        sys.stdout.flush()


@contextmanager
def only_one(data_dir: Path, port: int) -> Iterator[None]:
    """Hold the data folder. The kernel drops the lock with the process, so even a `kill -9` frees it."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(data_dir / "jishi.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotStart(
            f"数据文件夹 {data_dir} 不能写入（{error.strerror}）。用 --data 换一个文件夹。",
            f"The data folder {data_dir} cannot be written ({error.strerror}). Choose another with --data.",
        ) from None
    with os.fdopen(descriptor, "r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _already_running(lock.read(), data_dir) from None
        lock.truncate(0)
        json.dump({"pid": os.getpid(), "port": port}, lock)
        lock.flush()
        yield


def _already_running(written: str, data_dir: Path) -> CannotStart:
    try:
        holder = json.loads(written)
        pid, port = holder["pid"], holder["port"]
    except (ValueError, KeyError):  # it has the lock and has not written yet
        pid = port = "?"
    return CannotStart(
        f"集市已经在运行：进程 {pid}，端口 {port}，数据在 {data_dir}。先停掉它，或用 --data 换一个文件夹。",
        f"Jishi is already running: process {pid}, port {port}, data in {data_dir}. "
        "Stop it first, or choose another folder with --data.",
    )


def listen(host: str, port: int, setting: str) -> socket.socket:
    """Take the port before anything starts. Children of a run just killed may need a moment to vanish."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    deadline = time.monotonic() + PORT_PATIENCE
    while True:
        try:
            listening = socket.create_server((host, port), family=family, backlog=2048)
        except OSError as error:
            if time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            reason, another = os.strerror(error.errno or 0), f"{setting}={port + 1000}"
            raise CannotStart(
                f"不能使用 {host} 的 {port} 端口（{reason}）。换一个，例如 {another}",
                f"Port {port} on {host} cannot be used ({reason}). Choose another, such as {another}",
            ) from None
        # Accepted connections inherit it. uvicorn takes a passed socket for a Unix one and would not set it.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening


def free_media_port(settings: Settings) -> int:
    """The port that was asked for, or the one after the site's, or any free one when nobody asked."""
    if settings.media_port:
        with listen("127.0.0.1", settings.media_port, "MEDIA_PORT"):
            return settings.media_port
    for port in (settings.port + 1, 0):
        with suppress(OSError, OverflowError), socket.create_server(("127.0.0.1", port)) as probe:
            return int(probe.getsockname()[1])
    raise CannotStart("没有空闲的端口。", "No port is free.")
