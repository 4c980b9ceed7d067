"""The day of a shift and what follows it, on both databases. Time is passed, nobody sleeps."""

from datetime import date, timedelta

import pytest

from accounts.models import Notice
from app.invariants import broken
from core import clock
from core.errors import NotFound, Refused
from core.models import AuditRow, OutboxRow
from marketplace import rules
from marketplace.actions import attendance, claims, corrections, day, ratings, reminders, settlement
from marketplace.forms import (
    CorrectionInput,
    MessageInput,
    RatingInput,
    SlipInput,
    TimesInput,
    TruthInput,
    WishAnswerInput,
)
from marketplace.models import Attendance, Claim, Correction, PayLine, Rating, Shift
from marketplace.queries import after, exports
from marketplace.queries.claims import claim_page
from marketplace.queries.employer import shift_page
from marketplace.queries.feed import newest
from marketplace.queries.places import Place, region_place
from marketplace.queries.reputation import Share, employers_records, truths_of, workers_records
from marketplace.rules import CheckedBy, ClaimState, CorrectionState, PayKind, PayState
from tests.cast import KUNSHAN, Cast, make_gig, shift_input, viewer

pytestmark = pytest.mark.anyio
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


async def refused(awaitable) -> str:
    with pytest.raises(Refused) as caught:
        await awaitable
    return caught.value.reason.code


async def hired(cast: Cast) -> int:
    return (await claims.claim_shift(cast.shift.id, await viewer(cast.wanda), now=clock.now())).id


async def worked(cast: Cast, out=timedelta(0)) -> PayLine:
    claim_id = await hired(cast)
    await attendance.check_in_by_hand(claim_id, (cast.employer.id,), cast.shift.starts_at)
    return await attendance.check_out(claim_id, await viewer(cast.wanda), cast.shift.ends_at - out)


def wish(minutes: int) -> CorrectionInput:
    return CorrectionInput(minutes=minutes, reason="多干了半小时")


YES, NO = WishAnswerInput(accept=True), WishAnswerInput(accept=False, words="那天没有加班")


# --- reminders ---


async def kinds(cast: Cast) -> list[str]:
    return [
        row.kind for row in await Notice.filter(user=cast.wanda, kind__startswith="reminder").order_by("id")
    ]


async def test_she_is_reminded_twelve_and_two_hours_ahead_once_each(cast: Cast):
    await hired(cast)
    start = cast.shift.starts_at
    assert await reminders.remind(start - 12 * HOUR - MINUTE) == 0
    assert await reminders.remind(start - 12 * HOUR) == 1
    assert await reminders.remind(start - 11 * HOUR) == 0
    assert await reminders.remind(start - 2 * HOUR) == 1
    assert await reminders.remind(start - HOUR) == 0
    assert await kinds(cast) == ["reminder-far", "reminder-near"]
    notice = await Notice.filter(user=cast.wanda, kind="reminder-near").get()
    assert "人民路 88 号" in notice.params["place"]
    assert {"notice_id": notice.id} in [
        row.args for row in await OutboxRow.filter(job="accounts.send_notice")
    ]


async def test_a_worker_process_that_slept_reminds_late_but_not_after_the_start(cast: Cast):
    await hired(cast)
    assert await reminders.remind(cast.shift.starts_at - HOUR) == 1
    assert await kinds(cast) == ["reminder-near"]
    assert await reminders.remind(cast.shift.starts_at) == 0


async def test_who_is_hired_shortly_before_is_not_reminded_of_what_was_just_read(cast: Cast):
    _, soon = await make_gig(
        cast.emil, cast.site, shift_input(starts_in=timedelta(minutes=90)), title="急招洗碗"
    )
    await claims.claim_shift(soon.id, await viewer(cast.wanda), now=clock.now())
    assert await reminders.remind(clock.now()) == 0
    assert await kinds(cast) == []


async def test_who_gave_the_shift_back_is_not_reminded(cast: Cast):
    claim_id = await hired(cast)
    await claims.cancel_claim(claim_id, await viewer(cast.wanda), clock.now())
    assert await reminders.remind(cast.shift.starts_at - 12 * HOUR) == 0


