"""The standing cast and how they come to the site. Wanda works, Emil employs, Olga decides, Stan is a stranger."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from accounts import actions as accounts_actions
from accounts.models import Employer, Membership, Office, Session, Site, User
from accounts.queries import viewer_for
from accounts.rules import EmployerKind, IdentityState, LicenceState, OfficeKind, Role, SessionKind, Viewer
from core import clock, crypto
from marketplace.actions import gigs, jobs
from marketplace.forms import GigInput, JobInput, ShiftInput
from marketplace.models import Gig, Job, Shift

KUNSHAN = "320583"
HERE = (31.3850, 120.9550)


async def person(name: str, phone: str, *, born: str = "1990-01-01", **more: Any) -> User:
    """Somebody with an account; who is named and born may take shifts."""
    number = f"+86{phone}"
    return await User.create(
        name=name,
        phone=number,
        phone_index=crypto.blind_index(number),
        created_at=clock.now(),
        birth_date=datetime.fromisoformat(born).date() if born else None,
        identity_state=IdentityState.DECLARED if born else IdentityState.NONE,
        **more,
    )


async def workers(count: int, start: int = 13700000000) -> list[User]:
    """Many people who can take shifts."""
    return [await person(f"工人{n}", str(start + n)) for n in range(count)]


async def viewer(user: User, *, second_factor: bool = True) -> Viewer:
    """The person as a signed-in viewer, as actions want them."""
    token = await token_for(user)
    found = await viewer_for(token, SessionKind.API, clock.now())
    assert found is not None
    return found


async def token_for(user: User) -> str:
    """A bearer token of this person."""
    token = await accounts_actions.open_api_session(str(user.phone), clock.now())
    assert token is not None
    return token


@dataclass
class Cast:
    """Everybody and what they have."""

    wanda: User
    emil: User
    olga: User
    ada: User
    stan: User
    employer: Employer
    site: Site
    gig: Gig
    shift: Shift

    @classmethod
    async def gather(cls) -> "Cast":
        """A worker, an employer with a verified licence, a site, a published gig and a shift tomorrow."""
        now = clock.now()
        wanda = await person("王大妹", "13800000001")
        emil = await person("李老板", "13800000002", born="")
        olga = await person(
            "周干事", "13800000003", born="", totp_secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", totp_last_step=1
        )
        ada = await person(
            "管理员", "13800000004", born="", totp_secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", totp_last_step=1
        )
        stan = await person("陌生人", "13800000005", born="1985-05-05")
        office = await Office.create(
            name="昆山市公共就业服务中心", kind=OfficeKind.BUREAU, region_code=KUNSHAN
        )
        employer = await make_employer("昆山好味餐饮有限公司", "91320583MA1N8PQX60", emil)
        for user, role in ((olga, Role.OFFICER), (ada, Role.ADMINISTRATOR)):
            await Membership.create(user=user, role=role, office=office, created_at=now)
        site = await make_site(employer)
        gig, shift = await make_gig(emil, site)
        return cls(wanda, emil, olga, ada, stan, employer, site, gig, shift)


async def make_employer(name: str, credit_code: str, member: User, *, verified: bool = True) -> Employer:
    """An employer with one member."""
    now = clock.now()
    employer = await Employer.create(
        name=name,
        credit_code=credit_code,
        kind=EmployerKind.COMPANY,
        region_code=KUNSHAN,
        created_at=now,
        licence_state=LicenceState.VERIFIED if verified else LicenceState.PENDING,
        decided_at=now,
        decided_by=member,
        submitted_at=now,
        verified_until=now + timedelta(days=100) if verified else None,
    )
    await Membership.create(user=member, role=Role.EMPLOYER, employer=employer, created_at=now)
    return employer


async def make_site(employer: Employer, at: tuple[float, float] = HERE) -> Site:
    """A place of work."""
    return await Site.create(
        employer=employer,
        name="人民路店",
        address="昆山市玉山镇人民路 88 号",
        region_code=KUNSHAN,
        township_code="320583100",
        lat=at[0],
        lon=at[1],
        fence_m=300,
    )


def gig_input(site: Site, shifts: list[ShiftInput], **changes: Any) -> GigInput:
    """A posting that is in order."""
    good: dict[str, Any] = {
        "site_id": site.id,
        "title": "晚市洗碗工",
        "trade": "dishwasher",
        "duties": "洗碗，收拾后厨。",
        "conditions": "能站着干活，不怕水。",
        "hourly_fen": 2800,
        "settles": "day",
        "meals": True,
        "shifts": shifts,
    }
    return GigInput(**good | changes)


def shift_input(*, starts_in: timedelta = timedelta(days=1), hours: float = 4, places: int = 2) -> ShiftInput:
    """A shift that begins in a while, on the full minute."""
    start = (clock.now() + starts_in).replace(second=0, microsecond=0)
    return ShiftInput(starts_at=start, ends_at=start + timedelta(hours=hours), places=places)


async def make_gig(
    author: User, site: Site, *shifts: ShiftInput, publish: bool = True, **changes: Any
) -> tuple[Gig, Shift]:
    """A gig, published, with its first shift."""
    gig = await gigs.post_gig(
        gig_input(site, list(shifts) or [shift_input()], **changes), site, await viewer(author), clock.now()
    )
    if publish:
        await Gig.filter(id=gig.id).update(state="published", decided_at=clock.now())
    shift = await Shift.filter(gig_id=gig.id).order_by("starts_at").first()
    assert shift is not None
    return await Gig.get(id=gig.id), shift


def job_input(site: Site, **changes: Any) -> JobInput:
    """A lasting job that is in order."""
    good: dict[str, Any] = {
        "site_id": site.id,
        "title": "仓库管理员",
        "trade": "stock-taker",
        "duties": "收发货，登记。",
        "conditions": "会用扫码枪。",
        "openings": 2,
        "monthly_from_fen": 5500_00,
        "monthly_to_fen": 7000_00,
        "hours_a_week": 40,
        "valid_until": clock.today() + timedelta(days=30),
    }
    return JobInput(**good | changes)


async def make_job(author: User, site: Site, *, publish: bool = True, **changes: Any) -> Job:
    """A lasting job, published."""
    job = await jobs.post_job(job_input(site, **changes), site, await viewer(author), clock.now())
    if publish:
        await Job.filter(id=job.id).update(state="published", decided_at=clock.now())
    return await Job.get(id=job.id)


class Visitor(httpx.AsyncClient):
    """A browser (or a program) in front of the application, in this process."""

    @classmethod
    @asynccontextmanager
    async def at_the_door(cls) -> AsyncIterator["Visitor"]:
        from app import web

        transport = httpx.ASGITransport(app=web.create(), raise_app_exceptions=False)
        async with cls(transport=transport, base_url="http://localhost") as visitor:
            visitor.headers["Accept-Language"] = "zh-CN"
            yield visitor

    async def comes_as(self, user: User, *, second_factor: bool = True) -> "Visitor":
        """Sign in as this person, as the sign-in page would."""
        now = clock.now()
        token = await accounts_actions._open_session(user, SessionKind.BROWSER, "test", now)
        if second_factor:
            await Session.filter(user_id=user.id).update(second_factor_at=now)
        self.cookies.set("jishi", token, domain="localhost.local")
        return self

    async def calls_as(self, user: User) -> "Visitor":
        """Use the API as this person."""
        self.headers["Authorization"] = f"Bearer {await token_for(user)}"
        return self

    async def sends(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        """Fill in a form of ours: with the hidden fields any page of the site carries."""
        page = await self.get("/sign-in?next=/")
        token = re.search(r'name="_csrf" value="([0-9a-f]+)"', page.text)
        assert token is not None, page.text[:500]
        return await self.post(path, data={"_csrf": token[1], **(data or {})}, **more)
