"""Every route for everybody: what the declaration says is what happens, and what is not yours is not there."""

import re
from typing import Any

import httpx
import pytest

from app import web
from core.api import ApiRoute
from core.routing import Guarded
from tests.app.world import ROLES, World
from tests.cast import Cast, Visitor, shift_input

pytestmark = pytest.mark.anyio

ADMITTED = {
    "anyone": set(ROLES),
    "signed-in": set(ROLES) - {"nobody"},
    "worker": set(ROLES) - {"nobody"},
    "employer": {"emil", "eva"},
    "organiser": {"orla"},
    "officer": {"olga", "officer elsewhere"},
    "administrator": {"ada"},
}
"""Declaration → who gets in."""

OWNERS = [
    (r"^(/api/v1)?/employers/{id:int}/mark$", set(ROLES)),
    (r"^(/api/v1)?/invitations/", {"wanda"}),
    (r"^/api/v1/points/", {"olga"}),
    (r"^(/api/v1)?/jobs/{id:int}$ GET", set(ROLES)),
    (r"^(/api/v1)?/jobs/{id:int}/(apply|applications)$ POST", set(ROLES)),
    (r"^/applications/{id:int}/file$", {"wanda", "emil"}),
    (r"^/api/v1/applications/{id:int}/answer$", {"emil"}),
    (r"^(/api/v1)?/applications/{id:int}", {"wanda"}),
    (r"^(/api/v1)?/shifts/{id:int}$ GET", set(ROLES)),
    (r"^(/api/v1)?/shifts/{id:int}/claims?$ POST", set(ROLES)),
    (r"^/check-in/", set(ROLES)),
    (r"^/account/sessions/", set()),
    (r"^/claims/{id:int}(/terms)?$ GET", {"wanda", "emil"}),
    (r"^/claims/{id:int}/(slip|rating)$", {"wanda", "emil"}),
    (r"^/api/v1/claims/{id:int}/(after|slip|ratings)$", {"wanda", "emil"}),
    (r"^/api/v1/claims/{id:int}/hours-by-hand$|^/api/v1/corrections/", {"emil"}),
    (r"^/api/v1/shifts/{id:int}/employer-record$", set(ROLES)),
    (r"^/api/v1/claims/{id:int}(/terms)?$ GET", {"wanda", "emil"}),
    (r"^/claims/{id:int}", {"wanda"}),
    (r"^/pay-lines/", {"wanda"}),
    (r"^/api/v1/claims/{id:int}/check-(in|out)-by-hand$", {"emil"}),
    (r"^/api/v1/claims/{id:int}", {"wanda"}),
    (r"^/api/v1/pay-lines/{id:int}/dispute$", {"wanda"}),
    (
        r"^(/api/v1)?/(officer/)?certificates/{id:int}/(decision|decide|photo)$|^/officer/certificates/",
        {"olga", "officer elsewhere"},
    ),
    (r"^(/account|/api/v1)/(certificates|saved-places|places)/", set()),
    (r"^/officer/|/decision$", {"olga"}),
    (r"^/employer/|^/api/v1/(gigs|jobs|shifts|pay-lines|employers|templates)/", {"emil"}),
]
"""Address pattern (and methods, after a blank) → to whom that object belongs. The first that fits counts."""

SHIFT = shift_input().model_dump(mode="json")
BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/gigs/{id:int}/shifts": {"shifts": [SHIFT]},
    "/api/v1/gigs/{id:int}/decision": {"accept": True},
    "/api/v1/jobs/{id:int}/decision": {"accept": True},
    "/api/v1/certificates/{id:int}/decision": {"accept": True},
    "/api/v1/templates/{id:int}/shifts": {"shifts": [SHIFT]},
    "/api/v1/applications/{id:int}/answer": {"state": "invited"},
    "/api/v1/employers/{id:int}/decision": {"accept": True},
    "/api/v1/shifts/{id:int}": {"places": 3},
    "/api/v1/pay-lines/{id:int}/dispute": {"reason": "少了一小时"},
    "/api/v1/pay-lines/{id:int}/settle": {"minutes": 30},
    "/api/v1/claims/{id:int}/late": {"minutes": 10},
    "/api/v1/claims/{id:int}/corrections": {"minutes": 250, "reason": "少了一小时"},
    "/api/v1/claims/{id:int}/ratings": {"stars": 5},
    "/api/v1/claims/{id:int}/truth": {"pay": True},
    "/api/v1/claims/{id:int}/hours-by-hand": {"in_at": SHIFT["starts_at"], "out_at": SHIFT["ends_at"]},
    "/api/v1/corrections/{id:int}/answer": {"accept": True},
    "/api/v1/employers/{id:int}/mark": {"kind": "favourite"},
    "/api/v1/employers/{id:int}/people/{worker:int}/mark": {"kind": "favourite"},
    "/api/v1/shifts/{id:int}/check-in-by-slip": {"code": "000000"},
    "/api/v1/shifts/{id:int}/messages": {"text": "请从后门进"},
}
LAST = ("/sign-out",)
SKIPPED = ("/live", "/ui")
"""A stream without end, and the gallery that only developers have."""


