"""What every answer carries, and that nothing anybody sends is our fault."""

import re
from dataclasses import replace

import httpx
import pytest

from accounts.models import Session
from app import web
from core import clock, settings
from core.models import OutboxRow
from core.routing import Guarded, anyone, get
from marketplace.models import Claim, Gig, PayLine, Shift
from tests.app.world import World
from tests.cast import Cast, Visitor

pytestmark = pytest.mark.anyio

EVERY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


async def token(visitor: Visitor) -> str:
    page = await visitor.get("/")
    return re.search(r'name="_csrf" value="([0-9a-f]+)"', page.text)[1]


def missing(answer: httpx.Response) -> list[str]:
    return [name for name, value in EVERY.items() if answer.headers.get(name) != value]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sign-in",
        "/no-such-page",
        "/my",
        "/officer",
        "/api/v1/shifts",
        "/api/v1/me",
        "/api/v1/nothing",
        "/api/docs",
        "/api/v1/openapi.json",
        "/healthz",
        "/sw.js",
        "/manifest.webmanifest",
        "/static/",
        "/shifts/99999999999999999999",
    ],
)
async def test_every_answer_carries_the_headers(cast: Cast, client: Visitor, path: str):
    answer = await client.get(path)
    assert missing(answer) == []
    assert len(answer.headers["x-request-id"]) == 16
    assert answer.status_code < 500


async def test_static_files_carry_them_too_and_are_kept_for_ever(cast: Cast, client: Visitor):
    address = re.search(r'href="(/static/[^"]+\.css)"', (await client.get("/")).text)[1]
    answer = await client.get(address)
    assert (answer.status_code, missing(answer)) == (200, [])
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("path", ["/broken", "/api/v1/broken"])
async def test_our_own_fault_carries_them_too_and_tells_nothing(
    db: str, monkeypatch: pytest.MonkeyPatch, path: str
):
    async def fail(request):
        raise ZeroDivisionError("13800138000")

    known = web.routes()
    monkeypatch.setattr(
        web,
        "routes",
        lambda: [get("/broken", fail, who=anyone), get("/api/v1/broken", fail, who=anyone), *known],
    )
    async with Visitor.at_the_door() as visitor:
        answer = await visitor.get(path)
    assert (answer.status_code, missing(answer)) == (500, [])
    assert "content-security-policy" in answer.headers
    assert answer.headers["x-request-id"] in answer.text
    assert "13800138000" not in answer.text
    assert "ZeroDivision" not in answer.text


async def test_the_content_policy_allows_nothing_inline(cast: Cast, client: Visitor):
    for path in ("/", "/api/docs", "/sign-in", "/no-such-page"):
        policy = (await client.get(path)).headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy.replace("'wasm-unsafe-eval'", "")
        assert {
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        } <= set(policy.split("; "))


async def test_no_page_needs_what_the_policy_forbids(cast: Cast, client: Visitor):
    world = await World.build(cast)
    await world.comes(client, "emil")
    for path in (
        "/",
        "/sign-in",
        f"/shifts/{cast.shift.id}",
        "/employer",
        "/employer/gigs/new",
        "/employer/settlement",
        "/account",
    ):
        html = (await client.get(path)).text
        assert re.findall(r"<[^>]*\s(?:on\w+|style)\s*=", html) == [], path
        assert re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/(?:ld\+)?json)[^>]*>", html) == [], path
        assert "javascript:" not in html


# --- cookies, hosts, forms from elsewhere ---


async def test_over_https_cookies_are_as_strict_as_they_can_be(cast: Cast):
    settings.install(replace(settings.current(), site_url="https://jishi.example"))
    async with Visitor.at_the_door() as visitor:
        visitor.base_url = "https://jishi.example"
        answer = await visitor.get("/sign-in")
    cookie = next(
        value for name, value in answer.headers.multi_items() if name == "set-cookie" and "visitor" in value
    )
    assert cookie.startswith("__Host-visitor=")
    assert {"httponly", "secure", "path=/", "samesite=lax"} <= {
        part.strip().lower() for part in cookie.split(";")
    }
    assert "max-age=63072000" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost@evil.example", ""])
