"""The gig market over the API: found, claimed, worked, paid; and who must not see what."""

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from marketplace.models import Claim, Gig, PayLine, Shift
from tests.cast import HERE, Cast, Visitor, make_employer, make_gig, make_site, shift_input, workers
from tests.described import call, refused

pytestmark = pytest.mark.anyio
SHIFT, CLAIMS, CLAIM = "/api/v1/shifts/{id}", "/api/v1/shifts/{id}/claims", "/api/v1/claims/{id}"


async def claimed(client: Visitor, cast: Cast) -> int:
    """Wanda's claim on the cast's shift."""
    await client.calls_as(cast.wanda)
    return int((await call(client, "POST", CLAIMS, 201, id=cast.shift.id))["id"])


async def running(cast: Cast) -> Shift:
    """The shift has begun ten minutes ago, for its claims too."""
    start = clock.now() - timedelta(minutes=10)
    times = {"starts_at": start, "ends_at": start + timedelta(hours=4)}
    await Shift.filter(id=cast.shift.id).update(**times)
    await Claim.filter(shift_id=cast.shift.id).update(**times)
    return await Shift.get(id=cast.shift.id)


# --- finding ---


async def test_a_stranger_finds_the_shift_near(client: Visitor, cast: Cast) -> None:
    found = await call(client, "GET", "/api/v1/shifts", lat=HERE[0] + 0.01, lon=HERE[1], radius_km=3)
    assert found["total"] == 1
    (item,) = found["items"]
    assert (item["id"], item["hourly_fen"], item["total_fen"]) == (cast.shift.id, 2800, 11200)
    assert item["distance_m"] == pytest.approx(1112, abs=3)
    assert item["starts_at"].endswith("Z")
    assert item["url"].endswith(f"/shifts/{cast.shift.id}")


async def test_what_does_not_fit_is_not_found(client: Visitor, cast: Cast) -> None:
    for wanted in (
        {"lat": 30, "lon": 120},
        {"trade": "waiter"},
        {"min_hourly_fen": 2801},
        {"settles": "week"},
        {"day": "2020-01-01"},
        {"employer": cast.employer.id + 1},
    ):
        assert (await call(client, "GET", "/api/v1/shifts", **wanted))["total"] == 0, wanted


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"lat": 31}, "body"),
        ({"lat": 91, "lon": 0}, "lat"),
        ({"day": "soon"}, "day"),
        ({"from": "25:99"}, "from"),
        ({"limit": 1000}, "limit"),
        ({"sort": "best"}, "sort"),
        ({"colour": "red"}, "colour"),
        ({"lat": "nan", "lon": 1}, "lat"),
    ],
)
async def test_a_wrong_parameter_is_named(client: Visitor, wanted: dict[str, Any], field: str) -> None:
    told = await call(client, "GET", "/api/v1/shifts", 422, **wanted)
    assert field in told["errors"]


async def test_pages_of_what_was_found_add_up(client: Visitor, cast: Cast) -> None:
    await make_gig(
        cast.emil,
        cast.site,
        shift_input(starts_in=timedelta(days=2)),
        shift_input(starts_in=timedelta(days=3)),
    )
    pages = [
        await call(client, "GET", "/api/v1/shifts", sort="soon", limit=2, offset=offset)
        for offset in (0, 2, 4)
    ]
    assert [page["total"] for page in pages] == [3, 3, 3]
    assert [len(page["items"]) for page in pages] == [2, 1, 0]


async def test_what_is_not_published_is_nobodys_to_see(client: Visitor, cast: Cast) -> None:
    _, hidden = await make_gig(cast.emil, cast.site, publish=False)
    assert (await call(client, "GET", "/api/v1/shifts"))["total"] == 1
    assert await refused(client, "GET", SHIFT, 404, id=hidden.id) == "not-found"


