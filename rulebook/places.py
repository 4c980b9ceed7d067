"""China's regions as a tree with coordinates: the place picker, names, distances."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from math import asin, cos, radians, sin, sqrt

from rulebook.tables import rows

EARTH_RADIUS_M = 6_371_008.8
TOWNSHIP_DIGITS = 9
"""A township's code is its county's six digits and three more."""
Point = tuple[float, float]
"""Latitude and longitude in WGS-84."""


@dataclass(frozen=True, slots=True)
class Region:
    """A province, city, county or township, with its GB/T 2260 code."""

    code: str
    name: str
    level: str
    province_code: str
    city_code: str
    """Empty where no city stands between county and province (Beijing's districts, 仙桃市)."""
    full_name: str
    lat: float
    lon: float
    borrowed_point: bool = False
    """The coordinates are those of the region above, for want of better: say "about"."""

    @property
    def parent_code(self) -> str:
        """The region this one lies in; empty for a province."""
        return {"province": "", "city": self.province_code, "township": self.code[:6]}.get(
            self.level, self.city_code or self.province_code
        )


def region(code: str) -> Region | None:
    """The region with this code (six digits, or nine for a township), or None."""
    if len(code) == TOWNSHIP_DIGITS:
        return next((t for t in townships(code[:6]) if t.code == code), None)
    return _regions().get(code)


def county(code: str) -> Region | None:
    """The county (or city without counties, such as 东莞市) with this code, or None."""
    found = _regions().get(code)
    return found if found and found.level == "county" else None


def upwards(code: str) -> list[str]:
    """The code with those of all it lies in, the closest first; the last is empty: the whole country."""
    codes, place = [], region(code)
    while place:
        codes.append(place.code)
        place = region(place.parent_code)
    return [*codes, ""]


def provinces() -> list[Region]:
    """The provinces, in the order of their codes."""
    return children("")


def children(code: str) -> list[Region]:
    """The regions right below this one: cities or counties of a province, townships of a county."""
    if county(code):
        return townships(code)
    return _children().get(code, [])


def townships(county_code: str) -> list[Region]:
    """The townships and streets of a county. Their coordinates are the county's."""
    above = county(county_code)
    if above is None:
        return []
    return [_township(above, code, name) for code, name in _townships().get(county_code, [])]


def search_places(text: str, limit: int = 20) -> list[Region]:
    """Regions whose Chinese name holds what was typed, the closest names and the larger places first.

    `昆山 花桥` and `昆山花桥` both find 昆山市花桥镇: words may leave out what lies between them.
    """
    words = text.split()
    if not words or limit < 1:
        return []
    found = _names()
    for word in words:
        found = [named for named in found if word in named[1]]
    if not found:
        in_order = _letters_in_order("".join(words))
        found = [named for named in _names() if in_order.match(named[1])]
    codes = sorted((code for code, _ in found), key=lambda code: _closeness(_own_name(code), words[-1], code))
    return [place for code in codes[:limit] if (place := region(code))]


def nearest_county(lat: float, lon: float) -> Region:
    """The county whose middle is nearest: a good guess, not always the one whose border surrounds it."""
    return min(_located_counties(), key=lambda place: distance_m((lat, lon), (place.lat, place.lon)))


def distance_m(a: Point, b: Point) -> float:
    """Metres between two points along the surface of the earth (haversine)."""
    lat_a, lon_a, lat_b, lon_b = map(radians, (*a, *b))
    half = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    # Rounding may lift the square a hair over 1 for points opposite each other.
    return 2 * EARTH_RADIUS_M * asin(sqrt(min(1.0, half)))


def _letters_in_order(text: str) -> re.Pattern[str]:
    # "Anything but this letter, then this letter" has one way to match, so no typing can make it slow.
    return re.compile("".join(f"[^{letter}]*{letter}" for letter in map(re.escape, text)))


def _closeness(name: str, word: str, code: str) -> tuple[int, int, str]:
    kind = 0 if name == word else 1 if name.startswith(word) else 2 if word in name else 3
    # A province's code ends in four zeros, a city's in two.
    size = (
        3 if len(code) == TOWNSHIP_DIGITS else 0 if code.endswith("0000") else 1 if code.endswith("00") else 2
    )
    return (kind, size, code)


def _own_name(code: str) -> str:
    return _township_names()[code] if len(code) == TOWNSHIP_DIGITS else _regions()[code].name


def _township(above: Region, code: str, name: str) -> Region:
    return Region(
        code,
        name,
        "township",
        above.province_code,
        above.city_code,
        above.full_name + name,
        above.lat,
        above.lon,
        borrowed_point=True,
    )


@cache
def _regions() -> dict[str, Region]:
    # Sorted by code, so whatever a region lies in has been read before it.
    found: dict[str, Region] = {}
    for row in rows("regions.csv"):
        found[row["code"]] = _read_region(row, found)
    return found


def _read_region(row: dict[str, str], known: dict[str, Region]) -> Region:
    code, name, level = row["code"], row["name"], row["level"]
    province_code = code[:2] + "0000"
    city_code = code[:4] + "00"
    if city_code not in known or level != "county":
        city_code = ""
    above = known.get(city_code or province_code)
    full_name = (above.full_name if above else "") + name
    if row["lat"]:
        return Region(
            code, name, level, province_code, city_code, full_name, float(row["lat"]), float(row["lon"])
        )
    above = known[city_code or province_code]
    return Region(
        code, name, level, province_code, city_code, full_name, above.lat, above.lon, borrowed_point=True
    )


@cache
def _children() -> dict[str, list[Region]]:
    return _grouped(_regions().values())


def _grouped(regions: Iterable[Region]) -> dict[str, list[Region]]:
    below = defaultdict(list)
    for place in regions:
        below[place.parent_code].append(place)
    return dict(below)


@cache
def _located_counties() -> list[Region]:
    return [place for place in _regions().values() if place.level == "county" and not place.borrowed_point]


@cache
def _townships() -> dict[str, list[tuple[str, str]]]:
    below = defaultdict(list)
    for row in rows("townships.csv"):
        below[row["code"][:6]].append((row["code"], row["name"]))
    return dict(below)


@cache
def _township_names() -> dict[str, str]:
    return {code: name for below in _townships().values() for code, name in below}


@cache
def _names() -> list[tuple[str, str]]:
    """Every code with the full name it is searched by."""
    regions = _regions()
    names = [(code, place.full_name) for code, place in regions.items()]
    for county_code, below in _townships().items():
        above = regions[county_code].full_name
        names += [(code, above + name) for code, name in below]
    return names
