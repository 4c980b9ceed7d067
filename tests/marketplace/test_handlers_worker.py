"""The pages of the worker: finding, the one tap, coming and going, what is owed."""

import json
from datetime import timedelta

import pytest

from accounts.models import User
from core import clock
from marketplace import rules
from marketplace.models import Claim, PayLine, Shift
from marketplace.rules import ClaimState, PayState
from tests.cast import HERE, Cast, Visitor, make_gig, person, shift_input

pytestmark = pytest.mark.anyio
NEAR = f"lat={HERE[0]}&lon={HERE[1]}"


async def claimed(client: Visitor, cast: Cast, **form: str) -> Claim:
    """Wanda has taken the shift."""
    await client.comes_as(cast.wanda)
    await client.sends(f"/shifts/{cast.shift.id}/claim", form)
    claim = await Claim.filter(worker_id=cast.wanda.id).order_by("-id").first()
    assert claim is not None
    return claim


async def begins(claim: Claim, ago: timedelta = timedelta()) -> None:
    """Move a claim and its shift so that it began that long ago."""
    start = clock.now() - ago
    end = start + timedelta(hours=4)
    await Shift.filter(id=claim.shift_id).update(starts_at=start, ends_at=end)
    await Claim.filter(id=claim.id).update(starts_at=start, ends_at=end)


# --- finding ---


@pytest.mark.parametrize(
    "path", ["/", "/shifts", f"/shifts?{NEAR}", "/shifts?place=320583", "/shifts?day=tomorrow"]
)
async def test_a_stranger_sees_shifts_without_signing_in(client: Visitor, cast: Cast, path: str) -> None:
    page = await client.get(path)
    assert page.status_code == 200
    assert cast.gig.title in page.text
    assert "</small>112" in page.text
    assert cast.site.address not in page.text


async def test_a_page_without_any_shift_still_answers(client: Visitor) -> None:
    assert (await client.get("/")).status_code == 200


async def test_nothing_found_offers_a_wider_circle_and_any_day(client: Visitor, cast: Cast) -> None:
    page = await client.get("/shifts?lat=39.9&lon=116.4&day=today")
    assert page.status_code == 200
    assert "radius_km=20" in page.text


@pytest.mark.parametrize(
    "query",
    [
        "lat=abc&lon=1",
        "lat=1",
        "lat=99&lon=1",
        "lat=nan&lon=nan",
        "day=soon",
        "from=25:00",
        "min_hourly_fen=x",
        "trade=spy",
        "settles=never",
        "sort=best",
        "page=0",
        "page=x",
        "page=99999999999",
        "place=999999",
        "place=x",
        "radius_km=1e9",
        "employer=0",
        "employer=99999999999999999999",
        "no_experience=perhaps",
    ],
)
async def test_a_wrong_filter_is_told_with_the_form(client: Visitor, cast: Cast, query: str) -> None:
    page = await client.get(f"/shifts?{query}")
    assert page.status_code == 422
    assert "error-summary" in page.text
    assert "data-autosubmit" in page.text


async def test_an_unknown_word_in_the_address_is_ignored(client: Visitor, cast: Cast) -> None:
    assert (await client.get("/shifts?utm_source=wechat")).status_code == 200


async def test_htmx_gets_the_list_alone(client: Visitor, cast: Cast) -> None:
    block = await client.get("/shifts", headers={"HX-Request": "true"})
    assert 'class="stack" id="results"' in block.text
    assert "<html" not in block.text


async def test_the_place_is_remembered_coarsely(client: Visitor, cast: Cast) -> None:
    await client.get("/shifts?lat=31.3851234&lon=120.9554321")
    assert client.cookies["place"] == "31.385:120.955"
    assert (await client.get("/shifts?place=320583")).cookies["place"] == "320583"


@pytest.mark.parametrize("cookie", ["", "nonsense", "1e999:5", "91:5", ":", "999999"])
async def test_a_spoilt_cookie_does_no_harm(client: Visitor, cast: Cast, cookie: str) -> None:
    client.cookies.set("place", cookie, domain="localhost")
    assert (await client.get("/shifts")).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/places", "/places?q=花桥", "/places?q=nowhere", "/places?in=320583", "/places?in=x", "/places?in=1"],
)
async def test_a_place_can_be_picked_without_javascript(client: Visitor, cast: Cast, path: str) -> None:
    assert (await client.get(path)).status_code == 200