async def test_a_shift_says_why_the_caller_cannot_claim_it(client: Visitor, cast: Cast) -> None:
    assert (await call(client, "GET", SHIFT, id=cast.shift.id))["why_not"] is None
    await client.calls_as(cast.emil)
    assert (await call(client, "GET", SHIFT, id=cast.shift.id))["why_not"]["code"] == "own-employer"
    claim_id = await claimed(client, cast)
    shown = await call(client, "GET", SHIFT, id=cast.shift.id)
    assert shown["why_not"]["code"] == "already-claimed"
    assert (shown["claim"]["id"], shown["claim"]["state"]) == (claim_id, "hired")


async def test_trades_are_named_in_the_readers_language(client: Visitor) -> None:
    chinese = (await call(client, "GET", "/api/v1/trades"))["items"]
    client.headers["Accept-Language"] = "en"
    english = (await call(client, "GET", "/api/v1/trades"))["items"]
    assert [each["code"] for each in chinese] == [each["code"] for each in english]
    assert chinese[0]["name"] != english[0]["name"]


# --- claiming ---


async def test_one_call_and_wanda_is_hired(client: Visitor, cast: Cast) -> None:
    terms = (await call(client, "GET", SHIFT, id=cast.shift.id))["terms"]
    await client.calls_as(cast.wanda)
    got = await call(client, "POST", CLAIMS, 201, id=cast.shift.id, json={"terms": terms})
    assert (got["state"], got["position"]) == ("hired", None)
    agreed = await call(client, "GET", "/api/v1/claims/{id}/terms", id=got["id"])
    assert (agreed["sha256"], agreed["body"]["hourly_fen"]) == (terms, 2800)


async def test_the_same_request_twice_happens_once(client: Visitor, cast: Cast) -> None:
    await client.calls_as(cast.wanda)
    first = await call(client, "POST", CLAIMS, 201, id=cast.shift.id, key="tap-1")
    again = await call(client, "POST", CLAIMS, 201, id=cast.shift.id, key="tap-1")
    assert first == again
    assert await Claim.all().count() == 1
    assert await refused(client, "POST", CLAIMS, id=cast.shift.id, key="tap-2") == "already-claimed"
    body = {"wait": False}
    assert (
        await refused(client, "POST", CLAIMS, id=cast.shift.id, key="tap-1", json=body)
        == "idempotency-key-reused"
    )


async def test_who_comes_late_waits_or_is_told_it_is_full(client: Visitor, cast: Cast) -> None:
    first, second, third, fourth = await workers(4)
    for user in (first, second):
        await client.calls_as(user)
        await call(client, "POST", CLAIMS, 201, id=cast.shift.id)
    await client.calls_as(third)
    got = await call(client, "POST", CLAIMS, 201, id=cast.shift.id)
    assert (got["state"], got["position"]) == ("waiting", 1)
    await client.calls_as(fourth)
    assert await refused(client, "POST", CLAIMS, id=cast.shift.id, json={"wait": False}) == "full"


async def test_refusals_have_stable_codes(client: Visitor, cast: Cast) -> None:
    _, same_time = await make_gig(cast.emil, cast.site)
    assert await refused(client, "POST", CLAIMS, 401, id=cast.shift.id) == "sign-in"
    await client.calls_as(cast.olga)
    assert await refused(client, "POST", CLAIMS, id=cast.shift.id) == "profile-needed"
    await claimed(client, cast)
    assert await refused(client, "POST", CLAIMS, id=same_time.id) == "overlap"
    assert await refused(client, "POST", CLAIMS, 404, id=10**6) == "not-found"
    await client.calls_as(cast.stan)
    assert (
        await refused(client, "POST", CLAIMS, id=cast.shift.id, json={"terms": "0" * 64}) == "terms-changed"
    )
    await running(cast)
    assert await refused(client, "POST", CLAIMS, id=cast.shift.id) == "closed"


