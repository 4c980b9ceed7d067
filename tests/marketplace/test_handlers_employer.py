"""Pages of an employer: the day, postings with the coach, shifts with their people, settlement."""

import re
from datetime import timedelta

import pytest

from accounts.models import Employer
from accounts.rules import LicenceState
from core import clock
from core.models import AuditRow
from marketplace.actions import attendance, claims, settlement
from marketplace.models import Claim, Gig, PayLine, Shift
from marketplace.rules import ClaimState, GigState, PayState, ShiftState, check_in_code, check_in_step
from tests.cast import Cast, Visitor, make_employer, make_gig, make_site, shift_input, viewer, workers

pytestmark = pytest.mark.anyio

HTMX = {"HX-Request": "true"}


def form(cast: Cast, **changes: str) -> dict[str, str]:
    """A posting form that is in order."""
    day = (clock.today() + timedelta(days=2)).isoformat()
    good = {
        "site_id": str(cast.site.id),
        "title": "早市理货",
        "trade": "shelf-stacker",
        "duties": "上架。",
        "conditions": "谁都能做。",
        "min_age": "18",
        "hourly": "28.50",
        "settles": "day",
        "no_experience": "yes",
        "date_0": day,
        "from_0": "22:00",
        "to_0": "02:00",
        "places_0": "3",
        "break_0": "0",
    }
    return {name: value for name, value in (good | changes).items() if value}


async def hired(cast: Cast, *, starts_in: timedelta = timedelta(minutes=30)) -> Claim:
    """Wanda is hired for a shift of Emil's that starts soon."""
    _, shift = await make_gig(
        cast.emil, cast.site, shift_input(starts_in=timedelta(days=1), places=1), title="马上开始"
    )
    claimed = await claims.claim_shift(shift.id, await viewer(cast.wanda), now=clock.now())
    start = clock.now() + starts_in
    await Shift.filter(id=shift.id).update(starts_at=start, ends_at=start + timedelta(hours=4))
    await Claim.filter(id=claimed.id).update(starts_at=start, ends_at=start + timedelta(hours=4))
    return await Claim.get(id=claimed.id)


async def worked(cast: Cast) -> PayLine:
    """Wanda worked; the hours wait for Emil."""
    claim = await hired(cast)
    await attendance.check_in_by_hand(claim.id, (cast.employer.id,), clock.now())
    return await attendance.check_out_by_hand(claim.id, (cast.employer.id,), clock.now() + timedelta(hours=3))


# --- today ---


async def test_today_shows_the_shifts_and_what_needs_an_answer(client: Visitor, cast: Cast) -> None:
    await worked(cast)
    await make_gig(cast.emil, cast.site, publish=False, title="被退回的")
    await Gig.filter(title="被退回的").update(state=GigState.REJECTED, rejection="写清楚地址")
    await client.comes_as(cast.emil)
    text = (await client.get("/employer")).text
    assert "马上开始" in text
    assert "/employer/settlement?state=due" in text
    assert "被退回的" in text
    assert 'hx-sse:connect="/live?topics=employer:' in text


@pytest.mark.parametrize("state", list(LicenceState))
async def test_today_says_how_the_licence_stands(client: Visitor, cast: Cast, state: LicenceState) -> None:
    await Employer.filter(id=cast.employer.id).update(licence_state=state)
    await client.comes_as(cast.emil)
    assert (await client.get("/employer")).status_code == 200


async def test_an_empty_console_leads_to_the_first_posting(client: Visitor, cast: Cast) -> None:
    await make_employer("新店", "91320583MA1N8PQX6X", cast.stan)
    await client.comes_as(cast.stan)
    for path in ("/employer", "/employer/gigs"):
        assert 'href="/employer/gigs/new"' in (await client.get(path)).text
    assert "/employer/profile#sites" in (await client.get("/employer/gigs/new")).text


async def test_the_page_asks_for_its_living_part_alone(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.emil)
    for path in ("/employer", f"/employer/shifts/{cast.shift.id}", "/employer/settlement"):
        answer = await client.get(path, headers=HTMX)
        assert answer.status_code == 200
        assert "<html" not in answer.text


# --- postings ---


