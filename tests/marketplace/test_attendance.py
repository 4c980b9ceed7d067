"""Coming, going, and the money that follows, on both databases."""

from datetime import timedelta

import pytest

from accounts.models import Notice
from core import clock
from core.errors import NotFound, Refused
from marketplace import rules
from marketplace.actions import attendance, claims, settlement
from marketplace.forms import CheckInInput
from marketplace.models import Attendance, Claim, Gig, PayLine
from marketplace.rules import CheckedBy, ClaimState, PayState
from tests.cast import HERE, Cast, viewer

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)
ELSEWHERE = (HERE[0] + 0.01, HERE[1])  # more than a kilometre off


async def refused(awaitable) -> str:
    with pytest.raises(Refused) as caught:
        await awaitable
    return caught.value.reason.code


async def hired(cast: Cast) -> int:
    return (await claims.claim_shift(cast.shift.id, await viewer(cast.wanda), now=clock.now())).id


def shown(cast: Cast, now, **more) -> CheckInInput:
    """What the site's screen says at this moment."""
    return CheckInInput(code=rules.check_in_code(cast.shift.check_in_key, rules.check_in_step(now)), **more)


async def worked(cast: Cast) -> PayLine:
    claim_id = await hired(cast)
    await attendance.check_in_by_hand(claim_id, (cast.employer.id,), cast.shift.starts_at)
    return await attendance.check_out(claim_id, await viewer(cast.wanda), cast.shift.ends_at)


async def test_she_types_the_code_works_and_is_owed_her_pay(cast: Cast):
    claim_id, wanda, start = await hired(cast), await viewer(cast.wanda), cast.shift.starts_at
    here = await attendance.check_in(claim_id, wanda, shown(cast, start, lat=HERE[0], lon=HERE[1]), start)
    assert (here.in_by, here.in_distance_m) == (CheckedBy.CODE, 0)
    line = await attendance.check_out(claim_id, wanda, cast.shift.ends_at)
    assert (line.minutes, line.amount_fen, line.state) == (240, 4 * 2800, PayState.DUE)
    assert (await Claim.get(id=claim_id)).state is ClaimState.WORKED
    assert await Notice.filter(user=cast.wanda, kind="pay-due").count() == 1


async def test_the_qr_works_as_well(cast: Cast):
    claim_id, start = await hired(cast), cast.shift.starts_at
    token = rules.check_in_token(cast.shift.check_in_key, cast.shift.id, rules.check_in_step(start))
    here = await attendance.check_in(claim_id, await viewer(cast.wanda), CheckInInput(token=token), start)
    assert (here.in_by, here.in_distance_m) == (CheckedBy.QR, None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"code": "000000"}, "stale-code"),
        ({"code": ""}, "stale-code"),
        ({"code": "１２３４５６"}, "stale-code"),
        ({"code": "", "token": "0-0"}, "stale-code"),
        ({"lat": ELSEWHERE[0], "lon": ELSEWHERE[1]}, "outside"),
    ],
)
async def test_who_is_not_there_is_not_checked_in(cast: Cast, change: dict, reason: str):
    claim_id, start = await hired(cast), cast.shift.starts_at
    tried = shown(cast, start).model_copy(update=change)
    assert await refused(attendance.check_in(claim_id, await viewer(cast.wanda), tried, start)) == reason
    assert await Attendance.all().count() == 0


async def test_an_old_code_is_worth_nothing(cast: Cast):
    claim_id, start = await hired(cast), cast.shift.starts_at
    tried = attendance.check_in(claim_id, await viewer(cast.wanda), shown(cast, start - 5 * MINUTE), start)
    assert await refused(tried) == "stale-code"


async def test_one_checks_in_once(cast: Cast):
    claim_id, start = await hired(cast), cast.shift.starts_at
    await attendance.check_in_by_hand(claim_id, (cast.employer.id,), start)
    assert await refused(attendance.check_in_by_hand(claim_id, (cast.employer.id,), start)) == "checked-in"


async def test_nobody_checks_in_another_or_a_foreign_worker(cast: Cast):
    claim_id, start = await hired(cast), cast.shift.starts_at
    with pytest.raises(NotFound):
        await attendance.check_in(claim_id, await viewer(cast.stan), shown(cast, start), start)
    with pytest.raises(NotFound):
        await attendance.check_in_by_hand(claim_id, (cast.employer.id + 1,), start)


