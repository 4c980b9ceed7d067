"""An officer acts for somebody without a phone; that person can read all of it."""

import re
from datetime import timedelta

import pytest
from stdnum.cn import ric

from accounts import actions, queries
from accounts.models import Consent, User
from accounts.rules import IdentityState
from core import clock
from core.errors import NotFound
from core.models import AuditRow
from marketplace.models import Attendance, Claim, Shift
from marketplace.rules import ClaimState, check_in_code, check_in_step
from tests.cast import Cast, Visitor

pytestmark = pytest.mark.anyio
BODY = "32058319600101002"
ID_NUMBER = BODY + ric.calc_check_digit(BODY + "0")
NEW = {"name": "赵大爷", "id_number": ID_NUMBER, "phone": "13800000001", "consent": "true"}


async def looked_up(client: Visitor, cast: Cast, whom: str = "13800000001") -> str:
    """Olga finds somebody; the address of their page."""
    await client.comes_as(cast.olga)
    return str((await client.sends("/officer/assist", {"whom": whom})).headers["location"])


async def test_only_a_whole_number_finds_somebody(client: Visitor, cast: Cast) -> None:
    assert await looked_up(client, cast) == f"/officer/assist/{cast.wanda.id}"
    for part in ("1380000000", "王大妹", "138000000011", ""):
        assert (await client.sends("/officer/assist", {"whom": part})).status_code == 422
    missed = await client.sends("/officer/assist", {"whom": "13999999999"})
    assert missed.status_code == 200
    assert "/officer/assist/register" in missed.text


async def test_each_find_is_kept_and_shown_to_the_person(client: Visitor, cast: Cast) -> None:
    await looked_up(client, cast)
    row = await AuditRow.get(verb="assist.looked-up")
    assert (row.actor_id, row.subject_id) == (cast.olga.id, cast.wanda.id)
    await client.comes_as(cast.wanda)
    page = (await client.get("/account/deeds")).text
    assert cast.olga.name in page
    assert "昆山市公共就业服务中心" in page


async def test_a_number_in_the_address_is_no_key(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.olga)
    for path in ("", f"/shifts/{cast.shift.id}"):
        assert (await client.get(f"/officer/assist/{cast.wanda.id}{path}")).status_code == 404
    assert (
        await client.sends(f"/officer/assist/{cast.wanda.id}/shifts/{cast.shift.id}", {"consent": "yes"})
    ).status_code == 404


async def test_the_look_up_opens_the_page_for_a_working_day(client: Visitor, cast: Cast) -> None:
    await looked_up(client, cast)
    now = clock.now()
    assert (
        await queries.assisted(cast.olga.id, cast.wanda.id, now + timedelta(hours=11))
    ).id == cast.wanda.id
    with pytest.raises(NotFound):
        await queries.assisted(cast.olga.id, cast.wanda.id, now + timedelta(hours=13))
    with pytest.raises(NotFound):
        await queries.assisted(cast.ada.id, cast.wanda.id, now)


async def test_registering_uses_a_relatives_phone_that_opens_nothing(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.olga)
    answer = await client.sends("/officer/assist/register", NEW)
    person = await User.get(name="赵大爷")
    assert answer.headers["location"] == f"/officer/assist/{person.id}"
    assert person.identity_state is IdentityState.VERIFIED
    assert (await queries.user_by_phone("+8613800000001")).id == cast.wanda.id
    found = await client.sends("/officer/assist", {"whom": ID_NUMBER})
    assert found.headers["location"] == f"/officer/assist/{person.id}"


async def test_signing_in_with_the_relatives_phone_opens_the_relatives_own_account(
    client: Visitor, cast: Cast
) -> None:
    await client.comes_as(cast.olga)
    await client.sends("/officer/assist/register", NEW | {"phone": "13711112222"})
    code = await actions.request_code("+8613711112222", clock.now())
    await actions.sign_in("+8613711112222", code, locale="zh-Hans", device="", now=clock.now())
    assert (await queries.user_by_phone("+8613711112222")).name == ""


async def test_one_person_is_not_registered_twice_and_not_without_consent(
    client: Visitor, cast: Cast
) -> None:
    await client.comes_as(cast.olga)
    assert (
        await client.sends("/officer/assist/register", {k: v for k, v in NEW.items() if k != "consent"})
    ).status_code == 422
    await client.sends("/officer/assist/register", NEW)
    assert (await client.sends("/officer/assist/register", NEW)).status_code == 409
    assert await User.filter(name="赵大爷").count() == 1


