"""Pages of lasting jobs for who looks, who employs and who decides; and what Stan must not see."""

import json
import re
from datetime import timedelta

import pytest

from core import clock
from core.models import AuditRow
from marketplace.models import Application, Job
from marketplace.rules import ApplicationState, JobState, RefusalReason
from tests.cast import Cast, Visitor, make_employer, make_job

pytestmark = pytest.mark.anyio

HTMX = {"HX-Request": "true"}
PDF = ("我的 简历.pdf", b"%PDF-1.7 resume", "application/pdf")


def form(cast: Cast, **changes: str) -> dict[str, str]:
    """A job form that is in order."""
    good = {
        "site_id": str(cast.site.id),
        "title": "长白班质检员",
        "trade": "inspector",
        "duties": "检验成品。",
        "conditions": "视力好。",
        "min_age": "18",
        "openings": "3",
        "monthly_from": "5300",
        "monthly_to": "6500.50",
        "hours_a_week": "40",
        "valid_until": (clock.today() + timedelta(days=20)).isoformat(),
    }
    return {name: value for name, value in (good | changes).items() if value}


async def applied(client: Visitor, cast: Cast, job: Job, *, file: tuple | None = PDF) -> Application:
    """Wanda has applied in her browser, and is gone again."""
    await client.comes_as(cast.wanda)
    sent = await client.sends(
        f"/jobs/{job.id}/apply", {"words": "做过两年。"}, files={"file": file} if file else None
    )
    assert sent.status_code == 303, sent.text
    return await Application.get(job_id=job.id, worker=cast.wanda)


# --- finding and applying ---