async def test_who_forgets_to_check_out_leaves_at_the_agreed_end(cast: Cast):
    claim_id = await hired(cast)
    await attendance.check_in_by_hand(claim_id, (cast.employer.id,), cast.shift.starts_at)
    late = cast.shift.ends_at + rules.FORGOTTEN_AFTER
    assert await attendance.close_forgotten(late - MINUTE) == 0
    assert await attendance.close_forgotten(late) == 1
    here = await Attendance.get(claim_id=claim_id)
    assert (here.out_at, here.out_by, here.worked_minutes) == (cast.shift.ends_at, CheckedBy.TIMER, 240)


async def test_who_does_not_come_is_noted_as_absent_and_owed_nothing(cast: Cast):
    claim_id = await hired(cast)
    assert await claims.mark_absent(cast.shift.ends_at) == 1
    assert (await Claim.get(id=claim_id)).state is ClaimState.ABSENT
    assert await PayLine.all().count() == 0


async def test_the_pay_is_that_of_the_terms_and_not_of_the_posting_as_it_is_now(cast: Cast):
    claim_id = await hired(cast)
    await Gig.all().update(hourly_fen=9900)
    await attendance.check_in_by_hand(claim_id, (cast.employer.id,), cast.shift.starts_at)
    line = await attendance.check_out_by_hand(claim_id, (cast.employer.id,), cast.shift.ends_at)
    assert line.hourly_fen == 2800


# --- settlement ---


async def test_a_line_is_confirmed_and_paid_and_she_is_told(cast: Cast):
    line, mine, now = await worked(cast), (cast.employer.id,), clock.now()
    assert (await settlement.confirm_hours(line.id, mine, None, now)).state is PayState.CONFIRMED
    assert (await settlement.mark_paid(line.id, mine, now)).paid_at == now
    assert await Notice.filter(user=cast.wanda, kind__in=("pay-confirmed", "pay-paid")).count() == 2
    assert await refused(settlement.mark_paid(line.id, mine, now)) == "paid"
    assert await refused(settlement.confirm_hours(line.id, mine, 10, now)) == "confirmed"


async def test_corrected_hours_are_paid_by_the_minute(cast: Cast):
    line = await worked(cast)
    fixed = await settlement.confirm_hours(line.id, (cast.employer.id,), 255, clock.now())
    assert (fixed.minutes, fixed.amount_fen) == (255, 11900)


async def test_a_dispute_goes_back_to_the_employer_with_its_words(cast: Cast):
    line, mine, now = await worked(cast), (cast.employer.id,), clock.now()
    wanda = await viewer(cast.wanda)
    told = await settlement.dispute(line.id, wanda, "少算了一小时", now)
    assert (told.state, told.dispute) == (PayState.DISPUTED, "少算了一小时")
    assert await Notice.filter(user=cast.emil, kind="pay-disputed").count() == 1
    assert await refused(settlement.dispute(line.id, wanda, "还是不对", now)) == "disputed"
    assert await refused(settlement.mark_paid(line.id, mine, now)) == "not-confirmed"
    assert (await settlement.confirm_hours(line.id, mine, 300, now)).state is PayState.CONFIRMED


async def test_the_database_itself_keeps_a_paid_line_as_it_is(cast: Cast):
    line, now = await worked(cast), clock.now()
    await settlement.confirm_hours(line.id, (cast.employer.id,), None, now)
    await settlement.mark_paid(line.id, (cast.employer.id,), now)
    for change in ({"amount_fen": 1}, {"minutes": 1}, {"paid_at": None}, {"worker_id": cast.stan.id}):
        with pytest.raises(Exception, match="pay_line_paid_is_final"):
            await PayLine.filter(id=line.id).update(**change)


async def test_strangers_find_no_line(cast: Cast):
    line, now = await worked(cast), clock.now()
    for tried in (
        settlement.confirm_hours(line.id, (cast.employer.id + 1,), None, now),
        settlement.mark_paid(line.id, (), now),
        settlement.dispute(line.id, await viewer(cast.stan), "不对", now),
    ):
        with pytest.raises(NotFound):
            await tried


async def test_all_that_is_due_is_confirmed_at_once(cast: Cast):
    line = await worked(cast)
    assert await settlement.confirm_all(cast.employer.id, clock.now()) == 1
    assert await settlement.confirm_all(cast.employer.id, clock.now()) == 0
    assert (await PayLine.get(id=line.id)).state is PayState.CONFIRMED
