"""Pages of an officer: what waits, licences and postings, decisions."""

import pytest

from accounts.models import Employer, Office
from accounts.rules import LicenceState
from core import files
from marketplace.models import Gig
from marketplace.rules import GigState
from tests.cast import Cast, Visitor, make_employer, make_gig

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
PDF = b"%PDF-1.7\n"


async def waiting_gig(cast: Cast) -> Gig:
    """A posting that waits for Olga."""
    gig, _ = await make_gig(cast.emil, cast.site, publish=False, title="等审核的岗位")
    return gig


async def test_an_empty_inbox_says_what_will_come(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.olga)
    answer = await client.get("/officer")
    assert answer.status_code == 200
    assert 'class="empty"' in answer.text


async def test_what_waits_longest_stands_first(client: Visitor, cast: Cast) -> None:
    gig = await waiting_gig(cast)
    await make_employer("新来的", "91320583MA1N8PQX6X", cast.stan, verified=False)
    await client.comes_as(cast.olga)
    text = (await client.get("/officer")).text
    assert text.index(f"/officer/gigs/{gig.id}") < text.index("新来的")
    assert (await client.get("/officer?next")).headers["location"] == f"/officer/gigs/{gig.id}"


async def test_an_officer_publishes_and_goes_on_to_the_next(client: Visitor, cast: Cast) -> None:
    gig, second = await waiting_gig(cast), await waiting_gig(cast)
    await client.comes_as(cast.olga)
    assert (await client.get(f"/officer/gigs/{gig.id}")).status_code == 200
    answer = await client.sends(f"/officer/gigs/{gig.id}/decide", {"accept": "yes"})
    assert answer.status_code == 303
    assert (await Gig.get(id=gig.id)).state is GigState.PUBLISHED
    assert (await client.get(answer.headers["location"])).headers["location"] == f"/officer/gigs/{second.id}"


async def test_a_posting_goes_back_only_with_a_reason(client: Visitor, cast: Cast) -> None:
    gig = await waiting_gig(cast)
    await client.comes_as(cast.olga)
    assert (await client.sends(f"/officer/gigs/{gig.id}/decide", {"accept": "no"})).status_code == 409
    assert (
        await client.sends(f"/officer/gigs/{gig.id}/decide", {"accept": "no", "reason": "地址不全"})
    ).status_code == 303
    found = await Gig.get(id=gig.id)
    assert (found.state, found.rejection) == (GigState.REJECTED, "地址不全")
    assert (await client.sends(f"/officer/gigs/{gig.id}/decide", {"accept": "yes"})).status_code == 409


async def test_a_decision_must_be_said(client: Visitor, cast: Cast) -> None:
    gig = await waiting_gig(cast)
    await client.comes_as(cast.olga)
    assert (await client.sends(f"/officer/gigs/{gig.id}/decide", {"reason": "嗯"})).status_code == 422


@pytest.mark.parametrize(("content", "kind"), [(PNG, "image/png"), (PDF, "application/pdf")])
async def test_a_licence_is_shown_and_can_run_nothing(
    client: Visitor, cast: Cast, content: bytes, kind: str
) -> None:
    kept = await files.keep(content, field="licence")
    await Employer.filter(id=cast.employer.id).update(licence_path=kept.path, licence_type=kept.media_type)
    await client.comes_as(cast.olga)
    answer = await client.get(f"/officer/employers/{cast.employer.id}/licence")
    assert (answer.content, answer.headers["content-type"]) == (content, kind)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert (await client.get(f"/officer/employers/{cast.employer.id}")).status_code == 200


async def test_an_officer_decides_on_a_licence(client: Visitor, cast: Cast) -> None:
    await Employer.filter(id=cast.employer.id).update(licence_state=LicenceState.PENDING)
    await client.comes_as(cast.olga)
    path = f"/officer/employers/{cast.employer.id}"
    assert (await client.get(path)).status_code == 200
    assert (await client.sends(f"{path}/decide", {"accept": "no"})).status_code == 409
    answer = await client.sends(f"{path}/decide", {"accept": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/officer?next")
    assert (await Employer.get(id=cast.employer.id)).licence_state is LicenceState.VERIFIED


async def test_a_licence_that_was_never_handed_in_is_not_found(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.olga)
    assert (await client.get(f"/officer/employers/{cast.employer.id}/licence")).status_code == 404


async def test_an_officer_sees_no_other_county(client: Visitor, cast: Cast) -> None:
    gig = await waiting_gig(cast)
    await Office.all().update(region_code="110105")
    await Employer.filter(id=cast.employer.id).update(licence_state=LicenceState.PENDING)
    await client.comes_as(cast.olga)
    assert "等审核的岗位" not in (await client.get("/officer")).text
    assert cast.employer.name not in (await client.get("/officer")).text
    for path in (
        f"/officer/gigs/{gig.id}",
        f"/officer/employers/{cast.employer.id}",
        f"/officer/employers/{cast.employer.id}/licence",
    ):
        assert (await client.get(path)).status_code == 404
    for path in (f"/officer/gigs/{gig.id}/decide", f"/officer/employers/{cast.employer.id}/decide"):
        assert (await client.sends(path, {"accept": "yes"})).status_code == 404


async def test_without_a_second_factor_nobody_is_an_officer(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.olga, second_factor=False)
    assert (await client.get("/officer")).status_code in (303, 403)
    await client.comes_as(cast.emil)
    assert (await client.get("/officer")).status_code == 403
