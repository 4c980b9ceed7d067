"""The screen in a hall, and what the list tells the map."""

import re
from dataclasses import replace

import pytest

from app.middleware import CSP, with_tiles
from core import settings
from tests.cast import HERE, Cast, Visitor, make_gig, make_site, shift_input

pytestmark = pytest.mark.anyio


async def test_the_hall_shows_cards_without_signing_in_and_asks_for_the_next_screen(
    client: Visitor, cast: Cast
) -> None:
    for number in range(8):
        await make_gig(cast.emil, cast.site, title=f"帮厨{number}号")
    first = await client.get("/hall?place=320583")
    assert first.text.count('class="hall-card"') == 6
    following = re.search(r'hx-get="([^"]+)" hx-trigger="every 15s"', first.text)
    assert following
    assert following[1] == "/hall?place=320583&amp;screen=2"
    second = await client.get("/hall?place=320583&screen=2", headers={"HX-Request": "true"})
    assert "<html" not in second.text
    assert second.text.count('class="hall-card"') == 3
    assert "screen=1" in second.text


async def test_the_hall_says_nothing_of_whom_it_may_not(client: Visitor, cast: Cast) -> None:
    page = await client.get("/hall?place=320583")
    assert cast.site.address not in page.text
    assert 'role="img"' in page.text


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?place=999999",
        "?place=x",
        "?screen=0",
        "?screen=x",
        "?screen=999",
        "?theme=pink",
        "?lat=nan&lon=1",
    ],
)
async def test_a_strange_address_still_shows_a_screen(client: Visitor, cast: Cast, query: str) -> None:
    assert (await client.get(f"/hall{query}")).status_code == 200


async def test_the_hall_is_dark_when_its_address_says_so_and_stays_so(client: Visitor, cast: Cast) -> None:
    page = await client.get("/hall?place=320583&theme=dark")
    assert 'data-theme="dark"' in page.text
    assert "theme=dark" in re.search(r'hx-get="([^"]+)" hx-trigger="every 15s"', page.text)[1]


async def test_an_empty_place_does_not_leave_the_screen_blank(client: Visitor, cast: Cast) -> None:
    assert 'class="empty"' in (await client.get("/hall?lat=39.9&lon=116.4")).text


# --- the map of the list ---


async def test_cards_carry_what_the_map_reads_and_no_exact_door(client: Visitor, cast: Cast) -> None:
    await make_gig(
        cast.emil, await make_site(cast.employer, (HERE[0] + 0.0123456, HERE[1])), title="远处的活"
    )
    text = (await client.get("/shifts?place=320583")).text
    assert 'data-lat="31.385"' in text
    assert 'data-lon="120.955"' in text
    assert 'data-pay="¥28"' in text
    assert "31.397" in text
    assert "31.3973" not in text
    assert "data-map-switch" in text
    assert "data-searched" in text


async def test_the_name_of_the_place_follows_the_list(client: Visitor, cast: Cast) -> None:
    swapped = await client.get("/shifts?lat=31.30&lon=120.60", headers={"HX-Request": "true"})
    head = re.search(r'<h1 id="find-title" hx-swap-oob="true">([^<]+)</h1>', swapped.text)
    assert head
    assert "昆山" not in head[1]
    whole = await client.get("/shifts?place=320583")
    assert '<h1 id="find-title">昆山' in whole.text
    assert "hx-swap-oob" not in whole.text


async def test_each_chip_counts_what_it_would_leave(client: Visitor, cast: Cast) -> None:
    await make_gig(
        cast.emil, cast.site, shift_input(), meals=False, hourly_fen=3100, settles="week", title="贵一点的活"
    )
    text = (await client.get("/shifts?place=320583")).text
    counts = dict(re.findall(r'id="count-(\w+)">(\d+)<', text))
    assert counts == {
        "settles_day": "1",
        "no_experience": "2",
        "meals": "1",
        "min_hourly_fen_2500": "2",
        "min_hourly_fen_3000": "1",
    }


def test_the_tiles_of_an_approved_map_are_let_in_and_nothing_else():
    assert with_tiles("") == CSP
    assert "img-src 'self' https://tiles.example data:" in with_tiles("https://tiles.example/{z}/{x}/{y}.png")
    assert "https://t0.example https://t1.example" in with_tiles("https://t{s}.example/{z}/{x}/{y}.png")


async def test_the_header_carries_the_origin_of_the_tiles(db: str, cast: Cast) -> None:
    before = settings.current()
    settings.install(replace(before, map_tiles="https://tiles.example/{z}/{x}/{y}.png"))
    try:
        async with Visitor.at_the_door() as visitor:
            page = await visitor.get("/shifts?place=320583")
    finally:
        settings.install(before)
    assert "https://tiles.example" in page.headers["content-security-policy"]
    assert 'data-tiles="https://tiles.example' in page.text
