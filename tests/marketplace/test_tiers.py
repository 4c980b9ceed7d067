"""Tiered release: favourites, then good past workers, then everybody, on both databases."""

from datetime import timedelta

import pytest

from accounts.models import User
from core import clock
from core.errors import NotFound
from marketplace import rules
from marketplace.actions import claims, gigs, marks
from marketplace.actions.tiers import widen_shifts
from marketplace.forms import FindInput, ShiftInput
from marketplace.models import Claim, Gig, Rating, Shift
from marketplace.queries import shifts
from marketplace.rules import ClaimState, MarkKind, Side, Tier
from tests.cast import Cast, Visitor, make_gig, shift_input, viewer, workers

pytestmark = pytest.mark.anyio

SECOND = timedelta(seconds=1)


def tiered(**more) -> ShiftInput:
    return shift_input(**more).model_copy(update={"release": "tiered"})


async def release(cast: Cast) -> Shift:
    """A tiered shift, published by the officer."""
    gig, shift = await make_gig(cast.emil, cast.site, tiered(starts_in=timedelta(days=3)), publish=False)
    await gigs.decide_gig(
        gig.id, ["320583"], await viewer(cast.olga), accept=True, reason="", now=clock.now()
    )
    return await Shift.get(id=shift.id)


async def favourite_and_past(cast: Cast) -> tuple[User, User]:
    """Somebody with a star, and somebody who has worked here."""
    star, past = await workers(2)
    for worker in (star, past):
        got = await claims.claim_shift(cast.shift.id, await viewer(worker), now=clock.now())
        await Claim.filter(id=got.id).update(state=ClaimState.WORKED)
    await marks.mark_worker(cast.employer.id, (cast.employer.id,), star.id, MarkKind.FAVOURITE, clock.now())
    await Claim.filter(worker=star).update(state=ClaimState.CANCELLED)
    return star, past


async def sees(shift: Shift, reader: User | None) -> bool:
    """In the list and on its own page alike."""
    reader_id = reader.id if reader else None
    listed = [item.id for item in (await shifts.find_shifts(FindInput(), clock.now(), reader_id)).items]
    try:
        await shifts.shift_page(shift.id, reader_id, clock.now())
        opened = True
    except NotFound:
        opened = False
    assert opened == (shift.id in listed)
    return opened


async def test_each_tier_sees_it_in_its_turn(cast: Cast) -> None:
    shift, (star, past) = await release(cast), await favourite_and_past(cast)
    assert (shift.tier, shift.widens_at is not None) == (Tier.FAVOURITES, True)
    assert [await sees(shift, who) for who in (star, past, cast.wanda, None)] == [True, False, False, False]
    await widen_shifts(shift.widens_at)
    assert [await sees(shift, who) for who in (star, past, cast.wanda, None)] == [True, True, False, False]
    await widen_shifts((await Shift.get(id=shift.id)).widens_at)
    assert [await sees(shift, who) for who in (star, past, cast.wanda, None)] == [True] * 4
    assert (await Shift.get(id=shift.id)).widens_at is None


async def test_it_widens_at_its_time_and_not_before_and_by_one_step(cast: Cast) -> None:
    shift = await release(cast)
    assert await widen_shifts(shift.widens_at - SECOND) == 0
    assert await widen_shifts(shift.widens_at + timedelta(days=1)) == 1
    assert (await Shift.get(id=shift.id)).tier is Tier.PAST


async def test_who_was_rated_badly_waits_for_everybody(cast: Cast) -> None:
    shift, (_, past) = await release(cast), await favourite_and_past(cast)
    await widen_shifts(shift.widens_at)
    claim = await Claim.get(worker=past)
    await Rating.create(claim=claim, side=Side.EMPLOYER, stars=3, at=clock.now())
    assert not await sees(shift, past)


async def test_nobody_claims_a_shift_that_is_not_open_to_them_yet(cast: Cast) -> None:
    shift, (star, _) = await release(cast), await favourite_and_past(cast)
    with pytest.raises(NotFound):
        await claims.claim_shift(shift.id, await viewer(cast.wanda), now=clock.now())
    assert (await claims.claim_shift(shift.id, await viewer(star), now=clock.now())).state is ClaimState.HIRED


async def test_time_runs_only_from_the_publishing(cast: Cast) -> None:
    _, shift = await make_gig(cast.emil, cast.site, tiered(starts_in=timedelta(days=3)), publish=False)
    assert (shift.tier, shift.widens_at) == (Tier.FAVOURITES, None)
    assert await widen_shifts(clock.now() + timedelta(days=1)) == 0


async def test_further_shifts_of_a_public_gig_are_released_at_once(cast: Cast) -> None:
    now = clock.now()
    (added,) = await gigs.add_shifts(
        cast.gig.id, (cast.employer.id,), [tiered(starts_in=timedelta(hours=5))], now
    )
    shift = await Shift.get(id=added)
    assert (shift.tier, shift.widens_at - now) == (Tier.FAVOURITES, timedelta(minutes=5))
    assert (await Shift.get(id=cast.shift.id)).tier is Tier.ALL


@pytest.mark.parametrize(("hours", "minutes"), [(5.9, 5), (6, 20), (23.9, 20), (24, 60), (500, 60)])
def test_the_nearer_the_start_the_faster_it_widens(hours: float, minutes: int) -> None:
    now = clock.now()
    assert rules.widens_at(Tier.FAVOURITES, now + timedelta(hours=hours), now) == now + timedelta(
        minutes=minutes
    )
    assert rules.widens_at(Tier.ALL, now + timedelta(hours=hours), now) is None


async def test_the_form_and_the_api_choose_it(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.emil)
    assert 'name="tiered"' in (await client.get("/employer/gigs/new")).text
    day = (clock.local(clock.now()) + timedelta(days=2)).date().isoformat()
    posted = await client.sends(
        "/employer/gigs/new",
        {
            "site_id": cast.site.id,
            "title": "晚市传菜员",
            "trade": "waiter",
            "duties": "传菜。",
            "conditions": "不怕累。",
            "hourly": "28",
            "settles": "day",
            "min_age": "18",
            "date_0": day,
            "from_0": "18:00",
            "to_0": "22:00",
            "places_0": "2",
            "tiered": "yes",
        },
    )
    assert posted.status_code == 303, posted.text
    newest = await Gig.all().order_by("-id").first()
    assert (await Shift.get(gig=newest)).tier is Tier.FAVOURITES
