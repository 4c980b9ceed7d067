"""Points for giving shifts back late: what they cost, how they fade, when they pause, on both databases."""

from datetime import timedelta

import pytest

from accounts.models import Notice
from app.invariants import broken
from core import clock
from core.errors import NotFound, Refused
from core.models import AuditRow
from marketplace import rules
from marketplace.actions import claims, points
from marketplace.models import Claim, PointRow, Shift
from marketplace.queries.points import standing_of
from marketplace.rules import ClaimState, Standing
from tests.cast import Cast, Visitor, make_gig, shift_input, viewer, workers

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOW = clock.now()


@pytest.mark.parametrize(
    ("left", "cost"),
    [(48 * HOUR, 0), (48 * HOUR - SECOND, 1), (24 * HOUR, 1), (24 * HOUR - SECOND, 3), (12 * HOUR, 3),
     (12 * HOUR - SECOND, 5), (4 * HOUR, 5), (4 * HOUR - SECOND, 7), (SECOND, 7)],
)  # fmt: skip
def test_the_later_the_more(left: timedelta, cost: int) -> None:
    assert rules.points_for(ClaimState.HIRED, NOW - SECOND, NOW + left, NOW) == cost


def test_undo_and_waiting_cost_nothing() -> None:
    assert rules.points_for(ClaimState.HIRED, NOW, NOW + HOUR, NOW) == 0
    assert rules.points_for(ClaimState.HIRED, NOW - SECOND, NOW + HOUR, NOW) == 7
    assert rules.points_for(ClaimState.WAITING, None, NOW + HOUR, NOW) == 0


def test_points_fade_with_work_and_with_time() -> None:
    given = [(NOW - 10 * DAY, 3)]
    assert rules.standing(given, [], NOW).points == 3
    assert rules.standing(given, [NOW - 9 * DAY, NOW - 8 * DAY], NOW).points == 1
    assert rules.standing(given, [NOW - 11 * DAY], NOW).points == 3
    assert rules.standing(given, [NOW - 9 * DAY] * 5, NOW).points == 0
    assert rules.standing([(NOW - 90 * DAY + SECOND, 3)], [], NOW).points == 3
    assert rules.standing([(NOW - 90 * DAY, 3)], [], NOW).points == 0


def test_eight_points_pause_for_fourteen_days() -> None:
    seven, eight = [(NOW - DAY, 7)], [(NOW - DAY, 7), (NOW, 1)]
    assert rules.standing(seven, [], NOW) == Standing(7)
    assert rules.standing(eight, [], NOW) == Standing(8, NOW + 14 * DAY)
    assert rules.standing(eight, [], NOW + 14 * DAY - SECOND).paused_until == NOW + 14 * DAY
    assert rules.standing(eight, [], NOW + 14 * DAY) == Standing(8)


def test_points_taken_back_end_the_pause_and_work_does_not() -> None:
    eight = [(NOW - 2 * DAY, 8)]
    assert rules.standing(eight, [NOW - DAY], NOW) == Standing(7, NOW + 12 * DAY)
    assert rules.standing([*eight, (NOW - DAY, -8)], [], NOW) == Standing(0)


async def gives_back(cast: Cast, who, starts_in: timedelta) -> int:
    """Take a shift of one's own, and give it back seven minutes later."""
    _, shift = await make_gig(cast.emil, cast.site, shift_input(starts_in=starts_in))
    got = await claims.claim_shift(shift.id, who, now=clock.now() - 10 * MINUTE)
    await claims.cancel_claim(got.id, who, clock.now() - 3 * MINUTE)
    return got.id


@pytest.mark.anyio
async def test_giving_back_late_is_written_down_and_told(cast: Cast) -> None:
    wanda = await viewer(cast.wanda)
    claim_id = await gives_back(cast, wanda, 20 * HOUR)
    assert [(row.points, row.reason) for row in await PointRow.filter(claim_id=claim_id)] == [(3, "late")]
    assert await Notice.filter(user=cast.wanda, kind="points").count() == 1
    assert await standing_of(wanda.id, clock.now() + HOUR) == Standing(3)
    assert await broken(clock.now()) == []


