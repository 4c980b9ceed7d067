"""Gigs that need a certificate, on both databases."""

from datetime import timedelta

import pytest

from accounts.models import Certificate
from accounts.rules import CertificateState
from core import clock
from core.clock import local
from marketplace.actions import claims
from marketplace.models import Gig, Shift
from marketplace.queries.papers import papers_on
from marketplace.rules import ClaimState
from tests.accounts.test_certificates import verified
from tests.cast import Cast, Visitor, make_gig, shift_input, viewer
from tests.marketplace.test_claims import refused

pytestmark = pytest.mark.anyio


async def needing(cast: Cast, *kinds: str) -> Shift:
    """A shift of a gig that needs these."""
    _, shift = await make_gig(cast.emil, cast.site, shift_input(), certificates=list(kinds))
    return shift


async def test_without_the_certificate_the_claim_is_refused_and_takes_nothing(cast: Cast) -> None:
    shift = await needing(cast, "health")
    assert (
        await refused(claims.claim_shift(shift.id, await viewer(cast.wanda), now=clock.now()))
        == "certificate-needed"
    )
    assert (await Shift.get(id=shift.id)).taken == 0


async def test_with_it_wanda_is_hired(cast: Cast) -> None:
    shift = await needing(cast, "health")
    await verified(cast.wanda)
    got = await claims.claim_shift(shift.id, await viewer(cast.wanda), now=clock.now())
    assert got.state is ClaimState.HIRED


async def test_all_of_several_are_needed(cast: Cast) -> None:
    shift = await needing(cast, "health", "forklift")
    await verified(cast.wanda)
    assert (
        await refused(claims.claim_shift(shift.id, await viewer(cast.wanda), now=clock.now()))
        == "certificate-needed"
    )
    await verified(cast.wanda, "forklift")
    assert (
        await claims.claim_shift(shift.id, await viewer(cast.wanda), now=clock.now())
    ).state is ClaimState.HIRED


@pytest.mark.parametrize("state", [CertificateState.PENDING, CertificateState.REJECTED])
async def test_one_that_is_not_verified_does_not_count(cast: Cast, state: CertificateState) -> None:
    shift = await needing(cast, "health")
    paper = await verified(cast.wanda)
    await Certificate.filter(id=paper.id).update(state=state)
    assert (
        await refused(claims.claim_shift(shift.id, await viewer(cast.wanda), now=clock.now()))
        == "certificate-needed"
    )


@pytest.mark.parametrize(("short", "allowed"), [(0, True), (1, False)])
async def test_it_must_be_valid_on_the_day_the_shift_ends(cast: Cast, short: int, allowed: bool) -> None:
    shift = await needing(cast, "health")
    paper = await verified(cast.wanda)
    last = local(shift.ends_at).date() - timedelta(days=short)
    await Certificate.filter(id=paper.id).update(expires_on=last)
    claim = claims.claim_shift(shift.id, await viewer(cast.wanda), now=clock.now())
    if allowed:
        assert (await claim).state is ClaimState.HIRED
    else:
        assert await refused(claim) == "certificate-needed"


async def test_the_certificate_of_somebody_else_does_not_help(cast: Cast) -> None:
    shift = await needing(cast, "health")
    await verified(cast.stan)
    assert (
        await refused(claims.claim_shift(shift.id, await viewer(cast.wanda), now=clock.now()))
        == "certificate-needed"
    )


async def test_the_page_says_what_is_needed_and_where_to_add_it(client: Visitor, cast: Cast) -> None:
    shift = await needing(cast, "health")
    await client.comes_as(cast.wanda)
    page = await client.get(f"/shifts/{shift.id}")
    assert "健康证" in page.text
    assert "/account/certificates?kind=health" in page.text


async def test_a_stranger_reads_what_is_needed_and_is_not_refused_yet(client: Visitor, cast: Cast) -> None:
    shift = await needing(cast, "health")
    page = await client.get(f"/shifts/{shift.id}")
    assert "健康证" in page.text
    assert "/sign-in?next=" in page.text


async def test_the_employer_sees_the_last_day_and_never_the_number(client: Visitor, cast: Cast) -> None:
    shift = await needing(cast, "health")
    paper = await verified(cast.wanda)
    await claims.claim_shift(shift.id, await viewer(cast.wanda), now=clock.now())
    assert list((await papers_on(shift.id)).values()) == [[("health", paper.expires_on)]]
    await client.comes_as(cast.emil)
    page = await client.get(f"/employer/shifts/{shift.id}")
    assert f"健康证，有效至 {paper.expires_on.isoformat()}" in page.text
    assert paper.number not in page.text


async def test_the_law_s_own_certificate_of_a_trade_is_chosen_with_the_trade(
    client: Visitor, cast: Cast
) -> None:
    await client.comes_as(cast.emil)
    block = await client.sends(
        "/employer/gigs/coach", {"trade": "forklift", "title": "叉车工"}, headers={"HX-Request": "true"}
    )
    assert 'name="certificate_forklift" value="yes" checked' in block.text
    untouched = await client.sends(
        "/employer/gigs/coach",
        {"trade": "forklift", "certificates_of": "forklift"},
        headers={"HX-Request": "true"},
    )
    assert 'name="certificate_forklift" value="yes" checked' not in untouched.text


async def test_insurance_names_its_policy_in_the_terms_and_without_it_there_is_none(cast: Cast) -> None:
    gig, _ = await make_gig(cast.emil, cast.site, insured=True, policy_number="PICC-2026-77")
    shift = await Shift.get(gig_id=gig.id).prefetch_related("terms")
    assert shift.terms[0].body["policy_number"] == "PICC-2026-77"
    plain, _ = await make_gig(cast.emil, cast.site, insured=False, policy_number="PICC-2026-77")
    assert (await Gig.get(id=plain.id)).policy_number == ""
