"""A small world in which every address of the site has something to show, and everybody who might look."""

import re
from dataclasses import dataclass
from datetime import timedelta

from accounts.models import Certificate, Employer, Membership, Office, SavedPlace, Session, User
from accounts.rules import OfficeKind, Role
from core import clock, files
from core.models import AuditRow
from marketplace.actions import attendance, claims, corrections, jobs
from marketplace.forms import ApplicationInput, CorrectionInput
from marketplace.models import Gig, Invitation, Job, PayLine, PointRow, Template
from marketplace.rules import GigState, InvitationState, JobState
from tests.cast import Cast, Visitor, make_employer, make_gig, make_job, person, shift_input, viewer

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
    wish_id: int
    job_id: int
    rejected_job_id: int
    application_id: int
    invitation_id: int
    points_id: int

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
        # A certificate and a place of nobody who looks, a template of Emil's, and Olga has Wanda at the counter.
        lin = await person("林守仓", "13800000009")
        photo = await files.keep(b"%PDF-1.7 certificate", field="photo")
        await Certificate.create(
            user=lin,
            kind="health",
            number="JKZ-1",
            expires_on=clock.today(),
            created_at=now,
            file_path=photo.path,
            file_type=photo.media_type,
        )
        await SavedPlace.create(user=lin, name="家", lat=31.4, lon=120.9, created_at=now)
        for name in ("周五晚市", "要删掉的"):
            await Template.create(employer=cast.employer, gig=cast.gig, name=name, created_at=now)
        await AuditRow.create(
            at=now,
            actor_id=cast.olga.id,
            subject_id=cast.wanda.id,
            verb="assist.looked-up",
            kind="account",
            object_id=cast.wanda.id,
        )
        job, back = (
            await make_job(cast.emil, cast.site),
            await make_job(cast.emil, cast.site, title="被退回的岗位"),
        )
        await Job.filter(id=back.id).update(state=JobState.REJECTED, rejection="请写明休息日")
        resume = await files.keep(b"%PDF-1.7 resume", field="file")
        applied = await jobs.apply_for_job(
            job.id, wanda, ApplicationInput(words="我做过。"), resume, "简历.pdf", now
        )
        wish = await corrections.ask(
            worked.id, wanda, CorrectionInput(minutes=90, reason="算少了"), earlier.ends_at
        )
        offer = await Invitation.create(
            shift=cast.shift,
            claim_id=hired.id,
            state=InvitationState.EXPIRED,
            offered_at=now,
            expires_at=now,
            decided_at=now,
        )
        points = await PointRow.create(worker=cast.wanda, claim_id=hired.id, points=3, reason="late", at=now)
        return cls(
            cast,
            people,
            hired.id,
            line.id,
            pending.id,
            rejected.id,
            wish.id,
            job.id,
            back.id,
            applied,
            offer.id,
            points.id,
        )

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
            "corrections": self.wish_id,
            "employers": self.cast.employer.id,
            "check-in": self.cast.shift.id,
            "sessions": await self._session(role),
        }
        if path.startswith("/officer/assist/{person:int}"):
            return path.replace("{person:int}", str(self.people["wanda"].id)).replace(
                "{id:int}", str(self.cast.shift.id if "shifts" in path else self.claim_id)
            )
        # Deleting takes another one, or nothing would be left to look at.
        template = (
            await Template.all().order_by("-id" if path.endswith("/delete") else "id").first()
            if "/templates/" in path
            else None
        )
        kinds |= {
            "templates": template.id if template else 0,
            "certificates": 1,
            "saved-places": 1,
            "places": 1,
        }
        kinds |= {"jobs": self.job_id, "applications": self.application_id}
        kinds |= {
            "invitations": self.invitation_id,
            "points": self.points_id,
            "people": self.people["wanda"].id,
        }
        if path == "/employer/jobs/{id:int}/edit":
            return path.replace("{id:int}", str(self.rejected_job_id))
        if path.endswith("/edit"):
            return path.replace("{id:int}", str(self.rejected_id))
        found = re.search(r"/([\w-]+)/{\w+:int}", path)
        filled = re.sub(r"{\w+:int}", str(kinds[found[1]]) if found else "", path)
        return filled.replace("{token:str}", "0-0")

    async def _session(self, role: str) -> int:
        """A session that is not one's own: Stan's, or Wanda's for him."""
        whose = self.people["wanda" if role == "stan" else "stan"]
        return (await Session.filter(user=whose).first()).id
