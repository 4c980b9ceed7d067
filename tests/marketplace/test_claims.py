"""The claim engine, on both databases."""

from datetime import timedelta

import pytest

from accounts.models import Consent, Notice
from core import clock
from core.errors import NotFound, Refused
from marketplace import rules
from marketplace.actions import claims
from marketplace.actions.waiting import promote_everywhere
from marketplace.models import Claim, LedgerRow, Shift, Skip
from marketplace.queries.shifts import shift_page
from marketplace.rules import ClaimState
from tests.cast import Cast, make_gig, shift_input, viewer, workers

pytestmark = pytest.mark.anyio


async def refused(awaitable) -> str:
    with pytest.raises(Refused) as caught:
        await awaitable
    return caught.value.reason.code


async def test_one_tap_and_wanda_is_hired(cast: Cast) -> None:
    now = clock.now()
    got = await claims.claim_shift(cast.shift.id, await viewer(cast.wanda), now=now)
    assert (got.state, got.position, got.undo_until) == (ClaimState.HIRED, None, now + rules.UNDO_WINDOW)
    assert (await Shift.get(id=cast.shift.id)).taken == 1
    assert await LedgerRow.filter(claim_id=got.id, change=1).count() == 1
    assert await Consent.filter(user=cast.wanda, employer=cast.employer).count() == 1
    assert await Notice.filter(user=cast.wanda, kind="hired").count() == 1


async def test_the_second_tap_is_refused_and_takes_nothing(cast: Cast) -> None:
    wanda = await viewer(cast.wanda)
    await claims.claim_shift(cast.shift.id, wanda, now=clock.now())
    assert await refused(claims.claim_shift(cast.shift.id, wanda, now=clock.now())) == "already-claimed"
    assert (await Shift.get(id=cast.shift.id)).taken == 1


async def test_who_comes_when_it_is_full_waits_in_order(cast: Cast) -> None:
    people = [await viewer(user) for user in await workers(4)]
    got = [await claims.claim_shift(cast.shift.id, each, now=clock.now()) for each in people]
    assert [each.state for each in got] == [ClaimState.HIRED] * 2 + [ClaimState.WAITING] * 2
    assert [each.position for each in got] == [None, None, 1, 2]


async def test_who_does_not_want_to_wait_is_told_it_is_full(cast: Cast) -> None:
    people = [await viewer(user) for user in await workers(3)]
    for each in people[:2]:
        await claims.claim_shift(cast.shift.id, each, now=clock.now())
    assert await refused(claims.claim_shift(cast.shift.id, people[2], wait=False, now=clock.now())) == "full"
    assert (await Shift.get(id=cast.shift.id)).waiting == 0


async def test_undo_gives_the_place_to_the_next_in_the_same_moment(cast: Cast) -> None:
    first, second, third = [await viewer(user) for user in await workers(3)]
    mine = await claims.claim_shift(cast.shift.id, first, now=clock.now())
    await claims.claim_shift(cast.shift.id, second, now=clock.now())
    next_one = await claims.claim_shift(cast.shift.id, third, now=clock.now())
    assert await claims.cancel_claim(mine.id, first, clock.now()) is ClaimState.UNDONE
    assert (await Claim.get(id=next_one.id)).state is ClaimState.HIRED
    shift = await Shift.get(id=cast.shift.id)
    assert (shift.taken, shift.waiting) == (2, 0)
    assert await Notice.filter(user_id=third.id, kind="promoted").count() == 1


async def test_after_five_minutes_giving_back_is_a_cancellation(cast: Cast) -> None:
    wanda = await viewer(cast.wanda)
    mine = await claims.claim_shift(cast.shift.id, wanda, now=clock.now())
    later = clock.now() + timedelta(minutes=6)
    assert await claims.cancel_claim(mine.id, wanda, later) is ClaimState.CANCELLED


async def test_who_undid_may_come_again(cast: Cast) -> None:
    wanda = await viewer(cast.wanda)
    mine = await claims.claim_shift(cast.shift.id, wanda, now=clock.now())
    await claims.cancel_claim(mine.id, wanda, clock.now())
    again = await claims.claim_shift(cast.shift.id, wanda, now=clock.now())
    assert again.state is ClaimState.HIRED
    assert again.id != mine.id


async def test_nobody_gives_back_another_persons_claim(cast: Cast) -> None:
    mine = await claims.claim_shift(cast.shift.id, await viewer(cast.wanda), now=clock.now())
    with pytest.raises(NotFound):
        await claims.cancel_claim(mine.id, await viewer(cast.stan), clock.now())


