"""Claims of the demo town as rows, with all that has come of them by now."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from random import Random

from accounts.actions import CONSENT_VERSION
from accounts.models import Consent
from accounts.rules import Purpose
from app.demo import shapes
from app.demo.draft import Draft
from app.demo.shapes import Town
from core.clock import local
from core.models import AuditRow
from marketplace import rules
from marketplace.models import Attendance, Claim, Gig, LedgerRow, PayLine, Shift
from marketplace.rules import HOLDING, CheckedBy, ClaimState, PayKind, PayState

STAYED_AWAY, PROMOTED = 8, 12
"""How many past claims nobody came to, and how many coming ones got a place that somebody gave back."""
GIVEN_BACK_AFTER, WAITED = timedelta(hours=2), timedelta(minutes=40)
DISPUTES_AFTER = timedelta(hours=9)
BY_TIMER = None
"""The actor of what nobody did."""


@dataclass(frozen=True)
class Luck:
    """What befalls a few of the town's claims."""

    stayed_away: frozenset[str]
    forerunners: dict[str, str]
    """Claim → key of the worker whose place it got."""


def add_claims(draft: Draft, town: Town, now: datetime, rng: Random) -> None:
    """Every claim up to now, and what it led to: attendance, ledger, pay, consents, the audit trail."""
    luck = _draw_luck(town, now, rng)
    course = Course(draft, town, now, rng, luck)
    for claim in town.claims:
        course.follow(claim)
    course.share_names()


def _draw_luck(town: Town, now: datetime, rng: Random) -> Luck:
    past = [claim.key for claim in town.claims if claim.state == "worked"]
    chances = list(_second_chances(town, now))
    return Luck(
        frozenset(rng.sample(past, STAYED_AWAY)), dict(rng.sample(chances, min(PROMOTED, len(chances))))
    )


def _second_chances(town: Town, now: datetime) -> Iterator[tuple[str, str]]:
    """Last claims on full coming shifts, each with somebody fit for the gig who may have had the place before."""
    shifts = {shift.key: shift for shift in town.shifts}
    fit: dict[str, list[str]] = defaultdict(list)
    for claim in town.claims:
        fit[shifts[claim.shift_key].gig_key].append(claim.worker_key)
    for key, group in groupby(town.claims, lambda claim: claim.shift_key):
        claims, shift = list(group), shifts[key]
        hired = [claim for claim in claims if claim.state == "hired"]
        full = len(hired) == shift.places and shift.starts_at > now
        if full and all(
            hired[-1].claimed_at - earlier.claimed_at > GIVEN_BACK_AFTER for earlier in hired[:-1]
        ):
            here = {claim.worker_key for claim in claims}
            others = [worker for worker in fit[shift.gig_key] if worker not in here]
            yield from ((hired[-1].key, worker) for worker in others[:1])


