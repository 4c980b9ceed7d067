"""The pages of the account: signing in, who I am, my devices, my messages, my preferences."""

import re
from dataclasses import replace

import pyotp
import pytest

from accounts import notices
from accounts.actions import code_of, notify, open_api_session
from accounts.models import Notice, Session, SignInCode, User
from core import clock, database, i18n, settings
from core.html import ROOT
from tests.cast import Cast, Visitor

pytestmark = pytest.mark.anyio
PHONE = "13911112222"
ID_NUMBER = "110101199003074514"


async def the_code() -> str:
    row = await SignInCode.all().order_by("-id").first()
    assert row is not None
    return code_of(row)


async def test_a_new_phone_signs_in_and_goes_on_to_where_it_came_from(client: Visitor) -> None:
    asked = await client.sends("/sign-in", {"phone": PHONE, "next": "/my"})
    assert asked.status_code == 200
    assert "139****2222" in asked.text
    entered = await client.sends("/sign-in/code", {"phone": PHONE, "code": await the_code(), "next": "/my"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/my")
    assert (await client.get("/account")).status_code == 200


async def test_the_code_is_on_the_page_in_the_demo_only(client: Visitor) -> None:
    quiet = await client.sends("/sign-in", {"phone": PHONE})
    assert "demo-code" not in quiet.text
    settings.install(replace(settings.current(), demo=True))
    told = await client.sends("/sign-in", {"phone": PHONE})
    assert await the_code() in told.text


async def test_known_and_unknown_numbers_get_the_same_answer(client: Visitor, cast: Cast) -> None:
    def plain(html: str) -> str:
        return re.sub(r'(name="_csrf" value="|13\d{9}|\+86\d+|1\d\d\*+)[^"< ]*', "", html)

    known = await client.sends("/sign-in", {"phone": "13800000001"})
    unknown = await client.sends("/sign-in", {"phone": "13800009999"})
    assert plain(known.text).replace("0001", "") == plain(unknown.text).replace("9999", "")


async def test_a_wrong_code_is_told_beside_the_field(client: Visitor) -> None:
    await client.sends("/sign-in", {"phone": PHONE})
    wrong = f"{(int(await the_code()) + 1) % 1_000_000:06}"
    answer = await client.sends("/sign-in/code", {"phone": PHONE, "code": wrong})
    assert answer.status_code == 409
    assert "验证码不对" in answer.text
    assert not await User.filter(id__gt=0).exists()


async def test_a_wrong_number_is_told_and_kept(client: Visitor) -> None:
    answer = await client.sends("/sign-in", {"phone": "12345"})
    assert answer.status_code == 422
    assert 'value="12345"' in answer.text


async def test_the_sixth_code_for_a_phone_has_to_wait(client: Visitor) -> None:
    answers = [await client.sends("/sign-in", {"phone": PHONE}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example"])
async def test_signing_in_never_leads_to_another_site(client: Visitor, target: str) -> None:
    await client.sends("/sign-in", {"phone": PHONE})
    entered = await client.sends("/sign-in/code", {"phone": PHONE, "code": await the_code(), "next": target})
    assert entered.headers["location"] == "/"


async def test_signing_out_ends_the_session_and_clears_the_browser(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.wanda)
    answer = await client.sends("/sign-out")
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert not await Session.filter(user_id=cast.wanda.id, ended_at=None).exists()
    assert (await client.get("/my")).headers["location"] == "/sign-in?next=/my"


async def test_staff_set_up_a_second_factor_with_qr_and_secret(client: Visitor, cast: Cast) -> None:
    await User.filter(id=cast.olga.id).update(totp_last_step=0, totp_secret=None)
    await client.comes_as(cast.olga, second_factor=False)
    page = await client.get("/second-factor?next=/account")
    secret = str((await User.get(id=cast.olga.id)).totp_secret)
    assert secret in page.text
    assert 'src="data:image/svg+xml' in page.text
    code = pyotp.TOTP(secret).at(clock.now())
    shown = await client.sends("/second-factor", {"code": code, "next": "/account"})
    assert (shown.status_code, shown.headers["location"]) == (303, "/account")


async def test_the_secret_of_a_second_factor_is_shown_only_until_it_is_confirmed(
    client: Visitor, cast: Cast
) -> None:
    secret = pyotp.random_base32()
    await User.filter(id=cast.olga.id).update(totp_secret=secret)
    await client.comes_as(cast.olga, second_factor=False)
    page = await client.get("/second-factor")
    assert secret not in page.text
    wrong = await client.sends("/second-factor", {"code": "000000"})
    assert wrong.status_code == 409


async def test_a_profile_is_kept_and_leads_back_to_the_shift(client: Visitor) -> None:
    await client.sends("/sign-in", {"phone": PHONE})
    await client.sends("/sign-in/code", {"phone": PHONE, "code": await the_code()})
    form = {"name": "张三丰", "id_number": ID_NUMBER, "next": "/shifts/1?confirm=1"}
    saved = await client.sends("/account/profile", form)
    assert saved.headers["location"] == "/shifts/1?confirm=1"
    page = await client.get("/account")
    assert "1101**********4514" in page.text
    assert ID_NUMBER not in page.text


async def test_a_wrong_id_number_is_told_and_nothing_is_lost(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.wanda)
    answer = await client.sends("/account/profile", {"name": "王大妹", "id_number": "123"})
    assert answer.status_code == 422
    assert 'href="#field-id_number"' in answer.text
    assert 'value="王大妹"' in answer.text


async def test_an_id_number_belongs_to_one_account(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.wanda)
    await client.sends("/account/profile", {"name": "王大妹", "id_number": ID_NUMBER})
    await client.comes_as(cast.stan)
    answer = await client.sends("/account/profile", {"name": "陌生人", "id_number": ID_NUMBER})
    assert answer.status_code == 409


async def test_stan_cannot_end_wandas_session(client: Visitor, cast: Cast) -> None:
    await open_api_session("+8613800000001", clock.now())
    hers = await Session.filter(user_id=cast.wanda.id).first()
    assert hers is not None
    await client.comes_as(cast.stan)
    assert (await client.sends(f"/account/sessions/{hers.id}/end")).status_code == 404


async def test_messages_are_marked_as_read_and_nobody_elses_are_seen(client: Visitor, cast: Cast) -> None:
    async with database.transaction():
        await notify(cast.wanda.id, "pay-paid", clock.now(), link="/my", fen=12800)
        await notify(cast.stan.id, "pay-paid", clock.now(), link="/my", fen=77700)
    await client.comes_as(cast.wanda)
    page = await client.get("/notices")
    assert "¥128" in page.text
    assert "¥777" not in page.text
    assert (await client.sends("/notices/read")).headers["location"] == "/notices"
    assert await Notice.filter(read_at=None).values_list("user_id", flat=True) == [cast.stan.id]


@pytest.mark.parametrize(
    ("name", "value", "cookie"),
    [("locale", "en", "locale"), ("theme", "dark", "theme"), ("print_size", "large", "print")],
)
async def test_a_preference_is_kept_in_the_browser(
    client: Visitor, name: str, value: str, cookie: str
) -> None:
    answer = await client.sends("/preferences", {name: value, "next": "/places"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/places")
    assert client.cookies[cookie] == value


@pytest.mark.parametrize("form", [{}, {"theme": "pink"}, {"theme": "dark", "locale": "en"}])
async def test_a_preference_that_is_none_is_refused(client: Visitor, form: dict[str, str]) -> None:
    assert (await client.sends("/preferences", form)).status_code == 400


async def test_the_language_of_somebody_signed_in_is_stored(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.wanda)
    await client.sends("/preferences", {"locale": "en"})
    assert (await User.get(id=cast.wanda.id)).locale == "en"


def test_every_kind_of_notice_has_its_words() -> None:
    code = (
        "\n".join(
            path.read_text()
            for package in ("accounts", "marketplace")
            for path in (ROOT / package).rglob("actions*/**/*.py")
        )
        + (ROOT / "accounts/actions.py").read_text()
    )
    named = set(re.findall(r'"((?:pay|employer|gig)-[a-z]+|promoted|called-off)"', code))
    assert {kind for kind in named if kind not in notices.WORDS} <= {"pay-line", "employer-id"}


@pytest.mark.parametrize("locale", list(i18n.LOCALES))
def test_a_notice_speaks_every_language(locale: str) -> None:
    params = {
        "title": "洗碗工",
        "employer": "好味",
        "starts_at": "2026-11-23T10:00:00+00:00",
        "fen": 100,
        "reason": "x",
    }
    with i18n.speaking(locale):
        for kind in [*notices.WORDS, "unheard-of"]:
            notice = Notice(kind=kind, params=params)
            assert notices.heading(notice)
            assert "%(" not in notices.sentence(notice)
