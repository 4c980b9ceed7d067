"""The rules of the gig market at their edges."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.errors import refusal
from marketplace import rules
from marketplace.rules import ClaimFacts, ClaimState, PayState, Settles, ShiftState

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
END = START + timedelta(hours=4)
NOW = START - timedelta(days=1)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
KEY = "0123456789abcdef"
FACTS = ClaimFacts(
    public=True,
    state=ShiftState.OPEN,
    starts_at=START,
    places=2,
    taken=0,
    waiting=0,
    live_claim=False,
    overlaps=False,
    birth_date=date(1990, 1, 1),
    named=True,
    min_age=18,
)


def code(reason) -> str | None:
    return reason.code if reason else None


def why_not(now=NOW, **changed) -> str | None:
    return code(rules.why_not_claim(replace(FACTS, **changed), now))


# --- claiming ---


def test_a_shift_that_is_in_order_can_be_claimed():
    assert why_not() is None


@pytest.mark.parametrize(("now", "reason"), [(START - SECOND, None), (START, "closed"), (END, "closed")])
def test_a_shift_is_open_until_it_begins(now, reason):
    assert why_not(now) == reason


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"public": False}, "closed"),
        ({"state": ShiftState.CANCELLED}, "closed"),
        ({"live_claim": True}, "already-claimed"),
        ({"own_employer": True}, "own-employer"),
        ({"named": False}, "profile-needed"),
        ({"birth_date": None}, "profile-needed"),
        ({"overlaps": True}, "overlap"),
        ({"trade_refusal": refusal("trade", "No.")}, "trade"),
        ({"taken": 2, "waiting": 10}, "full"),
        ({"taken": 2, "waiting": 9}, None),
        ({"taken": 1, "waiting": 10}, None),
    ],
)
def test_each_reason_has_its_code(changed, reason):
    assert why_not(**changed) == reason


@pytest.mark.parametrize(("born", "reason"), [(date(2008, 11, 24), None), (date(2008, 11, 25), "too-young")])
def test_age_is_counted_on_the_day_of_the_shift(born, reason):
    assert why_not(birth_date=born) == reason


def test_of_several_reasons_the_one_that_ends_the_matter_comes_first():
    everything = {
        "public": False,
        "live_claim": True,
        "own_employer": True,
        "named": False,
        "overlaps": True,
        "taken": 2,
        "waiting": 10,
    }
    order = []
    for name in ["public", "live_claim", "own_employer", "named", "overlaps", "waiting"]:
        order.append(why_not(**everything))
        everything.pop(name)
    assert order == ["closed", "already-claimed", "own-employer", "profile-needed", "overlap", "full"]


@pytest.mark.parametrize(("places", "limit"), [(1, 10), (5, 10), (6, 12), (500, 1000)])
def test_twice_as_many_as_there_are_places_may_wait_and_ten_always(places, limit):
    assert rules.waiting_limit(places) == limit


# --- giving back ---


@pytest.mark.parametrize(
    ("state", "now", "reason"),
    [
        (ClaimState.HIRED, START - SECOND, None),
        (ClaimState.HIRED, START, "begun"),
        (ClaimState.WAITING, START, None),
        *(
            (state, NOW, "not-yours-to-cancel")
            for state in ClaimState
            if state not in (ClaimState.HIRED, ClaimState.WAITING)
        ),
    ],
)
def test_a_claim_can_be_given_back_until_the_shift_begins(state, now, reason):
    assert code(rules.why_not_cancel(state, START, now)) == reason


@pytest.mark.parametrize(
    ("late", "ended"),
    [
        (timedelta(0), ClaimState.UNDONE),
        (rules.UNDO_WINDOW, ClaimState.UNDONE),
        (rules.UNDO_WINDOW + SECOND, ClaimState.CANCELLED),
    ],
)
def test_within_five_minutes_it_leaves_no_trace(late, ended):
    assert rules.ended_as(ClaimState.HIRED, NOW + rules.UNDO_WINDOW, NOW + late) is ended


def test_who_only_waited_has_nothing_to_undo():
    assert rules.ended_as(ClaimState.WAITING, None, NOW) is ClaimState.CANCELLED


@pytest.mark.parametrize(("places", "reason"), [(1, "places-taken"), (2, None), (3, None)])
def test_places_do_not_fall_below_the_hired(places, reason):
    assert code(rules.why_not_places(places, 2)) == reason


def test_every_state_is_reached_and_no_ended_claim_goes_on():
    reached = {ClaimState.WAITING, ClaimState.HIRED}.union(*rules.EDGES.values())
    assert reached == set(ClaimState)
    # Who was absent may still have hours on the printed sheet.
    assert set(rules.EDGES) == {ClaimState.WAITING, ClaimState.HIRED, ClaimState.WORKING, ClaimState.ABSENT}


# --- the day ---


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (START - rules.CHECK_IN_OPENS - SECOND, "too-early"),
        (START - rules.CHECK_IN_OPENS, None),
        (END - SECOND, None),
        (END, "over"),
    ],
)
def test_checking_in_opens_an_hour_before_and_closes_with_the_shift(now, reason):
    assert code(rules.why_not_check_in(ClaimState.HIRED, START, END, now)) == reason


@pytest.mark.parametrize("state", ClaimState)
def test_only_the_hired_check_in_and_only_the_working_check_out(state):
    into = code(rules.why_not_check_in(state, START, END, START))
    expected = {ClaimState.HIRED: None, ClaimState.WORKING: "checked-in", ClaimState.WORKED: "checked-in"}
    assert into == expected.get(state, "not-hired")
    assert (rules.why_not_check_out(state) is None) == (state is ClaimState.WORKING)


def test_a_code_is_good_while_it_is_shown_and_two_minutes_after():
    shown = datetime.fromtimestamp(1_800_000_000, UTC)  # the first second of its step
    digits = rules.check_in_code(KEY, rules.check_in_step(shown))
    last = shown + timedelta(seconds=30 * (rules.CODE_GRACE + 1)) - SECOND
    assert rules.is_fresh_code(KEY, digits, shown)
    assert rules.is_fresh_code(KEY, digits, last)
    assert not rules.is_fresh_code(KEY, digits, last + SECOND)
    assert not rules.is_fresh_code(KEY, digits, shown - SECOND)


def test_a_qr_is_good_while_it_is_shown_and_half_a_minute_after():
    shown = datetime.fromtimestamp(1_800_000_000, UTC)
    token = rules.check_in_token(KEY, 7, rules.check_in_step(shown))
    last = shown + timedelta(seconds=30 * (rules.QR_GRACE + 1)) - SECOND
    assert rules.is_fresh_token(KEY, 7, token, last)
    assert not rules.is_fresh_token(KEY, 7, token, last + SECOND)
    assert not rules.is_fresh_token(KEY, 7, token, shown - SECOND)
    assert not rules.is_fresh_token(KEY, 8, token, shown)
    assert not rules.is_fresh_token("another key", 7, token, shown)


def test_codes_change_with_every_step_and_have_six_digits():
    codes = [rules.check_in_code(KEY, step) for step in range(500)]
    assert all(len(each) == 6 and each.isdigit() for each in codes)
    assert len(set(codes)) > 490


@given(some.text(max_size=30))
def test_no_invented_code_opens(text):
    now = datetime.fromtimestamp(1_800_000_000, UTC)
    good = {rules.check_in_code(KEY, rules.check_in_step(now) - back) for back in range(rules.CODE_GRACE + 1)}
    assert rules.is_fresh_code(KEY, text, now) == (text in good)
    assert not rules.is_fresh_token(KEY, 7, text, now)


@pytest.mark.parametrize(("away", "reason"), [(None, None), (0, None), (300, None), (300.4, "outside")])
def test_who_is_outside_the_fence_is_told_how_far(away, reason):
    refused = rules.why_not_here(away, 300)
    assert code(refused) == reason
    assert refused is None or dict(refused.params)["fence"] == 300


# --- hours and pay ---


def worked(came=START, left=END, rest=0, start=START, end=END) -> int:
    return rules.worked_minutes(starts_at=start, ends_at=end, break_minutes=rest, in_at=came, out_at=left)


@pytest.mark.parametrize(
    ("came", "left", "minutes"),
    [
        (START, END, 240),
        (START - 30 * MINUTE, END + 30 * MINUTE, 240),
        (START + 10 * MINUTE, END, 230),
        (START, END - 10 * MINUTE - SECOND, 229),
        (START + SECOND, END, 239),
        (START - 20 * MINUTE, START - MINUTE, 0),
        (END + MINUTE, END + 2 * MINUTE, 0),
        (START, START, 0),
    ],
)
def test_paid_is_what_lies_inside_the_agreed_hours(came, left, minutes):
    assert worked(came, left) == minutes


@pytest.mark.parametrize(("stayed", "minutes"), [(240, 210), (121, 91), (120, 120), (30, 30), (0, 0)])
def test_the_break_is_taken_off_who_stayed_for_more_than_half(stayed, minutes):
    assert worked(left=START + stayed * MINUTE, rest=30) == minutes


def test_a_night_over_midnight_and_over_the_change_of_clocks_elsewhere_has_its_hours():
    """Hours are counted in UTC: neither midnight nor a country's summer time makes them longer or shorter."""
    night = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    assert (
        worked(start=night, end=night + timedelta(hours=8), came=night, left=night + timedelta(hours=8))
        == 480
    )


