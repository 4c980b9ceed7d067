"""A running site with its demo town, and a real browser in front of it."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests import services

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


@dataclass(frozen=True)
class Site:
    """Where the site is and who lives in its demo town."""

    url: str
    data: Path
    people: list[dict[str, str]]

    def phone_of(self, role: str, nth: int = 0) -> str:
        """Phone of the nth person of a role."""
        return [each["phone"] for each in self.people if each["role"] == role][nth].removeprefix("+86")


def command(data: Path, *words: str) -> str:
    """What `python -m app …` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "app", *words, "--data", str(data)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_open(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        assert process.poll() is None, "the site ended while starting"
        with suppress(OSError), urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.3)
    pytest.fail("the site did not open")


@contextmanager
def running(data: Path) -> Iterator[Site]:
    """`python -m app run` with the demo, as a newcomer starts it."""
    port = _free_port()
    log = (data / "run.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "run", "--port", str(port), "--data", str(data), "--demo"],
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_open(url, process)
        yield Site(url, data, json.loads(command(data, "demo", "--accounts", "--json")))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        log.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for all journeys."""
    with running(tmp_path_factory.mktemp("site")) as opened:
        yield opened


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=services.chromium(), args=list(FLAGS))
        yield running
        running.close()


class Person:
    """Somebody with a browser."""

    def __init__(self, site: Site, context: BrowserContext) -> None:
        self.site = site
        self.context = context
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)

    def goes_to(self, path: str) -> Page:
        """Open an address of the site."""
        self.page.goto(self.site.url + path, wait_until="load")
        return self.page

    def signs_in(self, phone: str, path: str = "/") -> Page:
        """By phone and the code the demo shows; officers show their second factor too."""
        page = self.goes_to(f"/sign-in?next={path}")
        page.fill("input[name=phone]", phone)
        page.click("main button[type=submit]")
        page.fill("input[name=code]", page.inner_text("#demo-code").strip())
        page.click("main form[action='/sign-in/code'] button[type=submit]")
        page.wait_for_url(lambda url: "/sign-in" not in url)
        if "/second-factor" in page.url:
            page.fill("input[name=code]", page.inner_text("#demo-code").strip())
            page.click("main button[type=submit]")
            page.wait_for_load_state("load")
        return page


@pytest.fixture
def person(site: Site, browser: Browser) -> Iterator["PersonMaker"]:
    """Makes people with browsers of their own; at the end nobody's page may have had a fault."""
    maker = PersonMaker(site, browser)
    yield maker
    for each in maker.made:
        each.context.close()
    faults = [fault for each in maker.made for fault in each.faults]
    assert faults == []


class PersonMaker:
    """`person(width=390, locale="zh-CN")`."""

    def __init__(self, site: Site, browser: Browser) -> None:
        self.site, self.browser = site, browser
        self.made: list[Person] = []

    def __call__(self, size: dict[str, int] = PHONE, locale: str = "zh-CN", **more: object) -> Person:
        """One more person at their own device."""
        context = self.browser.new_context(
            viewport=size,
            locale=locale,
            timezone_id="Asia/Shanghai",
            permissions=["geolocation"],
            geolocation={"latitude": 31.385, "longitude": 120.955},
            **more,
        )
        self.made.append(Person(self.site, context))
        return self.made[-1]