@pytest.mark.anyio
async def test_undo_and_leaving_the_list_leave_no_points(cast: Cast) -> None:
    people = [await viewer(user) for user in await workers(3)]
    made = [(await claims.claim_shift(cast.shift.id, each, now=clock.now())).id for each in people]
    await claims.cancel_claim(made[2], people[2], clock.now() + HOUR)
    await claims.cancel_claim(made[0], people[0], clock.now() + 4 * MINUTE)
    assert await PointRow.all().count() == 0


@pytest.mark.anyio
async def test_too_many_points_pause_and_the_refusal_names_the_day(cast: Cast) -> None:
    wanda, now = await viewer(cast.wanda), clock.now()
    await gives_back(cast, wanda, 2 * HOUR)
    assert (await claims.claim_shift(cast.shift.id, wanda, now=now)).state is ClaimState.HIRED
    await gives_back(cast, wanda, 40 * HOUR)
    _, later = await make_gig(cast.emil, cast.site, shift_input(starts_in=30 * DAY))
    with pytest.raises(Refused) as caught:
        await claims.claim_shift(later.id, wanda, now=now + 7 * MINUTE)
    until = (await standing_of(wanda.id, now + 7 * MINUTE)).paused_until
    assert until is not None
    assert caught.value.reason.code == "paused"
    assert clock.local(until).date().isoformat() in caught.value.reason.text
    assert await Notice.filter(user=cast.wanda, kind="paused").count() == 1
    assert (await claims.claim_shift(later.id, wanda, now=until)).state is ClaimState.HIRED


@pytest.mark.anyio
async def test_not_coming_costs_the_most_until_it_turns_out_that_she_came(cast: Cast) -> None:
    wanda = await viewer(cast.wanda)
    await claims.claim_shift(cast.shift.id, wanda, now=clock.now())
    after = cast.shift.ends_at + HOUR
    await claims.mark_absent(after)
    assert (await standing_of(wanda.id, after)).points == 8
    assert await broken(after) == []
    await attendance_noted(cast)
    assert await standing_of(wanda.id, after) == Standing(0)


async def attendance_noted(cast: Cast) -> None:
    """As the printed sheet says, typed afterwards."""
    await Claim.filter(worker=cast.wanda).update(state=ClaimState.WORKED)


@pytest.mark.anyio
async def test_an_officer_takes_points_back_once_and_only_of_the_own_county(
    client: Visitor, cast: Cast
) -> None:
    wanda = await viewer(cast.wanda)
    claim_id = await gives_back(cast, wanda, 2 * HOUR)
    row, olga = await PointRow.get(claim_id=claim_id), await viewer(cast.olga)
    with pytest.raises(NotFound):
        await points.take_back(row.id, olga, ["310101"], clock.now())
    await client.calls_as(cast.olga)
    got = await client.post(f"/api/v1/points/{row.id}/take-back")
    assert (got.status_code, got.json()) == (200, {"points": 7})
    again = await client.post(f"/api/v1/points/{row.id}/take-back")
    assert (again.status_code, again.json()["code"]) == (409, "taken-back")
    assert (await standing_of(wanda.id, clock.now() + HOUR)).points == 0
    trail = await AuditRow.get(verb="points.taken-back")
    assert (trail.actor_id, trail.subject_id) == (cast.olga.id, cast.wanda.id)
    assert await broken(clock.now()) == []


@pytest.mark.anyio
async def test_the_page_says_what_it_costs_before_the_tap(client: Visitor, cast: Cast) -> None:
    _, shift = await make_gig(cast.emil, cast.site, shift_input(starts_in=6 * HOUR))
    got = await claims.claim_shift(shift.id, await viewer(cast.wanda), now=clock.now() - 10 * MINUTE)
    await client.comes_as(cast.wanda)
    client.headers["Accept-Language"] = "en"
    page = (await client.get(f"/claims/{got.id}")).text
    assert "costs 5 points" in page
    assert (await client.get(f"/api/v1/claims/{got.id}")).status_code == 401
    await client.sends(f"/claims/{got.id}/cancel")
    assert "+5" in (await client.get("/account/points")).text
    await client.calls_as(cast.wanda)
    told = (await client.get("/api/v1/me/points")).json()
    assert (told["points"], told["limit"], told["paused_until"]) == (5, 8, None)
    assert (await Shift.get(id=shift.id)).taken == 0