async def test_two_shifts_at_the_same_time_are_refused(cast: Cast) -> None:
    _, other = await make_gig(cast.emil, cast.site, shift_input(starts_in=timedelta(days=1, hours=2)))
    wanda = await viewer(cast.wanda)
    await claims.claim_shift(cast.shift.id, wanda, now=clock.now())
    assert await refused(claims.claim_shift(other.id, wanda, now=clock.now())) == "overlap"


async def test_the_database_itself_refuses_the_overlap(cast: Cast) -> None:
    _, other = await make_gig(cast.emil, cast.site, shift_input(starts_in=timedelta(days=1, hours=2)))
    wanda = await viewer(cast.wanda)
    await claims.claim_shift(cast.shift.id, wanda, now=clock.now())
    page = await shift_page(other.id, wanda.id, clock.now())
    with pytest.raises(Exception, match="overlap"):
        await claims._write(page, wanda, True, clock.now())


async def test_a_waiter_who_works_elsewhere_is_passed_over_with_a_reason_and_keeps_the_place(
    cast: Cast,
) -> None:
    _, other = await make_gig(cast.emil, cast.site, shift_input(starts_in=timedelta(days=1, hours=2)))
    first, second, busy, free = [await viewer(user) for user in await workers(4)]
    mine = await claims.claim_shift(cast.shift.id, first, now=clock.now())
    await claims.claim_shift(cast.shift.id, second, now=clock.now())
    waiting = await claims.claim_shift(cast.shift.id, busy, now=clock.now())
    behind = await claims.claim_shift(cast.shift.id, free, now=clock.now())
    elsewhere = await claims.claim_shift(other.id, busy, now=clock.now())
    await claims.cancel_claim(mine.id, first, clock.now())
    assert (await Claim.get(id=behind.id)).state is ClaimState.HIRED
    assert (await Claim.get(id=waiting.id)).state is ClaimState.WAITING
    assert await Skip.filter(claim_id=waiting.id, reason="overlap").count() == 1
    await claims.change_places(cast.shift.id, cast.employer.id, 3, clock.now())
    await claims.cancel_claim(elsewhere.id, busy, clock.now())
    await promote_everywhere(clock.now())
    assert (await Claim.get(id=waiting.id)).state is ClaimState.HIRED


async def test_places_never_fall_below_the_hired_and_new_ones_go_to_the_waiting(cast: Cast) -> None:
    people = [await viewer(user) for user in await workers(3)]
    got = [await claims.claim_shift(cast.shift.id, each, now=clock.now()) for each in people]
    assert (
        await refused(claims.change_places(cast.shift.id, cast.employer.id, 1, clock.now())) == "places-taken"
    )
    await claims.change_places(cast.shift.id, cast.employer.id, 5, clock.now())
    assert (await Claim.get(id=got[2].id)).state is ClaimState.HIRED


async def test_calling_off_frees_everybody_and_tells_them(cast: Cast) -> None:
    people = [await viewer(user) for user in await workers(3)]
    got = [await claims.claim_shift(cast.shift.id, each, now=clock.now()) for each in people]
    await claims.call_off_shift(cast.shift.id, cast.employer.id, clock.now())
    assert {(await Claim.get(id=each.id)).state for each in got} == {ClaimState.CALLED_OFF}
    assert await Notice.filter(kind="called-off").count() == 3
    shift = await Shift.get(id=cast.shift.id)
    assert (shift.taken, shift.waiting) == (0, 0)


async def test_changed_terms_must_be_read_again(cast: Cast) -> None:
    tap = claims.claim_shift(cast.shift.id, await viewer(cast.wanda), terms="0" * 64, now=clock.now())
    assert await refused(tap) == "terms-changed"


async def test_an_employers_own_member_takes_no_shift_of_it(cast: Cast) -> None:
    cast.emil.birth_date = cast.wanda.birth_date
    await cast.emil.save()
    tap = claims.claim_shift(cast.shift.id, await viewer(cast.emil), now=clock.now())
    assert await refused(tap) == "own-employer"


async def test_a_shift_that_has_begun_is_closed_and_its_waiting_ends(cast: Cast) -> None:
    people = [await viewer(user) for user in await workers(4)]
    got = [await claims.claim_shift(cast.shift.id, each, now=clock.now()) for each in people[:3]]
    begun = cast.shift.starts_at
    assert await refused(claims.claim_shift(cast.shift.id, people[3], now=begun)) == "closed"
    await claims.lapse_waiting(begun)
    assert (await Claim.get(id=got[2].id)).state is ClaimState.LAPSED
    assert (await Shift.get(id=cast.shift.id)).waiting == 0
