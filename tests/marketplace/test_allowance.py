"""What an employer owes who calls a shift off late, on both databases."""

from datetime import timedelta

import pytest
from tortoise.exceptions import IntegrityError

from accounts.models import Notice
from app.invariants import broken
from core import clock
from core.errors import Refused
from marketplace import rules
from marketplace.actions import claims, settlement
from marketplace.models import Claim, PayLine, Shift
from marketplace.rules import PayKind, PayState
from tests.cast import Cast, Visitor, make_gig, shift_input, viewer, workers

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
NOW = clock.now()


@pytest.mark.parametrize(("left", "percent"), [(24 * HOUR, 0), (24 * HOUR - SECOND, 60), (SECOND, 60)])
def test_the_notice_is_a_whole_day(left: timedelta, percent: int) -> None:
    assert rules.allowance_percent(NOW + left, NOW) == percent


@pytest.mark.parametrize(("paid", "minutes"), [(240, 144), (241, 145), (0, 0), (1, 1)])
def test_the_share_is_whole_minutes_rounded_up(paid: int, minutes: int) -> None:
    assert rules.allowance_minutes(paid, 60) == minutes


async def called_off(cast: Cast, starts_in: timedelta, people: int = 3) -> tuple[Shift, int]:
    """A shift of two places with somebody waiting, called off now; and what is owed."""
    _, shift = await make_gig(cast.emil, cast.site, shift_input(starts_in=starts_in))
    for user in await workers(people):
        await claims.claim_shift(shift.id, await viewer(user), now=clock.now())
    return shift, await claims.call_off_shift(shift.id, cast.employer.id, clock.now())


@pytest.mark.anyio
async def test_everybody_hired_is_owed_and_who_waited_is_not(cast: Cast) -> None:
    _, owed = await called_off(cast, 5 * HOUR)
    lines = await PayLine.filter(kind=PayKind.ALLOWANCE)
    assert [(line.minutes, line.amount_fen, line.state) for line in lines] == [
        (144, 6720, PayState.CONFIRMED)
    ] * 2
    assert owed == 2 * 6720
    assert await Notice.filter(kind="allowance").count() == 2
    assert await broken(clock.now()) == []


@pytest.mark.anyio
async def test_in_good_time_nothing_is_owed(cast: Cast) -> None:
    _, owed = await called_off(cast, 30 * HOUR)
    assert (owed, await PayLine.all().count()) == (0, 0)


@pytest.mark.anyio
async def test_it_is_paid_like_pay_but_its_minutes_are_fixed(cast: Cast) -> None:
    await called_off(cast, 5 * HOUR, 1)
    line, mine = await PayLine.get(), (cast.employer.id,)
    worker = await viewer(await line.worker)
    await settlement.dispute(line.id, worker, "少了", clock.now())
    with pytest.raises(Refused) as caught:
        await settlement.confirm_hours(line.id, mine, 1, clock.now())
    assert caught.value.reason.code == "fixed"
    await settlement.confirm_hours(line.id, mine, None, clock.now())
    assert (await settlement.mark_paid(line.id, mine, clock.now())).state is PayState.PAID
    assert await broken(clock.now()) == []


@pytest.mark.anyio
async def test_the_database_itself_refuses_a_second_allowance(cast: Cast) -> None:
    await called_off(cast, 5 * HOUR, 1)
    line = await PayLine.get()
    again = {name: getattr(line, name) for name in line._meta.db_fields if name != "id"}
    with pytest.raises(IntegrityError):
        await PayLine.create(**again)


@pytest.mark.anyio
async def test_the_employer_reads_what_it_costs_before_and_sees_it_in_the_settlement(
    client: Visitor, cast: Cast
) -> None:
    _, shift = await make_gig(cast.emil, cast.site, shift_input(starts_in=5 * HOUR))
    for user in await workers(2):
        await claims.claim_shift(shift.id, await viewer(user), now=clock.now())
    await client.comes_as(cast.emil)
    client.headers["Accept-Language"] = "en"
    page = (await client.get(f"/employer/shifts/{shift.id}?confirm=call-off")).text
    assert "You owe them ¥134.40: 60% of the agreed pay" in page
    await client.sends(f"/employer/shifts/{shift.id}/call-off")
    books = (await client.get("/employer/settlement?state=confirmed")).text
    assert books.count("Allowance, called off late") == 2
    claim = await Claim.filter(shift=shift).first()
    await client.comes_as(await claim.worker)
    assert "¥67.20" in (await client.get(f"/claims/{claim.id}")).text
