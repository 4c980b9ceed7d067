"""Lasting jobs over the API, from posting to the answer; and Stan."""

import pytest

from core import clock
from marketplace.models import Application
from tests.cast import Cast, Visitor, job_input, make_employer, make_job
from tests.described import call, refused

pytestmark = pytest.mark.anyio
JOBS, JOB, SENT = "/api/v1/jobs", "/api/v1/jobs/{id}", "/api/v1/jobs/{id}/applications"
MINE, ONE, ANSWER = "/api/v1/applications", "/api/v1/applications/{id}", "/api/v1/applications/{id}/answer"


async def test_a_job_is_posted_decided_found_and_applied_for(client: Visitor, cast: Cast) -> None:
    await client.calls_as(cast.emil)
    posted = await call(client, "POST", JOBS, 201, json=job_input(cast.site).model_dump(mode="json"))
    assert posted["state"] == "pending"
    await client.calls_as(cast.olga)
    waiting = (await call(client, "GET", "/api/v1/inbox"))["items"]
    assert [(item["kind"], item["id"]) for item in waiting] == [("job", posted["id"])]
    await call(client, "POST", "/api/v1/jobs/{id}/decision", id=posted["id"], json={"accept": True})
    await client.calls_as(cast.wanda)
    found = await call(client, "GET", JOBS, min_monthly_fen=700000, place="320583")
    assert [item["id"] for item in found["items"]] == [posted["id"]]
    sent = await call(client, "POST", SENT, 201, id=posted["id"], json={"words": "做过两年"})
    assert (await call(client, "GET", JOB, id=posted["id"]))["application_state"] == "sent"
    (item,) = (await call(client, "GET", MINE))["items"]
    assert (item["id"], item["job_id"], item["refusal"]) == (sent["id"], posted["id"], None)


async def test_the_coach_names_the_field_to_mend(client: Visitor, cast: Cast) -> None:
    await client.calls_as(cast.emil)
    too_little = job_input(cast.site, monthly_from_fen=100_00).model_dump(mode="json")
    answer = await client.post(JOBS, json=too_little)
    assert answer.status_code == 422
    assert "monthly_from_fen" in answer.text


async def test_an_application_is_answered_and_withdrawn_in_its_time(client: Visitor, cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    await client.calls_as(cast.wanda)
    sent = await call(client, "POST", SENT, 201, id=job.id, json={})
    await call(client, "DELETE", ONE, id=sent["id"])
    assert (await call(client, "POST", SENT, 201, id=job.id, json={}))["id"] == sent["id"]
    await client.calls_as(cast.emil)
    (item,) = (await call(client, "GET", SENT, id=job.id))["items"]
    assert (item["name"], item["state"]) == ("王大妹", "sent")
    assert await refused(client, "POST", ANSWER, id=sent["id"], json={"state": "refused"}) == "reason-needed"
    await call(client, "POST", ANSWER, id=sent["id"], json={"state": "refused", "refusal": "hours"})
    assert await refused(client, "POST", ANSWER, id=sent["id"], json={"state": "hired"}) == "answered"
    await client.calls_as(cast.wanda)
    assert await refused(client, "DELETE", ONE, id=sent["id"]) == "not-yours-to-withdraw"
    assert (await call(client, "GET", MINE))["items"][0]["refusal"] == "hours"


async def test_stan_reaches_nothing(client: Visitor, cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    await client.calls_as(cast.wanda)
    sent = await call(client, "POST", SENT, 201, id=job.id, json={})
    await make_employer("苏州别家餐饮有限公司", "91320505MA1N8PQX6X", cast.stan)
    await client.calls_as(cast.stan)
    assert (await client.get(f"/api/v1/jobs/{job.id}/applications")).status_code == 404
    assert (
        await client.post(f"/api/v1/applications/{sent['id']}/answer", json={"state": "hired"})
    ).status_code == 404
    assert (await client.delete(f"/api/v1/applications/{sent['id']}")).status_code == 404
    assert (await call(client, "GET", MINE))["items"] == []
    assert (await Application.get(id=sent["id"])).answered_at is None
    assert clock.now() >= (await Application.get(id=sent["id"])).sent_at
