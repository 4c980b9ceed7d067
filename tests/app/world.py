"""A small world in which every address of the site has something to show, and everybody who might look."""

import re
from dataclasses import dataclass
from datetime import timedelta

from accounts.models import Employer, Membership, Office, Session, User
from accounts.rules import OfficeKind, Role
from core import clock, files
from marketplace.actions import attendance, claims
from marketplace.models import Gig, PayLine
from marketplace.rules import GigState
from tests.cast import Cast, Visitor, make_employer, make_gig, person, shift_input, viewer

ROLES = (
    "nobody",
    "wanda",
    "stan",
    "emil",
    "eva",
    "orla",
    "olga without second factor",
    "officer elsewhere",
    "olga",
    "ada",
)
"""Wanda holds the claims. Emil employs her; Eva is another employer's member. Orla plans fairs, Ada administers."""


@dataclass
class World:
    """The cast, and the ids that stand for `{id}` in an address."""

    cast: Cast
    people: dict[str, User]
    claim_id: int
    line_id: int
    pending_id: int
    rejected_id: int

    @classmethod
    async def build(cls, cast: Cast) -> "World":
        """A claim that is hired, one that is worked and to be paid, and a posting an officer should look at."""
        now = clock.now()
        wanda = await viewer(cast.wanda)
        hired = await claims.claim_shift(cast.shift.id, wanda, now=now)
        await claims.claim_shift(cast.shift.id, await viewer(cast.stan), now=now)
        _, earlier = await make_gig(
            cast.emil, cast.site, shift_input(starts_in=timedelta(hours=2)), title="早市搬货"
        )
        worked = await claims.claim_shift(earlier.id, wanda, now=now)
        await attendance.check_in_by_hand(worked.id, (cast.employer.id,), earlier.starts_at)
        await attendance.check_out(worked.id, wanda, earlier.ends_at)
        pending, _ = await make_gig(cast.emil, cast.site, publish=False, title="等待审核的活")
        rejected, _ = await make_gig(cast.emil, cast.site, publish=False, title="被退回的活")
        await Gig.filter(id=rejected.id).update(state=GigState.REJECTED, rejection="请写明工作内容")
        licence = await files.keep(b"%PDF-1.7 licence", field="licence")
        await Employer.filter(id=cast.employer.id).update(
            licence_path=licence.path, licence_type=licence.media_type
        )
        people = {
            "wanda": cast.wanda,
            "stan": cast.stan,
            "emil": cast.emil,
            "olga": cast.olga,
            "ada": cast.ada,
            "eva": await person("钱老板", "13800000006", born=""),
            "orla": await person("孙组织", "13800000007", born=""),
            "officer elsewhere": await person(
                "吴干事",
                "13800000008",
                born="",
                totp_secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXR",
                totp_last_step=1,
            ),
        }
        people["olga without second factor"] = cast.olga
        await make_employer("苏州别家餐饮有限公司", "91320505MA1N8PQX6X", people["eva"])
        elsewhere = await Office.create(
            name="虎丘区公共就业服务中心", kind=OfficeKind.BUREAU, region_code="320505"
        )
        fairs = await Office.create(name="昆山集市", kind=OfficeKind.ORGANISER, region_code="320583")
        await Membership.create(
            user=people["officer elsewhere"], role=Role.OFFICER, office=elsewhere, created_at=now
        )
        await Membership.create(user=people["orla"], role=Role.ORGANISER, office=fairs, created_at=now)
        line = await PayLine.get(claim_id=worked.id)
        return cls(cast, people, hired.id, line.id, pending.id, rejected.id)

    async def comes(self, visitor: Visitor, role: str) -> Visitor:
        """This person at the browser and at the API at once (each has its own proof)."""
        if role == "nobody":
            return visitor
        await visitor.comes_as(self.people[role], second_factor=role != "olga without second factor")
        if role != "olga without second factor":  # a bearer token is made by who runs the machine, and has it
            await visitor.calls_as(self.people[role])
        return visitor

    async def address(self, path: str, role: str) -> str:
        """The path with its blanks filled in."""
        kinds = {
            "shifts": self.cast.shift.id,
            "claims": self.claim_id,
            "pay-lines": self.line_id,
            "gigs": self.pending_id,
            "employers": self.cast.employer.id,
            "check-in": self.cast.shift.id,
            "sessions": await self._session(role),
        }
        if path.endswith("/edit"):
            return path.replace("{id:int}", str(self.rejected_id))
        found = re.search(r"/([\w-]+)/{\w+:int}", path)
        filled = re.sub(r"{\w+:int}", str(kinds[found[1]]) if found else "", path)
        return filled.replace("{token:str}", "0-0")

    async def _session(self, role: str) -> int:
        """A session that is not one's own: Stan's, or Wanda's for him."""
        whose = self.people["wanda" if role == "stan" else "stan"]
        return (await Session.filter(user=whose).first()).id