# --- on the way, late ---


async def test_the_employer_sees_who_is_on_the_way_and_who_is_late(cast: Cast):
    claim_id, wanda = await hired(cast), await viewer(cast.wanda)
    soon = cast.shift.starts_at - HOUR
    await day.set_out(claim_id, wanda, soon)
    await day.set_out(claim_id, wanda, soon + MINUTE)
    await day.be_late(claim_id, wanda, 20, soon)
    await day.be_late(claim_id, wanda, 20, soon)
    (one,) = (await shift_page((cast.employer.id,), cast.shift.id, soon)).coming
    assert (one.on_way_at, one.late_minutes) == (soon, 20)
    assert await Notice.filter(user=cast.emil, kind="worker-late").count() == 1


async def test_nobody_is_on_the_way_for_somebody_else_or_the_day_before(cast: Cast):
    claim_id = await hired(cast)
    with pytest.raises(NotFound):
        await day.be_late(claim_id, await viewer(cast.stan), 10, cast.shift.starts_at)
    early = cast.shift.starts_at - 12 * HOUR - MINUTE
    assert await refused(day.set_out(claim_id, await viewer(cast.wanda), early)) == "too-early"
    assert await refused(day.set_out(claim_id, await viewer(cast.wanda), cast.shift.ends_at)) == "over"


# --- slips and sheets ---


async def test_the_digits_of_a_slip_check_somebody_in(cast: Cast):
    claim_id = await hired(cast)
    code = (await Claim.get(id=claim_id)).slip_code
    assert len(code) == 6
    assert code.isdigit()
    mine, start = (cast.employer.id,), cast.shift.starts_at
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert (
        await refused(day.check_in_by_slip(cast.shift.id, mine, SlipInput(code=wrong), start)) == "wrong-slip"
    )
    here = await day.check_in_by_slip(cast.shift.id, mine, SlipInput(code=code), start)
    assert (here.in_by, (await Claim.get(id=claim_id)).state) == (CheckedBy.SLIP, ClaimState.WORKING)
    assert (
        await refused(day.check_in_by_slip(cast.shift.id, mine, SlipInput(code=code), start)) == "checked-in"
    )
    with pytest.raises(NotFound):
        await day.check_in_by_slip(cast.shift.id, (), SlipInput(code=code), start)


async def test_hours_from_the_sheet_are_typed_in_within_seven_days(cast: Cast):
    claim_id, end = await hired(cast), cast.shift.ends_at
    await claims.mark_absent(end)
    times = TimesInput(in_at=cast.shift.starts_at + 10 * MINUTE, out_at=end)
    mine = (cast.employer.id,)
    assert await refused(day.hours_by_hand(claim_id, mine, times, end + 7 * DAY + MINUTE)) == "too-late"
    outside = TimesInput(in_at=cast.shift.starts_at - 3 * HOUR, out_at=end)
    assert await refused(day.hours_by_hand(claim_id, mine, outside, end)) == "not-in-shift"
    line = await day.hours_by_hand(claim_id, mine, times, end + 7 * DAY)
    assert (line.minutes, line.amount_fen) == (230, rules.amount_fen(230, 2800))
    noted = await AuditRow.filter(verb="claim.working", object_id=claim_id).get()
    assert noted.change == {"by": "by hand"}
    assert await refused(day.hours_by_hand(claim_id, mine, times, end + DAY)) == "checked-in"
    assert await Attendance.filter(claim_id=claim_id, in_by=CheckedBy.HAND).count() == 1
    assert await broken(end + 7 * DAY) == []


async def test_hours_are_not_typed_in_before_the_end(cast: Cast):
    claim_id = await hired(cast)
    times = TimesInput(in_at=cast.shift.starts_at, out_at=cast.shift.ends_at)
    assert (
        await refused(day.hours_by_hand(claim_id, (cast.employer.id,), times, cast.shift.starts_at))
        == "not-over"
    )


# --- messages ---