@given(some.integers(-120, 400), some.integers(0, 400), some.integers(0, 239))
def test_nobody_is_paid_for_less_than_nothing_or_more_than_was_agreed(late, stay, rest):
    came = START + late * MINUTE
    assert 0 <= worked(came, came + stay * MINUTE, rest) <= 240


@given(some.integers(0, 240), some.integers(0, 100))
def test_without_a_break_staying_longer_never_pays_less(stay, more):
    assert worked(left=START + (stay + more) * MINUTE) >= worked(left=START + stay * MINUTE)


@pytest.mark.parametrize(
    ("minutes", "hourly", "fen"),
    [
        (60, 2800, 2800),
        (0, 2800, 0),
        (1, 30, 1),
        (1, 29, 0),
        (1, 90, 2),
        (1, 89, 1),
        (239, 2801, 11157),
        (480, 100_000_00, 800_000_00),
    ],
)
def test_pay_is_rounded_half_up_to_the_fen(minutes, hourly, fen):
    assert rules.amount_fen(minutes, hourly) == fen


@given(some.integers(0, 1440), some.integers(1, 100_000_00))
def test_pay_is_never_more_than_half_a_fen_off(minutes, hourly):
    assert abs(rules.amount_fen(minutes, hourly) * 60 - minutes * hourly) <= 30


