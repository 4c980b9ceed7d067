"""The pages of the day and after, as both sides use them."""

from datetime import timedelta
from xml.etree import ElementTree as ET

import icalendar
import pytest

from core import clock
from marketplace.actions import attendance, claims, corrections, settlement
from marketplace.forms import CorrectionInput
from marketplace.models import Claim, Correction, PayLine, Rating, Shift, ShiftMessage, Truth
from marketplace.rules import ClaimState, CorrectionState, PayKind, PayState
from tests.cast import Cast, Visitor, make_gig, shift_input, viewer

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)


async def soon(cast: Cast) -> Claim:
    """Wanda's claim on a shift that begins in an hour or so."""
    _, shift = await make_gig(
        cast.emil, cast.site, shift_input(starts_in=timedelta(minutes=70)), title="急招洗碗"
    )
    got = await claims.claim_shift(shift.id, await viewer(cast.wanda), now=clock.now())
    return await Claim.get(id=got.id)


async def over(cast: Cast, *, ago: timedelta = HOUR) -> PayLine:
    """A claim of Wanda's that was worked and ended a while ago."""
    claim = await soon(cast)
    await attendance.check_in_by_hand(claim.id, (cast.employer.id,), claim.starts_at)
    line = await attendance.check_out(claim.id, await viewer(cast.wanda), claim.ends_at)
    back = {"starts_at": clock.now() - ago - 4 * HOUR, "ends_at": clock.now() - ago}
    await Shift.filter(id=claim.shift_id).update(**back)
    await Claim.filter(id=claim.id).update(**back)
    await PayLine.filter(id=line.id).update(created_at=clock.now() - ago)
    return line


async def test_she_says_that_she_is_on_the_way_and_late(cast: Cast, client: Visitor):
    claim = await soon(cast)
    await client.comes_as(cast.wanda)
    assert "我已出发" in (await client.get(f"/claims/{claim.id}")).text
    assert (await client.sends(f"/claims/{claim.id}/on-way")).status_code == 303
    assert (await client.sends(f"/claims/{claim.id}/late", {"minutes": "20"})).status_code == 303
    assert (await client.sends(f"/claims/{claim.id}/late", {"minutes": "25"})).status_code == 422
    assert "大约晚 20 分钟" in (await client.get(f"/claims/{claim.id}")).text
    await client.comes_as(cast.emil)
    page = (await client.get(f"/employer/shifts/{claim.shift_id}")).text
    assert "晚到约 20 分钟" in page
    assert "已出发" in page


async def test_the_slip_and_the_list_for_the_door_show_the_same_digits(cast: Cast, client: Visitor):
    claim = await soon(cast)
    await client.comes_as(cast.wanda)
    assert claim.slip_code in (await client.get(f"/claims/{claim.id}/slip")).text
    await client.comes_as(cast.emil)
    assert claim.slip_code in (await client.get(f"/employer/shifts/{claim.shift_id}/sheet")).text
    await Shift.filter(id=claim.shift_id).update(starts_at=clock.now())
    await Claim.filter(id=claim.id).update(starts_at=clock.now())
    path = f"/employer/shifts/{claim.shift_id}/slip"
    assert (await client.sends(path, {"code": "12"})).status_code == 422
    assert (await client.sends(path, {"code": f"{(int(claim.slip_code) + 1) % 10**6:06}"})).status_code == 409
    assert (await client.sends(path, {"code": claim.slip_code})).status_code == 303
    assert (await Claim.get(id=claim.id)).state is ClaimState.WORKING


async def test_hours_are_typed_in_from_the_sheet(cast: Cast, client: Visitor):
    claim = await soon(cast)
    back = {"starts_at": clock.now() - 6 * HOUR, "ends_at": clock.now() - 2 * HOUR}
    await Shift.filter(id=claim.shift_id).update(**back)
    await Claim.filter(id=claim.id).update(**back)
    await claims.mark_absent(clock.now())
    await client.comes_as(cast.emil)
    assert "记下工时" in (await client.get(f"/employer/shifts/{claim.shift_id}/sheet")).text
    path = f"/employer/claims/{claim.id}/hours"
    assert (await client.sends(path, {"in": "x", "out": "12"})).status_code == 422
    came, left = (
        f"{clock.local(at):%H:%M}" for at in (back["starts_at"] + timedelta(minutes=1), back["ends_at"])
    )
    assert (await client.sends(path, {"in": came, "out": left})).status_code == 303
    assert (await PayLine.get(claim_id=claim.id)).minutes in range(237, 241)
    assert (await client.sends(path, {"in": came, "out": left})).status_code == 409


