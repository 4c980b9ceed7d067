"""Whole journeys in a real browser, at phone width and at desktop width, in Chinese and in English."""

import itertools
import json
import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from stdnum.cn import ric

from core import clock
from tests.e2e.conftest import DESK, PHONE, PersonMaker, Site, command

pytestmark = [pytest.mark.serial, pytest.mark.timeout(240)]

SCREENS = [pytest.param(PHONE, "zh-CN", id="390-zh"), pytest.param(DESK, "en-US", id="1280-en")]
_serial = itertools.count(100)


def new_phone() -> str:
    return f"1370001{next(_serial):04}"


def new_id_number() -> str:
    body = f"32058319900101{next(_serial) % 1000:03}"
    return body + ric.calc_check_digit(body + "0")


def assert_accessible(page: Page) -> None:
    """No serious finding of axe on the page as it stands."""
    found = Axe().run(page).response["violations"]
    grave = [
        (each["id"], each["nodes"][0]["html"][:200])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
    assert grave == [], page.url


def submit(page: Page, action: str) -> None:
    """Press the button of the form with this action, by its end."""
    with page.expect_navigation(wait_until="load"):
        page.click(
            f"main form[action$='{action}'] button[type=submit], main form[action$='{action}'] button:not([type])"
        )


def check(site: Site) -> None:
    """Every invariant holds."""
    assert json.loads(command(site.data, "check", "--json")) == []


@pytest.mark.parametrize(("size", "language"), SCREENS)
def test_a_newcomer_finds_a_shift_near_and_is_hired_at_one_tap(
    site: Site, person: PersonMaker, size: dict[str, int], language: str
) -> None:
    worker = person(size, language)
    page = worker.goes_to("/?no_experience=yes")
    expect(page.locator(".offer").first).to_be_visible()
    assert_accessible(page)
    free = page.locator(".offer", has=page.locator("text=/还剩|left/")).first
    free.locator("a").first.click()
    page.wait_for_load_state("load")
    shift = re.search(r"/shifts/\d+", page.url)
    assert shift is not None
    assert_accessible(page)
    page = worker.signs_in(new_phone(), shift[0])
    page.click("#claim-box a.button")
    page.wait_for_load_state("load")
    page.fill("input[name=name]", "赵小明")
    page.fill("input[name=id_number]", new_id_number())
    assert_accessible(page)
    submit(page, "/account/profile")
    if not page.locator("form[action$='/claim']").is_visible():
        page.click("#claim-box a.button")
    page.locator("form[action$='/claim'] button").last.click()
    hired = page.locator("#claim-box [data-countdown]")
    expect(hired).to_be_visible()
    assert_accessible(page)
    submit(page, "/cancel")
    page = worker.goes_to("/my")
    assert_accessible(page)
    check(site)


def test_the_whole_path_from_posting_to_paid(site: Site, person: PersonMaker) -> None:
    employer, officer, worker = person(DESK, "zh-CN"), person(DESK, "en-US"), person(PHONE, "zh-CN")
    title = "理货帮工 加急"

    # Emil posts; the shift begins in forty minutes, so that checking in is open.
    page = employer.signs_in(site.phone_of("employer"), "/employer/gigs/new")
    start = clock.local(clock.now() + timedelta(minutes=40))
    page.fill("input[name=title]", title)
    page.select_option("select[name=trade]", "shelf-stacker")
    page.fill("textarea[name=duties]", "上架、打包、收拾货架")
    page.fill("textarea[name=conditions]", "能吃苦，干活利索")
    page.fill("input[name=hourly]", "32.5")
    page.check("input[name=settles][value=day]", force=True)
    page.fill("input[name=date_0]", start.strftime("%Y-%m-%d"))
    page.fill("input[name=from_0]", start.strftime("%H:%M"))
    page.fill("input[name=to_0]", (start + timedelta(hours=4)).strftime("%H:%M"))
    page.fill("input[name=places_0]", "1")
    assert_accessible(page)
    page.click(".action-bar button[name=_once]")
    page.wait_for_load_state("load")
    gig = re.search(r"/employer/gigs/(\d+)", page.url)
    assert gig is not None, page.inner_text("main")[:800]

    # Olga publishes it.
    page = officer.signs_in(site.phone_of("officer"), "/officer")
    assert_accessible(page)
    page = officer.goes_to(f"/officer/gigs/{gig[1]}")
    assert title in page.inner_text("main")
    assert_accessible(page)
    page.locator("form[action$='/decide'] button[value=yes], form[action$='/decide'] button").first.click()
    page.wait_for_load_state("load")

    # Wanda takes it.
    page = employer.goes_to(f"/employer/gigs/{gig[1]}")
    shift = page.locator("a[href*='/employer/shifts/']").first.get_attribute("href") or ""
    number = shift.rstrip("/").split("/")[3].split("?")[0]
    page = worker.signs_in(new_phone(), "/account")
    page.fill("input[name=name]", "王小妹")
    page.fill("input[name=id_number]", new_id_number())
    submit(page, "/account/profile")
    page = worker.goes_to(f"/shifts/{number}")
    page.click("#claim-box a.button")
    page.locator("form[action$='/claim'] button").last.click()
    expect(page.locator("#claim-box [data-countdown]")).to_be_visible()

    # She reads the six digits off the screen at the door.
    page = employer.goes_to(f"/employer/shifts/{number}")
    assert "王小妹" in page.inner_text("main")
    assert_accessible(page)
    page = employer.goes_to(f"/employer/shifts/{number}/screen")
    digits = page.inner_text("#digits").replace(" ", "")
    assert_accessible(page)
    page = worker.goes_to("/my")
    page.locator("a[href^='/claims/']").first.click()
    page.wait_for_load_state("load")
    claim = re.search(r"/claims/\d+", page.url)
    assert claim is not None
    assert_accessible(page)
    way = page.locator("a[href^='geo:']").get_attribute("href") or ""
    lat, lon = way.removeprefix("geo:").split("?")[0].split(",")
    worker.context.set_geolocation({"latitude": float(lat), "longitude": float(lon)})
    page.fill("input[name=code]", digits)
    submit(page, "/check-in")
    page.wait_for_url("**/done")
    assert_accessible(page)
    page = worker.goes_to(claim[0])
    submit(page, "/check-out")
    assert_accessible(page)

    # Emil confirms and pays; she sees it.
    page = employer.goes_to("/employer/settlement")
    assert "王小妹" in page.inner_text("main")
    assert_accessible(page)
    page.locator("form[action*='/confirm-all'] button").click()
    page.wait_for_load_state("load")
    page = employer.goes_to("/employer/settlement?state=confirmed")
    page.locator("tr", has_text="王小妹").locator("form[action*='/pay?'] button").click()
    expect(page.locator("tr", has_text="王小妹")).to_have_count(0)
    page = employer.goes_to("/employer/settlement?state=paid")
    expect(page.locator("main")).to_contain_text("王小妹")
    check(site)


def test_who_has_no_javascript_can_do_it_too(site: Site, person: PersonMaker) -> None:
    worker = person(PHONE, "zh-CN", java_script_enabled=False)
    page = worker.goes_to("/shifts?day=tomorrow&no_experience=yes")
    page.locator(".offer a").first.click()
    shift = re.search(r"/shifts/\d+", page.url)
    assert shift is not None
    page = worker.signs_in(new_phone(), "/account")
    page.fill("input[name=name]", "钱小宝")
    page.fill("input[name=id_number]", new_id_number())
    submit(page, "/account/profile")
    page = worker.goes_to(shift[0])
    page.click("#claim-box a.button")
    page.locator("form[action$='/claim'] button").last.click()
    page.wait_for_load_state("load")
    assert page.locator("form[action$='/cancel']").count() == 1


def test_bookings_are_readable_offline(site: Site, person: PersonMaker) -> None:
    worker = person(PHONE, "zh-CN")
    page = worker.signs_in(site.phone_of("worker", 1), "/my")
    page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
    page = worker.goes_to("/my")
    page.wait_for_timeout(500)
    booked = page.inner_text("h1")
    worker.context.set_offline(True)
    page.reload()
    assert booked in page.inner_text("body")
    worker.faults.clear()  # the network being away is the point


def test_large_print_and_dark_are_kept(site: Site, person: PersonMaker) -> None:
    page = person(PHONE, "en-US").goes_to("/")
    page.click("button[name=print_size][value=large]")
    page.wait_for_load_state("load")
    page.click("button[name=theme][value=dark]")
    page.wait_for_load_state("load")
    assert page.get_attribute("html", "data-print") == "large"
    assert page.get_attribute("html", "data-theme") == "dark"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_accessible(page)