async def claimed(client: Visitor, cast: Cast) -> Claim:
    """Olga has taken a shift for Wanda."""
    here = await looked_up(client, cast)
    page = await client.get(f"{here}/shifts/{cast.shift.id}")
    terms = re.search(r'name="terms" value="(\w+)"', page.text)
    assert terms
    form = {"terms": terms[1], "consent": "yes"}
    answer = await client.sends(f"{here}/shifts/{cast.shift.id}", form)
    assert answer.status_code == 303, answer.text[-3000:]
    return await Claim.get(worker=cast.wanda)


async def test_a_claim_for_somebody_carries_both_names(client: Visitor, cast: Cast) -> None:
    claim = await claimed(client, cast)
    assert (claim.state, claim.made_by_id) == (ClaimState.HIRED, cast.olga.id)
    for verb in ("claim.hired", "assist.consented"):
        row = await AuditRow.get(verb=verb)
        assert (row.actor_id, row.subject_id) == (cast.olga.id, cast.wanda.id)
    assert await Consent.filter(user=cast.wanda, employer=cast.employer).count() == 1


async def test_without_the_ticked_consent_nothing_happens(client: Visitor, cast: Cast) -> None:
    here = await looked_up(client, cast)
    assert (await client.sends(f"{here}/shifts/{cast.shift.id}")).status_code == 409
    assert await Claim.all().count() == 0


async def test_the_slip_says_where_when_and_the_six_digits(client: Visitor, cast: Cast) -> None:
    claim = await claimed(client, cast)
    slip = (await client.get(f"/officer/assist/{cast.wanda.id}/claims/{claim.id}/slip")).text
    assert re.fullmatch(r"\d{6}", claim.slip_code)
    assert f"{claim.slip_code[:3]} {claim.slip_code[3:]}" in slip
    assert cast.site.address in slip


async def test_giving_back_is_noted_as_the_officers_deed(client: Visitor, cast: Cast) -> None:
    claim = await claimed(client, cast)
    assert (
        await client.sends(f"/officer/assist/{cast.wanda.id}/claims/{claim.id}/cancel")
    ).status_code == 303
    assert (await Claim.get(id=claim.id)).state is ClaimState.UNDONE
    await client.comes_as(cast.wanda)
    page = (await client.get("/account/deeds")).text
    assert f'href="/claims/{claim.id}"' in page


async def test_checking_in_needs_the_digits_of_the_site_also_from_an_officer(
    client: Visitor, cast: Cast
) -> None:
    claim = await claimed(client, cast)
    start = clock.now() + timedelta(minutes=5)
    await Shift.filter(id=cast.shift.id).update(starts_at=start, ends_at=start + timedelta(hours=4))
    await Claim.filter(id=claim.id).update(starts_at=start, ends_at=start + timedelta(hours=4))
    path = f"/officer/assist/{cast.wanda.id}/claims/{claim.id}"
    key = (await Shift.get(id=cast.shift.id)).check_in_key
    good = check_in_code(key, check_in_step(clock.now()))
    bad = f"{(int(good) + 1) % 1_000_000:06}"
    assert (await client.sends(f"{path}/check-in", {"code": bad})).status_code == 409
    assert (await client.sends(f"{path}/check-in", {"code": good})).status_code == 303
    assert await Attendance.filter(claim_id=claim.id).count() == 1
    assert (await client.sends(f"{path}/check-out")).status_code == 303
    assert (await Claim.get(id=claim.id)).state is ClaimState.WORKED


async def test_the_claims_of_somebody_else_are_not_there(client: Visitor, cast: Cast) -> None:
    claim = await claimed(client, cast)
    here = await looked_up(client, cast, "13800000005")
    for what in ("cancel", "check-out"):
        assert (await client.sends(f"{here}/claims/{claim.id}/{what}")).status_code == 404
    assert (await client.get(f"{here}/claims/{claim.id}/slip")).status_code == 404


async def test_nobody_but_an_officer_acts_for_others(client: Visitor, cast: Cast) -> None:
    for user in (cast.emil, cast.stan, cast.ada):
        await client.comes_as(user)
        assert (await client.get("/officer/assist")).status_code == 403