@pytest.mark.parametrize(
    ("settles", "due"),
    [
        (Settles.DAY, date(2026, 12, 28)),
        (Settles.WEEK, date(2027, 1, 4)),
        (Settles.FORTNIGHT, date(2027, 1, 12)),
    ],
)
def test_pay_is_due_within_the_days_agreed(settles, due):
    assert rules.due_on(date(2026, 12, 28), settles) == due


def test_no_way_of_settling_is_longer_than_the_law_allows():
    assert max(rules.SETTLES_WITHIN.values()) <= 15
    assert set(rules.SETTLES_WITHIN) == set(Settles)


@pytest.mark.parametrize(
    ("state", "confirm", "pay", "dispute"),
    [
        (PayState.DUE, None, "not-confirmed", None),
        (PayState.CONFIRMED, "confirmed", None, None),
        (PayState.PAID, "confirmed", "paid", None),
        (PayState.DISPUTED, None, "not-confirmed", "disputed"),
    ],
)
def test_a_pay_line_goes_its_way(state, confirm, pay, dispute):
    assert code(rules.why_not_confirm(state)) == confirm
    assert code(rules.why_not_pay(state)) == pay
    assert code(rules.why_not_dispute(state)) == dispute


# --- what an employer may see ---


@pytest.mark.parametrize(("name", "short"), [("王大妹", "王**"), ("欧", "欧**"), ("", "**")])
def test_who_only_waits_is_a_family_name(name, short):
    assert rules.short_name(name) == short


@pytest.mark.parametrize(
    ("state", "now", "reason"),
    [
        (ClaimState.HIRED, START - rules.PHONE_SHOWN_BEFORE - SECOND, "no-phone"),
        (ClaimState.HIRED, START - rules.PHONE_SHOWN_BEFORE, None),
        (ClaimState.WORKING, END + rules.PHONE_SHOWN_AFTER, None),
        (ClaimState.WORKING, END + rules.PHONE_SHOWN_AFTER + SECOND, "no-phone"),
        *(
            (state, START, "no-phone")
            for state in ClaimState
            if state not in (ClaimState.HIRED, ClaimState.WORKING)
        ),
    ],
)
def test_numbers_are_shown_around_the_shift_and_of_the_hired(state, now, reason):
    assert code(rules.why_not_phone(state, START, END, now)) == reason


def test_the_steps_of_the_screen_are_half_minutes():
    moments = [datetime.fromtimestamp(1_800_000_000 + second, UTC) for second in range(0, 300, 30)]
    assert all(after - before == 1 for before, after in pairwise(map(rules.check_in_step, moments)))


# --- posting ---


@pytest.mark.parametrize(
    ("licence_in", "stops", "reason"),
    [(True, 0, None), (True, 1, "stopped"), (False, 0, "licence-needed"), (False, 1, "stopped")],
)
def test_a_posting_needs_a_licence_handed_in_and_nothing_stopped(licence_in, stops, reason):
    assert code(rules.why_not_post(licence_in=licence_in, stops=stops)) == reason


@pytest.mark.parametrize(
    ("verified", "stops", "reason"), [(True, 0, None), (True, 1, "stopped"), (False, 1, "not-verified")]
)
def test_what_becomes_public_at_once_needs_a_verified_licence(verified, stops, reason):
    assert code(rules.why_not_publish(verified=verified, stops=stops)) == reason
