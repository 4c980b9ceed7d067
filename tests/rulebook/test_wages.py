"""The minimum wage: which floor holds where and when, to the fen and to the day."""

from datetime import date

import pytest

from core.i18n import speaking
from rulebook import wages
from rulebook.places import children, provinces
from rulebook.wages import hourly_floor, why_not_wage, yuan

KUNSHAN = "320583"
A_DAY = date(2026, 11, 23)


def test_kunshan_has_the_floor_of_suzhou():
    floor = hourly_floor(KUNSHAN, A_DAY)
    assert (floor.hourly_fen, floor.monthly_fen, floor.region_code) == (2500, 266000, "320500")
    assert floor.effective_from == date(2026, 1, 1)
    assert "人社部" in floor.source


@pytest.mark.parametrize(
    ("place", "hourly_fen", "found_at"),
    [
        ("320583102", 2500, "320500"),  # a township, through its county
        ("110101", 2770, "110000"),  # one floor for the whole of Beijing
        ("441900", 1980, "441900"),  # a city that is its own county
        ("440300", 2370, "440300"),  # Shenzhen stands apart from Guangdong's tiers
        ("350121", 2000, "350121"),  # a county of Fujian (各县)
        ("350102", 2300, "350100"),  # a district of the same city
        ("500101", 2300, "500101"),  # Chongqing's tiers name districts
        ("500229", 2200, "500229"),
        ("659001", 2070, "659001"),  # 石河子, governed by its region
    ],
)
def test_the_nearest_floor_above_a_place_counts(place, hourly_fen, found_at):
    floor = hourly_floor(place, A_DAY)
    assert (floor.hourly_fen, floor.region_code) == (hourly_fen, found_at)


def test_one_fen_under_the_floor_is_refused_and_the_floor_itself_is_not():
    assert why_not_wage(2500, KUNSHAN, A_DAY) is None
    found = why_not_wage(2499, KUNSHAN, A_DAY)
    assert (found.code, found.level, found.field) == ("wage-floor", "stop", "hourly_fen")
    assert found.rule == "劳动合同法 72；最低工资规定"


def test_the_refusal_names_the_floor_in_the_readers_language():
    found = why_not_wage(2499, KUNSHAN, A_DAY)
    with speaking("zh-Hans"):
        assert found.text == "工资低于当地最低标准每小时 25 元。"
    with speaking("en"):
        assert found.advice == "Offer at least ¥25 an hour."


def test_before_the_first_known_day_the_floor_is_unknown_and_that_is_not_lawful():
    assert hourly_floor(KUNSHAN, date(2025, 12, 31)) is None
    found = why_not_wage(100_000, KUNSHAN, date(2025, 12, 31))
    assert (found.code, found.level) == ("wage-floor-unknown", "warn")


@pytest.mark.parametrize("place", ["429004", "511602", "999999", ""])
def test_places_the_table_does_not_name_are_unknown(place):
    assert hourly_floor(place, A_DAY) is None
    assert why_not_wage(2500, place, A_DAY).code == "wage-floor-unknown"


def test_a_new_wage_takes_effect_on_its_day_and_not_before(monkeypatch):
    header = {"source": "test", "monthly_fen": "266000", "region_code": "320500"}
    table = [
        {**header, "hourly_fen": "2500", "effective_from": "2026-01-01"},
        {**header, "hourly_fen": "2700", "effective_from": "2027-01-01"},
    ]
    monkeypatch.setattr(wages, "rows", lambda _: table)
    wages._floors.cache_clear()
    try:
        assert hourly_floor(KUNSHAN, date(2026, 12, 31)).hourly_fen == 2500
        assert hourly_floor(KUNSHAN, date(2027, 1, 1)).hourly_fen == 2700
    finally:
        wages._floors.cache_clear()


def test_all_provinces_have_a_floor_somewhere():
    for province in provinces():
        below = [place for city in children(province.code) for place in (city, *children(city.code))]
        assert any(hourly_floor(place.code, A_DAY) for place in below), province.name


@pytest.mark.parametrize(
    ("fen", "text"), [(2500, "25"), (2350, "23.50"), (2105, "21.05"), (5, "0.05"), (0, "0")]
)
def test_fen_are_written_as_yuan(fen, text):
    assert yuan(fen) == text
