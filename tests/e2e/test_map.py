"""The map beside the list, on the demo page with forty invented shifts: no database, only templates, scripts and styles."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from app.middleware import CSP
from core import html, i18n, sessions
from tests.e2e.conftest import DESK, PHONE

pytestmark = pytest.mark.serial

KUNSHAN = {"lat": "31.385", "lon": "120.955", "radius_km": "10"}
TAGS = ".map-price"


async def demo(request: Request) -> Response:
    """The demo page, searched as its address says; cookies choose language and colours."""
    asked = KUNSHAN | dict(request.query_params)
    searched = SimpleNamespace(
        lat=float(asked["lat"]),
        lon=float(asked["lon"]),
        radius_km=int(asked["radius_km"]),
        label=None if "lat" in request.query_params else "昆山市",
    )
    request.state.theme = request.cookies.get("theme", "auto")
    with i18n.speaking(request.cookies.get("locale", "zh-Hans")):
        answer = html.page(request, "site/map_demo.html", {"searched": searched}, block="results")
    answer.headers["Content-Security-Policy"] = CSP
    return answer


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the demo page is."""
    files = StaticFiles(directory=html.STATIC)
    app = Starlette(routes=[Route("/", demo), Mount(f"/static/{html.build()}", files)])
    with pytest.MonkeyPatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as listening:
        patch.setattr(sessions, "csrf_token", lambda _request: "")
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        server.should_exit = True
        thread.join(20)


@contextmanager
def reading(browser: Browser, address: str, size: dict[str, int], **more: object) -> Iterator[Page]:
    """A reader's page; at the end nothing may have been refused or failed."""
    cookies = {name: more.pop(name) for name in ("locale", "theme") if name in more}
    more = {"permissions": ["geolocation"], "geolocation": {"latitude": 31.38, "longitude": 120.97}} | more
    context = browser.new_context(viewport=size, service_workers="block", **more)
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda said: faults.append(f"{said.text} {said.location}") if said.type == "error" else None,
    )
    page.goto(address)
    yield page
    context.close()
    assert faults == []


def opened(page: Page) -> Page:
    """The same page with the map in sight."""
    page.get_by_role("button", name="地图").or_(page.get_by_role("button", name="Map")).click()
    page.locator(".map-border").first.wait_for(state="attached")
    page.locator(TAGS).first.wait_for()
    return page


def shown(page: Page) -> int:
    """How many shifts the markers stand for."""
    counts = page.locator(TAGS).evaluate_all(
        "tags => tags.map(tag => Number(tag.querySelector('.map-count')?.textContent ?? 1))"
    )
    return sum(counts)


def test_nothing_of_the_map_is_fetched_before_it_is_opened(browser, address):
    with reading(browser, address, DESK) as page:
        fetched: list[str] = []
        page.on("request", lambda request: fetched.append(request.url.rsplit("/", 1)[1]))
        page.reload()
        assert not {"leaflet.js", "map.css", "view.js", "index.json"} & set(fetched)
        opened(page)
        assert {"leaflet.js", "leaflet.css", "map.css", "index.json", "320000.json"} <= set(fetched)


def test_every_card_is_on_the_map_and_they_light_each_other(browser, address):
    with reading(browser, address, DESK) as page:
        opened(page)
        assert shown(page) == 40
        page.locator(".card-list .offer").nth(2).hover()
        assert page.locator(f"{TAGS}.is-lit").count() == 1
        page.locator(".map-credit").hover()
        assert page.locator(f"{TAGS}.is-lit").count() == 0
        page.locator(TAGS).last.focus()
        assert page.locator(".card-list .offer.is-lit").count() >= 1


def test_the_keyboard_opens_a_place_and_comes_back(browser, address):
    with reading(browser, address, DESK) as page:
        opened(page)
        tag = page.locator(f"{TAGS}[aria-expanded]").first
        tag.focus()
        page.keyboard.press("Enter")
        card = page.locator("[data-map-card]")
        expect(card).to_be_focused()
        assert card.locator(".offer a").first.get_attribute("href").startswith("#")
        expect(tag).to_have_attribute("aria-expanded", "true")
        page.keyboard.press("Escape")
        expect(card).to_be_hidden()
        expect(tag).to_be_focused()


def test_markers_that_would_cover_each_other_are_one_until_they_have_room(browser, address):
    with reading(browser, address, PHONE, reduced_motion="reduce") as page:
        opened(page)
        before = page.locator(TAGS).count()
        for _ in range(3):
            page.click("[data-map-in]")
        assert page.locator(TAGS).count() > before
        assert shown(page) == 40


def test_search_here_asks_for_the_middle_of_the_view_and_stays_there(browser, address):
    with reading(browser, address, DESK, reduced_motion="reduce") as page:
        opened(page)
        search = page.locator("[data-map-search]")
        expect(search).to_be_hidden()
        page.locator("[data-map-canvas]").focus()
        for _ in range(4):
            page.keyboard.press("ArrowRight")
        expect(search).to_be_visible()
        with page.expect_response(lambda answer: "lon=" in answer.url) as answered:
            search.click()
        assert "radius_km=10" in answered.value.url
        page.wait_for_function("Number(document.querySelector('#results').dataset.lon) > 121")
        expect(search).to_be_hidden()
        assert shown(page) == 40


def test_on_a_phone_the_panel_covers_the_page_and_gives_it_back(browser, address):
    with reading(browser, address, PHONE, has_touch=True, is_mobile=True) as page:
        opened(page)
        assert page.evaluate(
            "document.querySelector('#results').inert && document.querySelector('.masthead').inert"
        )
        box = page.locator(".map").bounding_box()
        assert box["height"] > 700
        assert box["width"] == 390
        page.locator("[data-map-close]").tap()
        expect(page.locator(".map-stage")).to_be_hidden()
        assert not page.evaluate("document.querySelector('#results').inert")
        expect(page.get_by_role("button", name="地图")).to_be_focused()


def test_without_javascript_there_is_a_sentence_and_the_list(browser, address):
    with reading(browser, address, PHONE, java_script_enabled=False) as page:
        expect(page.locator(".map-stage")).to_be_hidden()
        expect(page.locator("[data-map-switch]")).to_be_hidden()
        expect(page.locator(".map p").first).to_be_visible()
        assert page.locator(".offer").count() == 40


@pytest.mark.parametrize(("size", "theme", "locale"), [(PHONE, "light", "zh-Hans"), (DESK, "dark", "en")])
def test_accessibility(browser, address, size, theme, locale):
    with reading(
        browser, address, size, theme=theme, locale=locale, bypass_csp=True
    ) as page:  # axe writes styles
        opened(page)
        page.locator(f"{TAGS}[aria-expanded]").first.press("Enter")
        found = Axe().run(page, options={"preload": False}).response["violations"]
        serious = [
            (each["id"], each["nodes"][0]["html"][:200])
            for each in found
            if each["impact"] in ("serious", "critical")
        ]
        assert serious == []
