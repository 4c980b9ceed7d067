"""Certificates: handed in, looked at, ending."""

from datetime import timedelta

import pytest

from accounts import actions
from accounts.models import Certificate, Notice, User
from accounts.rules import CertificateState
from core import clock, database
from core.models import AuditRow
from tests.cast import Cast, Visitor

pytestmark = pytest.mark.anyio
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


def typed(**changes: str) -> dict[str, str]:
    """A form that is right."""
    return {
        "kind": "health",
        "number": "JKZ-2026-0815",
        "expires_on": (clock.today() + timedelta(days=90)).isoformat(),
    } | changes


async def handed_in(client: Visitor, user: User, **changes: str) -> Certificate:
    """A certificate that waits for an officer."""
    await client.comes_as(user)
    answer = await client.sends(
        "/account/certificates", typed(**changes), files={"photo": ("p.png", PNG, "image/png")}
    )
    assert answer.status_code == 303
    return await Certificate.filter(user=user).order_by("-id").first()


async def verified(user: User, kind: str = "health", days: int = 90) -> Certificate:
    """A certificate that an officer has looked at."""
    return await Certificate.create(
        user=user,
        kind=kind,
        number="JKZ-1",
        expires_on=clock.today() + timedelta(days=days),
        state=CertificateState.VERIFIED,
        created_at=clock.now(),
    )


async def test_the_number_is_encrypted_in_the_table(client: Visitor, cast: Cast) -> None:
    paper = await handed_in(client, cast.wanda)
    rows = await database.rows("SELECT number FROM certificate")
    assert rows[0]["number"].startswith("enc:")
    assert paper.number == "JKZ-2026-0815"


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "spy"},
        {"number": ""},
        {"expires_on": "soon"},
        {"expires_on": "2020-01-01"},
        {"expires_on": "2999-01-01"},
    ],
)
async def test_what_is_wrong_is_told_beside_its_field(
    client: Visitor, cast: Cast, wrong: dict[str, str]
) -> None:
    await client.comes_as(cast.wanda)
    files = {"photo": ("p.png", PNG, "image/png")}
    answer = await client.sends("/account/certificates", typed(**wrong), files=files)
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    assert await Certificate.all().count() == 0


async def test_without_a_photo_there_is_nothing_to_look_at(client: Visitor, cast: Cast) -> None:
    await client.comes_as(cast.wanda)
    answer = await client.sends("/account/certificates", typed())
    assert answer.status_code == 422
    assert "photo" in answer.text


async def test_the_last_day_itself_still_counts(client: Visitor, cast: Cast) -> None:
    paper = await handed_in(client, cast.wanda, expires_on=clock.today().isoformat())
    assert paper.expires_on == clock.today()


async def test_an_officer_verifies_it_from_the_inbox_and_the_worker_is_told_who_looked(
    client: Visitor, cast: Cast
) -> None:
    paper = await handed_in(client, cast.wanda)
    await client.comes_as(cast.olga)
    assert f"/officer/certificates/{paper.id}" in (await client.get("/officer")).text
    assert "JKZ-2026-0815" not in (await client.get(f"/officer/certificates/{paper.id}")).text
    assert "JKZ-2026-0815" in (await client.sends(f"/officer/certificates/{paper.id}/number")).text
    assert (await client.get(f"/officer/certificates/{paper.id}/photo")).content == PNG
    assert (
        await client.sends(f"/officer/certificates/{paper.id}/decide", {"accept": "yes"})
    ).status_code == 303
    assert (await Certificate.get(id=paper.id)).state is CertificateState.VERIFIED
    assert await Notice.filter(user=cast.wanda, kind="certificate-verified").count() == 1
    await client.comes_as(cast.wanda)
    deeds = (await client.get("/account/deeds")).text
    assert "看了你的证件号码" in deeds
    assert cast.olga.name in deeds


async def test_a_no_needs_its_reason_and_a_second_decision_is_refused(client: Visitor, cast: Cast) -> None:
    paper = await handed_in(client, cast.wanda)
    await client.comes_as(cast.olga)
    assert (
        await client.sends(f"/officer/certificates/{paper.id}/decide", {"accept": "no"})
    ).status_code == 409
    await client.sends(f"/officer/certificates/{paper.id}/decide", {"accept": "no", "reason": "照片不清楚"})
    assert (await Certificate.get(id=paper.id)).rejection == "照片不清楚"
    assert (
        await client.sends(f"/officer/certificates/{paper.id}/decide", {"accept": "yes"})
    ).status_code == 409


async def test_handing_in_again_replaces_what_still_waits(client: Visitor, cast: Cast) -> None:
    await handed_in(client, cast.wanda)
    await handed_in(client, cast.wanda, number="JKZ-NEW")
    assert await Certificate.filter(user=cast.wanda).count() == 1


async def test_stan_cannot_take_out_wandas_certificate(client: Visitor, cast: Cast) -> None:
    paper = await verified(cast.wanda)
    await client.comes_as(cast.stan)
    assert (await client.sends(f"/account/certificates/{paper.id}/remove")).status_code == 404
    await client.comes_as(cast.wanda)
    assert (await client.sends(f"/account/certificates/{paper.id}/remove")).status_code == 303
    assert await AuditRow.filter(verb="certificate.removed").count() == 1


async def test_who_is_warned_is_warned_once_at_thirty_days(cast: Cast) -> None:
    now = clock.now()
    await verified(cast.wanda, days=30)
    await verified(cast.stan, days=31)
    assert await actions.warn_of_certificates(now) == 1
    assert await actions.warn_of_certificates(now) == 0
    assert await Notice.filter(user=cast.wanda, kind="certificate-ends").count() == 1
    assert await actions.warn_of_certificates(now + timedelta(days=1)) == 1
