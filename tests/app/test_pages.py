"""Every page in every language for everybody who may see it: complete, translated, and sound HTML."""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from app import web
from core import i18n
from core.api import ApiRoute
from tests.app.test_matrix import ADMITTED, SKIPPED, is_foreign
from tests.app.world import World
from tests.cast import Cast, Visitor

pytestmark = pytest.mark.anyio

NOT_PAGES = {
    "/applications/{id:int}/file",
    "/healthz",
    "/api/v1/openapi.json",
    "/metrics",
    "/sw.js",
    "/manifest.webmanifest",
    "/officer/employers/{id:int}/licence",
    *SKIPPED,
}
SEERS = ("nobody", "wanda", "emil", "olga")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
LABELLED = {"input", "select", "textarea"}
NAMES_OF_THINGS = {
    "QR",
    "GPS",
    "SMS",
    "PDF",
    "JPG",
    "PNG",
    "MB",
    "App",
    "APP",
    "API",
    "WGS",
    "km",
    "English",
    "Jishi",
    "Excel",
    "CSV",
    "JSON",
    "command",
    "line",
}
"""Latin words that stand on Chinese pages too."""


class Page(HTMLParser):
    """What a browser and a screen reader need to be right."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.ids: Counter[str] = Counter()
        self.headings = 0
        self.lang = ""
        self.open: list[str] = []
        self.faults: list[str] = []
        self.labels: set[str] = set()
        self.fields: list[tuple[str, dict[str, str | None], bool]] = []
        self.words: list[str] = []
        self.references: list[str] = []
        self.feed(html)
        self.faults += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = dict(attrs)
        if len(have) < len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        if tag == "html":
            self.lang = have.get("lang") or ""
        if tag == "h1":
            self.headings += 1
        if tag == "img" and "alt" not in have:
            self.faults.append("an image without words")
        if have.get("id"):
            self.ids[have["id"]] += 1
        if tag == "label" and have.get("for"):
            self.labels.add(have["for"])
        if tag in LABELLED and have.get("type") not in ("hidden", "submit", "button"):
            self.fields.append((tag, have, "label" in self.open))
        self.references += [
            each
            for name in ("aria-labelledby", "aria-describedby", "aria-controls")
            for each in (have.get(name) or "").split()
        ]
        self.words += [
            have[name] or "" for name in ("alt", "title", "placeholder", "aria-label") if name in have
        ]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> where {self.open[-1:]} is open")
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not {"script", "style", "svg"} & set(self.open):
            self.words.append(data)

    def complaints(self, locale: str) -> list[str]:
        """All that is not right."""
        found = [
            *self.faults,
            *(f"id {name} stands {times} times" for name, times in self.ids.items() if times > 1),
        ]
        found += [f"{self.headings} headings of the first rank"] * (self.headings != 1)
        found += [f"lang={self.lang}"] * (self.lang != locale)
        found += [
            f"a {tag} named {have.get('name')} without a label"
            for tag, have, inside in self.fields
            if not self._is_labelled(have, inside)
        ]
        return found + [f"nothing has the id {name}" for name in self.references if name not in self.ids]

    def _is_labelled(self, have: dict[str, str | None], inside: bool) -> bool:
        return inside or have.get("id") in self.labels or "aria-label" in have or "aria-labelledby" in have


async def pages(world: World, role: str) -> list[str]:
    """Addresses this person may see."""
    found = []
    for route in web.routes():
        if "GET" not in route.methods or isinstance(route, ApiRoute) or route.path in NOT_PAGES:
            continue
        if role in ADMITTED[route.who.name] and not is_foreign("GET", route, role):
            found.append(await world.address(route.path, role))
    return [
        *found,
        "/no-such-page",
        "/shifts?trade=dishwasher&day=tomorrow&lat=31.38&lon=120.95",
        "/shifts?min_hourly_fen=999999",
    ]


def english_left(page: Page) -> list[str]:
    """Source sentences of ours that stand untranslated on a Chinese page."""
    said = {re.sub(r"\s+", " ", words).strip() for words in page.words}
    latin = [words for words in said if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", words)]
    return [words for words in latin if not set(re.findall(r"[A-Za-z]+", words)) <= NAMES_OF_THINGS]


@pytest.mark.parametrize("locale", i18n.LOCALES)
@pytest.mark.parametrize("role", SEERS)
async def test_every_page_is_whole(cast: Cast, client: Visitor, role: str, locale: str):
    world = await World.build(cast)
    await world.comes(client, role)
    client.cookies.set("locale", locale, domain="localhost.local")
    complaints = {}
    for path in await pages(world, role):
        answer = await client.get(path)
        if answer.status_code in (303, 307):
            continue
        assert answer.status_code == (404 if path == "/no-such-page" else 200), path
        if not answer.headers["content-type"].startswith("text/html"):
            continue  # a file: calendar, table, feed, picture
        page = Page(answer.text)
        found = page.complaints(locale)
        if locale != "en" and path != "/api/docs":  # which is for programmers, and says what the code says
            found += [f"English: {words}" for words in english_left(page)]
        if found:
            complaints[path] = found
    assert complaints == {}


@pytest.mark.parametrize("size", ["normal", "large"])
@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
async def test_how_one_likes_to_read_is_said_on_the_page(cast: Cast, client: Visitor, theme: str, size: str):
    client.cookies.set("theme", theme, domain="localhost.local")
    client.cookies.set("print", size, domain="localhost.local")
    html = (await client.get("/")).text
    assert theme == "auto" or re.search(rf'<html[^>]*"{theme}"', html)
    assert size == "normal" or re.search(rf'<html[^>]*"{size}"', html)


async def test_what_somebody_signed_in_sees_is_kept_by_nobody(cast: Cast, client: Visitor):
    await client.comes_as(cast.wanda)
    for path in ("/my", "/account", "/notices", "/"):
        assert (await client.get(path)).headers["cache-control"] == "no-store"


def test_every_sentence_is_translated():
    from app import catalogues

    assert catalogues.check() == 0
