"""How figures and moments are shown."""

from datetime import UTC, datetime, timedelta

import pytest

from core import clock, html, i18n


@pytest.fixture(autouse=True)
def _in_chinese():
    with i18n.speaking("zh-Hans"):
        yield


@pytest.mark.parametrize(
    ("fen", "shown"),
    [
        (0, "¥0"),
        (1, "¥0.01"),
        (12800, "¥128"),
        (12850, "¥128.50"),
        (1234567, "¥12,345.67"),
        (-250, "-¥2.50"),
    ],
)
def test_money(fen, shown):
    assert html.money(fen) == shown


@pytest.mark.parametrize(
    ("metres", "shown"), [(0, "0"), (304, "300"), (994, "990"), (1234, "1.2"), (5000, "5"), (99_960, "100")]
)
def test_distance(metres, shown):
    assert html.distance(metres).split()[0].rstrip("米公里km") == shown


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [
        (240, "4 小时"),
        (270, "4.5 小时"),
        (255, "4 小时 15 分"),
        (10, "10 分钟"),
        (0, "0 小时"),
        (timedelta(hours=2), "2 小时"),
    ],
)
def test_hours(minutes, shown):
    assert html.hours(minutes) == shown


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        (timedelta(minutes=59), "59 分钟"),
        (timedelta(hours=47, minutes=50), "47 小时"),
        (timedelta(hours=85), "3 天"),
        (timedelta(seconds=-1), "0 分钟"),
    ],
)
def test_a_wait_is_told_in_the_largest_unit_that_says_something(ago, shown):
    assert html.waited(clock.now() - ago) == shown


def test_days_near_have_names():
    today = clock.now()
    names = [html.day(today + timedelta(days=ahead)) for ahead in (-1, 0, 1, 2)]
    assert names == ["昨天", "今天", "明天", "后天"]
    with i18n.speaking("en"):  # "The day after tomorrow" is longer than the date
        assert html.day(today + timedelta(days=2))[:3] in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def test_a_day_is_the_readers_day_and_not_greenwichs():
    assert html.day(datetime(2031, 11, 25, 17, 0, tzinfo=UTC)) == "11月26日 周三"


def test_days_further_off_have_their_date_and_weekday():
    moment = datetime(2031, 11, 25, 4, 0, tzinfo=UTC)
    assert html.day(moment) == "11月25日 周二"
    with i18n.speaking("en"):
        assert html.day(moment) == "Tue 25 Nov"


def test_a_night_says_that_it_ends_on_another_day():
    start = datetime(2031, 11, 25, 14, 0, tzinfo=UTC)
    assert html.time_range(start, start + timedelta(hours=1)).endswith("22:00–23:00")
    with i18n.speaking("en"):
        assert html.time_range(start, start + timedelta(hours=8)).endswith("22:00–06:00 next day")


def test_a_static_files_address_changes_with_its_content():
    assert html.static("css/site.css").startswith(f"/static/{html.build()}/")
    assert len(html.build()) == 10
