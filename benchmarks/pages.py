"""How many pages a second, beside a bare page of the same size: `python -m benchmarks.pages`.

On the demo town, in front of one web process. `python -m benchmarks.pages --database postgres` measures one database.
"""

import http.client
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from typing import Any

from accounts.models import Session
from accounts.queries import token_hash
from accounts.rules import SessionKind
from app.demo import state
from benchmarks import bare, crowd, load, report, site
from core import clock, crypto, database

CONNECTIONS = 8
VISITOR = "benchmark"
BROWSER = {"Accept-Language": "zh-CN", "Accept": "text/html"}
PARTS = re.compile(r'<link rel="stylesheet" href="([^"]+)"|<script[^>]* src="([^"]+)"')


@dataclass(frozen=True)
class Reader:
    """A worker at a browser, and a shift to look at."""

    token: str
    shift_id: int


def main() -> None:
    """Measure and tell."""
    options = report.parser("Pages over HTTP beside a bare Starlette and Jinja page.", repeat=5)
    options.add_argument("--database", choices=site.KINDS, action="append", help="only this one")
    chosen = options.parse_args()
    times = 200 if chosen.quick else 2000
    results: dict[str, list[dict[str, Any]]] = {"pages": [], "first page": []}
    for kind in chosen.database or site.KINDS:
        with site.installed(kind):
            reader = site.with_database(_demo)
            with site.served() as port:
                for name, make in _visits(reader, port).items():
                    results["pages"].append(_measure(kind, name, make(times), port, chosen.repeat))
                results["first page"] = results["first page"] or _first_page(port)
        with site.installed(kind):
            people = site.with_database(crowd.gather, times // 2, 100)
            with site.served() as port:
                results["pages"].append(_claims(kind, people, port, chosen.repeat))
    report.tell("benchmarks.pages", results, as_json=chosen.json)


async def _demo() -> Reader:
    await state.prepare(wanted=True, insisted=True, now=clock.now())
    shift = await database.rows(
        "SELECT s.id FROM shift s JOIN gig g ON g.id = s.gig_id WHERE g.state = 'published' AND s.state = 'open'"
        " AND s.starts_at > $1 AND s.taken < s.places ORDER BY s.starts_at DESC LIMIT 1",
        [database.stored(clock.now())],
    )
    worker = (await database.rows("SELECT worker_id FROM claim ORDER BY id LIMIT 1"))[0]["worker_id"]
    return Reader((await _sign_in([worker]))[0], shift[0]["id"])


async def _sign_in(user_ids: list[int]) -> list[str]:
    now, tokens = clock.now(), [secrets.token_urlsafe(32) for _ in user_ids]
    await Session.bulk_create(
        Session(
            token_hash=token_hash(token),
            user_id=user_id,
            kind=SessionKind.BROWSER,
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(days=2),
        )
        for user_id, token in zip(user_ids, tokens, strict=True)
    )
    return tokens


def _visits(reader: Reader, port: int) -> dict[str, Callable[[int], list[str]]]:
    """Name of a visit → so many requests of it."""
    block = BROWSER | {"HX-Request": "true"}
    known = {"Cookie": f"jishi={reader.token}"}
    shift = f"/shifts/{reader.shift_id}"
    return {
        "list, fragment": lambda times: [load.request("GET", "/shifts", block)] * times,
        "list, fragment, signed in": lambda times: [load.request("GET", "/shifts", block | known)] * times,
        "list, whole page": lambda times: [load.request("GET", "/shifts", BROWSER)] * times,
        "shift": lambda times: [load.request("GET", shift, BROWSER)] * times,
        "shift, signed in": lambda times: [load.request("GET", shift, BROWSER | known)] * times,
    }


def _measure(kind: str, name: str, requests: list[str], port: int, repeat: int) -> dict[str, Any]:
    size = load.steady(port, requests[:50], CONNECTIONS).received // 50  # also warms the caches
    os.environ[bare.BYTES] = str(size)
    with site.served(app="benchmarks.bare:create") as other:
        load.steady(other, requests[:50], CONNECTIONS)
        runs = [_beside_the_bare(requests, port, other) for _ in range(repeat)]
    return {"database": kind, "page": name, "bytes": size, **report.medians(runs)}


def _beside_the_bare(requests: list[str], port: int, other: int) -> dict[str, Any]:
    plain, ours = load.steady(other, requests, CONNECTIONS), load.steady(port, requests, CONNECTIONS)
    return {
        "req/s": ours.rate,
        "p50 ms": ours.percentile(50),
        "p99 ms": ours.percentile(99),
        "other than 200": len(requests) - ours.statuses.get("200", 0),
        "bare req/s": plain.rate,
        "ratio": ours.rate / plain.rate,
    }


def _claims(kind: str, people: crowd.Crowd, port: int, repeat: int) -> dict[str, Any]:
    """The tap as a form of the page, with its proof and its once-only token; everybody is hired."""
    tokens = site.with_database(_sign_in, people.worker_ids)
    size = 800  # about an answer without a body, with its headers
    os.environ[bare.BYTES] = str(size)
    with site.served(app="benchmarks.bare:create") as other:
        runs = []
        for _ in range(repeat):
            site.with_database(crowd.begin_again, people.shift_ids, len(tokens))
            taps = [_tap(token, shift) for token, shift in zip(tokens, cycle(people.shift_ids), strict=False)]
            answers, plain = load.steady(port, taps, CONNECTIONS), load.steady(other, taps, CONNECTIONS)
            runs.append(
                {
                    "req/s": answers.rate,
                    "p50 ms": answers.percentile(50),
                    "p99 ms": answers.percentile(99),
                    "other than 200": len(taps) - answers.statuses.get("303", 0),
                    "bare req/s": plain.rate,
                    "ratio": answers.rate / plain.rate,
                }
            )
    return {"database": kind, "page": "claim (answers 303)", "bytes": size, **report.medians(runs)}


def _tap(token: str, shift_id: int) -> str:
    proof = crypto.sign(f"{VISITOR}\0{token}", "csrf")
    headers = BROWSER | {
        "Cookie": f"jishi={token}; visitor={VISITOR}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return load.request(
        "POST", f"/shifts/{shift_id}/claim", headers, f"_csrf={proof}&_once={secrets.token_hex(8)}"
    )


def _first_page(port: int) -> list[dict[str, Any]]:
    """Bytes of the first page with all its CSS and JavaScript, as a new visitor loads them; without pictures."""
    rows = []
    for coding in ("br", "gzip", "identity"):
        page, html = _fetch(port, "/", coding)
        _, text = (page, html) if coding == "identity" else _fetch(port, "/", "identity")
        parts = [css or js for css, js in PARTS.findall(text.decode())]
        sizes = [_fetch(port, part, coding)[0] for part in parts]
        rows.append(
            {
                "coding": coding,
                "page": page,
                "css and js": sum(sizes),
                "files": 1 + len(parts),
                "all": page + sum(sizes),
            }
        )
    return rows


def _fetch(port: int, path: str, coding: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers=BROWSER | {"Accept-Encoding": coding})
    body = connection.getresponse().read()
    connection.close()
    return len(body), body


if __name__ == "__main__":
    main()