async def test_a_message_reaches_everybody_who_is_hired_and_nobody_else(cast: Cast):
    claim_id = await hired(cast)
    now, emil = clock.now(), await viewer(cast.emil)
    await day.write_to_all(cast.shift.id, emil, MessageInput(text="请从后门进"), now)
    assert await Notice.filter(kind="shift-message").count() == 1
    page = await claim_page(claim_id, await viewer(cast.wanda))
    assert [m.text for m in (await after.after_claim(page, now)).messages] == ["请从后门进"]
    with pytest.raises(NotFound):
        await day.write_to_all(cast.shift.id, await viewer(cast.stan), MessageInput(text="喂喂"), now)
    late = cast.shift.ends_at + 3 * HOUR
    assert await refused(day.write_to_all(cast.shift.id, emil, MessageInput(text="谢谢"), late)) == "over"


# --- corrections and silence ---


async def test_an_agreed_correction_changes_the_line_that_is_not_paid(cast: Cast):
    line, now = await worked(cast), cast.shift.ends_at
    asked = await corrections.ask(line.claim_id, await viewer(cast.wanda), wish(270), now)
    assert asked.answer_by == now + DAY
    await corrections.answer(asked.id, (cast.employer.id,), YES, now + HOUR)
    line = await PayLine.get(id=line.id)
    assert (line.minutes, line.amount_fen, line.state) == (
        270,
        rules.amount_fen(270, 2800),
        PayState.CONFIRMED,
    )
    assert await Notice.filter(user=cast.wanda, kind="correction-accepted").count() == 1
    assert await refused(corrections.answer(asked.id, (cast.employer.id,), NO, now + HOUR)) == "answered"


async def test_a_refused_correction_changes_nothing_and_says_why(cast: Cast):
    line, now = await worked(cast), cast.shift.ends_at
    asked = await corrections.ask(line.claim_id, await viewer(cast.wanda), wish(270), now)
    await corrections.answer(asked.id, (cast.employer.id,), NO, now)
    assert (await PayLine.get(id=line.id)).minutes == 240
    assert (await Notice.filter(user=cast.wanda, kind="correction-refused").get()).params[
        "reason"
    ] == NO.words
    with pytest.raises(NotFound):
        await corrections.answer(asked.id, (cast.employer.id + 99,), YES, now)


async def test_silence_for_a_day_approves_and_not_a_minute_earlier(cast: Cast):
    line, now = await worked(cast), cast.shift.ends_at
    asked = await corrections.ask(line.claim_id, await viewer(cast.wanda), wish(300), now)
    assert await corrections.approve_silent(now + DAY - MINUTE) == 0
    assert await corrections.confirm_silent(now + DAY) == 0, "an open wish is waited for"
    assert await corrections.approve_silent(now + DAY) == 1
    assert await corrections.approve_silent(now + DAY) == 0
    assert (await Correction.get(id=asked.id)).state is CorrectionState.ACCEPTED
    assert (await PayLine.get(id=line.id)).minutes == 300
    assert await broken(now + DAY) == []


async def test_an_agreed_correction_of_a_paid_line_is_a_line_of_its_own(cast: Cast):
    line, now, mine = await worked(cast), cast.shift.ends_at, (cast.employer.id,)
    await settlement.confirm_hours(line.id, mine, None, now)
    await settlement.mark_paid(line.id, mine, now)
    wanda = await viewer(cast.wanda)
    assert await refused(corrections.ask(line.claim_id, wanda, wish(200), now)) == "paid"
    asked = await corrections.ask(line.claim_id, wanda, wish(247), now)
    await corrections.answer(asked.id, mine, YES, now)
    old, new = await PayLine.filter(claim_id=line.claim_id).order_by("id")
    assert (old.minutes, old.amount_fen, old.state) == (240, 11200, PayState.PAID)
    assert (new.kind, new.minutes, new.amount_fen, new.state) == (
        PayKind.CORRECTION,
        7,
        327,
        PayState.CONFIRMED,
    )
    assert await broken(now) == []