async def test_giving_back_in_time_leaves_no_trace(client: Visitor, cast: Cast) -> None:
    claim_id = await claimed(client, cast)
    assert [each["id"] for each in (await call(client, "GET", "/api/v1/claims"))["items"]] == [claim_id]
    assert await call(client, "DELETE", CLAIM, id=claim_id) == {"id": claim_id, "state": "undone"}
    assert await refused(client, "DELETE", CLAIM, id=claim_id) == "not-yours-to-cancel"
    assert (await call(client, "GET", "/api/v1/claims"))["items"] == []


async def test_a_claim_is_its_workers_and_its_employers(client: Visitor, cast: Cast) -> None:
    claim_id = await claimed(client, cast)
    assert (await call(client, "GET", CLAIM, id=claim_id))["worker"] is None
    await client.calls_as(cast.emil)
    assert (await call(client, "GET", CLAIM, id=claim_id))["worker"] == "王大妹"
    await client.calls_as(cast.stan)
    for method, path in (
        ("GET", CLAIM),
        ("DELETE", CLAIM),
        ("GET", f"{CLAIM}/terms"),
        ("POST", f"{CLAIM}/check-out"),
    ):
        assert await refused(client, method, path, 404, id=claim_id) == "not-found", path
    body = {"code": "000000"}
    assert await refused(client, "POST", f"{CLAIM}/check-in", 404, id=claim_id, json=body) == "not-found"


# --- the day, and the pay ---


async def test_the_whole_day_to_the_paid_line(client: Visitor, cast: Cast) -> None:
    claim_id = await claimed(client, cast)
    await running(cast)
    await client.calls_as(cast.emil)
    screen = await call(client, "GET", f"{SHIFT}/check-in-code", id=cast.shift.id)
    await client.calls_as(cast.wanda)
    wrong = {"code": "no-code"}
    assert await refused(client, "POST", f"{CLAIM}/check-in", id=claim_id, json=wrong) == "stale-code"
    far = {"token": screen["token"], "lat": HERE[0] + 1, "lon": HERE[1]}
    assert await refused(client, "POST", f"{CLAIM}/check-in", id=claim_id, json=far) == "outside"
    shown = {"token": screen["token"], "lat": HERE[0], "lon": HERE[1]}
    here = await call(client, "POST", f"{CLAIM}/check-in", id=claim_id, json=shown)
    assert (here["in_by"], here["in_distance_m"], here["out_at"]) == ("qr", 0, None)
    line = await call(client, "POST", f"{CLAIM}/check-out", id=claim_id)
    assert (line["state"], line["claim_id"]) == ("due", claim_id)
    await client.calls_as(cast.emil)
    owed = await call(client, "GET", "/api/v1/settlement", employer=cast.employer.id)
    assert [each["id"] for each in owed["items"]] == [line["id"]]
    assert await refused(client, "POST", "/api/v1/pay-lines/{id}/pay", id=line["id"]) == "not-confirmed"
    agreed = await call(
        client, "POST", "/api/v1/pay-lines/{id}/confirm", id=line["id"], json={"minutes": 240}
    )
    assert (agreed["state"], agreed["amount_fen"]) == ("confirmed", 11200)
    paid = await call(client, "POST", "/api/v1/pay-lines/{id}/pay", id=line["id"])
    assert paid["state"] == "paid"
    assert (await call(client, "GET", "/api/v1/settlement"))["totals"]["paid"] == {"lines": 1, "fen": 11200}