async def test_the_picker_leads_back_with_the_other_filters(client: Visitor, cast: Cast) -> None:
    page = await client.get("/places?in=320583&meals=yes")
    assert "/shifts?meals=yes&amp;place=320583100" in page.text


# --- one shift ---


async def test_a_stranger_reads_a_shift_and_is_led_to_sign_in(client: Visitor, cast: Cast) -> None:
    page = await client.get(f"/shifts/{cast.shift.id}")
    assert page.status_code == 200
    assert f"/sign-in?next=/shifts/{cast.shift.id}%3Fconfirm%3D1" in page.text
    assert cast.site.address not in page.text


async def test_the_confirmation_works_without_javascript(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.wanda)
    page = await client.get(f"/shifts/{cast.shift.id}?confirm=1")
    assert 'id="confirm"' in page.text
    assert f"你的姓名和手机只给 {cast.employer.name}" in page.text


async def test_one_tap_hires_and_shows_address_and_undo(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.wanda)
    answer = await client.sends(f"/shifts/{cast.shift.id}/claim", {"_once": "tap-1", "wait": "false"})
    assert answer.headers["location"] == f"/shifts/{cast.shift.id}#claim-box"
    block = await client.get(f"/shifts/{cast.shift.id}", headers={"HX-Request": "true"})
    assert block.text.lstrip().startswith('<section id="claim-box"')
    assert "data-countdown" in block.text
    assert cast.site.address in block.text


async def test_the_second_tap_has_the_same_answer(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.wanda)
    taps = [await client.sends(f"/shifts/{cast.shift.id}/claim", {"_once": "tap-1"}) for _ in range(2)]
    assert [tap.status_code for tap in taps] == [303, 303]
    assert await Claim.all().count() == 1


async def test_a_tap_from_an_old_page_shows_what_is_so(client: Visitor, cast: Cast) -> None:
    await claimed(client, cast, _once="tap-1")
    again = await client.sends(f"/shifts/{cast.shift.id}/claim", {"_once": "tap-2"})
    assert again.status_code == 409
    assert "data-countdown" in again.text
    assert await Claim.all().count() == 1


async def test_a_full_shift_puts_on_the_waiting_list(client: Visitor, cast: Cast) -> None:
    await Shift.filter(id=cast.shift.id).update(places=1, taken=1)
    await client.comes_as(cast.wanda)
    surprised = await client.sends(f"/shifts/{cast.shift.id}/claim", {"wait": "false", "_once": "a"})
    assert surprised.status_code == 409
    assert 'name="wait" value="true"' in surprised.text
    await client.sends(f"/shifts/{cast.shift.id}/claim", {"wait": "true", "_once": "b"})
    assert "候补中，第 1 位" in (await client.get(f"/shifts/{cast.shift.id}")).text


async def test_changed_terms_are_not_agreed_to(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.wanda)
    answer = await client.sends(f"/shifts/{cast.shift.id}/claim", {"terms": "0" * 64, "_once": "a"})
    assert answer.status_code == 409
    assert "约定内容刚刚改了" in answer.text
    assert not await Claim.all().exists()


async def test_who_has_no_name_is_led_to_the_account_and_back(client: Visitor, cast: Cast) -> None:
    newcomer = await person("", "13800000009", born="")
    await client.comes_as(newcomer)
    page = await client.get(f"/shifts/{cast.shift.id}")
    assert f"/account?next=/shifts/{cast.shift.id}%3Fconfirm%3D1" in page.text
    assert (await client.sends(f"/shifts/{cast.shift.id}/claim")).status_code == 409


async def test_a_shift_that_is_not_public_is_not_there(client: Visitor, cast: Cast) -> None:
    _, hidden = await make_gig(cast.emil, cast.site, publish=False)
    assert (await client.get(f"/shifts/{hidden.id}")).status_code == 404


