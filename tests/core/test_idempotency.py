"""The same request twice has one effect and one answer."""

import asyncio
from datetime import timedelta

import pytest
from starlette.responses import JSONResponse, RedirectResponse, Response

from core import audit, clock, database, idempotency
from core.errors import Malformed, NotFound, Refused
from core.models import AuditRow, IdempotencyKey

pytestmark = pytest.mark.anyio

ME, YOU = 1, 2


async def effects() -> int:
    return await AuditRow.filter(verb="test.done").count()


async def act() -> Response:
    await audit.record("test.done", "test", 1, now=clock.now())
    return JSONResponse({"number": await effects()}, 201)


async def once(run=act, *, key="k", content=b"{}", actor=ME, route="POST /things") -> Response:
    return await idempotency.once(actor_id=actor, key=key, route=route, content=content, run=run)


async def refused(awaitable) -> str:
    with pytest.raises(Refused) as caught:
        await awaitable
    return caught.value.reason.code


async def test_the_second_time_gives_the_first_answer_and_does_nothing(db):
    first, second = await once(), await once()
    assert (second.status_code, second.body) == (first.status_code, first.body) == (201, b'{"number":1}')
    assert second.headers["content-type"] == first.headers["content-type"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert await effects() == 1


async def test_a_redirect_leads_to_the_same_place_again(db):
    async def go() -> Response:
        return RedirectResponse("/claims/7", 303)

    for _ in range(2):
        answer = await once(go)
        assert (answer.status_code, answer.headers["location"]) == (303, "/claims/7")


@pytest.mark.parametrize("changed", [{"content": b'{"a":1}'}, {"route": "POST /others"}])
async def test_the_same_key_for_another_request_is_refused(db, changed):
    await once()
    assert await refused(once(**changed)) == "idempotency-key-reused"
    assert await effects() == 1


async def test_a_key_belongs_to_its_person(db):
    await once(actor=ME)
    await once(actor=YOU)
    assert await effects() == 2


async def test_without_a_key_it_simply_runs(db):
    await once(key="")
    await once(key="")
    assert await effects() == 2


@pytest.mark.parametrize("key", ["k" * 256, "a\0b", "line\nbreak"])
async def test_an_impossible_key_is_named(db, key):
    with pytest.raises(Malformed):
        await once(key=key)
    assert await effects() == 0


async def test_many_at_once_have_one_effect_and_one_answer(db):
    answers = await asyncio.gather(*(once() for _ in range(12)))
    assert {(answer.status_code, answer.body) for answer in answers} == {(201, b'{"number":1}')}
    assert await effects() == 1


async def test_a_refusal_is_not_remembered(db):
    async def refuse() -> Response:
        raise Refused("full", "Full.")

    assert await refused(once(refuse)) == "full"
    assert (await once()).status_code == 201
    assert await effects() == 1


@pytest.mark.parametrize("error", [NotFound(), ZeroDivisionError()])
async def test_what_went_wrong_leaves_nothing_behind(db, error):
    async def fail() -> Response:
        await act()
        raise error

    with pytest.raises(type(error)):
        await once(fail)
    assert await effects() == 0
    assert await IdempotencyKey.all().count() == 0


async def test_an_answer_of_refusal_takes_back_what_was_done_on_the_way(db):
    """A handler shows its refusal as a page; what it did before must not stand for all that."""

    async def half() -> Response:
        await act()
        return Response("no", 409)

    assert (await once(half)).status_code == 409
    assert await effects() == 0
    assert (await once()).status_code == 201


async def test_an_action_refused_inside_a_handler_leaves_nothing_and_the_page_can_be_shown(db):
    async def action() -> None:
        async with database.transaction():
            await act()
            await IdempotencyKey.create(
                actor_id=ME, key="taken", route="", fingerprint="", status=1, body="", created_at=clock.now()
            )

    async def handler() -> Response:
        with pytest.raises(Exception, match=r"(?i)unique"):
            await action()
        return JSONResponse({"number": await effects()})

    await action()
    assert (await once(handler)).body == b'{"number":1}'


async def test_keys_are_forgotten_after_two_days_and_not_before(db):
    await once()
    await idempotency.sweep(clock.now() + idempotency.KEEP - timedelta(minutes=1))
    assert await IdempotencyKey.all().count() == 1
    await idempotency.sweep(clock.now() + idempotency.KEEP + timedelta(minutes=1))
    assert await IdempotencyKey.all().count() == 0