async def test_wanda_disputes_and_emil_settles_it(client: Visitor, cast: Cast) -> None:
    claim_id = await claimed(client, cast)
    await running(cast)
    await client.calls_as(cast.emil)
    here = await call(client, "POST", f"{CLAIM}/check-in-by-hand", id=claim_id)
    assert here["in_by"] == "hand"
    line = await call(client, "POST", f"{CLAIM}/check-out-by-hand", id=claim_id)
    path = "/api/v1/pay-lines/{id}/dispute"
    assert await refused(client, "POST", path, 404, id=line["id"], json={"reason": "少算了"}) == "not-found"
    await client.calls_as(cast.wanda)
    told = await call(client, "POST", path, id=line["id"], json={"reason": "少算了一小时"})
    assert (told["state"], told["dispute"]) == ("disputed", "少算了一小时")
    assert (await call(client, "GET", CLAIM, id=claim_id))["pay_lines"][0]["state"] == "disputed"


async def test_another_employer_settles_nothing(client: Visitor, cast: Cast) -> None:
    claim_id = await claimed(client, cast)
    await running(cast)
    await client.calls_as(cast.emil)
    await call(client, "POST", f"{CLAIM}/check-in-by-hand", id=claim_id)
    line = await call(client, "POST", f"{CLAIM}/check-out-by-hand", id=claim_id)
    await make_employer("别家有限公司", "91320583MA1N8PQX79", cast.stan)
    await client.calls_as(cast.stan)
    for path in ("/api/v1/pay-lines/{id}/confirm", "/api/v1/pay-lines/{id}/pay"):
        assert await refused(client, "POST", path, 404, id=line["id"]) == "not-found"
    assert await refused(client, "GET", "/api/v1/settlement", 404, employer=cast.employer.id) == "not-found"
    assert (await call(client, "GET", "/api/v1/settlement"))["items"] == []
    assert (await PayLine.get(id=line["id"])).state == "due"


# --- posting ---


def posting(cast: Cast, **changes: Any) -> dict[str, Any]:
    start = (clock.now() + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    shift = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=5)).isoformat(), "places": 3}
    return {
        "site_id": cast.site.id,
        "title": "仓库理货员",
        "trade": "dishwasher",
        "duties": "理货，搬箱子。",
        "conditions": "能搬二十公斤。",
        "hourly_fen": 3000,
        "settles": "day",
        "shifts": [shift],
    } | changes


async def test_from_posting_to_public(client: Visitor, cast: Cast) -> None:
    await client.calls_as(cast.emil)
    posted = await call(client, "POST", "/api/v1/gigs", 201, json=posting(cast), key="post-1")
    assert posted == await call(client, "POST", "/api/v1/gigs", 201, json=posting(cast), key="post-1")
    gig_id, (shift_id,) = posted["id"], posted["shift_ids"]
    assert posted["state"] == "pending"
    assert await refused(client, "GET", SHIFT, 404, id=shift_id) == "not-found"
    more = {"shifts": posting(cast)["shifts"]}
    assert await refused(client, "POST", "/api/v1/gigs/{id}/shifts", id=gig_id, json=more) == "not-published"
    await client.calls_as(cast.olga)
    assert [(each["kind"], each["id"]) for each in (await call(client, "GET", "/api/v1/inbox"))["items"]] == [
        ("gig", gig_id)
    ]
    path = "/api/v1/gigs/{id}/decision"
    assert await refused(client, "POST", path, id=gig_id, json={"accept": False}) == "reason-needed"
    assert (await call(client, "POST", path, id=gig_id, json={"accept": True}))["state"] == "published"
    assert await refused(client, "POST", path, id=gig_id, json={"accept": True}) == "decided"
    assert (await call(client, "GET", SHIFT, id=shift_id))["places"] == 3
    await client.calls_as(cast.emil)
    added = await call(client, "POST", "/api/v1/gigs/{id}/shifts", 201, id=gig_id, json=more)
    shown = await call(client, "GET", "/api/v1/gigs/{id}", id=gig_id)
    assert {each["id"] for each in shown["shifts"]} == {shift_id, *added["shift_ids"]}
    listed = (await call(client, "GET", "/api/v1/gigs", state="published"))["items"]
    assert {each["id"] for each in listed} == {gig_id, cast.gig.id}


