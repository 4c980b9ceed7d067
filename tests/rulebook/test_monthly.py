"""Monthly pay against the floor, at its edges: one fen, the part-time week, the ordinary week, the day of a rise."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from rulebook.posting import Posting, check_posting
from rulebook.wages import Floor, hourly_floor, least_monthly, why_not_monthly

KUNSHAN = "320583"
DAY = date(2026, 11, 23)
FLOOR = Floor(2500_00 // 100, 2660_00, "320500", DAY, "")
JOB = Posting(
    title="仓库管理员",
    duties="收发货",
    conditions="会用扫码枪",
    employer_name="好味餐饮",
    region_code=KUNSHAN,
    address="人民路 88 号",
    trade_code="stock-taker",
    places=2,
    min_age=18,
    valid_until=DAY + timedelta(days=30),
    lasting=True,
    monthly_fen=5500_00,
    hours_a_week=40,
)


def codes(posting: Posting) -> set[str]:
    return {finding.code for finding in check_posting(posting, DAY)}


def test_a_job_in_order_needs_no_hourly_pay_and_no_day_of_settlement():
    assert codes(JOB) == set()


@pytest.mark.parametrize(
    ("hours", "least"),
    [(24, 260_000), (25, 266_000), (40, 266_000), (44, 292_600), (1, 10_834)],
    ids=[
        "part time: 25 × 24 × 52 / 12",
        "one hour more: the monthly floor",
        "ordinary",
        "longer",
        "rounded up",
    ],
)
def test_the_least_depends_on_the_week(hours: int, least: int):
    assert least_monthly(FLOOR, hours, DAY) == least


@pytest.mark.parametrize("hours", [8, 24, 25, 40, 48])
def test_one_fen_below_is_stopped_and_the_floor_itself_is_not(hours: int):
    floor = hourly_floor(KUNSHAN, DAY)
    least = least_monthly(floor, hours, DAY)
    assert why_not_monthly(least, hours, KUNSHAN, DAY) is None
    found = why_not_monthly(least - 1, hours, KUNSHAN, DAY)
    assert (found.code, found.level, found.field) == ("wage-floor", "stop", "monthly_from_fen")


def test_a_place_without_a_known_floor_is_a_warning():
    assert why_not_monthly(1, 40, "710000", DAY).code == "wage-floor-unknown"


def test_more_than_the_ordinary_week_is_overtime():
    assert codes(replace(JOB, hours_a_week=40)) == set()
    assert codes(replace(JOB, hours_a_week=41)) == {"ordinary-week"}


@pytest.mark.parametrize(
    "gone", ["title", "duties", "conditions", "places", "monthly_fen", "hours_a_week", "valid_until"]
)
def test_whatever_is_missing_is_named(gone: str):
    said = replace(JOB, **{gone: "" if isinstance(getattr(JOB, gone), str) else None})
    assert codes(said) == {"missing-element"}


def test_the_same_words_are_stopped_as_in_a_gig():
    assert "stop" in {finding.level for finding in check_posting(replace(JOB, conditions="限男性"), DAY)}
    assert codes(replace(JOB, title="男装店员")) == set()


def test_a_trade_that_is_barred_to_the_young_asks_for_eighteen():
    assert "barred-under-18" in codes(replace(JOB, trade_code="loader", min_age=16))