async def test_a_posting_is_handed_in_once(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.emil)
    assert (await client.get("/employer/gigs/new")).status_code == 200
    sent = form(cast) | {"_once": "abc"}
    first, second = (
        await client.sends("/employer/gigs/new", sent),
        await client.sends("/employer/gigs/new", sent),
    )
    gig = await Gig.get(title="早市理货")
    shift = await Shift.get(gig_id=gig.id)
    assert (first.status_code, first.headers["location"]) == (303, f"/employer/gigs/{gig.id}")
    assert second.headers["location"] == first.headers["location"]
    assert (gig.hourly_fen, gig.state, shift.places) == (2850, GigState.PENDING, 3)
    assert shift.ends_at - shift.starts_at == timedelta(hours=4)
    assert (await client.get(first.headers["location"])).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hourly": "viel"}, "hourly"),
        ({"hourly": ""}, "hourly"),
        ({"title": ""}, "title"),
        ({"date_0": ""}, "date_0"),
        ({"from_0": "25:00"}, "from_0"),
        ({"places_0": "0"}, "places_0"),
        ({"to_0": "21:00"}, "to_0"),
        ({"date_0": "2026-13-01"}, "date_0"),
        ({"site_id": "999999"}, "site_id"),
        ({"trade": "spy"}, "trade"),
        ({"settles": ""}, "settles"),
        ({"date_1": "2027-01-01"}, "from_1"),
        ({"date_0": "9999-12-31"}, ""),
        ({"date_0": "0001-01-01"}, "date_0"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_saved(
    client: Visitor, cast: Cast, change: dict[str, str], field: str
) -> None:
    await client.comes_as(cast.emil)
    answer = await client.sends("/employer/gigs/new", form(cast, **change))
    assert answer.status_code in (409, 422)
    assert not field or f'id="field-{field}-error"' in answer.text
    assert "上架。" in answer.text
    assert not await Gig.filter(title="早市理货").exists()


async def test_the_coach_stops_pay_below_the_floor_and_names_the_rule(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.emil)
    answer = await client.sends("/employer/gigs/new", form(cast, hourly="9"))
    assert answer.status_code == 409
    assert "最低工资规定" in answer.text
    assert not await Gig.filter(title="早市理货").exists()


async def test_the_coach_answers_for_what_is_there(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.emil)
    nothing = await client.sends("/employer/gigs/coach", {}, headers=HTMX)
    assert nothing.status_code == 200
    assert "<html" not in nothing.text
    some = await client.sends(
        "/employer/gigs/coach", {"site_id": str(cast.site.id), "hourly": "9"}, headers=HTMX
    )
    assert "最低工资规定" in some.text
    whole = await client.sends("/employer/gigs/coach", form(cast), headers=HTMX)
    assert re.search(r"</small>114<", whole.text), "four hours at 28.50"


@pytest.mark.parametrize(
    "field", ["hourly", "date_0", "from_0", "to_0", "places_0", "break_0", "min_age", "settles", "site_id"]
)
@pytest.mark.parametrize("nonsense", ["x", "-1", "９９", "1e9", "٣", "999999999999999999999", "²"])
async def test_the_coach_bears_any_nonsense(client: Visitor, cast: Cast, field: str, nonsense: str) -> None:
    await client.comes_as(cast.emil)
    assert (
        await client.sends("/employer/gigs/coach", form(cast) | {field: nonsense}, headers=HTMX)
    ).status_code == 200
    answer = await client.sends("/employer/gigs/new", form(cast) | {field: nonsense})
    assert answer.status_code in (303, 409, 422)


async def test_one_more_day_saves_nothing_and_copies_the_row(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.emil)
    answer = await client.sends("/employer/gigs/new", form(cast) | {"more": "yes"})
    assert answer.status_code == 200
    assert 'name="from_1"' in answer.text
    assert (clock.today() + timedelta(days=3)).isoformat() in answer.text
    assert not await Gig.filter(title="早市理货").exists()


async def test_an_earlier_posting_fills_the_form_for_next_week(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.emil)
    text = (await client.get(f"/employer/gigs/new?from={cast.gig.id}")).text
    next_week = clock.local(cast.shift.starts_at).date() + timedelta(days=7)
    assert cast.gig.title in text
    assert next_week.isoformat() in text


async def test_shifts_are_added_to_a_published_posting(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.emil)
    shown = (await client.get(f"/employer/gigs/{cast.gig.id}")).text
    rows = dict(re.findall(r'name="((?:date|from|to|places)_0)"[^>]*?value="([^"]*)"', shown))
    rows |= {
        name: value
        for value, name in re.findall(r'value="([^"]*)"[^>]*?name="((?:date|from|to|places)_0)"', shown)
    }
    answer = await client.sends(f"/employer/gigs/{cast.gig.id}/shifts", rows)
    assert answer.status_code == 303
    assert await Shift.filter(gig_id=cast.gig.id).count() == 2
    wrong = await client.sends(f"/employer/gigs/{cast.gig.id}/shifts", rows | {"places_0": "0"})
    assert wrong.status_code == 422


async def test_only_a_rejected_posting_is_changed(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.emil)
    path = f"/employer/gigs/{cast.gig.id}/edit"
    assert (await client.get(path)).status_code == 404
    await Gig.filter(id=cast.gig.id).update(state=GigState.REJECTED, rejection="写清楚")
    assert "写清楚" in (await client.get(path)).text
    assert (await client.sends(path, form(cast, title=""))).status_code == 422
    assert (await client.sends(path, form(cast))).status_code == 303
    assert (await Gig.get(id=cast.gig.id)).state is GigState.PENDING


@pytest.mark.parametrize("state", ["", "pending", "published", "rejected", "nonsense"])
async def test_postings_are_listed_by_state(client: Visitor, cast: Cast, state: str) -> None:
    await client.comes_as(cast.emil)
    text = (await client.get(f"/employer/gigs?state={state}")).text
    assert (cast.gig.title in text) == (state in ("", "published", "nonsense"))


# --- one shift ---


async def test_names_and_numbers_are_shown_only_as_far_as_needed(client: Visitor, cast: Cast) -> None:
    claim = await hired(cast)
    waiting = (await workers(1))[0]
    await Shift.filter(id=claim.shift_id).update(waiting=1)
    await Claim.create(
        shift_id=claim.shift_id,
        worker=waiting,
        terms_id=claim.terms_id,
        state=ClaimState.WAITING,
        starts_at=claim.starts_at,
        ends_at=claim.ends_at,
        joined_at=clock.now(),
    )
    await client.comes_as(cast.emil)
    text = (await client.get(f"/employer/shifts/{claim.shift_id}")).text
    assert cast.wanda.name in text
    assert waiting.name not in text
    assert "13800000001" not in text
    shown = await client.sends(f"/employer/claims/{claim.id}/phone")
    assert "tel:+8613800000001" in shown.text
    seen = await AuditRow.get(verb="phone.seen")
    assert (seen.subject_id, seen.actor_id) == (cast.wanda.id, cast.emil.id)


async def test_a_number_is_not_shown_days_before(client: Visitor, cast: Cast) -> None:
    claim = await hired(cast, starts_in=timedelta(days=3))
    await client.comes_as(cast.emil)
    answer = await client.sends(f"/employer/claims/{claim.id}/phone")
    assert answer.status_code == 409
    assert "13800000001" not in answer.text


async def test_the_employer_checks_in_and_out_by_hand(client: Visitor, cast: Cast) -> None:
    claim = await hired(cast)
    await client.comes_as(cast.emil)
    assert (await client.sends(f"/employer/claims/{claim.id}/check-in")).status_code == 303
    assert (await client.sends(f"/employer/claims/{claim.id}/check-in", headers=HTMX)).status_code == 409
    assert (await client.sends(f"/employer/claims/{claim.id}/check-out")).status_code == 303
    assert (await Claim.get(id=claim.id)).state is ClaimState.WORKED


async def test_places_change_but_never_below_the_hired(client: Visitor, cast: Cast) -> None:
    claim = await hired(cast)
    path = f"/employer/shifts/{claim.shift_id}/places"
    await client.comes_as(cast.emil)
    assert (await client.sends(path, {"places": "5"})).status_code == 303
    assert (await client.sends(path, {"places": "0"})).status_code == 422
    await Shift.filter(id=claim.shift_id).update(taken=2)
    refused = await client.sends(path, {"places": "1"})
    assert refused.status_code == 409
    assert 'id="field-places-error"' in refused.text


async def test_a_shift_is_called_off_after_its_consequence_was_read(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.emil)
    path = f"/employer/shifts/{cast.shift.id}"
    assert f'action="{path}/call-off"' in (await client.get(f"{path}?confirm=call-off")).text
    assert (await client.sends(f"{path}/call-off")).status_code == 303
    assert (await Shift.get(id=cast.shift.id)).state is ShiftState.CANCELLED
    assert (await client.sends(f"{path}/call-off")).status_code == 409
    assert (await client.get(f"{path}/screen")).status_code == 200


async def test_the_screen_shows_the_code_of_this_moment(client: Visitor, cast: Cast) -> None:
    claim = await hired(cast)
    await client.comes_as(cast.emil)
    path = f"/employer/shifts/{claim.shift_id}/screen"
    before = check_in_step(clock.now())
    whole, block = await client.get(path), await client.get(path, headers=HTMX)
    key = (await Shift.get(id=claim.shift_id)).check_in_key
    codes = [check_in_code(key, step) for step in range(before, check_in_step(clock.now()) + 1)]
    for answer in (whole, block):
        assert any(f"{code[:3]} {code[3:]}" in answer.text for code in codes)
        assert "<svg" in answer.text
        assert "style=" not in answer.text
    assert "<html" not in block.text
    assert key not in whole.text


# --- settlement ---


async def test_hours_are_confirmed_and_paid(client: Visitor, cast: Cast) -> None:
    line = await worked(cast)
    await client.comes_as(cast.emil)
    assert cast.wanda.name in (await client.get("/employer/settlement")).text
    assert (await client.sends(f"/employer/pay-lines/{line.id}/pay")).status_code == 409
    assert (
        await client.sends(f"/employer/pay-lines/{line.id}/confirm", {"worked": "3:30"})
    ).status_code == 303
    confirmed = await PayLine.get(id=line.id)
    assert (confirmed.minutes, confirmed.amount_fen, confirmed.state) == (210, 9800, PayState.CONFIRMED)
    assert (await client.sends(f"/employer/pay-lines/{line.id}/pay")).status_code == 303
    assert (await PayLine.get(id=line.id)).state is PayState.PAID
    for state in PayState:
        assert (await client.get(f"/employer/settlement?state={state}&page=9")).status_code == 200


@pytest.mark.parametrize("nonsense", ["x", "25:00", "-1", "3:99", "²"])
async def test_hours_that_are_none_change_nothing(client: Visitor, cast: Cast, nonsense: str) -> None:
    line = await worked(cast)
    await client.comes_as(cast.emil)
    answer = await client.sends(f"/employer/pay-lines/{line.id}/confirm", {"worked": nonsense})
    assert answer.status_code == 422
    assert f'id="field-worked-{line.id}-error"' in answer.text
    assert (await PayLine.get(id=line.id)).state is PayState.DUE


async def test_all_is_confirmed_in_one_tap(client: Visitor, cast: Cast) -> None:
    line = await worked(cast)
    await client.comes_as(cast.emil)
    answer = await client.sends("/employer/settlement/confirm-all")
    assert answer.status_code == 303
    assert (await PayLine.get(id=line.id)).state is PayState.CONFIRMED


async def test_a_dispute_is_read_and_answered(client: Visitor, cast: Cast) -> None:
    line = await worked(cast)
    await settlement.dispute(line.id, await viewer(cast.wanda), "少算了半小时", clock.now())
    await client.comes_as(cast.emil)
    assert "少算了半小时" in (await client.get("/employer/settlement")).text
    await client.sends(f"/employer/pay-lines/{line.id}/confirm", {"worked": "3:30"})
    assert (await PayLine.get(id=line.id)).minutes == 210


# --- strangers ---


async def test_nothing_of_an_employer_is_there_for_another(client: Visitor, cast: Cast) -> None:
    line = await worked(cast)
    claim = await Claim.get(id=line.claim_id)
    await make_site(await make_employer("别人家", "91320583MA1N8PQX6X", cast.stan))
    await client.comes_as(cast.stan)
    shift, gig = f"/employer/shifts/{claim.shift_id}", f"/employer/gigs/{cast.gig.id}"
    for path in (shift, f"{shift}/screen", gig, f"{gig}/edit", f"/employer/gigs/new?from={cast.gig.id}"):
        assert (await client.get(path)).status_code == 404, path
    posts = [
        f"{shift}/places",
        f"{shift}/call-off",
        f"{gig}/shifts",
        f"{gig}/edit",
        f"/employer/claims/{claim.id}/check-in",
        f"/employer/claims/{claim.id}/check-out",
        f"/employer/claims/{claim.id}/phone",
        f"/employer/pay-lines/{line.id}/confirm",
        f"/employer/pay-lines/{line.id}/pay",
        f"/employer/settlement/confirm-all?employer={cast.employer.id}",
    ]
    for path in posts:
        assert (await client.sends(path, {"places": "9"})).status_code == 404, path
    foreign = await client.sends("/employer/gigs/new", form(cast))
    assert foreign.status_code == 422
    assert 'id="field-site_id-error"' in foreign.text