async def test_a_stranger_finds_and_reads_a_job(client: Visitor, cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    assert f'href="/jobs/{job.id}"' in (await client.get("/jobs")).text
    assert f'href="/jobs/{job.id}"' not in (await client.get("/jobs?trade=cashier")).text
    page = await client.get(f"/jobs/{job.id}")
    assert page.status_code == 200
    assert "/sign-in?next=" in page.text
    assert f"/jobs/{job.id}/apply" not in page.text
    assert "<html" not in (await client.get("/jobs", headers=HTMX)).text


@pytest.mark.parametrize("query", ["trade=spy", "min_monthly_fen=viel", "place=Kunshan", "page=0", "sort=x"])
async def test_a_wrong_filter_is_told_beside_the_form(client: Visitor, cast: Cast, query: str) -> None:
    assert (await client.get(f"/jobs?{query}")).status_code == 422


async def test_programs_read_the_posting_and_no_title_breaks_out(client: Visitor, cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    await Job.filter(id=job.id).update(title="</script><script>alert(1)</script>")
    text = (await client.get(f"/jobs/{job.id}")).text
    assert "<script>alert" not in text
    (found,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text)
    said = json.loads(found)
    assert (said["@type"], said["title"]) == ("JobPosting", "</script><script>alert(1)</script>")
    assert said["baseSalary"]["value"] == {
        "@type": "QuantitativeValue",
        "unitText": "MONTH",
        "minValue": 5500,
        "maxValue": 7000,
    }
    shift = (await client.get(f"/shifts/{cast.shift.id}")).text
    (found,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', shift)
    assert json.loads(found)["baseSalary"]["value"]["value"] == 28
    assert cast.site.address not in found


async def test_wanda_applies_with_a_file_and_only_the_two_can_open_it(client: Visitor, cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    application = await applied(client, cast, job)
    assert "简历" in (await client.get("/my/applications")).text
    for who in (cast.wanda, cast.emil):
        await client.comes_as(who)
        got = await client.get(f"/applications/{application.id}/file")
        assert (got.status_code, got.content) == (200, PDF[1])
        assert got.headers["content-disposition"].startswith("attachment;")
        assert got.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in got.headers["content-security-policy"]
        assert got.headers["cache-control"] == "private, no-store"
    assert await AuditRow.filter(verb="application.file-seen").count() == 2
    await make_employer("苏州别家餐饮有限公司", "91320505MA1N8PQX6X", cast.stan)
    await client.comes_as(cast.stan)
    for path in (
        f"/applications/{application.id}/file",
        f"/employer/applications/{application.id}",
        f"/employer/jobs/{job.id}",
    ):
        assert (await client.get(path)).status_code == 404
    for path in ("answer", "phone"):
        assert (
            await client.sends(f"/employer/applications/{application.id}/{path}", {"state": "hired"})
        ).status_code == 404
    assert (await client.sends(f"/applications/{application.id}/withdraw")).status_code == 404


@pytest.mark.parametrize(
    "file",
    [
        ("a.pdf", b"MZ", "application/pdf"),
        ("a.html", b"<html>", "text/html"),
        ("a.pdf", b"", "application/pdf"),
    ],
)
async def test_a_file_of_another_kind_is_refused_and_the_words_are_kept(
    client: Visitor, cast: Cast, file: tuple
) -> None:
    job = await make_job(cast.emil, cast.site)
    await client.comes_as(cast.wanda)
    answer = await client.sends(f"/jobs/{job.id}/apply", {"words": "做过两年。"}, files={"file": file})
    assert answer.status_code == 422
    assert "做过两年。" in answer.text
    assert await Application.all().count() == 0


async def test_applying_twice_is_told_on_the_page(client: Visitor, cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    await applied(client, cast, job, file=None)
    answer = await client.sends(f"/jobs/{job.id}/apply", {"words": "再来一次"})
    assert answer.status_code == 409
    assert "你已经应聘过这个岗位了" in answer.text


async def test_wanda_withdraws_and_may_come_back(client: Visitor, cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    application = await applied(client, cast, job)
    assert (await client.sends(f"/applications/{application.id}/withdraw")).status_code == 303
    assert (await client.sends(f"/applications/{application.id}/withdraw")).status_code == 409
    assert f"/jobs/{job.id}#apply" in (await client.get("/my/applications")).text
    await client.comes_as(cast.emil)
    assert (await client.get(f"/employer/applications/{application.id}")).status_code == 404
    assert (await applied(client, cast, job)).id == application.id


async def test_who_has_no_name_is_led_to_give_one(client: Visitor, cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    await make_employer("苏州别家餐饮有限公司", "91320505MA1N8PQX6X", cast.olga)
    await client.comes_as(cast.ada)
    assert "/account?next=" in (await client.get(f"/jobs/{job.id}")).text


# --- the employer ---


async def test_a_job_is_handed_in_once(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.emil)
    assert (await client.get("/employer/jobs/new")).status_code == 200
    sent = form(cast) | {"_once": "abc"}
    first, second = (
        await client.sends("/employer/jobs/new", sent),
        await client.sends("/employer/jobs/new", sent),
    )
    job = await Job.get(title="长白班质检员")
    assert (first.status_code, first.headers["location"]) == (303, f"/employer/jobs/{job.id}")
    assert second.headers["location"] == first.headers["location"]
    assert (job.monthly_from_fen, job.monthly_to_fen, job.state) == (5300_00, 6500_50, JobState.PENDING)
    assert "长白班质检员" in (await client.get("/employer/jobs")).text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"monthly_from": "viel"}, "monthly_from"),
        ({"monthly_to": ""}, "monthly_to"),
        ({"monthly_to": "5000"}, "monthly_to"),
        ({"title": ""}, "title"),
        ({"openings": "0"}, "openings"),
        ({"hours_a_week": "73"}, "hours_a_week"),
        ({"valid_until": "2026-13-01"}, "valid_until"),
        ({"site_id": "999999"}, "site_id"),
        ({"trade": "spy"}, "trade"),
        ({"valid_until": "2020-01-01"}, ""),
        ({"monthly_from": "1000"}, ""),
    ],
)
async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_saved(
    client: Visitor, cast: Cast, change: dict[str, str], field: str
) -> None:
    await client.comes_as(cast.emil)
    answer = await client.sends("/employer/jobs/new", form(cast, **change))
    assert answer.status_code == (422 if field else 409)
    assert not field or f'href="#field-{field}"' in answer.text
    assert await Job.all().count() == 0


async def test_the_coach_speaks_beside_the_form(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.emil)
    answer = await client.sends(
        "/employer/jobs/coach", form(cast, monthly_from="1000", hours_a_week="48"), headers=HTMX
    )
    assert "<html" not in answer.text
    assert "劳动合同法 72" in answer.text
    assert "国务院关于职工工作时间的规定" in answer.text


async def test_a_rejected_job_is_changed_and_handed_in_again(client: Visitor, cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    await client.comes_as(cast.emil)
    assert (await client.get(f"/employer/jobs/{job.id}/edit")).status_code == 404
    await Job.filter(id=job.id).update(state=JobState.REJECTED, rejection="请写明休息日")
    assert "请写明休息日" in (await client.get(f"/employer/jobs/{job.id}/edit")).text
    assert (await client.sends(f"/employer/jobs/{job.id}/edit", form(cast))).status_code == 303
    assert (await Job.get(id=job.id)).state is JobState.PENDING


async def test_emil_reads_invites_calls_and_hires(client: Visitor, cast: Cast) -> None:
    application = await applied(client, cast, await make_job(cast.emil, cast.site))
    here = f"/employer/applications/{application.id}"
    await client.comes_as(cast.emil)
    assert here in (await client.get(f"/employer/jobs/{(await Job.get()).id}")).text
    first = (await client.get(here)).text
    assert "13800000001" not in first
    assert (await Application.get(id=application.id)).state is ApplicationState.SENT
    await client.sends(f"{here}/seen")
    assert (await Application.get(id=application.id)).state is ApplicationState.SEEN
    assert (await client.sends(f"{here}/phone")).status_code == 409
    assert (
        await client.sends(f"{here}/answer", {"state": "invited", "answer": "明天下午两点"})
    ).status_code == 303
    assert "13800000001" not in (await client.get(here)).text
    assert "13800000001" in (await client.sends(f"{here}/phone")).text
    assert (await client.sends(f"{here}/answer", {"state": "hired"})).status_code == 303
    assert (await client.sends(f"{here}/answer", {"state": "hired"})).status_code == 409
    await client.comes_as(cast.wanda)
    assert "单位录用了你" in (await client.get("/my/applications")).text


async def test_a_refusal_without_a_reason_is_not_taken(client: Visitor, cast: Cast) -> None:
    application = await applied(client, cast, await make_job(cast.emil, cast.site))
    await client.comes_as(cast.emil)
    here = f"/employer/applications/{application.id}/answer"
    assert (await client.sends(here, {"state": "refused"})).status_code == 409
    assert (await client.sends(here, {"state": "refused", "refusal": "ugly"})).status_code == 422
    assert (await client.sends(here, {"state": "withdrawn"})).status_code == 422
    assert (
        await client.sends(here, {"state": "refused", "refusal": "skills", "answer": "谢谢"})
    ).status_code == 303
    assert (await Application.get(id=application.id)).refusal is RefusalReason.SKILLS
    await client.comes_as(cast.wanda)
    assert "需要其他技能或更多经验" in (await client.get("/my/applications")).text


async def test_closing_leads_back_and_takes_it_off_the_list(client: Visitor, cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    await client.comes_as(cast.emil)
    assert (await client.sends(f"/employer/jobs/{job.id}/close")).status_code == 303
    assert (await client.sends(f"/employer/jobs/{job.id}/close")).status_code == 409
    assert f'href="/jobs/{job.id}"' not in (await client.get("/jobs")).text


# --- the officer ---


async def test_a_pending_job_waits_in_the_inbox_and_is_published(client: Visitor, cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site, publish=False)
    await client.comes_as(cast.olga)
    here = f"/officer/jobs/{job.id}"
    assert here in (await client.get("/officer")).text
    assert (await client.get(here)).status_code == 200
    assert (await client.sends(f"{here}/decide", {"accept": "no"})).status_code == 409
    assert (await client.sends(f"{here}/decide", {})).status_code == 422
    assert (await client.sends(f"{here}/decide", {"accept": "yes"})).status_code == 303
    assert (await Job.get(id=job.id)).state is JobState.PUBLISHED
    assert (await client.sends(f"{here}/decide", {"accept": "yes"})).status_code == 409