async def test_one_wish_at_a_time_within_seven_days_and_not_the_same_hours(cast: Cast):
    line, now, wanda = await worked(cast), cast.shift.ends_at, await viewer(cast.wanda)
    assert await refused(corrections.ask(line.claim_id, wanda, wish(240), now)) == "same"
    assert (
        await refused(corrections.ask(line.claim_id, wanda, wish(250), now + 7 * DAY + MINUTE)) == "too-late"
    )
    await corrections.ask(line.claim_id, wanda, wish(250), now + 7 * DAY)
    assert await refused(corrections.ask(line.claim_id, wanda, wish(260), now)) == "asked"
    with pytest.raises(NotFound):
        await corrections.ask(line.claim_id, await viewer(cast.stan), wish(260), now)


async def test_silence_confirms_hours_a_day_after_the_check_out(cast: Cast):
    line, end = await worked(cast), cast.shift.ends_at
    assert await corrections.confirm_silent(end + DAY - MINUTE) == 0
    assert await corrections.confirm_silent(end + DAY) == 1
    assert await corrections.confirm_silent(end + DAY) == 0
    line = await PayLine.get(id=line.id)
    assert (line.state, line.confirmed_at) == (PayState.CONFIRMED, end + DAY)


async def test_silence_confirms_nothing_that_is_disputed(cast: Cast):
    line, end = await worked(cast), cast.shift.ends_at
    await settlement.dispute(line.id, await viewer(cast.wanda), "少算了", end)
    assert await corrections.confirm_silent(end + 3 * DAY) == 0


async def test_a_dispute_about_a_paid_line_is_settled_by_a_further_line(cast: Cast):
    line, now, mine = await worked(cast), cast.shift.ends_at, (cast.employer.id,)
    assert await refused(corrections.settle_dispute(line.id, mine, 30, now)) == "not-disputed"
    await settlement.confirm_hours(line.id, mine, None, now)
    await settlement.mark_paid(line.id, mine, now)
    await settlement.dispute(line.id, await viewer(cast.wanda), "少算了半小时", now)
    added = await corrections.settle_dispute(line.id, mine, 30, now)
    old = await PayLine.get(id=line.id)
    assert (old.state, old.minutes, old.amount_fen) == (PayState.PAID, 240, 11200)
    assert (added.kind, added.amount_fen, added.state) == (PayKind.CORRECTION, 1400, PayState.CONFIRMED)
    assert await refused(corrections.settle_dispute(line.id, mine, 30, now)) == "not-disputed"
    assert await broken(now) == []


# --- what they say of each other ---


async def test_each_reads_the_other_once_both_have_rated(cast: Cast):
    line, end = await worked(cast), cast.shift.ends_at
    wanda, emil = await viewer(cast.wanda), await viewer(cast.emil)
    await ratings.rate(line.claim_id, wanda, RatingInput(stars=4, words="厨房很热"), end)

    async def seen(by, now):
        return (await after.after_claim(await claim_page(line.claim_id, by), now)).theirs

    assert await seen(emil, end) is None
    assert (await employers_records((cast.employer.id,), end))[cast.employer.id].stars.of == 0
    assert (await seen(emil, end + 15 * DAY)).stars == 4
    await ratings.rate(line.claim_id, emil, RatingInput(stars=5), end + HOUR)
    assert (await seen(emil, end + HOUR)).words == "厨房很热"
    assert (await seen(wanda, end + HOUR)).stars == 5
    assert (await employers_records((cast.employer.id,), end + HOUR))[cast.employer.id].stars.words == "4.0"
    assert await refused(ratings.rate(line.claim_id, wanda, RatingInput(stars=1), end)) == "rated"
    assert await Rating.all().count() == 2


async def test_stars_are_given_for_work_done_within_fourteen_days_by_who_was_there(cast: Cast):
    claim_id = await hired(cast)
    assert (
        await refused(ratings.rate(claim_id, await viewer(cast.wanda), RatingInput(stars=5), clock.now()))
        == "not-worked"
    )
    await attendance.check_in_by_hand(claim_id, (cast.employer.id,), cast.shift.starts_at)
    await attendance.check_out(claim_id, await viewer(cast.wanda), cast.shift.ends_at)
    late = cast.shift.ends_at + 14 * DAY + MINUTE
    assert (
        await refused(ratings.rate(claim_id, await viewer(cast.wanda), RatingInput(stars=5), late))
        == "too-late"
    )
    with pytest.raises(NotFound):
        await ratings.rate(claim_id, await viewer(cast.stan), RatingInput(stars=5), cast.shift.ends_at)


