"""A place that comes free when time is short is offered to one after the other, on both databases."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Notice, SavedPlace
from app.invariants import broken
from core import clock
from core.errors import NotFound, Refused
from marketplace import rules
from marketplace.actions import claims, waiting
from marketplace.models import Claim, Invitation, Shift, Skip
from marketplace.rules import ClaimState, InvitationState
from tests.cast import HERE, Cast, Visitor, make_gig, shift_input, viewer, workers

pytestmark = pytest.mark.anyio

SECOND = timedelta(seconds=1)
LATER = timedelta(hours=2)


async def refused(awaitable) -> str:
    with pytest.raises(Refused) as caught:
        await awaitable
    return caught.value.reason.code


class Queue:
    """A shift of one place in two hours, somebody hired, and people who wait."""

    def __init__(self, shift: Shift, people: list[Any], made: list[int], now: datetime) -> None:
        self.shift, self.people, self.made, self.now = shift, people, made, now

    async def leaves(self, who: int = 0) -> None:
        """Give the claim back."""
        await claims.cancel_claim(self.made[who], self.people[who], self.now)

    async def offer(self, who: int) -> Invitation:
        """The offer somebody has."""
        return await Invitation.get(claim_id=self.made[who])

    async def state(self, who: int) -> ClaimState:
        return (await Claim.get(id=self.made[who])).state

    async def counts(self) -> tuple[int, int, int]:
        """Taken, held, waiting."""
        shift = await Shift.get(id=self.shift.id)
        return shift.taken, shift.held, shift.waiting


async def queue(cast: Cast, count: int = 4, starts_in: timedelta = LATER) -> Queue:
    now = clock.now()
    _, shift = await make_gig(cast.emil, cast.site, shift_input(starts_in=starts_in, places=1))
    people = [await viewer(user) for user in await workers(count)]
    made = [(await claims.claim_shift(shift.id, each, now=now)).id for each in people]
    return Queue(shift, people, made, now)


async def test_shortly_before_the_start_the_next_is_asked_and_the_place_is_held(cast: Cast) -> None:
    here = await queue(cast)
    await here.leaves()
    offer = await here.offer(1)
    assert (offer.state, offer.expires_at - offer.offered_at) == (InvitationState.OPEN, timedelta(seconds=90))
    assert await here.counts() == (0, 1, 3)
    assert await here.state(1) is ClaimState.WAITING
    assert await Notice.filter(user_id=here.people[1].id, kind="offered").count() == 1
    assert await broken(here.now) == []


async def test_well_before_the_start_the_next_is_hired_at_once(cast: Cast) -> None:
    here = await queue(cast, starts_in=timedelta(hours=5))
    await here.leaves()
    assert await here.state(1) is ClaimState.HIRED
    assert await Invitation.all().count() == 0


def test_three_hours_are_the_border_between_asking_and_hiring() -> None:
    now = clock.now()
    assert rules.needs_answer(now + timedelta(hours=3), now)
    assert not rules.needs_answer(now + timedelta(hours=3) + SECOND, now)


async def test_a_held_place_is_nobody_elses(cast: Cast) -> None:
    here = await queue(cast)
    await here.leaves()
    got = await claims.claim_shift(here.shift.id, await viewer(cast.stan), now=here.now)
    assert (got.state, got.position) == (ClaimState.WAITING, 4)
    assert await refused(claims.change_places(here.shift.id, cast.employer.id, 0, here.now)) == "places-taken"


async def test_yes_hires_in_the_same_moment(cast: Cast) -> None:
    here = await queue(cast)
    await here.leaves()
    assert await waiting.accept((await here.offer(1)).id, here.people[1], here.now) == here.made[1]
    assert await here.state(1) is ClaimState.HIRED
    assert await here.counts() == (1, 0, 2)
    assert await broken(here.now) == []


async def test_no_asks_the_next_and_keeps_the_number(cast: Cast) -> None:
    here = await queue(cast)
    await here.leaves()
    await waiting.decline((await here.offer(1)).id, here.people[1], here.now)
    assert (await here.offer(2)).state is InvitationState.OPEN
    assert await here.state(1) is ClaimState.WAITING
    assert await here.counts() == (0, 1, 3)
    assert await refused(waiting.decline((await here.offer(1)).id, here.people[1], here.now)) == "offer-over"


async def test_silence_for_ninety_seconds_asks_the_next(cast: Cast) -> None:
    here = await queue(cast)
    await here.leaves()
    expires_at = (await here.offer(1)).expires_at
    assert await waiting.expire_invitations(expires_at - SECOND) == 0
    assert await waiting.expire_invitations(expires_at) == 1
    assert (await here.offer(1)).state is InvitationState.EXPIRED
    assert (await here.offer(2)).state is InvitationState.OPEN
    assert await waiting.expire_invitations(expires_at) == 0


async def test_an_answer_after_the_ninety_seconds_is_too_late_even_before_the_timer(cast: Cast) -> None:
    here = await queue(cast)
    await here.leaves()
    offer = await here.offer(1)
    assert await refused(waiting.accept(offer.id, here.people[1], offer.expires_at)) == "offer-over"
    await waiting.expire_invitations(offer.expires_at)
    assert await refused(waiting.accept(offer.id, here.people[1], offer.expires_at)) == "offer-over"
    assert await here.counts() == (0, 1, 3)


async def test_when_nobody_answered_the_place_is_free_for_who_comes_first(cast: Cast) -> None:
    here, now = await queue(cast, 3), clock.now()
    await here.leaves()
    for _ in range(2):
        now += timedelta(minutes=2)
        await waiting.expire_invitations(now)
    assert await here.counts() == (0, 0, 2)
    assert await waiting.promote_everywhere(now) == 0
    assert await broken(now) == []
    assert await waiting.accept((await here.offer(2)).id, here.people[2], now) == here.made[2]
    assert await refused(waiting.accept((await here.offer(1)).id, here.people[1], now)) == "offer-over"
    assert await broken(now) == []


async def test_who_cannot_arrive_any_more_is_passed_over(cast: Cast) -> None:
    here = await queue(cast)
    far = (HERE[0] + 0.5, HERE[1])
    await SavedPlace.create(user_id=here.people[1].id, name="家", lat=far[0], lon=far[1], created_at=here.now)
    await here.leaves()
    assert await Skip.filter(claim_id=here.made[1], reason="late").count() == 1
    assert (await here.offer(2)).state is InvitationState.OPEN
    assert await broken(here.now) == []


def test_who_lives_next_door_can_arrive_later_than_who_lives_nowhere_we_know() -> None:
    now = clock.now()
    start = now + timedelta(minutes=30)
    assert not rules.can_arrive(start, None, HERE, now)
    assert rules.can_arrive(start + SECOND, None, HERE, now)
    assert rules.can_arrive(start, (HERE[0] + 0.001, HERE[1]), HERE, now)


async def test_who_leaves_the_list_lets_the_offer_go(cast: Cast) -> None:
    here = await queue(cast)
    await here.leaves()
    await here.leaves(1)
    assert (await here.offer(1)).state is InvitationState.DECLINED
    assert (await here.offer(2)).state is InvitationState.OPEN
    assert await here.counts() == (0, 1, 2)


async def test_calling_off_ends_open_offers(cast: Cast) -> None:
    here = await queue(cast)
    await here.leaves()
    await claims.call_off_shift(here.shift.id, cast.employer.id, here.now)
    assert (await here.offer(1)).state is InvitationState.EXPIRED
    assert await here.counts() == (0, 0, 0)
    assert await broken(here.now) == []


async def test_an_offer_ends_with_the_waiting_when_the_shift_begins(cast: Cast) -> None:
    here = await queue(cast)
    await here.leaves()
    await claims.lapse_waiting(here.shift.starts_at)
    assert await here.state(1) is ClaimState.LAPSED
    assert await here.counts() == (0, 0, 0)


async def test_nobody_answers_for_another(cast: Cast) -> None:
    here = await queue(cast)
    await here.leaves()
    for answer in (waiting.accept, waiting.decline):
        with pytest.raises(NotFound):
            await answer((await here.offer(1)).id, here.people[2], here.now)


async def test_who_took_another_shift_meanwhile_cannot_accept(cast: Cast) -> None:
    here = await queue(cast)
    await here.leaves()
    _, other = await make_gig(cast.emil, cast.site, shift_input(starts_in=LATER))
    await claims.claim_shift(other.id, here.people[1], now=here.now)
    assert await refused(waiting.accept((await here.offer(1)).id, here.people[1], here.now)) == "overlap"
    assert await here.counts() == (0, 1, 3)


async def test_the_page_asks_and_takes_the_answer(client: Visitor, cast: Cast) -> None:
    here = await queue(cast)
    await here.leaves()
    users = {user.id: user for user in await type(cast.wanda).all()}
    await client.comes_as(users[here.people[1].id])
    offer = await here.offer(1)
    for path in (f"/claims/{here.made[1]}", f"/shifts/{here.shift.id}", "/my"):
        assert f"/invitations/{offer.id}/accept" in (await client.get(path)).text
    assert (await client.sends(f"/invitations/{offer.id}/accept")).status_code == 303
    assert await here.state(1) is ClaimState.HIRED
    late = await client.sends(f"/invitations/{offer.id}/decline")
    assert late.status_code == 409


async def test_a_program_reads_the_offer_and_answers(client: Visitor, cast: Cast) -> None:
    here = await queue(cast)
    await here.leaves()
    users = {user.id: user for user in await type(cast.wanda).all()}
    await client.calls_as(users[here.people[1].id])
    told = (await client.get(f"/api/v1/claims/{here.made[1]}")).json()["invitation"]
    assert told["state"] == "open"
    no = await client.post(f"/api/v1/invitations/{told['id']}/decline")
    assert (no.status_code, no.json()["state"]) == (200, "waiting")
    yes = await client.post(f"/api/v1/invitations/{told['id']}/accept")
    assert (yes.status_code, yes.json()["code"]) == (409, "offer-over")