async def test_another_hosts_name_is_refused(cast: Cast, client: Visitor, host: str):
    answer = await client.get("/", headers={"host": host})
    assert answer.status_code == 400
    assert missing(answer) == []


@pytest.mark.parametrize(
    ("csrf", "headers"),
    [
        (False, {}),
        (True, {"origin": "https://evil.example"}),
        (True, {"sec-fetch-site": "cross-site"}),
        (True, {"sec-fetch-site": "same-site"}),
    ],
)
async def test_a_form_from_elsewhere_changes_nothing(
    cast: Cast, client: Visitor, csrf: bool, headers: dict[str, str]
):
    await client.comes_as(cast.wanda)
    data = {"_csrf": await token(client)} if csrf else {}
    answer = await client.post(f"/shifts/{cast.shift.id}/claim", data=data, headers=headers)
    assert answer.status_code == 403
    assert await Claim.all().count() == 0


async def test_a_bearer_token_opens_no_page_and_a_cookie_no_api(cast: Cast, client: Visitor):
    await client.calls_as(cast.wanda)
    assert (await client.get("/my")).status_code == 303
    del client.headers["Authorization"]
    await client.comes_as(cast.wanda)
    assert (await client.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize("change", [{"ended_at": "now"}, {"expires_at": "now"}])
async def test_an_ended_session_is_over_at_the_next_request(
    cast: Cast, client: Visitor, change: dict[str, str]
):
    await client.comes_as(cast.wanda)
    assert (await client.get("/my")).status_code == 200
    await Session.all().update(**dict.fromkeys(change, clock.now()))
    assert (await client.get("/my")).status_code == 303


@pytest.mark.parametrize(
    "target",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:x"],
)
async def test_nobody_is_sent_off_the_site(cast: Cast, client: Visitor, target: str):
    await client.comes_as(cast.wanda)
    for answer in (
        await client.get("/sign-in", params={"next": target}),
        await client.sends("/preferences", {"locale": "en", "next": target}),
    ):
        assert "evil" not in answer.headers.get("location", "")
        assert f'"{target}"' not in answer.text


# --- whatever is sent ---


async def test_a_body_too_large_is_refused_as_that(cast: Cast, client: Visitor):
    await client.comes_as(cast.wanda)
    await client.calls_as(cast.wanda)
    too_much = b"x" * (13 * 1024 * 1024)
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert (
        await client.post("/account/profile", content=b"name=" + too_much, headers=form)
    ).status_code == 413
    answer = await client.put("/api/v1/me", content=too_much, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


BAD_JSON = {
    "nothing": b"",
    "half": b'{"places": ',
    "list": b"[]",
    "number": b"7",
    "null": b"null",
    "NaN": b'{"places": NaN}',
    "deep": b"[" * 100_000,
    "deep object": b'{"a":' * 50_000,
    "twice": b'{"name":"a","name":"b"}',
    "not text": b"\xff\xfe\x00",
    "NUL": rb'{"name": "\u0000", "id_number": "\u0000"}',
    "surrogate": rb'{"name": "\ud800", "id_number": "\udfff"}',
    "huge number": b'{"places": ' + b"9" * 5000 + b"}",
    "float": b'{"places": 1e400}',
    "wrong kinds": b'{"name": {}, "shifts": "x", "places": []}',
    "long": b'{"name": "' + b"x" * 100_000 + b'"}',
}


@pytest.mark.parametrize("body", BAD_JSON.values(), ids=BAD_JSON)
async def test_no_json_is_our_fault(cast: Cast, client: Visitor, body: bytes):
    world = await World.build(cast)
    await world.comes(client, "emil")
    for route in web.routes():
        if (
            not isinstance(route, Guarded)
            or not route.path.startswith("/api/v1/")
            or route.methods <= {"GET", "HEAD", "DELETE"}
        ):
            continue
        path = await world.address(route.path, "emil")
        answer = await client.request(
            next(iter(route.methods)), path, content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code < 500, route.path
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["code"]


BAD_FORMS = {
    "nothing": {},
    "NUL": dict.fromkeys(("name", "reason", "places", "phone", "code", "title", "_once", "next"), "a\0b"),
    "odd digits": dict.fromkeys(("code", "phone", "places", "minutes", "hourly"), "１２３４５６"),
    "long": dict.fromkeys(("name", "reason", "code", "title", "phone", "token", "terms"), "x" * 100_000),
    "many": {f"field{n}": "x" for n in range(1000)},
    "control": dict.fromkeys(("name", "title", "reason", "locale", "theme"), "\x1b[31m\r\nSet-Cookie: a=b"),
}


@pytest.mark.parametrize("form", BAD_FORMS.values(), ids=BAD_FORMS)
@pytest.mark.parametrize("role", ["wanda", "emil", "olga"])
async def test_no_form_is_our_fault(cast: Cast, client: Visitor, form: dict[str, str], role: str):
    world = await World.build(cast)
    await world.comes(client, role)
    proof = await token(client)
    for route in web.routes():
        if "POST" in route.methods and not route.path.startswith("/api/") and route.path != "/sign-out":
            answer = await client.post(await world.address(route.path, role), data={**form, "_csrf": proof})
            assert answer.status_code < 500, route.path
            assert "set-cookie: a=b" not in str(answer.headers).lower()


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "multipart/form-data; boundary=" + "x" * 300,
        "application/x-www-form-urlencoded; charset=nonsense",
    ],
)
async def test_no_broken_form_is_our_fault(cast: Cast, client: Visitor, content_type: str):
    await client.comes_as(cast.emil)
    for body in (
        b"",
        b"\xff\xfe\0",
        b"--x\r\n\r\n",
        b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--",
        b"%%%=%zz&&&;==",
    ):
        answer = await client.post("/employer/licence", content=body, headers={"content-type": content_type})
        assert answer.status_code in (400, 403, 413, 422)


@pytest.mark.parametrize(
    "query",
    [
        "lat=1",
        "lat=nan&lon=inf",
        "lat=91&lon=0",
        "day=yesterday",
        "from=25:00",
        "limit=0",
        "limit=101",
        "offset=-1",
        "sort=odd",
        "trade=%00",
        "min_hourly_fen=-1",
        "radius_km=0",
        "unknown=1",
        "lat=1&lat=2",
        "employer=" + "9" * 30,
        "day=%ED%A0%80",
        "q=%00",
    ],
)
async def test_no_question_is_our_fault(cast: Cast, client: Visitor, query: str):
    assert (await client.get(f"/api/v1/shifts?{query}")).status_code in (400, 422)
    assert (await client.get(f"/shifts?{query}")).status_code < 500


@pytest.mark.parametrize(
    "header",
    [
        {"cookie": "jishi=\xff; locale=\xff; =;;;"},
        {"cookie": "a" * 60_000},
        {"accept-language": "zh" * 20_000},
        {"authorization": "Bearer \xff"},
        {"authorization": "Basic x"},
        {"authorization": "Bearer"},
        {"referer": "http://[bad"},
        {"hx-request": "true", "hx-target": "<x>"},
        {"range": "bytes=" + "0-0," * 10_000},
        {"x-forwarded-for": "127.0.0.1", "x-forwarded-host": "evil.example"},
    ],
)
async def test_no_header_is_our_fault(cast: Cast, client: Visitor, header: dict[str, str]):
    raw = [(name.encode(), value.encode("latin-1")) for name, value in header.items()]
    for path in ("/", "/my", "/api/v1/me", "/no-such-page"):
        answer = await client.get(path, headers=raw)
        assert answer.status_code < 500
        assert "evil.example" not in answer.text


async def test_looking_changes_nothing(cast: Cast, client: Visitor):
    world = await World.build(cast)

    async def everything() -> list[list[dict]]:
        return [
            await table.all().order_by("id").values() for table in (Shift, Claim, Gig, PayLine, OutboxRow)
        ]

    before = await everything()
    for role in ("wanda", "emil", "olga"):
        await world.comes(client, role)
        for route in web.routes():
            if "GET" in route.methods and route.path != "/live":
                await client.get(await world.address(route.path, role))
    assert await everything() == before
