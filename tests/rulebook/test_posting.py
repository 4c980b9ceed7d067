"""What the coach says about a posting, and who is too young for a trade."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from core.i18n import speaking
from rulebook import wages
from rulebook.law import rule, rules
from rulebook.posting import Posting, check_posting
from rulebook.trades import CERTIFICATES, age_on, may_work, trade, trades

TODAY = date(2026, 11, 23)
GOOD = Posting(
    title="仓库拣货员（日结）",
    duties="按手持机提示拣货",
    conditions="不限经验",
    employer_name="昆山迅仓仓储有限公司",
    region_code="320583",
    address="玉山镇前进西路100号",
    trade_code="picker",
    hourly_fen=2500,
    places=4,
    shifts=((datetime(2026, 11, 24, 18), datetime(2026, 11, 24, 22)),),
    min_age=16,
    settles_within_days=0,
    valid_until=date(2026, 12, 1),
)


def codes(posting, on=TODAY):
    return [(found.code, found.field) for found in check_posting(posting, on)]


def test_a_complete_lawful_posting_has_no_findings():
    assert codes(GOOD) == []


@pytest.mark.parametrize(
    ("field", "empty"),
    [
        ("title", " "),
        ("duties", ""),
        ("conditions", "\n"),
        ("employer_name", ""),
        ("region_code", ""),
        ("region_code", "999999"),
        ("address", "　"),
        ("hourly_fen", None),
        ("hourly_fen", 0),
        ("places", None),
        ("places", 0),
        ("places", -1),
        ("settles_within_days", None),
        ("valid_until", None),
    ],
)
def test_each_missing_element_is_named_at_its_field(field, empty):
    assert codes(replace(GOOD, **{field: empty})) == [("missing-element", field)]


def test_an_empty_posting_misses_everything_and_breaks_nothing_else():
    found = codes(Posting())
    assert {code for code, _ in found} == {"missing-element"}
    assert len(found) == 10


def test_one_fen_under_the_floor_stops_the_posting():
    assert codes(replace(GOOD, hourly_fen=2499)) == [("wage-floor", "hourly_fen")]


def test_pay_must_reach_a_floor_that_starts_before_the_last_shift(monkeypatch):
    header = {"source": "test", "monthly_fen": "266000", "region_code": "320500"}
    table = [
        {**header, "hourly_fen": "2500", "effective_from": "2026-01-01"},
        {**header, "hourly_fen": "2700", "effective_from": "2027-01-01"},
    ]
    monkeypatch.setattr(wages, "rows", lambda _: table)
    wages._floors.cache_clear()
    start = datetime(2026, 12, 31, 18)
    shifts = tuple((start + timedelta(days=n), start + timedelta(days=n, hours=4)) for n in range(2))
    try:
        assert codes(replace(GOOD, shifts=shifts[:1])) == []
        (found,) = check_posting(replace(GOOD, shifts=shifts), TODAY)
        assert dict(found.params) == {"floor": "27"}
    finally:
        wages._floors.cache_clear()


@pytest.mark.parametrize(("days", "lawful"), [(0, True), (7, True), (15, True), (16, False), (30, False)])
def test_hourly_work_is_settled_at_least_every_fifteen_days(days, lawful):
    assert codes(replace(GOOD, settles_within_days=days)) == (
        [] if lawful else [("settlement-days", "settles_within_days")]
    )


def test_a_posting_holds_through_its_last_day():
    assert codes(replace(GOOD, valid_until=TODAY)) == []
    assert codes(replace(GOOD, valid_until=TODAY - timedelta(days=1))) == [("posting-expired", "valid_until")]


@pytest.mark.parametrize(
    ("trade_code", "min_age", "expected"),
    [
        ("picker", 15, [("under-16", "min_age")]),
        ("picker", 16, []),
        ("loader", 15, [("under-16", "min_age")]),
        ("loader", 17, [("barred-under-18", "min_age")]),
        ("loader", 18, []),
        ("loader", None, []),
    ],
)
def test_a_posting_does_not_invite_people_who_are_too_young(trade_code, min_age, expected):
    assert codes(replace(GOOD, trade_code=trade_code, min_age=min_age)) == expected


def test_a_rule_that_is_not_in_force_yet_finds_nothing():
    assert rule("missing-element", date(2018, 9, 30)) is None
    assert rule("missing-element", date(2018, 10, 1)).level == "stop"
    assert codes(Posting(), date(2018, 9, 30)) == []


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2025, 5, 4), "under-16"),  # the fifteenth
        (date(2026, 5, 3), "under-16"),  # the day before the sixteenth birthday
        (date(2026, 5, 4), "barred-under-18"),
        (date(2028, 5, 3), "barred-under-18"),
        (date(2028, 5, 4), None),
    ],
)
def test_a_loader_must_be_eighteen_to_the_day(on, expected):
    found = may_work(date(2010, 5, 4), "loader", on)
    assert (found and found.code) == expected


def test_at_sixteen_the_other_trades_are_open():
    assert may_work(date(2010, 5, 4), "picker", date(2026, 5, 3)).code == "under-16"
    assert may_work(date(2010, 5, 4), "picker", date(2026, 5, 4)) is None


@pytest.mark.parametrize(
    ("on", "age"),
    [(date(2023, 2, 28), 14), (date(2023, 3, 1), 15), (date(2024, 2, 28), 15), (date(2024, 2, 29), 16)],
)
def test_who_is_born_on_the_29th_of_february_ages_on_the_first_of_march(on, age):
    assert age_on(date(2008, 2, 29), on) == age


def test_every_trade_has_both_names_an_occupation_and_a_rule_for_what_it_asks():
    assert len(trades()) >= 40
    for each in trades():
        assert each.zh and each.en and each.group and len(each.occupation) == 10, each.code
        assert bool(each.bar_rule) == each.barred_under_18, each.code
        assert bool(each.certificate_rule) == bool(each.certificate), each.code
        assert each.certificate in {"", *CERTIFICATES}, each.code
    assert trade("forklift").name("en") == "Forklift driver"
    assert trade("forklift").name("zh-Hant") == "叉车"
    assert trade("astronaut") is None


def test_every_rule_names_its_source():
    assert rules()
    for each in rules():
        assert each.level in {"stop", "warn"}
        assert each.citation and each.source, each.code


def test_every_finding_is_told_in_chinese():
    bad = replace(GOOD, hourly_fen=100, settles_within_days=99, min_age=15, valid_until=date(2020, 1, 1))
    found = check_posting(Posting(), TODAY) + check_posting(bad, TODAY)
    with speaking("zh-Hans"):
        for each in found:
            assert each.text != each.message, each.message
            assert not each.suggestion or each.advice != each.suggestion, each.suggestion
