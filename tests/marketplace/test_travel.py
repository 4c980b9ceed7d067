"""No two shifts between which there is no way, on both databases."""

from datetime import date, datetime, timedelta

import pytest

from core import clock
from core.errors import Refused
from marketplace import rules
from marketplace.actions import claims
from marketplace.actions.waiting import promote_everywhere
from marketplace.forms import FindInput
from marketplace.models import Claim, Shift, Skip
from marketplace.queries import shifts
from marketplace.rules import Booked, ClaimState, Conflict
from tests.cast import HERE, Cast, Visitor, make_gig, make_site, shift_input, viewer, workers

DAY = date(2026, 11, 23)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
START = datetime(2026, 11, 24, 10, 0, tzinfo=clock.now().tzinfo)
TEN_KM_NORTH = (HERE[0] + 10_000 / 111_195, HERE[1])


def booked(starts_in: timedelta, hours: float = 4, point: tuple[float, float] = HERE) -> Booked:
    start = START + starts_in
    return Booked(start, start + timedelta(hours=hours), point)


def test_ten_kilometres_take_fifty_minutes_and_the_same_place_none() -> None:
    assert rules.travel_time(HERE, HERE, DAY) == timedelta(0)
    assert abs(rules.travel_time(HERE, TEN_KM_NORTH, DAY) - 50 * MINUTE) < 5 * SECOND


@pytest.mark.parametrize(
    ("gap", "found"), [(49 * MINUTE, Conflict.TRAVEL), (51 * MINUTE, None), (-MINUTE, Conflict.OVERLAP)]
)
def test_the_way_counts_before_and_after(gap: timedelta, found: Conflict | None) -> None:
    wanted = booked(timedelta(0))
    after = booked(4 * HOUR + gap, point=TEN_KM_NORTH)
    before = booked(-4 * HOUR - gap, point=TEN_KM_NORTH)
    assert rules.conflict(wanted, [after]) is found
    assert rules.conflict(wanted, [before]) is found


def test_at_the_same_place_one_shift_may_follow_the_other_at_once() -> None:
    assert rules.conflict(booked(timedelta(0)), [booked(4 * HOUR), booked(-4 * HOUR)]) is None


def test_an_overlap_is_told_before_a_long_way() -> None:
    far = booked(4 * HOUR, point=TEN_KM_NORTH)
    assert rules.conflict(booked(timedelta(0)), [far, booked(HOUR)]) is Conflict.OVERLAP


async def two(cast: Cast, gap: timedelta) -> Shift:
    """A shift ten kilometres away that begins so long after the cast's ends."""
    site = await make_site(cast.employer, TEN_KM_NORTH)
    wait = timedelta(days=1, hours=4) + gap
    _, other = await make_gig(cast.emil, site, shift_input(starts_in=wait, places=1))
    return other


@pytest.mark.anyio
async def test_a_shift_too_far_from_ones_own_is_refused_and_takes_nothing(cast: Cast) -> None:
    other, wanda = await two(cast, 45 * MINUTE), await viewer(cast.wanda)
    await claims.claim_shift(cast.shift.id, wanda, now=clock.now())
    with pytest.raises(Refused) as caught:
        await claims.claim_shift(other.id, wanda, now=clock.now())
    assert caught.value.reason.code == "travel"
    assert (await Shift.get(id=other.id)).taken == 0


@pytest.mark.anyio
async def test_with_time_enough_for_the_way_both_are_hers(cast: Cast) -> None:
    other, wanda = await two(cast, 55 * MINUTE), await viewer(cast.wanda)
    await claims.claim_shift(cast.shift.id, wanda, now=clock.now())
    assert (await claims.claim_shift(other.id, wanda, now=clock.now())).state is ClaimState.HIRED


@pytest.mark.anyio
async def test_the_card_says_so_before_the_tap_to_her_alone(cast: Cast) -> None:
    far, near = await two(cast, 30 * MINUTE), await two(cast, 2 * HOUR)
    await claims.claim_shift(cast.shift.id, await viewer(cast.wanda), now=clock.now())

    async def flags(reader: int | None) -> dict[int, Conflict | None]:
        found = await shifts.find_shifts(FindInput(), clock.now(), reader)
        return {item.id: item.conflict for item in found.items}

    mine = await flags(cast.wanda.id)
    assert (mine[far.id], mine[near.id], mine[cast.shift.id]) == (Conflict.TRAVEL, None, Conflict.OVERLAP)
    for other in (cast.stan.id, None):
        assert set((await flags(other)).values()) == {None}


@pytest.mark.anyio
async def test_a_waiter_with_no_way_is_passed_over_and_hired_once_free_again(cast: Cast) -> None:
    other, now = await two(cast, 45 * MINUTE), clock.now()
    first, busy = [await viewer(user) for user in await workers(2)]
    taken = await claims.claim_shift(other.id, first, now=now)
    waiting = await claims.claim_shift(other.id, busy, now=now)
    mine = await claims.claim_shift(cast.shift.id, busy, now=now + SECOND)
    await claims.cancel_claim(taken.id, first, now + MINUTE)
    assert await Skip.filter(claim_id=waiting.id, reason="travel").count() == 1
    assert await promote_everywhere(now + MINUTE) == 0
    await claims.cancel_claim(mine.id, busy, now + 2 * MINUTE)
    assert await promote_everywhere(now + 3 * MINUTE) == 1
    assert (await Claim.get(id=waiting.id)).state is ClaimState.HIRED


@pytest.mark.anyio
async def test_the_page_of_the_shift_gives_the_reason(client: Visitor, cast: Cast) -> None:
    other = await two(cast, 30 * MINUTE)
    await claims.claim_shift(cast.shift.id, await viewer(cast.wanda), now=clock.now())
    await client.calls_as(cast.wanda)
    told = (await client.get(f"/api/v1/shifts/{other.id}")).json()
    assert (told["why_not"]["code"], told["conflict"]) == ("travel", None)
    listed = (await client.get("/api/v1/shifts")).json()["items"]
    assert {item["id"]: item["conflict"] for item in listed}[other.id] == "travel"
