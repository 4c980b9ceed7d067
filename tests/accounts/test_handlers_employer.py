"""Pages on which an employer registers and keeps its papers, and on which an officer reads them."""

import pytest
from stdnum.cn import uscc

from accounts.models import Employer, Membership, Site
from accounts.rules import LicenceState
from tests.cast import KUNSHAN, Cast, Visitor, make_employer

pytestmark = pytest.mark.anyio

CODE = "91320583MA3FGHJK4" + uscc.calc_check_digit("91320583MA3FGHJK4")
OTHER_CODE = "91320583MA2ABCDE3" + uscc.calc_check_digit("91320583MA2ABCDE3")
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
FORM = {"name": "昆山新味餐饮店", "credit_code": OTHER_CODE, "kind": "individual", "county": "昆山市"}


async def test_somebody_registers_an_employer_with_its_licence(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.stan)
    answer = await client.sends("/employer/new", FORM, files={"licence": ("licence.png", PNG)})
    assert answer.status_code == 303
    made = await Employer.get(credit_code=OTHER_CODE)
    assert answer.headers["location"] == f"/employer/profile?employer={made.id}"
    assert (made.licence_state, made.region_code) == (LicenceState.PENDING, KUNSHAN)
    assert await Membership.filter(user=cast.stan, employer=made).exists()
    assert (await client.get(answer.headers["location"])).status_code == 200


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"credit_code": OTHER_CODE[:-1] + ("1" if OTHER_CODE[-1] != "1" else "2")},
            'id="field-credit_code-error"',
        ),
        ({"county": ""}, 'id="field-county-error"'),
        ({"county": "朝阳"}, 'name="region_code"'),
        ({"county": "Atlantis"}, 'id="field-county-error"'),
        ({"name": ""}, 'id="field-name-error"'),
    ],
)
async def test_what_is_wrong_stands_beside_its_field(
    client: Visitor, cast: Cast, change: dict[str, str], words: str
) -> None:
    await client.comes_as(cast.stan)
    answer = await client.sends("/employer/new", FORM | change, files={"licence": ("licence.png", PNG)})
    assert answer.status_code == 422
    assert words in answer.text
    assert "昆山新味餐饮店" in answer.text or change.get("name") == ""
    assert await Employer.all().count() == 1


@pytest.mark.parametrize("content", [b"", b"<html>", None])
async def test_only_pictures_and_pdfs_are_licences(
    client: Visitor, cast: Cast, content: bytes | None
) -> None:
    await client.comes_as(cast.stan)
    files = {"licence": ("licence.pdf", content)} if content is not None else {}
    answer = await client.sends("/employer/new", FORM, files=files)
    assert answer.status_code == 422
    assert 'id="field-licence-error"' in answer.text


async def test_a_registered_credit_code_is_refused_beside_its_field(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.stan)
    await Employer.filter(id=cast.employer.id).update(credit_code=OTHER_CODE)
    answer = await client.sends("/employer/new", FORM, files={"licence": ("licence.png", PNG)})
    assert answer.status_code == 409
    assert 'id="field-credit_code-error"' in answer.text


async def test_the_counties_that_may_be_meant_are_offered_while_typing(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.stan)
    answer = await client.get("/employer/new?county=朝阳", headers={"HX-Request": "true"})
    assert "北京市朝阳区" in answer.text
    assert "<html" not in answer.text


@pytest.mark.parametrize("state", list(LicenceState))
async def test_the_profile_says_how_the_licence_stands(
    client: Visitor, cast: Cast, state: LicenceState
) -> None:
    await Employer.filter(id=cast.employer.id).update(licence_state=state, rejection="看不清")
    await client.comes_as(cast.emil)
    answer = await client.get("/employer/profile")
    assert answer.status_code == 200
    assert ("看不清" in answer.text) == (state is LicenceState.REJECTED)


async def test_a_licence_is_handed_in_again(client: Visitor, cast: Cast) -> None:
    await Employer.filter(id=cast.employer.id).update(licence_state=LicenceState.REJECTED)
    await client.comes_as(cast.emil)
    answer = await client.sends("/employer/licence", files={"licence": ("licence.png", PNG)})
    assert answer.status_code == 303
    assert (await Employer.get(id=cast.employer.id)).licence_state is LicenceState.PENDING


async def test_a_site_lies_where_the_phone_says(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.emil)
    site = {
        "name": "花桥店",
        "address": "花桥镇绿地大道 1 号",
        "county": "昆山 花桥",
        "lat": "31.3",
        "lon": "121.1",
    }
    answer = await client.sends("/employer/sites", site)
    made = await Site.get(name="花桥店")
    assert answer.status_code == 303
    assert (made.lat, made.lon, made.region_code, made.township_code[:6]) == (31.3, 121.1, KUNSHAN, KUNSHAN)


async def test_a_site_without_position_lies_in_the_middle_of_its_county_and_says_so(
    client: Visitor, cast: Cast
) -> None:
    await client.comes_as(cast.emil)
    await client.sends(
        "/employer/sites", {"name": "花桥店", "address": "花桥镇绿地大道 1 号", "county": "昆山市"}
    )
    assert await Site.filter(name="花桥店").exists()
    assert "badge-wait" in (await client.get("/employer/profile")).text


async def test_a_site_that_is_not_right_is_kept_as_typed(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.emil)
    answer = await client.sends(
        "/employer/sites", {"name": "花桥店", "address": "", "county": "昆山市", "lat": "200"}
    )
    assert answer.status_code == 422
    assert "花桥店" in answer.text
    assert 'id="field-lat-error"' in answer.text


async def test_a_colleague_is_added_by_phone(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.emil)
    assert (await client.sends("/employer/members", {"phone": "13800000005"})).status_code == 303
    assert await Membership.filter(user=cast.stan, employer=cast.employer).exists()
    again = await client.sends("/employer/members", {"phone": "138 0000 0005"})
    assert again.status_code == 409
    assert 'id="field-phone-error"' in again.text


async def test_a_member_of_two_employers_chooses_and_nobody_chooses_a_foreign_one(
    client: Visitor, cast: Cast
) -> None:
    second = await make_employer("第二家", CODE, cast.emil)
    foreign = await make_employer("别人家", OTHER_CODE, cast.stan)
    await client.comes_as(cast.emil)
    assert "第二家" in (await client.get(f"/employer/profile?employer={second.id}")).text
    for path in (
        "/employer",
        "/employer/profile",
        "/employer/gigs",
        "/employer/gigs/new",
        "/employer/settlement",
    ):
        assert (await client.get(f"{path}?employer={second.id}")).status_code == 200
        assert (await client.get(f"{path}?employer={foreign.id}")).status_code == 404
    assert (
        await client.sends(f"/employer/members?employer={foreign.id}", {"phone": "13800000001"})
    ).status_code == 404


async def test_who_acts_for_no_employer_sees_no_console(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.stan)
    for path in ("/employer", "/employer/profile", "/employer/gigs", "/employer/settlement"):
        assert (await client.get(path)).status_code == 403
