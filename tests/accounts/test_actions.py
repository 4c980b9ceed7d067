"""Signing in, second factors, identities, employers and their licences, on both databases."""

import asyncio
from datetime import timedelta

import pyotp
import pytest

from accounts import actions, queries, rules
from accounts.forms import EmployerInput, ProfileInput
from accounts.models import Employer, Membership, Notice, Session, SignInCode, User
from accounts.rules import IdentityState, LicenceState, SessionKind
from core import clock, database
from core.crypto import blind_index
from core.errors import Forbidden, NotFound, Refused
from core.models import OutboxRow
from tests.cast import KUNSHAN, Cast, viewer

pytestmark = pytest.mark.anyio

PHONE = "+8613912345678"
LATER = timedelta(seconds=1)


async def refused(awaitable) -> str:
    with pytest.raises(Refused) as caught:
        await awaitable
    return caught.value.reason.code


async def try_code(code: str, phone: str = PHONE, now=None) -> str:
    return await actions.sign_in(phone, code, locale="zh-Hans", device="test", now=now or clock.now())


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


async def test_a_code_opens_a_session_and_an_account_at_the_first_time(db):
    token = await try_code(await actions.request_code(PHONE, clock.now()))
    found = await queries.viewer_for(token, SessionKind.BROWSER, clock.now())
    assert found.id == (await User.get(phone_index=blind_index(PHONE))).id
    assert await queries.viewer_for(token, SessionKind.API, clock.now()) is None


async def test_a_code_works_once(db):
    code = await actions.request_code(PHONE, clock.now())
    await try_code(code)
    assert await refused(try_code(code)) == "wrong-code"
    assert await Session.all().count() == 1