async def test_what_workers_say_is_counted_fact_by_fact(cast: Cast):
    line, end = await worked(cast), cast.shift.ends_at
    await ratings.tell_truth(line.claim_id, await viewer(cast.wanda), TruthInput(pay=True, hours=False), end)
    truths = (await truths_of((cast.employer.id,), end))[cast.employer.id]
    assert (truths.pay, truths.hours, truths.meals) == (Share(1, 1), Share(0, 1), Share())
    again = ratings.tell_truth(line.claim_id, await viewer(cast.wanda), TruthInput(pay=False), end)
    assert await refused(again) == "rated"
    with pytest.raises(NotFound):
        await ratings.tell_truth(line.claim_id, await viewer(cast.emil), TruthInput(pay=True), end)
    assert await truths_of((cast.employer.id,), end + 91 * DAY) == {}


async def test_reliability_is_how_they_are_now(cast: Cast):
    line, end, mine = await worked(cast), cast.shift.ends_at, (cast.employer.id,)
    await settlement.confirm_hours(line.id, mine, None, end + HOUR)
    await settlement.mark_paid(line.id, mine, end + HOUR)
    record = (await employers_records(mine, end + DAY))[cast.employer.id]
    late_at_night = clock.local(end).date() != clock.local(end + HOUR).date()
    assert (record.answered, record.paid.of, record.called_off) == (Share(1, 1), 1, Share(0, 1))
    assert record.paid.good == (0 if late_at_night else 1)
    worker = (await workers_records((cast.wanda.id,), end))[cast.wanda.id]
    assert (worker.came, worker.on_time) == (Share(1, 1), Share(1, 1))
    assert (await workers_records((cast.wanda.id,), end + 100 * DAY))[cast.wanda.id].came == Share()


async def test_hours_that_silence_confirmed_count_as_not_answered(cast: Cast):
    await worked(cast)
    await corrections.confirm_silent(cast.shift.ends_at + DAY)
    record = (await employers_records((cast.employer.id,), cast.shift.ends_at + DAY))[cast.employer.id]
    assert record.answered == Share(0, 1)


# --- sheets and feeds ---


async def test_the_settlement_adds_up_to_the_fen_with_its_corrections(cast: Cast):
    line, now, mine = await worked(cast, out=7 * MINUTE), cast.shift.ends_at, (cast.employer.id,)
    await settlement.confirm_hours(line.id, mine, None, now)
    await settlement.mark_paid(line.id, mine, now)
    await settlement.dispute(line.id, await viewer(cast.wanda), "少算了七分钟", now)
    await corrections.settle_dispute(line.id, mine, 7, now)
    month = clock.local(cast.shift.starts_at).date().replace(day=1)
    rows = await exports.pay_rows(cast.employer.id, month, None)
    assert [row.amount_fen for row in rows] == [rules.amount_fen(233, 2800), rules.amount_fen(7, 2800)]
    assert [row.kind for row in await exports.pay_rows(cast.employer.id, month, PayState.CONFIRMED)] == [
        PayKind.CORRECTION
    ]
    assert await exports.pay_rows(cast.employer.id + 1, month, None) == []
    assert len(await exports.came_rows(cast.employer.id, month)) == 1
    assert await exports.came_rows(cast.employer.id, date(2020, 1, 1)) == []


async def test_the_feed_has_public_shifts_near_the_place_and_no_others(cast: Cast):
    near = region_place(KUNSHAN)
    assert [new.offer.id for new in await newest(near, clock.now())] == [cast.shift.id]
    assert [new.offer.id for new in await newest(None, clock.now())] == [cast.shift.id]
    assert await newest(Place(30.0, 100.0, "x"), clock.now()) == []
    await Shift.filter(id=cast.shift.id).update(tier="favourites")
    assert await newest(near, clock.now()) == []
