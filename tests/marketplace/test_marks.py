"""Favourites and blocks from both sides, on both databases."""

from datetime import timedelta

import pytest

from app.invariants import broken
from core import clock
from core.errors import NotFound, Refused
from core.models import AuditRow
from marketplace.actions import claims, marks
from marketplace.forms import FindInput
from marketplace.models import Claim, Mark
from marketplace.queries import shifts
from marketplace.rules import ClaimState, MarkKind, Side
from tests.cast import Cast, Visitor, viewer, workers

pytestmark = pytest.mark.anyio


async def refused(awaitable) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        await awaitable
    return caught.value.reason.code, caught.value.reason.text


async def known(cast: Cast) -> int:
    """Wanda has had a place with Emil and given it back."""
    got = await claims.claim_shift(cast.shift.id, await viewer(cast.wanda), now=clock.now())
    await claims.cancel_claim(got.id, await viewer(cast.wanda), clock.now())
    return got.id


async def block(cast: Cast, side: Side) -> None:
    if side is Side.WORKER:
        await marks.mark_employer(await viewer(cast.wanda), cast.employer.id, MarkKind.BLOCKED, clock.now())
        return
    await known(cast)
    await marks.mark_worker(
        cast.employer.id, (cast.employer.id,), cast.wanda.id, MarkKind.BLOCKED, clock.now()
    )


@pytest.mark.parametrize("side", list(Side))
async def test_a_block_hides_the_shifts_whoever_set_it(cast: Cast, side: Side) -> None:
    await block(cast, side)
    assert (await shifts.find_shifts(FindInput(), clock.now(), cast.wanda.id)).total == 0
    assert (await shifts.find_shifts(FindInput(), clock.now(), cast.stan.id)).total == 1
    assert (await shifts.find_shifts(FindInput(), clock.now())).total == 1


async def test_who_blocked_is_reminded_and_who_is_blocked_hears_that_it_is_closed(cast: Cast) -> None:
    wanda = await viewer(cast.wanda)
    await block(cast, Side.WORKER)
    assert (await refused(claims.claim_shift(cast.shift.id, wanda, now=clock.now())))[0] == "blocked"
    await marks.mark_employer(wanda, cast.employer.id, None, clock.now())
    await block(cast, Side.EMPLOYER)
    code, words = await refused(claims.claim_shift(cast.shift.id, wanda, now=clock.now()))
    assert code == "closed"
    assert "block" not in words.lower()
    assert "屏蔽" not in words


async def test_taking_the_block_away_opens_everything_again(cast: Cast) -> None:
    wanda = await viewer(cast.wanda)
    await block(cast, Side.WORKER)
    await marks.mark_employer(wanda, cast.employer.id, None, clock.now())
    assert (await claims.claim_shift(cast.shift.id, wanda, now=clock.now())).state is ClaimState.HIRED


async def test_a_mark_replaces_the_one_before(cast: Cast) -> None:
    wanda = await viewer(cast.wanda)
    for kind in (MarkKind.FAVOURITE, MarkKind.BLOCKED):
        await marks.mark_employer(wanda, cast.employer.id, kind, clock.now())
    assert [mark.kind for mark in await Mark.all()] == [MarkKind.BLOCKED]
    assert await AuditRow.filter(verb__startswith="mark.").count() == 2


async def test_a_blocked_waiter_is_passed_over_in_silence(cast: Cast) -> None:
    people = [await viewer(user) for user in await workers(4)]
    made = [(await claims.claim_shift(cast.shift.id, each, now=clock.now())).id for each in people]
    await marks.mark_employer(people[2], cast.employer.id, MarkKind.BLOCKED, clock.now())
    await claims.cancel_claim(made[0], people[0], clock.now())
    states = [(await Claim.get(id=each)).state for each in made[2:]]
    assert states == [ClaimState.WAITING, ClaimState.HIRED]
    assert await broken(clock.now() + timedelta(seconds=1)) == []


async def test_an_employer_marks_only_whom_it_knows_and_only_for_itself(cast: Cast) -> None:
    mine = (cast.employer.id,)
    with pytest.raises(NotFound):
        await marks.mark_worker(cast.employer.id, mine, cast.stan.id, MarkKind.FAVOURITE, clock.now())
    await known(cast)
    with pytest.raises(NotFound):
        await marks.mark_worker(cast.employer.id, (), cast.wanda.id, MarkKind.FAVOURITE, clock.now())
    with pytest.raises(NotFound):
        await marks.mark_employer(await viewer(cast.wanda), 999, MarkKind.FAVOURITE, clock.now())


async def test_the_stars_stand_on_the_pages_and_work_without_scripts(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.wanda)
    assert f"/employers/{cast.employer.id}/mark" in (await client.get(f"/shifts/{cast.shift.id}")).text
    sent = await client.sends(
        f"/employers/{cast.employer.id}/mark", {"kind": "favourite", "next": "/account/marks"}
    )
    assert (sent.status_code, sent.headers["location"]) == (303, "/account/marks")
    assert cast.employer.name in (await client.get("/account/marks")).text
    got = await claims.claim_shift(cast.shift.id, await viewer(cast.wanda), now=clock.now())
    assert f"/employers/{cast.employer.id}/mark" in (await client.get(f"/claims/{got.id}")).text
    await client.comes_as(cast.emil)
    path = f"/employer/people/{cast.wanda.id}/mark"
    for page in ("/employer/people", f"/employer/shifts/{cast.shift.id}"):
        assert path in (await client.get(page)).text
    assert (await client.sends(path, {"kind": "blocked"})).status_code == 303
    assert (await Mark.get(side=Side.EMPLOYER)).kind is MarkKind.BLOCKED


async def test_the_api_marks_and_lists(client: Visitor, cast: Cast) -> None:
    await client.calls_as(cast.wanda)
    path = f"/api/v1/employers/{cast.employer.id}"
    assert (await client.put(f"{path}/mark", json={"kind": "favourite"})).status_code == 204
    (told,) = (await client.get("/api/v1/me/marks")).json()["items"]
    assert (told["kind"], told["open_shifts"]) == ("favourite", 1)
    assert (await client.put(f"{path}/mark", json={"kind": "hated"})).status_code == 422
    await claims.claim_shift(cast.shift.id, await viewer(cast.wanda), now=clock.now())
    await client.calls_as(cast.emil)
    marked = await client.put(f"{path}/people/{cast.wanda.id}/mark", json={"kind": "favourite"})
    assert marked.status_code == 204
    (known_one,) = (await client.get(f"{path}/people")).json()["items"]
    assert (known_one["kind"], known_one["name"]) == ("favourite", "王大妹")
    await client.calls_as(cast.stan)
    assert (await client.get(f"{path}/people")).status_code == 403
