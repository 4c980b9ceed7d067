"""Nobody's phone, ID number or name reaches a log, a promise, the audit trail, an address or a figure."""

import json
from collections.abc import Iterator

import pytest
import structlog
from prometheus_client import generate_latest

from accounts.models import Notice, User
from accounts.rules import IdentityState
from app import errors, logs, middleware, web, worker
from core import clock, crypto, database, notices, outbox
from core.models import OutboxRow
from tests.app.test_matrix import BODIES, SKIPPED
from tests.app.world import World
from tests.cast import Cast, Visitor

pytestmark = pytest.mark.anyio

PHONE, ID_NUMBER, NAME = "13912345678", "11010519491231002X", "赵金丝雀"
CANARIES = (PHONE, ID_NUMBER, NAME, PHONE[-8:])


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict]]:
    """All that is said to the log, before the net below (app/logs.py) could hide it."""
    heard: list[dict] = []

    def hear(_logger, _method, event):
        heard.append(dict(event))
        raise structlog.DropEvent

    monkeypatch.setattr(logs, "configure", lambda: None)
    for module in (errors, middleware, outbox, notices, worker):
        vars(module.log).pop("bind", None)  # structlog keeps the first configuration with the logger
    structlog.configure(
        processors=[structlog.processors.format_exc_info, hear],
        cache_logger_on_first_use=False,
        wrapper_class=structlog.make_filtering_bound_logger(0),
    )
    yield heard
    structlog.reset_defaults()


async def tables() -> str:
    """Everything that is kept in the clear."""
    kept = []
    for table in ("outbox", "audit", "idempotency_key", "notice", "ledger", "skip", "session"):
        kept += await database.rows(f"SELECT * FROM {table}")
    return json.dumps(kept, default=str, ensure_ascii=False)


async def test_a_persons_data_stays_where_it_belongs(cast: Cast, client: Visitor, logged: list[dict]):
    world = await World.build(cast)
    addresses: list[str] = []
    client.event_hooks = {"response": [lambda answer: _note(answer, addresses)]}

    # She signs in, tells who she is, takes a shift, types wrong things, and asks for everything there is.
    await client.sends("/sign-in", {"phone": PHONE})
    await client.sends("/sign-in/code", {"phone": PHONE, "code": "000000"})
    canary = await User.create(
        phone=f"+86{PHONE}",
        phone_index=_index(PHONE),
        created_at=clock.now(),
        identity_state=IdentityState.NONE,
    )
    world.people["wanda"] = canary
    await world.comes(client, "wanda")
    await client.sends("/account/profile", {"name": NAME, "id_number": ID_NUMBER})
    await client.sends(
        "/account/profile", {"name": NAME, "id_number": ID_NUMBER[:-1] + "5", "_once": "again"}
    )
    await client.put(
        "/api/v1/me", json={"name": NAME, "id_number": ID_NUMBER}, headers={"Idempotency-Key": "me"}
    )
    await client.sends(f"/shifts/{cast.shift.id}/claim", {"_once": "claim"})
    for route in web.routes():
        for method in sorted(route.methods - {"HEAD"}):
            path = await world.address(route.path, "stan")
            if route.path in (*SKIPPED, "/sign-out"):
                continue
            if method == "GET":
                await client.get(path)
            elif route.path.startswith("/api/"):
                await client.request(
                    method, path, json=BODIES.get(route.path, {"phone": PHONE, "name": NAME})
                )
            else:
                await client.sends(
                    path, {"phone": PHONE, "name": NAME, "id_number": ID_NUMBER, "reason": NAME}
                )
    # Her employer looks at her, and the jobs run, one of them failing over her data.
    await world.comes(client, "emil")
    for path in (
        "/employer",
        f"/employer/shifts/{cast.shift.id}",
        "/employer/settlement",
        "/employer/profile",
    ):
        await client.get(path)
    await client.sends("/employer/members", {"phone": PHONE})
    await outbox.relay(worker.jobs())

    async def indiscreet(now, notice_id):
        raise ValueError(f"{PHONE} {ID_NUMBER} {NAME}")

    await OutboxRow.all().update(state="waiting", due_at=clock.now())
    await outbox.relay(
        {"accounts.send_notice": indiscreet, "accounts.send_code": worker.jobs()["accounts.send_code"]}
    )

    assert await Notice.filter(user=canary).exists()
    assert len(logged) > 50
    kept = {"tables": await tables(), "figures": generate_latest().decode(), "addresses": " ".join(addresses)}
    kept["log"] = " ".join(
        str(event) for event in logged if "ValueError" not in str(event.get("exception", ""))
    )
    # An answer that is kept with its key may hold her name, as her account does.
    leaks = [
        f"{canary} in {where}"
        for where, text in kept.items()
        for canary in CANARIES
        if canary in text and not (canary == NAME and where == "tables")
    ]
    assert leaks == []


async def _note(answer, addresses: list[str]) -> None:
    addresses += [
        str(answer.request.url),
        answer.headers.get("location", ""),
        answer.headers.get("hx-redirect", ""),
    ]


def _index(phone: str) -> str:
    return crypto.blind_index(f"+86{phone}")


@pytest.mark.parametrize(
    "text",
    [
        f"call {PHONE} now",
        f"+86{PHONE}",
        f"id {ID_NUMBER}",
        "320583199001011234",
        f"{PHONE},{ID_NUMBER}",
    ],
)
def test_the_net_below_the_log_catches_what_slips_through(text: str):
    hidden = logs._hide(None, "", {"event": text, "number": 5})
    assert not any(canary in hidden["event"] for canary in (PHONE, ID_NUMBER))
    assert "•••" in hidden["event"]


@pytest.mark.parametrize("text", ["request_id=1234567890123456", "ms=139123456789", "2026-11-23T04:00:00"])
def test_and_leaves_other_numbers_alone(text: str):
    assert logs._hide(None, "", {"event": text})["event"] == text