@dataclass
class Course:
    """Follows the claims one by one."""

    draft: Draft
    town: Town
    now: datetime
    rng: Random
    luck: Luck

    def __post_init__(self) -> None:
        self._money = {line.claim_key: line for line in self.town.pay_lines}

    def follow(self, planned: shapes.Claim) -> None:
        """A claim from the tap to the money, as far as time has come."""
        if planned.key in self.luck.forerunners:
            self._give_back(planned, self.luck.forerunners[planned.key])
        claim = self._claim(planned)
        shift = self.draft.row(Shift, claim.shift_id)
        shift.taken += claim.state in HOLDING
        shift.waiting += claim.state is ClaimState.WAITING
        if claim.state in (ClaimState.WORKING, ClaimState.WORKED):
            attendance = self._attend(planned, claim)
            if claim.state is ClaimState.WORKED:
                self._pay(self._money[planned.key], claim, attendance)
        elif claim.state is ClaimState.ABSENT:
            self._note(claim, ClaimState.ABSENT, claim.ends_at, BY_TIMER)
        elif claim.state is ClaimState.LAPSED:
            self._note(claim, ClaimState.LAPSED, claim.starts_at, BY_TIMER)

    def _claim(self, planned: shapes.Claim) -> Claim:
        waits = planned.state == "waiting"
        promoted = planned.key in self.luck.forerunners
        joined = planned.claimed_at - WAITED if promoted else planned.claimed_at
        claim = self._tap(
            planned,
            planned.worker_key,
            joined,
            hired_at=None if waits else planned.claimed_at,
        )
        claim.state = self._reached(planned, claim)
        claim.ended_at = claim.starts_at if claim.state is ClaimState.LAPSED else None
        if waits or promoted:
            self._note(claim, ClaimState.WAITING, joined, claim.worker_id)
        if not waits:
            self._note(claim, ClaimState.HIRED, planned.claimed_at, BY_TIMER if promoted else claim.worker_id)
        return claim

    def _tap(
        self, planned: shapes.Claim, worker_key: str, joined: datetime, hired_at: datetime | None
    ) -> Claim:
        shift = self.draft.named[planned.shift_key]
        claim = self.draft.add(
            Claim,
            planned.key if worker_key == planned.worker_key else "",
            shift_id=shift.id,
            worker_id=self.draft.named[worker_key].id,
            terms_id=self.draft.named[f"{planned.shift_key} terms"].id,
            state=ClaimState.WAITING,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            joined_at=joined,
            hired_at=hired_at,
            undo_until=hired_at + rules.UNDO_WINDOW if hired_at else None,
        )
        if hired_at:
            self._book(claim, +1, hired_at)
        return claim

    def _reached(self, planned: shapes.Claim, claim: Claim) -> ClaimState:
        """The state a claim has come to by now."""
        if planned.state == "waiting":
            return ClaimState.WAITING if self.now < claim.starts_at else ClaimState.LAPSED
        if planned.arrives_at is None or planned.leaves_at is None or planned.key in self.luck.stayed_away:
            return ClaimState.HIRED if self.now < claim.ends_at else ClaimState.ABSENT
        if self.now < planned.arrives_at:
            return ClaimState.HIRED
        return ClaimState.WORKING if self.now < planned.leaves_at else ClaimState.WORKED

    def _give_back(self, planned: shapes.Claim, worker_key: str) -> None:
        """Somebody had this place, and cancelled at the moment in which the planned claim got it."""
        hired_at = planned.claimed_at - GIVEN_BACK_AFTER
        claim = self._tap(planned, worker_key, hired_at, hired_at)
        claim.state, claim.ended_at = ClaimState.CANCELLED, planned.claimed_at
        self._book(claim, -1, planned.claimed_at)
        self._note(claim, ClaimState.HIRED, hired_at, claim.worker_id)
        self._note(claim, ClaimState.CANCELLED, planned.claimed_at, claim.worker_id)

    def _book(self, claim: Claim, change: int, at: datetime) -> None:
        self.draft.add(LedgerRow, shift_id=claim.shift_id, claim_id=claim.id, change=change, at=at)

    def _note(self, claim: Claim, state: ClaimState, at: datetime, actor_id: int | None) -> None:
        self.draft.add(
            AuditRow,
            at=at,
            actor_id=actor_id,
            subject_id=claim.worker_id if actor_id is BY_TIMER else None,
            verb=f"claim.{state.value}",
            kind="claim",
            object_id=claim.id,
            change={"to": state.value},
        )

    def _attend(self, planned: shapes.Claim, claim: Claim) -> Attendance:
        by = self.rng.choices([CheckedBy.QR, CheckedBy.CODE, CheckedBy.HAND], [85, 12, 3])[0]
        attendance = self.draft.add(
            Attendance,
            claim_id=claim.id,
            in_at=planned.arrives_at,
            in_by=by,
            in_distance_m=self.rng.randint(4, 140) if by is CheckedBy.QR else None,
        )
        self._note(claim, ClaimState.WORKING, attendance.in_at, claim.worker_id)
        if claim.state is ClaimState.WORKED:
            shift = self.draft.row(Shift, claim.shift_id)
            attendance.out_at, attendance.out_by = planned.leaves_at, CheckedBy.WORKER
            attendance.worked_minutes = rules.worked_minutes(
                starts_at=shift.starts_at,
                ends_at=shift.ends_at,
                break_minutes=shift.break_minutes,
                in_at=attendance.in_at,
                out_at=attendance.out_at,
            )
            self._note(claim, ClaimState.WORKED, attendance.out_at, claim.worker_id)
        return attendance

    def _pay(self, planned: shapes.PayLine, claim: Claim, attendance: Attendance) -> None:
        gig = self.draft.row(Gig, self.draft.row(Shift, claim.shift_id).gig_id)
        minutes = attendance.worked_minutes
        disputed = planned.state == PayState.DISPUTED
        self.draft.add(
            PayLine,
            planned.claim_key + " pay",
            claim_id=claim.id,
            employer_id=gig.employer_id,
            worker_id=claim.worker_id,
            kind=PayKind.WORK,
            minutes=minutes,
            hourly_fen=gig.hourly_fen,
            amount_fen=rules.amount_fen(minutes, gig.hourly_fen),
            state=PayState(planned.state),
            due_on=rules.due_on(local(claim.ends_at).date(), gig.settles),
            created_at=planned.due_at,
            confirmed_at=planned.confirmed_at,
            paid_at=planned.paid_at,
            disputed_at=min(planned.due_at + DISPUTES_AFTER, self.now) if disputed else None,
            dispute=planned.dispute,
        )

    def share_names(self) -> None:
        """Who claims a shift lets its employer see name and phone: one consent for each employer."""
        first: dict[tuple[int, int], datetime] = {}
        for claim in sorted(self.draft.rows(Claim), key=lambda claim: (claim.joined_at, claim.id)):
            gig = self.draft.row(Gig, self.draft.row(Shift, claim.shift_id).gig_id)
            first.setdefault((claim.worker_id, gig.employer_id), claim.joined_at)
        for (worker_id, employer_id), given_at in first.items():
            self.draft.add(
                Consent,
                user_id=worker_id,
                employer_id=employer_id,
                purpose=Purpose.SHARE_WITH_EMPLOYER,
                text_version=CONSENT_VERSION,
                given_at=given_at,
            )