async def test_a_message_stands_on_the_page_of_the_claim(cast: Cast, client: Visitor):
    claim = await soon(cast)
    await client.comes_as(cast.emil)
    path = f"/employer/shifts/{claim.shift_id}/message"
    assert (await client.sends(path, {"text": ""})).status_code == 422
    assert (await client.sends(path, {"text": "请从后门进 <b>"})).status_code == 303
    assert await ShiftMessage.all().count() == 1
    await client.comes_as(cast.wanda)
    assert "请从后门进 &lt;b&gt;" in (await client.get(f"/claims/{claim.id}")).text


async def test_other_hours_are_asked_for_and_agreed_to(cast: Cast, client: Visitor):
    line = await over(cast)
    await client.comes_as(cast.wanda)
    path = f"/claims/{line.claim_id}/correction"
    assert (await client.sends(path, {"worked": "x", "why": "多干了"})).status_code == 422
    assert (await client.sends(path, {"worked": "4:30"})).status_code == 422
    assert (await client.sends(path, {"worked": "4:30", "why": "多干了半小时"})).status_code == 303
    assert (await client.sends(path, {"worked": "4:40", "why": "多干了半小时"})).status_code == 409
    await client.comes_as(cast.emil)
    page = (await client.get("/employer/settlement")).text
    assert "多干了半小时" in page
    assert "自动确认" in page
    wish = await Correction.get()
    answer = f"/employer/corrections/{wish.id}/answer"
    assert (await client.sends(answer, {"accept": "false"})).status_code == 422
    assert (await client.sends(answer, {"accept": "true"})).status_code == 303
    assert (await client.sends(answer, {"accept": "true"})).status_code == 409
    assert (await Correction.get()).state is CorrectionState.ACCEPTED
    assert (await PayLine.get(id=line.id)).minutes == 270


async def test_a_dispute_of_a_paid_line_is_settled_on_the_page(cast: Cast, client: Visitor):
    line, mine, now = await over(cast), (cast.employer.id,), clock.now()
    await settlement.confirm_hours(line.id, mine, None, now)
    await settlement.mark_paid(line.id, mine, now)
    await settlement.dispute(line.id, await viewer(cast.wanda), "少算了", now)
    await client.comes_as(cast.emil)
    path = f"/employer/pay-lines/{line.id}/settle"
    assert "补付这些工时" in (await client.get("/employer/settlement?state=disputed")).text
    assert (await client.sends(path, {"worked": "0"})).status_code == 422
    assert (await client.sends(path, {"worked": "0:30"})).status_code == 303
    assert (await client.sends(path, {"worked": "0:30"})).status_code == 409
    added = await PayLine.get(kind=PayKind.CORRECTION)
    assert (added.minutes, added.state) == (30, PayState.CONFIRMED)
    await client.comes_as(cast.wanda)
    slip = (await client.get(f"/claims/{line.claim_id}/slip")).text
    assert "更正" in slip
    assert "¥126" in slip


async def test_both_say_how_it_was(cast: Cast, client: Visitor):
    line = await over(cast)
    await client.comes_as(cast.wanda)
    path = f"/claims/{line.claim_id}"
    assert (await client.sends(f"{path}/truth", {"pay": "skip"})).status_code == 422
    said = {"address": "true", "work": "true", "pay": "true", "hours": "false", "meals": "skip"}
    assert (await client.sends(f"{path}/truth", said)).status_code == 303
    truth = await Truth.get()
    assert (truth.pay, truth.hours, truth.meals) == (True, False, None)
    assert (await client.sends(f"{path}/rating", {"stars": "6"})).status_code == 422
    assert (await client.sends(f"{path}/rating", {"stars": "4", "words": "厨房很热"})).status_code == 303
    await client.comes_as(cast.emil)
    assert "厨房很热" not in (await client.get(path)).text
    assert (await client.sends(f"{path}/rating", {"stars": "5"})).status_code == 303
    assert "厨房很热" in (await client.get(path)).text
    assert await Rating.all().count() == 2
    client.cookies.clear()
    assert "1 人中 1 人说工钱和招工写的一样" in (await client.get("/shifts?place=320583")).text
    assert "1 人中 0 人说和写的一样" in (await client.get(f"/shifts/{cast.shift.id}")).text


