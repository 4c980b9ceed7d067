"""Takes the pictures of README and guides again from a fresh demo: `make pictures`."""

import struct
import sys
import tempfile
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests import services
from tests.e2e.conftest import FLAGS, Person, Site, running

FOLDER = Path(__file__).parent.parent.parent / "docs" / "pictures"
PHONE = {"width": 390, "height": 780}
DESK = {"width": 1280, "height": 720}
LIMIT = 120_000
"""Bytes: a README with pictures should open as fast as one without."""


@dataclass(frozen=True)
class Picture:
    """One picture: whose screen shows what."""

    name: str
    role: str
    """Empty: nobody is signed in."""
    path: str
    follow: str = ""
    """Selector of the link to take from there: addresses with numbers differ from demo to demo."""
    size: str = "390"


PICTURES = (
    Picture("shifts", "", "/"),
    Picture("shift", "", "/", ".offer:not(:has(.places-full)) .offer-title a"),
    Picture("my", "worker", "/my"),
    Picture("today", "employer", "/employer", size="1280"),
    Picture("decide", "officer", "/officer", "tbody tr:last-child th a", size="1280"),
    Picture("api", "", "/api/docs", size="1280"),
)


def take(browser: Browser, site: Site, picture: Picture) -> bytes:
    """A screenshot of the first screen, as a reader of the guide would see it."""
    context = browser.new_context(
        viewport=PHONE if picture.size == "390" else DESK,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
        service_workers="block",
    )
    person = Person(site, context)
    page: Page = person.goes_to(picture.path)
    if picture.role:
        page = person.signs_in(site.phone_of(picture.role), picture.path)
    if picture.follow:
        with page.expect_navigation():
            page.locator(picture.follow).first.click()
    page.wait_for_load_state("load")
    shot = page.screenshot()
    context.close()
    return shot


def with_palette(png: bytes) -> bytes:
    """The same picture with at most 256 colours: a page has few, and the file is a third."""
    width, height, channels, rows = _pixels(png)
    colours = [row[at : at + 3] for row in rows for at in range(0, width * channels, channels)]
    chosen = [colour for colour, _times in Counter(colours).most_common(256)]
    place = {colour: at for at, colour in enumerate(chosen)}
    for colour in set(colours) - place.keys():
        place[colour] = min(range(len(chosen)), key=lambda at: _difference(chosen[at], colour))
    indexes = bytes(place[colour] for colour in colours)
    lines = b"".join(b"\0" + indexes[y * width : (y + 1) * width] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"PLTE", b"".join(chosen)),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )


def _difference(one: bytes, other: bytes) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _pixels(png: bytes) -> tuple[int, int, int, list[bytes]]:
    """Width, height, bytes per pixel and rows of the 8-bit RGB or RGBA picture a browser makes."""
    at, data, width, height, kind = 8, b"", 0, 0, 0
    while at < len(png):
        size, name = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + size]
        if name == b"IHDR":
            width, height, _depth, kind = struct.unpack(">IIBB", body[:10])
        elif name == b"IDAT":
            data += body
        at += size + 12
    channels = {2: 3, 6: 4}[kind]
    raw, length = zlib.decompress(data), width * channels
    rows, before = [], bytes(length)
    for y in range(height):
        start = y * (length + 1)
        before = _unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + length]), before, channels)
        rows.append(before)
    return width, height, channels, rows


def _unfiltered(kind: int, row: bytearray, above: bytes, step: int) -> bytes:
    """One row as it was before the PNG filter (RFC 2083, chapter 6)."""
    for x in range(len(row) if kind else 0):
        left = row[x - step] if x >= step else 0
        corner = above[x - step] if x >= step else 0
        guess = (0, left, above[x], (left + above[x]) // 2, 0)[kind]
        if kind == 4:  # Paeth: whichever neighbour is nearest to left + above - corner
            guess = min(
                (left, above[x], corner), key=lambda near, sum_=left + above[x] - corner: abs(sum_ - near)
            )
        row[x] = (row[x] + guess) & 255
    return bytes(row)


def main() -> int:
    """Take them all; 1 when one is too large."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    large = 0
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as site, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=services.chromium(), args=list(FLAGS))
        for picture in PICTURES:
            file = FOLDER / f"{picture.name}-{picture.size}-zh.png"
            file.write_bytes(with_palette(take(browser, site, picture)))
            large += file.stat().st_size > LIMIT
            print(f"{file.stat().st_size:>8,} bytes  {file.name}")
        browser.close()
    return 1 if large else 0


if __name__ == "__main__":
    sys.exit(main())
