"""The crowd: a load generator in a process of its own, so that it costs the server no turn of its loop.

Run by the benchmarks (`python -m benchmarks.load`), told what to do as JSON on standard input.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass

import uvloop

PATIENCE = 120.0


@dataclass(frozen=True)
class Answers:
    """What a crowd came back with."""

    seconds: float
    statuses: dict[str, int]
    milliseconds: list[float]
    """Of each request, sorted; in a burst counted from the common start, so that waiting one's turn counts."""
    received: int
    """Bytes, headers included."""

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.milliseconds) / self.seconds

    @property
    def errors(self) -> int:
        """Answers that were our fault."""
        return sum(count for status, count in self.statuses.items() if status.startswith("5"))

    def percentile(self, percent: float) -> float:
        """Milliseconds within which so many per cent were answered."""
        last = len(self.milliseconds) - 1
        return self.milliseconds[min(last, int(len(self.milliseconds) * percent / 100))]


def request(method: str, path: str, headers: dict[str, str], body: str = "") -> str:
    """An HTTP/1.1 request as it goes over the wire."""
    lines = {"Host": "localhost", "User-Agent": "benchmark", **headers}
    if method == "POST":
        lines["Content-Length"] = str(len(body.encode()))
    return "".join(
        [f"{method} {path} HTTP/1.1\r\n", *(f"{k}: {v}\r\n" for k, v in lines.items()), "\r\n", body]
    )


def burst(port: int, requests: list[str]) -> Answers:
    """One connection for each request, all opened first, then all released at once."""
    return _run({"port": port, "requests": requests, "connections": len(requests)})


def steady(port: int, requests: list[str], connections: int) -> Answers:
    """A few connections that ask one after the other, each as soon as it has its answer."""
    return _run({"port": port, "requests": requests, "connections": connections})


def _run(plan: dict[str, object]) -> Answers:
    argv = [sys.executable, "-m", "benchmarks.load"]
    done = subprocess.run(
        argv, input=json.dumps(plan), capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Answers(**json.loads(done.stdout))


class _Visitor(asyncio.Protocol):
    """One keep-alive connection. Reads just enough HTTP to know where an answer ends."""

    def __init__(self) -> None:
        self.answered: asyncio.Future[str] | None = None
        self.received = 0
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def ask(self, raw: bytes) -> asyncio.Future[str]:
        """Send a request; the future is its status."""
        self.answered = asyncio.get_running_loop().create_future()
        self.transport.write(raw)  # type: ignore[attr-defined]
        return self.answered

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or not self._complete(end) or self.answered is None:
            return
        status = bytes(self._buffer[9:12]).decode()
        self._buffer.clear()
        if not self.answered.done():
            self.answered.set_result(status)

    def _complete(self, end: int) -> bool:
        head = bytes(self._buffer[:end]).lower()
        if b"transfer-encoding: chunked" in head:
            return self._buffer.endswith(b"\r\n0\r\n\r\n")
        mark = head.find(b"content-length:")
        length = int(head[mark + 15 :].split(b"\r\n", 1)[0]) if mark >= 0 else 0
        return len(self._buffer) >= end + 4 + length

    def connection_lost(self, _exc: Exception | None) -> None:
        if self.answered is not None and not self.answered.done():
            self.answered.set_result("599")  # hung up on


async def _crowd(port: int, requests: list[str], connections: int) -> Answers:
    loop = asyncio.get_running_loop()
    opened = [loop.create_connection(_Visitor, "127.0.0.1", port) for _ in range(connections)]
    visitors = [visitor for _, visitor in await asyncio.gather(*opened)]
    queue = iter([raw.encode() for raw in requests])
    together = len(requests) == connections
    statuses: Counter[str] = Counter()
    took: list[float] = []
    start = time.perf_counter()

    async def visit(visitor: _Visitor) -> None:
        for raw in queue:
            asked = start if together else time.perf_counter()
            status = await visitor.ask(raw)
            took.append((time.perf_counter() - asked) * 1000)
            statuses[status] += 1

    await asyncio.gather(*(visit(visitor) for visitor in visitors))
    seconds = time.perf_counter() - start
    return Answers(seconds, dict(statuses), sorted(took), sum(visitor.received for visitor in visitors))


def _main() -> None:
    plan = json.load(sys.stdin)
    answers = uvloop.run(_crowd(plan["port"], plan["requests"], plan["connections"]))
    json.dump(answers.__dict__, sys.stdout)


if __name__ == "__main__":
    _main()