async def test_undo_leads_back_to_where_it_was_tapped(client: Visitor, cast: Cast) -> None:
    claim = await claimed(client, cast)
    answer = await client.sends(f"/claims/{claim.id}/cancel", {"next": "/my", "_once": "u"})
    assert answer.headers["location"] == "/my"
    assert (await Claim.get(id=claim.id)).state is ClaimState.UNDONE


# --- my shifts, one claim ---


async def test_my_page_shows_what_comes_next_and_who_waits(client: Visitor, cast: Cast) -> None:
    await claimed(client, cast)
    _, later = await make_gig(
        cast.emil, cast.site, shift_input(starts_in=timedelta(days=2), places=1), title="早班传菜员"
    )
    await Shift.filter(id=later.id).update(taken=1)
    await client.sends(f"/shifts/{later.id}/claim")
    page = await client.get("/my")
    assert page.status_code == 200
    assert cast.site.address in page.text
    assert "候补第 1 位" in page.text


async def test_my_page_is_for_somebody_new_too(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.stan)
    page = await client.get("/my")
    assert (page.status_code, cast.gig.title in page.text) == (200, False)


@pytest.mark.parametrize("path", ["", "/terms", "/terms?format=json"])
async def test_a_claim_is_seen_by_its_worker_and_its_employer_and_nobody_else(
    client: Visitor, cast: Cast, path: str
) -> None:
    claim = await claimed(client, cast)
    seen = {}
    for who in (cast.wanda, cast.emil, cast.stan, cast.olga):
        await client.comes_as(who)
        seen[who.id] = (await client.get(f"/claims/{claim.id}{path}")).status_code
    assert seen == {cast.wanda.id: 200, cast.emil.id: 200, cast.stan.id: 404, cast.olga.id: 404}


async def test_the_employer_sees_the_name_and_a_masked_phone(client: Visitor, cast: Cast) -> None:
    claim = await claimed(client, cast)
    await client.comes_as(cast.emil)
    page = await client.get(f"/claims/{claim.id}")
    assert cast.wanda.name in page.text
    assert "138****0001" in page.text
    assert "13800000001" not in page.text


async def test_the_employer_forgets_a_claim_that_was_given_back(client: Visitor, cast: Cast) -> None:
    claim = await claimed(client, cast)
    await client.sends(f"/claims/{claim.id}/cancel")
    await client.comes_as(cast.emil)
    assert (await client.get(f"/claims/{claim.id}")).status_code == 404


async def test_the_terms_are_a_file_with_their_fingerprint(client: Visitor, cast: Cast) -> None:
    claim = await claimed(client, cast)
    answer = await client.get(f"/claims/{claim.id}/terms?format=json")
    assert "attachment" in answer.headers["content-disposition"]
    content = json.loads(answer.text)
    assert content["terms"]["hourly_fen"] == cast.gig.hourly_fen
    assert len(content["sha256"]) == 64


# --- the day ---


async def test_the_qr_leads_to_one_big_green_answer(client: Visitor, cast: Cast) -> None:
    claim = await claimed(client, cast)
    await begins(claim)
    shift = await Shift.get(id=cast.shift.id)
    token = rules.check_in_token(shift.check_in_key, shift.id, rules.check_in_step(clock.now()))
    page = await client.get(f"/check-in/{shift.id}/{token}")
    assert f'action="/claims/{claim.id}/check-in"' in page.text
    form = {"token": token, "lat": str(HERE[0]), "lon": str(HERE[1]), "_once": "in"}
    answer = await client.sends(f"/claims/{claim.id}/check-in", form)
    assert answer.status_code == 303
    assert "big-answer-ok" in (await client.get(answer.headers["location"])).text


@pytest.mark.parametrize("form", [{"code": "000000"}, {"token": "1-abc"}, {}])
async def test_a_stale_code_is_one_big_red_answer(client: Visitor, cast: Cast, form: dict[str, str]) -> None:
    claim = await claimed(client, cast)
    await begins(claim)
    answer = await client.sends(f"/claims/{claim.id}/check-in", {**form, "_once": "in"})
    assert answer.status_code == 409
    assert "big-answer-stop" in answer.text
    assert 'name="code"' in answer.text