async def test_pay_below_the_floor_is_told_at_its_field(client: Visitor, cast: Cast) -> None:
    await client.calls_as(cast.emil)
    told = await call(client, "POST", "/api/v1/gigs", 422, json=posting(cast, hourly_fen=100))
    assert "hourly_fen" in told["errors"]
    assert await Gig.all().count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"trade": "wizard"}, "trade"),
        ({"hourly_fen": 2.5}, "hourly_fen"),
        ({"hourly_fen": 10**30}, "hourly_fen"),
        ({"shifts": []}, "shifts"),
        ({"colour": "red"}, "colour"),
        ({"title": None}, "title"),
        (
            {"shifts": [{"starts_at": "2026-11-25T18:00", "ends_at": "2026-11-25T22:00", "places": 1}]},
            "shifts.0.starts_at",
        ),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_kept(
    client: Visitor, cast: Cast, change: dict[str, Any], field: str
) -> None:
    await client.calls_as(cast.emil)
    told = await call(client, "POST", "/api/v1/gigs", 422, json=posting(cast, **change))
    assert field in told["errors"]
    assert await Gig.all().count() == 1


async def test_nobody_posts_at_anothers_site(client: Visitor, cast: Cast) -> None:
    other = await make_site(await make_employer("别家有限公司", "91320583MA1N8PQX79", cast.stan))
    await client.calls_as(cast.emil)
    for site_id in (other.id, 10**6):
        body = posting(cast, site_id=site_id)
        assert await refused(client, "POST", "/api/v1/gigs", 404, json=body) == "not-found"
    await client.calls_as(cast.wanda)
    assert await refused(client, "POST", "/api/v1/gigs", 403, json=posting(cast)) == "forbidden"


async def test_emil_changes_places_and_calls_off(client: Visitor, cast: Cast) -> None:
    claim_id = await claimed(client, cast)
    await client.calls_as(cast.emil)
    assert (await call(client, "PATCH", SHIFT, id=cast.shift.id, json={"places": 5}))["places"] == 5
    assert await refused(client, "PATCH", SHIFT, 422, id=cast.shift.id, json={"places": 0}) == "invalid"
    people = await call(client, "GET", CLAIMS, id=cast.shift.id)
    assert [(each["claim_id"], each["name"]) for each in people["hired"]] == [(claim_id, "王大妹")]
    assert await call(client, "DELETE", SHIFT, id=cast.shift.id) == {
        "id": cast.shift.id,
        "state": "cancelled",
        "allowance_fen": 6720,
    }
    assert await refused(client, "DELETE", SHIFT, id=cast.shift.id) == "begun"
    assert (await Claim.get(id=claim_id)).state == "called-off"


async def test_strangers_manage_no_shift(client: Visitor, cast: Cast) -> None:
    await make_employer("别家有限公司", "91320583MA1N8PQX79", cast.stan)
    await client.calls_as(cast.stan)
    for method, path, body in (
        ("PATCH", SHIFT, {"places": 9}),
        ("DELETE", SHIFT, None),
        ("GET", CLAIMS, None),
        ("GET", f"{SHIFT}/check-in-code", None),
    ):
        assert await refused(client, method, path, 404, id=cast.shift.id, json=body) == "not-found", path
    assert await refused(client, "GET", "/api/v1/gigs/{id}", 404, id=cast.gig.id) == "not-found"
    body = {"shifts": posting(cast)["shifts"]}
    assert (
        await refused(client, "POST", "/api/v1/gigs/{id}/shifts", 404, id=cast.gig.id, json=body)
        == "not-found"
    )
    assert (await Shift.get(id=cast.shift.id)).places == 2


async def test_only_officers_have_an_inbox(client: Visitor, cast: Cast) -> None:
    for user in (cast.wanda, cast.emil, cast.stan):
        await client.calls_as(user)
        assert await refused(client, "GET", "/api/v1/inbox", 403) == "forbidden"