async def test_of_many_who_use_a_code_at_once_one_gets_in(db):
    code = await actions.request_code(PHONE, clock.now())
    came = await asyncio.gather(*(try_code(code) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(each, str) for each in came) == 1
    assert all(isinstance(each, (str, Refused)) for each in came)
    assert await User.all().count() == 1


async def test_five_wrong_tries_and_the_right_code_is_worth_nothing(db):
    code = await actions.request_code(PHONE, clock.now())
    for _ in range(rules.CODE_TRIES):
        assert await refused(try_code(other(code))) == "wrong-code"
    assert await refused(try_code(code)) == "wrong-code"


async def test_the_fifth_try_may_still_be_right(db):
    code = await actions.request_code(PHONE, clock.now())
    for _ in range(rules.CODE_TRIES - 1):
        await refused(try_code(other(code)))
    assert await try_code(code)


@pytest.mark.parametrize(("late", "opens"), [(rules.CODE_LIVES - LATER, True), (rules.CODE_LIVES, False)])
async def test_a_code_is_good_for_five_minutes(db, late, opens):
    now = clock.now()
    code = await actions.request_code(PHONE, now)
    if opens:
        assert await try_code(code, now=now + late)
    else:
        assert await refused(try_code(code, now=now + late)) == "wrong-code"


async def test_a_new_code_ends_the_old_one(db):
    old = await actions.request_code(PHONE, clock.now())
    new = await actions.request_code(PHONE, clock.now())
    if old != new:
        assert await refused(try_code(old)) == "wrong-code"
    assert await try_code(new)


@pytest.mark.parametrize("code", ["１２３４５６", "", "abc", "签签签签签签", "0" * 1000])
async def test_an_odd_code_is_a_wrong_code(db, code):
    await actions.request_code(PHONE, clock.now())
    assert await refused(try_code(code)) == "wrong-code"


async def test_known_and_unknown_numbers_get_the_same_answer(cast: Cast):
    codes = [await actions.request_code(phone, clock.now()) for phone in (PHONE, str(cast.wanda.phone))]
    assert [len(code) for code in codes] == [6, 6]
    assert await OutboxRow.filter(job="accounts.send_code").count() == 2
    assert await refused(try_code("000000", "+8613999999999")) == await refused(
        try_code(other(codes[1]), str(cast.wanda.phone))
    )


async def test_the_code_stands_nowhere_in_the_database(db):
    code = await actions.request_code(PHONE, clock.now())
    row = await SignInCode.get()
    promised = await OutboxRow.get()
    assert code not in str(await database.rows("SELECT phone, phone_index, nonce FROM sign_in_code"))
    assert promised.args == {"code_id": row.id}


async def test_a_closed_account_stays_closed(cast: Cast):
    await User.filter(id=cast.wanda.id).update(disabled_at=clock.now())
    code = await actions.request_code(str(cast.wanda.phone), clock.now())
    with pytest.raises(Forbidden):
        await try_code(code, str(cast.wanda.phone))


async def test_one_ends_ones_own_sessions_and_nobody_elses(cast: Cast):
    wanda, stan = await viewer(cast.wanda), await viewer(cast.stan)
    with pytest.raises(NotFound):
        await actions.end_session(stan, wanda.session_id, clock.now())
    await actions.end_session(wanda, wanda.session_id, clock.now())
    with pytest.raises(NotFound):
        await actions.end_session(wanda, wanda.session_id, clock.now())


@pytest.mark.parametrize(
    ("who", "idle"), [("wanda", rules.WORKER_SESSION.idle), ("olga", rules.STAFF_SESSION.idle)]
)
async def test_a_session_that_rests_too_long_is_over(cast: Cast, who: str, idle: timedelta):
    now = clock.now()
    person = getattr(cast, who)
    token = await actions._open_session(person, SessionKind.BROWSER, "test", now)
    assert await queries.viewer_for(token, SessionKind.BROWSER, now + idle)
    assert await queries.viewer_for(token, SessionKind.BROWSER, now + idle + LATER) is None


# --- second factor ---


async def test_a_second_factor_code_works_once(cast: Cast):
    olga, now = await viewer(cast.olga), clock.now()
    code = pyotp.TOTP("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").at(now)
    await actions.show_second_factor(olga, code, now)
    assert await refused(actions.show_second_factor(olga, code, now)) == "wrong-second-factor"
    later = now + timedelta(seconds=actions.TOTP_STEP)
    await actions.show_second_factor(olga, pyotp.TOTP("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").at(later), later)


async def test_of_two_who_show_it_at_once_one_is_believed(cast: Cast):
    olga, now = await viewer(cast.olga), clock.now()
    code = pyotp.TOTP("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").at(now)
    came = await asyncio.gather(
        *(actions.show_second_factor(olga, code, now) for _ in range(4)), return_exceptions=True
    )
    assert came.count(None) == 1


@pytest.mark.parametrize("code", ["000000", "１２３４５６", ""])
async def test_a_wrong_second_factor_is_refused(cast: Cast, code: str):
    assert (
        await refused(actions.show_second_factor(await viewer(cast.olga), code, clock.now()))
        == "wrong-second-factor"
    )


async def test_the_secret_is_told_until_it_is_confirmed_and_never_after(cast: Cast):
    stan = await viewer(cast.stan)
    secret = await actions.new_totp(stan)
    assert await actions.new_totp(stan) == secret
    await actions.show_second_factor(stan, pyotp.TOTP(secret).at(clock.now()), clock.now())
    assert await refused(actions.new_totp(stan)) == "second-factor-set"


# --- identity ---

PROFILE = ProfileInput(name="王小丽", id_number="11010519491231002X")


async def test_an_id_number_belongs_to_one_account(cast: Cast):
    await actions.tell_who(await viewer(cast.wanda), PROFILE, clock.now())
    assert await refused(actions.tell_who(await viewer(cast.stan), PROFILE, clock.now())) == "id-number-taken"
    assert (await User.get(id=cast.stan.id)).id_number is None
    assert (await User.get(id=cast.wanda.id)).birth_date.isoformat() == "1949-12-31"


async def test_a_verified_identity_is_not_changed_by_oneself(cast: Cast):
    await User.filter(id=cast.wanda.id).update(identity_state=IdentityState.VERIFIED)
    assert await refused(actions.tell_who(await viewer(cast.wanda), PROFILE, clock.now())) == "identity-fixed"


# --- employers ---

NEW = {"name": "昆山新店餐饮有限公司", "kind": "company", "region_code": KUNSHAN}


async def test_an_employer_is_registered_once(cast: Cast):
    new = EmployerInput(credit_code=cast.employer.credit_code, **NEW)
    assert (
        await refused(actions.register_employer(await viewer(cast.stan), new, None, clock.now()))
        == "credit-code-taken"
    )
    assert await Employer.all().count() == 1
    assert await Membership.filter(user=cast.stan).count() == 0


async def test_who_registers_becomes_the_first_member(cast: Cast):
    new = EmployerInput(credit_code="91110000600037341L", **NEW)
    made = await actions.register_employer(await viewer(cast.stan), new, None, clock.now())
    assert made.licence_state is LicenceState.MISSING
    assert (await viewer(cast.stan)).employer_ids == (made.id,)


async def test_a_colleague_is_added_once(cast: Cast):
    await actions.add_member(cast.employer.id, PHONE, clock.now())
    assert await refused(actions.add_member(cast.employer.id, PHONE, clock.now())) == "member-already"
    assert await Membership.filter(employer=cast.employer).count() == 2


@pytest.mark.parametrize(
    ("accept", "state", "kind"),
    [
        (True, LicenceState.VERIFIED, "employer-verified"),
        (False, LicenceState.REJECTED, "employer-rejected"),
    ],
)
async def test_an_officer_decides_and_the_members_are_told(
    cast: Cast, accept: bool, state: LicenceState, kind: str
):
    now = clock.now()
    await Employer.all().update(licence_state=LicenceState.PENDING)
    await actions.decide_licence(
        cast.employer.id, await viewer(cast.olga), accept=accept, reason="照片不清楚", now=now
    )
    decided = await Employer.get(id=cast.employer.id)
    assert (decided.licence_state, decided.decided_at) == (state, now)
    assert decided.verified_until == (now + rules.REVERIFY_AFTER if accept else None)
    assert decided.rejection == ("" if accept else "照片不清楚")
    assert await Notice.filter(user=cast.emil, kind=kind).count() == 1


async def test_a_no_needs_its_reason(cast: Cast):
    await Employer.all().update(licence_state=LicenceState.PENDING)
    decision = actions.decide_licence(
        cast.employer.id, await viewer(cast.olga), accept=False, reason="", now=clock.now()
    )
    assert await refused(decision) == "reason-needed"


async def test_without_a_licence_there_is_nothing_to_decide(cast: Cast):
    await Employer.all().update(licence_state=LicenceState.MISSING)
    decision = actions.decide_licence(
        cast.employer.id, await viewer(cast.olga), accept=True, reason="", now=clock.now()
    )
    assert await refused(decision) == "nothing-to-verify"