def routes() -> list[tuple[str, Guarded]]:
    """Every method of every route: first looking, then doing, deleting and signing out last."""
    found = [(method, route) for route in web.routes() for method in sorted(route.methods - {"HEAD"})]
    return sorted(found, key=lambda each: (each[1].path in LAST, each[0] == "DELETE", each[0] != "GET"))


def is_foreign(method: str, route: Guarded, role: str) -> bool:
    if "{" not in route.path:
        return False
    for pattern, owners in OWNERS:
        where, _, methods = pattern.partition(" ")
        if re.search(where, route.path) and (not methods or method in methods.split("|")):
            return role not in owners
    raise AssertionError(f"to whom does {route.path} belong?")


async def knock(visitor: Visitor, method: str, route: Guarded, path: str, token: str) -> httpx.Response:
    if isinstance(route, ApiRoute):
        return await visitor.request(method, path, json=BODIES.get(route.path, {}))
    if method == "GET":
        return await visitor.get(path)
    return await visitor.post(path, data={"_csrf": token, "_once": ""})


def wrong(answer: httpx.Response, method: str, route: Guarded, role: str) -> str:
    """What is not as declared, or nothing."""
    api, status = isinstance(route, ApiRoute), answer.status_code
    to = answer.headers.get("location", "") if status == 303 else ""
    if status >= 500:
        return "our fault"
    if role == "nobody" and not route.who.everybody:
        return "" if (status == 401 if api else to.startswith("/sign-in")) else "a stranger got in"
    if role == "olga without second factor" and route.who.name == "officer":
        return "" if to.startswith("/second-factor") or status == 403 else "no second factor was asked for"
    if role not in ADMITTED[route.who.name]:
        return "" if status == 403 else "another role got in"
    if is_foreign(method, route, role):
        return "" if status == 404 else "something foreign was shown"
    return "shut out" if status in (401, 403, 404) or to.startswith("/sign-in") else ""


def test_every_route_says_who_may_use_it():
    undeclared = [route.path for route in web.routes() if not isinstance(route, Guarded)]
    assert undeclared == []
    assert {route.who.name for route in web.routes()} <= set(ADMITTED)


def test_no_two_routes_share_an_address():
    addresses = [(method, route.path) for method, route in routes()]
    assert len(addresses) == len(set(addresses))


@pytest.mark.parametrize("role", ROLES)
async def test_what_is_declared_is_what_happens(cast: Cast, client: Visitor, role: str):
    world = await World.build(cast)
    await world.comes(client, role)
    page = await client.get("/sign-in?next=/")
    if page.status_code == 303:
        page = await client.get("/")
    token = re.search(r'name="_csrf" value="([0-9a-f]+)"', page.text)[1]
    complaints = []
    for method, route in routes():
        if route.path in SKIPPED or (role == "olga without second factor" and isinstance(route, ApiRoute)):
            continue
        path = await world.address(route.path, role)
        answer = await knock(client, method, route, path, token)
        if complaint := wrong(answer, method, route, role):
            complaints.append(
                f"{method} {route.path}: {complaint} ({answer.status_code} {answer.headers.get('location', '')})"
            )
    assert complaints == []


async def test_guessing_numbers_finds_nothing(cast: Cast, client: Visitor):
    world = await World.build(cast)
    await world.comes(client, "eva")
    for path in (
        "/claims/{}",
        "/claims/{}/terms",
        "/employer/shifts/{}",
        "/employer/gigs/{}",
        "/officer/employers/{}",
    ):
        for number in (0, -1, 1, 2, 3, 10**6, 2**31, 2**63 - 1, 2**63, 10**30):
            assert (await client.get(path.format(number))).status_code in (403, 404), path.format(number)