async def test_six_digits_from_far_away_are_refused(client: Visitor, cast: Cast) -> None:
    claim = await claimed(client, cast)
    await begins(claim)
    shift = await Shift.get(id=cast.shift.id)
    code = rules.check_in_code(shift.check_in_key, rules.check_in_step(clock.now()))
    away = await client.sends(f"/claims/{claim.id}/check-in", {"code": code, "lat": "31.5", "lon": "121.2"})
    assert (away.status_code, "米内才能签到" in away.text) == (409, True)
    assert (await client.sends(f"/claims/{claim.id}/check-in", {"code": code})).status_code == 303


async def test_a_scan_by_somebody_else_is_red(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.stan)
    page = await client.get(f"/check-in/{cast.shift.id}/1-abc")
    assert (page.status_code, "big-answer-stop" in page.text) == (200, True)


async def test_guessing_digits_is_slowed_down(client: Visitor, cast: Cast) -> None:
    claim = await claimed(client, cast)
    await begins(claim)
    answers = [await client.sends(f"/claims/{claim.id}/check-in", {"code": f"{n:06}"}) for n in range(9)]
    assert answers[-1].status_code == 429


async def worked(client: Visitor, cast: Cast) -> PayLine:
    """Wanda has worked from the start to now."""
    claim = await claimed(client, cast)
    await begins(claim)
    shift = await Shift.get(id=cast.shift.id)
    code = rules.check_in_code(shift.check_in_key, rules.check_in_step(clock.now()))
    await client.sends(f"/claims/{claim.id}/check-in", {"code": code})
    out = await client.sends(f"/claims/{claim.id}/check-out", {"_once": "out"})
    assert out.headers["location"] == f"/claims/{claim.id}#pay"
    return await PayLine.get(claim_id=claim.id)


async def test_checking_out_shows_hours_and_pay(client: Visitor, cast: Cast) -> None:
    line = await worked(client, cast)
    page = await client.get(f"/claims/{line.claim_id}")
    assert "¥28/小时" in page.text
    assert f'action="/pay-lines/{line.id}/dispute"' in page.text
    assert (await client.get("/my")).status_code == 200


async def test_a_pay_line_is_disputed_by_its_worker_alone(client: Visitor, cast: Cast) -> None:
    line = await worked(client, cast)
    assert (await client.sends(f"/pay-lines/{line.id}/dispute", {"reason": ""})).status_code == 422
    await client.comes_as(cast.stan)
    assert (await client.sends(f"/pay-lines/{line.id}/dispute", {"reason": "少算了"})).status_code == 404
    await client.comes_as(cast.wanda)
    assert (
        await client.sends(f"/pay-lines/{line.id}/dispute", {"reason": "少算了一小时"})
    ).status_code == 303
    assert (await PayLine.get(id=line.id)).state is PayState.DISPUTED
    assert "少算了一小时" in (await client.get(f"/claims/{line.claim_id}")).text


@pytest.mark.parametrize("path", ["cancel", "check-in", "check-out"])
async def test_stan_cannot_act_on_wandas_claim(client: Visitor, cast: Cast, path: str) -> None:
    claim = await claimed(client, cast)
    await client.comes_as(cast.stan)
    assert (await client.sends(f"/claims/{claim.id}/{path}", {"code": "123456"})).status_code == 404


@pytest.mark.parametrize("locale", ["zh-Hans", "zh-Hant", "en"])
async def test_every_page_speaks_every_language(client: Visitor, cast: Cast, locale: str) -> None:
    line = await worked(client, cast)
    client.cookies.set("locale", locale, domain="localhost")
    await User.filter(id=cast.wanda.id).update(locale=locale)
    paths = (
        "/",
        "/places",
        f"/shifts/{cast.shift.id}",
        "/my",
        f"/claims/{line.claim_id}",
        f"/claims/{line.claim_id}/terms",
        f"/check-in/{cast.shift.id}/1-a",
        "/account",
        "/notices",
        "/sign-in",
    )
    for path in paths:
        page = await client.get(path)
        assert (page.status_code, f'lang="{locale}"' in page.text) == (200, True), path
