"""People, employers and sites over the API."""

import pytest
from stdnum.cn import uscc

from accounts.models import Employer, Notice
from core import clock
from tests.cast import KUNSHAN, Cast, Visitor, make_employer
from tests.described import call, refused

pytestmark = pytest.mark.anyio


async def test_without_a_token_nobody_is_anybody(client: Visitor) -> None:
    assert await refused(client, "GET", "/api/v1/me", 401) == "sign-in"


async def test_a_cookie_does_not_open_the_api(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.wanda)
    assert await refused(client, "GET", "/api/v1/me", 401) == "sign-in"


async def test_wanda_sees_herself_masked(client: Visitor, cast: Cast) -> None:
    await client.calls_as(cast.wanda)
    me = await call(client, "GET", "/api/v1/me")
    assert (me["name"], me["phone"], me["roles"]) == ("王大妹", "138****0001", [])


async def test_wanda_tells_who_she_is_and_the_number_comes_back_masked(client: Visitor, cast: Cast) -> None:
    await client.calls_as(cast.wanda)
    me = await call(client, "PUT", "/api/v1/me", json={"name": "王大妹", "id_number": "11010519491231002X"})
    assert (me["id_number"], me["identity"]) == ("1101**********002X", "declared")


async def test_a_wrong_id_number_is_named_by_its_field(client: Visitor, cast: Cast) -> None:
    await client.calls_as(cast.wanda)
    told = await call(
        client, "PUT", "/api/v1/me", 422, json={"name": "王大妹", "id_number": "11010519491231002Y"}
    )
    assert list(told["errors"]) == ["id_number"]


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"name": "a", "name": "b"}', b'{"name": NaN}', b"\xff"])
async def test_what_is_no_object_is_refused_kindly(client: Visitor, cast: Cast, body: bytes) -> None:
    await client.calls_as(cast.wanda)
    answer = await client.put("/api/v1/me", content=body)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_messages_are_told_in_the_readers_language(client: Visitor, cast: Cast) -> None:
    await Notice.create(user=cast.wanda, kind="pay-paid", params={"fen": 12800}, created_at=clock.now())
    await client.calls_as(cast.wanda)
    (notice,) = (await call(client, "GET", "/api/v1/notices"))["items"]
    assert notice["kind"] == "pay-paid"
    assert "¥128" in notice["text"]
    assert not notice["read"]


async def test_emil_sees_his_employers_and_sites_alone(client: Visitor, cast: Cast) -> None:
    other = await make_employer("别家有限公司", "91320583MA1N8PQX79", cast.stan)
    await client.calls_as(cast.emil)
    assert [each["id"] for each in (await call(client, "GET", "/api/v1/employers"))["items"]] == [
        cast.employer.id
    ]
    assert [each["id"] for each in (await call(client, "GET", "/api/v1/sites"))["items"]] == [cast.site.id]
    assert await refused(client, "GET", "/api/v1/sites", 404, employer=other.id) == "not-found"


SITE = {
    "name": "长江路店",
    "address": "昆山市玉山镇长江北路 100 号",
    "region_code": KUNSHAN,
    "lat": 31.39,
    "lon": 120.95,
}


async def test_emil_adds_a_site_to_his_own_employer_only(client: Visitor, cast: Cast) -> None:
    other = await make_employer("别家有限公司", "91320583MA1N8PQX79", cast.stan)
    await client.calls_as(cast.emil)
    site = await call(client, "POST", "/api/v1/sites", 201, json=SITE | {"employer_id": cast.employer.id})
    assert (site["name"], site["employer_id"]) == ("长江路店", cast.employer.id)
    body = SITE | {"employer_id": other.id}
    assert await refused(client, "POST", "/api/v1/sites", 404, json=body) == "not-found"


async def test_workers_have_no_sites(client: Visitor, cast: Cast) -> None:
    await client.calls_as(cast.wanda)
    assert await refused(client, "GET", "/api/v1/sites", 403) == "forbidden"


async def test_stan_registers_an_employer_once(client: Visitor, cast: Cast) -> None:
    await client.calls_as(cast.stan)
    code = "91320583MA2ABCDE1" + uscc.calc_check_digit("91320583MA2ABCDE1")
    body = {"name": "新开的店", "credit_code": code, "kind": "individual", "region_code": KUNSHAN}
    employer = await call(client, "POST", "/api/v1/employers", 201, json=body)
    assert employer["licence"] == "missing"
    assert await refused(client, "POST", "/api/v1/employers", json=body) == "credit-code-taken"


async def test_olga_decides_on_a_licence_and_wanda_does_not(client: Visitor, cast: Cast) -> None:
    employer = await make_employer("新来的公司", "91320583MA1N8PQX79", cast.stan, verified=False)
    path = "/api/v1/employers/{id}/decision"
    await client.calls_as(cast.wanda)
    assert await refused(client, "POST", path, 403, id=employer.id, json={"accept": True}) == "forbidden"
    await client.calls_as(cast.olga)
    assert await refused(client, "POST", path, id=employer.id, json={"accept": False}) == "reason-needed"
    told = await call(client, "POST", path, id=employer.id, json={"accept": True})
    assert told["licence"] == "verified"


async def test_olga_does_not_decide_for_other_counties(client: Visitor, cast: Cast) -> None:
    far = await make_employer("外地公司", "91320583MA1N8PQX79", cast.stan, verified=False)
    await Employer.filter(id=far.id).update(region_code="310115")
    await client.calls_as(cast.olga)
    path = "/api/v1/employers/{id}/decision"
    assert await refused(client, "POST", path, 404, id=far.id, json={"accept": True}) == "not-found"


async def test_places_are_found_by_name_and_by_what_they_lie_in(client: Visitor) -> None:
    found = (await call(client, "GET", "/api/v1/places", q="昆山"))["items"]
    assert found[0]["code"] == KUNSHAN
    assert len((await call(client, "GET", "/api/v1/places", parent=KUNSHAN))["items"]) > 5
    assert len((await call(client, "GET", "/api/v1/places"))["items"]) > 30


async def test_a_parameter_given_twice_is_refused(client: Visitor) -> None:
    answer = await client.get("/api/v1/places?q=a&q=b")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["q"])


@pytest.mark.parametrize("number", [2**63, 10**30])
async def test_a_number_no_row_has_is_just_not_there(client: Visitor, cast: Cast, number: int) -> None:
    await client.calls_as(cast.olga)
    path = "/api/v1/employers/{id}/decision"
    assert await refused(client, "POST", path, 404, id=number, json={"accept": True}) == "not-found"
