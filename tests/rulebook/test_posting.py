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


def shifts(*hours, start=datetime(2026, 11, 23, 8)):
    """One shift a day from a Monday on, so long."""
    return tuple((start + timedelta(days=n), start + timedelta(days=n, hours=h)) for n, h in enumerate(hours))


@pytest.mark.parametrize(
    ("each_day", "expected"),
    [
        ((4,), []),
        ((4 + 1 / 60,), ["part-time-day"]),
        ((3, 5), []),  # 4 hours on average
        ((3, 5 + 1 / 60), ["part-time-day"]),
        ((4, 4, 4, 4, 4, 4), []),  # 24 hours in the week
        ((4, 4, 4, 4, 4, 4, 1 / 60), ["part-time-week"]),
        ((4, 4, 4, 4, 4, 4, 0, 4), []),  # the eighth day is another week
        ((8, 8, 8, 1), ["part-time-day", "part-time-week"]),
    ],
)
def test_beyond_four_hours_a_day_or_24_a_week_it_is_ordinary_employment(each_day, expected):
    assert [code for code, _ in codes(replace(GOOD, shifts=shifts(*each_day)))] == expected


def test_breaks_do_not_count_and_shifts_of_one_day_are_for_several_people():
    five = shifts(5)
    assert codes(replace(GOOD, shifts=five, break_minutes=(60,))) == []
    assert codes(replace(GOOD, shifts=five, break_minutes=(59,))) == [("part-time-day", "shifts")]
    assert codes(replace(GOOD, shifts=shifts(4) + shifts(4, start=datetime(2026, 11, 23, 18)))) == []


@pytest.mark.parametrize("on", [date(2007, 12, 31), date(2008, 1, 1)])
def test_part_time_work_has_its_limits_since_2008(on):
    found = {code for code, _ in codes(replace(GOOD, shifts=shifts(8)), on)}
    assert ("part-time-day" in found) == (on.year == 2008)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, [("certificate", "conditions")]),
        ({"conditions": "持N1证"}, []),
        ({"conditions": "有叉车证优先"}, []),
        ({"title": "叉车操作证司机"}, []),
        ({"certificates": ("forklift",)}, []),
        ({"certificates": ("health",)}, [("certificate", "conditions")]),
        ({"trade_code": "picker"}, []),
        ({"conditions": ""}, [("missing-element", "conditions")]),
    ],
)
def test_a_trade_names_the_certificate_the_law_asks_for(change, expected):
    forklift = {"title": "叉车工", "trade_code": "forklift", "conditions": "熟练", "min_age": 18}
    assert codes(replace(GOOD, **forklift | change)) == expected


def test_the_certificate_warning_names_the_law_of_the_trade():
    (found,) = check_posting(replace(GOOD, trade_code="waiter"), TODAY)
    assert (found.level, found.rule) == ("warn", "食品安全法 45")


@pytest.mark.parametrize(
    ("trade_code", "insured", "warned"),
    [("loader", False, True), ("loader", True, False), ("loader", None, False), ("picker", False, False)],
)
def test_risky_trades_are_asked_about_insurance(trade_code, insured, warned):
    found = codes(replace(GOOD, trade_code=trade_code, min_age=18, insured=insured))
    assert found == ([("insurance", "insured")] if warned else [])


@pytest.mark.parametrize(
    ("day", "change", "warned"),
    [
        (datetime(2026, 5, 31, 8), {}, False),
        (datetime(2026, 6, 1, 8), {}, True),
        (datetime(2026, 9, 30, 8), {}, True),
        (datetime(2026, 10, 1, 8), {}, False),
        (datetime(2026, 7, 1, 8), {"outdoor": False}, False),
        (datetime(2026, 7, 1, 8), {"trade_code": "picker"}, False),
        (datetime(2026, 7, 1, 8), {"trade_code": "picker", "outdoor": True}, True),
    ],
)
def test_outdoor_work_in_the_hot_months_says_what_happens_in_the_heat(day, change, warned):
    hot = replace(GOOD, shifts=((day, day + timedelta(hours=4)),), **({"trade_code": "leaflets"} | change))
    found = check_posting(hot, TODAY)
    assert [each.code for each in found] == (["heat"] if warned else [])
    if warned:
        assert dict(found[0].params) == {"allowance": 35, "short": 37, "hours": 6, "stop": 40}


def test_heat_has_no_rule_before_2012():
    day = datetime(2026, 7, 1, 8)
    hot = replace(GOOD, trade_code="leaflets", shifts=((day, day + timedelta(hours=4)),))
    assert "heat" not in {code for code, _ in codes(hot, date(2012, 6, 28))}
    assert "heat" in {code for code, _ in codes(hot, date(2012, 6, 29))}


def test_words_are_read_in_each_field_and_marked_there():
    bad = replace(
        GOOD,
        title="拣货员 限男",
        duties="拣货，扣服装费",
        conditions="押金300",
        address="西路1号 13812345678",
    )
    found = check_posting(bad, TODAY)
    assert [(each.code, each.field, each.found) for each in found] == [
        ("sex", "title", "限男"),
        ("fee", "duties", "扣服装费"),
        ("deposit", "conditions", "押金300"),
        ("contact", "address", "13812345678"),
    ]


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
        assert all([each.zh, each.en, each.group]), each.code
        assert len(each.occupation) == 10, each.code
        assert bool(each.bar_rule) == each.barred_under_18, each.code
        assert bool(each.certificate_rule) == bool(each.certificate), each.code
        assert each.certificate in {"", *CERTIFICATES}, each.code
    assert trade("forklift").name("en") == "Forklift driver"
    assert trade("forklift").name("zh-Hant") == "叉车"
    assert trade("astronaut") is None


def test_every_rule_names_its_source():
    assert rules()
    for each in rules():
        assert each.level in {"stop", "warn", "off"}
        assert all([each.citation, each.source]), each.code


def test_every_finding_is_told_in_chinese():
    bad = replace(GOOD, hourly_fen=100, settles_within_days=99, min_age=15, valid_until=date(2020, 1, 1))
    july = datetime(2027, 7, 1, 8)
    hot = ((july, july + timedelta(hours=30)),)
    bare = replace(GOOD, trade_code="window-cleaner", outdoor=True, insured=False, min_age=18, shifts=hot)
    found = [told for posting in (Posting(), bad, bare) for told in check_posting(posting, TODAY)]
    assert {"certificate", "insurance", "heat", "part-time-day", "part-time-week"} <= {
        told.code for told in found
    }
    with speaking("zh-Hans"):
        for each in found:
            assert each.text != each.message, each.message
            assert not each.suggestion or each.advice != each.suggestion, each.suggestion
