"""Reads about claims: my own, and one claim for its worker or for a member of its employer."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts import queries as people
from accounts.rules import Viewer
from core import clock, database
from core.errors import NotFound
from marketplace import rules
from marketplace.models import Attendance, Claim, Gig, Invitation, PayLine, Shift, Terms
from marketplace.queries import shifts
from marketplace.rules import HOLDING, LIVE, ClaimState

MOST = 60
"""How many of one's claims are shown; older ones stay in the record."""


@dataclass(frozen=True)
class ClaimPage:
    """One claim with what was agreed, what happened and what is owed."""

    claim: Claim
    shift: Shift
    gig: Gig
    site: Any
    employer: Any
    terms: dict[str, Any]
    attendance: Attendance | None
    lines: list[PayLine]
    mine: bool
    position: int | None = None
    invitation: Invitation | None = None
    """The last offer of a free place to who waits."""
    worker: Any = None
    """Only for the employer's members."""
    contact: Any = None
    """Who posted the gig; only for the worker who is hired."""

    @property
    def holds(self) -> bool:
        """Whether the claim holds a place."""
        return self.claim.state in HOLDING

    @property
    def hourly_fen(self) -> int:
        """The rate that was agreed."""
        return int(self.terms["hourly_fen"])

    @property
    def paid_minutes(self) -> int:
        """Minutes the whole shift pays for, as agreed."""
        return rules.paid_minutes(self.claim.starts_at, self.claim.ends_at, int(self.terms["break_minutes"]))

    @property
    def total_fen(self) -> int:
        """Pay for the whole shift."""
        return rules.amount_fen(self.paid_minutes, self.hourly_fen)

    @property
    def opens_at(self) -> datetime:
        """When checking in opens."""
        return self.claim.starts_at - rules.CHECK_IN_OPENS


@dataclass(frozen=True)
class MyPage:
    """A worker's shifts, in the order in which they matter."""

    under_way: list[ClaimPage]
    coming: list[ClaimPage]
    waiting: list[ClaimPage]
    past: list[ClaimPage]
    month_fen: int
    month_minutes: int


@dataclass(frozen=True)
class TermsPage:
    """What was agreed, word for word."""

    claim: Claim
    terms: Terms
    worker: Any
    mine: bool


RELATED = ("shift__gig__site", "shift__gig__employer", "terms")


def _page(claim: Any, *, mine: bool = True, **more: Any) -> ClaimPage:
    gig = claim.shift.gig
    lines = sorted(claim.pay_lines, key=lambda line: line.id)
    return ClaimPage(
        claim=claim,
        shift=claim.shift,
        gig=gig,
        site=gig.site,
        employer=gig.employer,
        terms=dict(claim.terms.body),
        attendance=claim.attendance,
        lines=lines,
        mine=mine,
        **more,
    )


async def _claim_for(claim_id: int, viewer: Viewer) -> Any:
    """A claim for its worker, or while it is live for a member of its employer. Raises NotFound for others.

    A claim that has ended is its worker's alone: the employer needs the name no longer.
    """
    asked = Claim.get_or_none(id=claim_id).select_related(*RELATED, "worker")
    found: Any = await asked.prefetch_related("attendance", "pay_lines")
    if found is None:
        raise NotFound
    member = found.state in LIVE and found.shift.gig.employer.id in viewer.employer_ids
    if found.worker.id != viewer.id and not member:
        raise NotFound
    return found


async def claim_page(claim_id: int, viewer: Viewer) -> ClaimPage:
    """A claim for its worker, or while it is live for a member of its employer. Raises NotFound for others."""
    found = await _claim_for(claim_id, viewer)
    if found.worker.id != viewer.id:
        return _page(found, mine=False, worker=found.worker)
    waiting = found.state is ClaimState.WAITING
    return _page(
        found,
        position=await shifts.position(found.shift.id, found.id) if waiting else None,
        invitation=await shifts.invitation_of(found.id) if waiting else None,
        contact=await people.person(found.shift.gig.created_by_id) if found.state in HOLDING else None,
    )


async def terms_page(claim_id: int, viewer: Viewer) -> TermsPage:
    """The contract of a claim, for both sides. Raises NotFound for others."""
    found = await _claim_for(claim_id, viewer)
    return TermsPage(claim=found, terms=found.terms, worker=found.worker, mine=found.worker.id == viewer.id)


async def claim_on(shift_id: int, worker_id: int) -> int | None:
    """The claim somebody has on a shift, or None."""
    found = await Claim.filter(shift_id=shift_id, worker_id=worker_id, state__in=LIVE).order_by("-id").first()
    return found.id if found else None


async def claim_of_invitation(invitation_id: int, worker_id: int) -> int:
    """The claim of one's own offer of a free place. Raises NotFound for anybody else's."""
    offered: Any = await Invitation.get_or_none(id=invitation_id, claim__worker_id=worker_id)
    if offered is None:
        raise NotFound
    return int(offered.claim_id)


async def claim_of_line(line_id: int, worker_id: int) -> int:
    """The claim of one's own pay line. Raises NotFound for anybody else's."""
    line: Any = await PayLine.get_or_none(id=line_id, worker_id=worker_id)
    if line is None:
        raise NotFound
    return int(line.claim_id)


async def my_page(worker_id: int, now: datetime) -> MyPage:
    """The shifts of a worker."""
    claims = (
        Claim.filter(worker_id=worker_id)
        .exclude(state=ClaimState.UNDONE)
        .order_by("-starts_at", "-id")
        .limit(MOST)
    )
    found = await claims.select_related(*RELATED).prefetch_related("attendance", "pay_lines")
    places = await _positions(worker_id)
    offers = await _offers(worker_id)
    groups: dict[ClaimState, list[ClaimPage]] = defaultdict(list)
    for claim in found:
        group = (
            claim.state
            if claim.state in (ClaimState.WAITING, ClaimState.HIRED, ClaimState.WORKING)
            else ClaimState.WORKED
        )
        groups[group].append(_page(claim, position=places.get(claim.id), invitation=offers.get(claim.id)))
    fen, minutes = await _month(worker_id, now)
    return MyPage(
        under_way=groups[ClaimState.WORKING],
        coming=groups[ClaimState.HIRED][::-1],
        waiting=groups[ClaimState.WAITING][::-1],
        past=groups[ClaimState.WORKED],
        month_fen=fen,
        month_minutes=minutes,
    )


async def _offers(worker_id: int) -> dict[int, Invitation]:
    """Claim → the last offer of a free place, for all the lists somebody is on."""
    found = Invitation.filter(claim__worker_id=worker_id, claim__state=ClaimState.WAITING).order_by("id")
    return {row.claim_id: row for row in await found}


async def _positions(worker_id: int) -> dict[int, int]:
    """Claim → number on the waiting list, for all the lists somebody is on."""
    rows = await database.rows(
        "SELECT me.id, count(*) AS number FROM claim me JOIN claim c ON c.shift_id = me.shift_id AND c.state = 'waiting'"
        " AND c.id <= me.id"
        " WHERE me.worker_id = $1 AND me.state = 'waiting' GROUP BY me.id",
        [worker_id],
    )
    return {row["id"]: row["number"] for row in rows}


async def _month(worker_id: int, now: datetime) -> tuple[int, int]:
    """Pay and minutes of the shifts that ended in this calendar month."""
    start = clock.local(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    lines = await PayLine.filter(worker_id=worker_id, claim__ends_at__gte=start)
    return sum(line.amount_fen for line in lines), sum(line.minutes for line in lines)
