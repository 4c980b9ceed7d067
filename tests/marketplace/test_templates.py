"""Templates: kept under a name, posted again in two clicks."""

import re
from datetime import timedelta

import pytest

from core import clock
from marketplace.forms import FindInput
from marketplace.models import Gig, Shift, Template
from marketplace.queries.shifts import find_shifts
from tests.cast import Cast, Visitor, make_employer, person

pytestmark = pytest.mark.anyio


async def kept(client: Visitor, cast: Cast) -> Template:
    """Emil keeps his posting as a template."""
    await client.comes_as(cast.emil)
    answer = await client.sends(f"/employer/gigs/{cast.gig.id}/template", {"name": "周五晚市"})
    assert answer.headers["location"] == "/employer/templates"
    return await Template.get(employer=cast.employer)


async def test_a_template_is_one_tap_from_the_console(client: Visitor, cast: Cast) -> None:
    template = await kept(client, cast)
    assert f'href="/employer/templates/{template.id}"' in (await client.get("/employer")).text
    assert "周五晚市" in (await client.get("/employer/templates")).text


async def test_posting_again_proposes_the_same_weekday_and_time_and_is_public_at_once(
    client: Visitor, cast: Cast
) -> None:
    template = await kept(client, cast)
    page = (await client.get(f"/employer/templates/{template.id}")).text
    before = (await find_shifts(FindInput(), clock.now())).total
    form = {
        re.search(r'name="([^"]+)"', each)[1]: re.search(r'value="([^"]*)"', each)[1]
        for each in re.findall(r"<input[^>]*>", page)
        if re.search(r'name="(date|from|to|places)_0"', each)
    }
    answer = await client.sends(f"/employer/templates/{template.id}", form)
    assert answer.status_code == 303, answer.text[-2000:]
    assert (await find_shifts(FindInput(), clock.now())).total == before + 1
    added = await Shift.filter(gig_id=cast.gig.id).order_by("-starts_at").first()
    assert added.starts_at - cast.shift.starts_at == timedelta(days=7)
    assert (await Template.get(id=template.id)).used_at is not None


async def test_the_same_name_means_the_newer_posting(client: Visitor, cast: Cast) -> None:
    await kept(client, cast)
    await kept(client, cast)
    assert await Template.all().count() == 1


async def test_a_template_of_a_closed_posting_leads_to_a_new_one(client: Visitor, cast: Cast) -> None:
    template = await kept(client, cast)
    await Gig.filter(id=cast.gig.id).update(state="closed")
    page = (await client.get(f"/employer/templates/{template.id}")).text
    assert f"/employer/gigs/new?from={cast.gig.id}" in page
    assert (
        await client.sends(f"/employer/templates/{template.id}", {"date_0": "2099-01-01"})
    ).status_code == 422


async def test_templates_of_others_are_not_there(client: Visitor, cast: Cast) -> None:
    template = await kept(client, cast)
    eva = await person("钱老板", "13800000006", born="")
    await make_employer("苏州别家餐饮有限公司", "91320505MA1N8PQX6X", eva)
    await client.comes_as(eva)
    assert (await client.get(f"/employer/templates/{template.id}")).status_code == 404
    for path in (
        f"/employer/templates/{template.id}",
        f"/employer/templates/{template.id}/delete",
        f"/employer/gigs/{cast.gig.id}/template",
    ):
        assert (await client.sends(path)).status_code == 404
    assert await Template.all().count() == 1


async def test_deleting_a_template_leaves_the_posting(client: Visitor, cast: Cast) -> None:
    template = await kept(client, cast)
    await client.sends(f"/employer/templates/{template.id}/delete")
    assert await Template.all().count() == 0
    assert await Gig.filter(id=cast.gig.id).exists()
