"""The dated numbers of the gig market."""

from datetime import date, timedelta

import pytest

from rulebook import market
from rulebook.tables import rows

DAY = date(2026, 11, 23)
HOUR = timedelta(hours=1)


def test_a_number_is_known_on_its_day_and_the_oldest_before() -> None:
    assert market.number("points-pause", DAY) == 8
    assert market.number("points-pause", date(2000, 1, 1)) == 8


def test_a_newer_row_counts_from_its_day(monkeypatch: pytest.MonkeyPatch) -> None:
    newer = {"code": "offer-seconds", "value": "120", "source": "x", "effective_from": "2027-01-01"}
    monkeypatch.setattr(market, "rows", lambda name: [*rows(name), newer])
    market._numbers.cache_clear()
    try:
        assert market.number("offer-seconds", date(2026, 12, 31)) == 90
        assert market.number("offer-seconds", date(2027, 1, 1)) == 120
    finally:
        market._numbers.cache_clear()


def test_a_newer_table_replaces_all_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    newer = {
        "code": "late-cancel",
        "under_hours": "6",
        "value": "2",
        "source": "x",
        "effective_from": "2027-01-01",
    }
    monkeypatch.setattr(market, "rows", lambda name: [*rows(name), newer])
    market._steps.cache_clear()
    try:
        assert [market.step("late-cancel", 5 * HOUR, date(2026 + n, 12, 31)) for n in (0, 1)] == [5, 2]
        assert market.step("late-cancel", 30 * HOUR, date(2027, 1, 1)) == 0
    finally:
        market._steps.cache_clear()


@pytest.mark.parametrize("name", ["market.csv", "steps.csv"])
def test_every_row_names_its_source(name: str) -> None:
    assert all(row["source"] and date.fromisoformat(row["effective_from"]) for row in rows(name))
