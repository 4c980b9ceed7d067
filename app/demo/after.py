"""The day and after in the demo town: who is on the way, what was written, other hours, true or not, stars."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from accounts.models import Membership
from app.demo.draft import Draft
from core.models import AuditRow
from marketplace import rules
from marketplace.models import Claim, Correction, Gig, PayLine, Rating, Shift, ShiftMessage, Truth
from marketplace.rules import ClaimState, CorrectionState, PayState, Side

TELLS, RATES, RATED = 0.62, 0.5, 0.6
"""Shares of workers who say what was true, of workers who give stars, and of employers who answer with theirs."""
CARELESS = 7
"""Every so manieth employer is careless with hours and meals."""
MESSAGES, WISHES = 18, 4
ON_WAY, LATE = timedelta(minutes=45), 20

PRAISE = ("老板实在，当天就结了", "活不重，人也客气", "管饭，饭菜不错", "跟说的一样", "带班的师傅很耐心", "")
MIXED = ("厨房有点热", "比说的多站了一会儿", "地方不太好找", "人手少，忙不过来", "")
OF_WORKERS = ("准时，手脚麻利", "踏实肯干", "下次还找他", "第一次来，学得快", "")
OF_SLOW = ("来得有点晚", "动作慢一点", "")
NOTES = (
    "请从后门员工通道进，找值班经理签到。",
    "今天人多，请提前十分钟到，带一双防滑鞋。",
    "食堂给大家留了饭，下班后可以去吃。",
    "下雨路滑，路上慢一点，晚几分钟没关系。",
    "工服在一楼更衣室领，用完放回原处。",
)
REASONS = ("收尾多干了半小时", "客人走得晚，一直忙到关门", "早到帮忙卸货", "中间没有休息")
NOES = ("班表上是八点结束，监控也看过了", "休息半小时是大家都有的")


def add_after(draft: Draft, now: datetime, rng: Random) -> None:
    """What goes with the claims that are there; only what would have happened by now."""
    for claim in draft.rows(Claim):
        claim.slip_code = f"{rng.randrange(1_000_000):06}"
        if claim.state is ClaimState.WORKED:
            _say(draft, claim, now, rng)
        elif claim.state is ClaimState.HIRED and claim.starts_at - ON_WAY < now:
            claim.on_way_at = claim.starts_at - ON_WAY
            claim.late_minutes = LATE if rng.random() < 0.2 else None
    _write(draft, now, rng)
    _wish(draft, now, rng)


def _gig(draft: Draft, claim: Any) -> Any:
    return draft.row(Gig, draft.row(Shift, claim.shift_id).gig_id)


def _say(draft: Draft, claim: Any, now: datetime, rng: Random) -> None:
    gig = _gig(draft, claim)
    careless, at = gig.employer_id % CARELESS == 0, claim.ends_at + timedelta(minutes=rng.randint(20, 900))
    if rng.random() < TELLS and at < now:
        draft.add(
            Truth,
            claim_id=claim.id,
            address=True,
            work=rng.random() < 0.97,
            pay=True,
            hours=rng.random() < (0.6 if careless else 0.98),
            meals=rng.random() < (0.7 if careless else 0.99) if gig.meals else None,
            at=at,
        )
    if rng.random() < RATES and at < now:
        stars = rng.choices((5, 4, 3, 2), (10, 30, 40, 20) if careless else (60, 30, 8, 2))[0]
        words = rng.choice(PRAISE if stars > 3 else MIXED)
        draft.add(Rating, claim_id=claim.id, side=Side.WORKER, stars=stars, words=words, at=at)
        later = at + timedelta(hours=rng.randint(1, 30))
        if rng.random() < RATED and later < now:
            stars = rng.choices((5, 4, 3), (65, 28, 7))[0]
            words = rng.choice(OF_WORKERS if stars > 3 else OF_SLOW)
            draft.add(Rating, claim_id=claim.id, side=Side.EMPLOYER, stars=stars, words=words, at=later)


def _write(draft: Draft, now: datetime, rng: Random) -> None:
    """A word to everybody on some of the shifts of these days."""
    members = {row.employer_id: row.user_id for row in draft.rows(Membership) if row.employer_id}
    near = [
        shift for shift in draft.rows(Shift) if shift.taken and abs(shift.starts_at - now) < timedelta(days=2)
    ]
    for shift in rng.sample(near, min(MESSAGES, len(near))):
        at = min(now, shift.starts_at) - timedelta(hours=rng.randint(1, 5))
        author = members[draft.row(Gig, shift.gig_id).employer_id]
        draft.add(ShiftMessage, shift_id=shift.id, author_id=author, text=rng.choice(NOTES), at=at)


def _wish(draft: Draft, now: datetime, rng: Random) -> None:
    """Wishes for other hours: some wait for an answer, some have one."""
    fresh = now - rules.SILENCE
    lines = draft.rows(PayLine)
    waiting = [line for line in lines if line.state is PayState.DUE and line.created_at > fresh]
    agreed = [line for line in lines if line.state is PayState.CONFIRMED]
    settled = [line for line in lines if line.state is PayState.PAID]
    for line in rng.sample(waiting, min(WISHES, len(waiting))):
        asked = line.created_at + (now - line.created_at) / 2
        _add_wish(draft, line, line.minutes + 30, asked, rng.choice(REASONS))
    for line in rng.sample(agreed, min(WISHES, len(agreed))):
        asked = line.created_at + (line.confirmed_at - line.created_at) / 2
        wish = _add_wish(draft, line, line.minutes, asked, rng.choice(REASONS))
        _decide(draft, wish, line, CorrectionState.ACCEPTED, line.confirmed_at, "")
    for line in rng.sample(settled, min(WISHES, len(settled))):
        asked = line.created_at + (line.confirmed_at - line.created_at) / 2
        wish = _add_wish(draft, line, line.minutes + 30, asked, rng.choice(REASONS))
        _decide(draft, wish, line, CorrectionState.REFUSED, line.confirmed_at, rng.choice(NOES))


def _add_wish(draft: Draft, line: Any, minutes: int, asked: datetime, reason: str) -> Any:
    return draft.add(
        Correction,
        claim_id=line.claim_id,
        minutes=minutes,
        reason=reason,
        state=CorrectionState.OPEN,
        asked_at=asked,
        answer_by=asked + rules.SILENCE,
    )


def _decide(draft: Draft, wish: Any, line: Any, state: CorrectionState, at: datetime, words: str) -> None:
    wish.state, wish.decided_at, wish.answer = state, at, words
    draft.add(
        AuditRow,
        at=at,
        subject_id=line.worker_id,
        verb=f"correction.{state.value}",
        kind="correction",
        object_id=wish.id,
        change={"by": "employer"},
    )