async def test_the_booking_goes_into_a_calendar(cast: Cast, client: Visitor):
    claim = await soon(cast)
    await client.comes_as(cast.wanda)
    file = await client.get(f"/claims/{claim.id}.ics")
    assert file.headers["content-type"].startswith("text/calendar")
    (event,) = icalendar.Calendar.from_ical(file.content).walk("VEVENT")
    assert event.decoded("dtstart") == claim.starts_at
    assert "急招洗碗" in event["summary"]
    await client.comes_as(cast.emil)
    assert (await client.get(f"/claims/{claim.id}.ics")).status_code == 404


async def test_the_feed_is_atom_and_an_unknown_place_is_not_there(cast: Cast, client: Visitor):
    feed = await client.get("/shifts.atom?place=320583")
    assert feed.headers["content-type"].startswith("application/atom+xml")
    names = {"a": "http://www.w3.org/2005/Atom"}
    (entry,) = ET.fromstring(feed.content).findall("a:entry", names)
    assert entry.find("a:title", names).text == "晚市洗碗工 · ¥112"
    assert (await client.get("/shifts.atom?place=999999")).status_code == 404
    assert (await client.get("/shifts.atom")).status_code == 200


async def test_the_api_knows_the_day_and_after(cast: Cast, client: Visitor):
    claim = await soon(cast)
    await client.calls_as(cast.wanda)
    late = await client.post(f"/api/v1/claims/{claim.id}/late", json={"minutes": 30})
    assert late.json()["late_minutes"] == 30
    assert (await client.post(f"/api/v1/claims/{claim.id}/on-way")).json()["on_way_at"]
    assert (await client.get(f"/api/v1/claims/{claim.id}/slip")).json()["slip_code"] == claim.slip_code
    record = await client.get(f"/api/v1/shifts/{claim.shift_id}/employer-record")
    assert record.json()["truths"]["pay"] == {"good": 0, "of": 0}
    await client.calls_as(cast.emil)
    people = (await client.get(f"/api/v1/shifts/{claim.shift_id}/claims")).json()["hired"]
    assert people[0]["late_minutes"] == 30
    records = (await client.get(f"/api/v1/shifts/{claim.shift_id}/worker-records")).json()["items"]
    assert records[0]["claim_id"] == claim.id
    sent = await client.post(f"/api/v1/shifts/{claim.shift_id}/messages", json={"text": "请从后门进"})
    assert sent.status_code == 201
    came = await client.post(
        f"/api/v1/shifts/{claim.shift_id}/check-in-by-slip", json={"code": claim.slip_code}
    )
    assert came.status_code == 409, "an hour and ten minutes ahead"


async def test_the_api_knows_other_hours_stars_and_facts(cast: Cast, client: Visitor):
    line = await over(cast)
    await client.calls_as(cast.wanda)
    base = f"/api/v1/claims/{line.claim_id}"
    wish = await client.post(f"{base}/corrections", json={"minutes": 250, "reason": "多干了"})
    assert (wish.status_code, wish.json()["state"]) == (201, "open")
    assert (await client.post(f"{base}/truth", json={"pay": True})).json()["truth_told"]
    assert (await client.post(f"{base}/ratings", json={"stars": 5})).json()["mine"]["stars"] == 5
    await client.calls_as(cast.emil)
    assert (await client.get(f"{base}/after")).json()["theirs"] is None
    answer = f"/api/v1/corrections/{wish.json()['id']}/answer"
    assert (await client.post(answer, json={"accept": True})).json()["state"] == "accepted"
    assert (await client.post(answer, json={"accept": True})).json()["code"] == "answered"


async def test_a_wish_that_nobody_sees_is_not_answered_by_strangers(cast: Cast, client: Visitor):
    line = await over(cast)
    asked = CorrectionInput(minutes=250, reason="多干了")
    wish = await corrections.ask(line.claim_id, await viewer(cast.wanda), asked, clock.now())
    await client.comes_as(cast.wanda)
    assert (
        await client.sends(f"/employer/corrections/{wish.id}/answer", {"accept": "true"})
    ).status_code == 403
