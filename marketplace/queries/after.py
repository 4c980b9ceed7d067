"""Reads of the day and after: what either side sees of a claim beside its terms, wishes for other hours, the sheet."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import database
from core.errors import NotFound
from marketplace import rules
from marketplace.models import Claim, Correction, Rating, ShiftMessage, Truth
from marketplace.queries.claims import ClaimPage
from marketplace.rules import ClaimState, CorrectionState, Side


@dataclass(frozen=True)
class After:
    """A claim's day and what follows it, as one of its two sides sees it."""

    messages: list[ShiftMessage]
    correction: Correction | None
    """The latest wish for other hours."""
    mine: Rating | None
    theirs: Rating | None
    """Only once it may be seen."""
    truth: Truth | None
    may_set_out: bool
    may_correct: bool
    may_rate: bool
    may_tell: bool
    confirms_at: datetime | None
    """When the hours confirm themselves."""


async def after_claim(page: ClaimPage, now: datetime) -> After:
    """For the page of a claim that this reader may see."""
    claim = page.claim
    messages = ShiftMessage.filter(shift_id=page.shift.id, at__gte=claim.hired_at or now).order_by("at")
    asked = await Correction.filter(claim_id=claim.id).order_by("-id").first()
    said = {rating.side: rating for rating in await Rating.filter(claim_id=claim.id)}
    mine, theirs = said.get(Side.WORKER), said.get(Side.EMPLOYER)
    if not page.mine:
        mine, theirs = theirs, mine
    seen = rules.may_see_rating(
        mine=mine is not None, theirs=theirs is not None, ends_at=claim.ends_at, now=now
    )
    truth = await Truth.get_or_none(claim_id=claim.id) if page.mine else None
    ratable = rules.why_not_rate(claim.state, claim.ends_at, now) is None
    line = page.lines[0] if page.lines else None
    return After(
        messages=await messages if page.holds else [],
        correction=asked,
        mine=mine,
        theirs=theirs if seen else None,
        truth=truth,
        may_set_out=page.mine
        and rules.why_not_on_way(claim.state, claim.starts_at, claim.ends_at, now) is None,
        may_correct=page.mine
        and claim.state is ClaimState.WORKED
        and (asked is None or asked.state is not CorrectionState.OPEN)
        and now <= claim.ends_at + rules.CORRECT_WITHIN,
        may_rate=ratable and mine is None,
        may_tell=page.mine and ratable and truth is None,
        confirms_at=rules.confirms_at(line.created_at) if line and line.state == "due" else None,
    )


async def own_claim(claim_id: int, worker_id: int) -> None:
    """Raises NotFound for anybody else's claim."""
    if not await Claim.filter(id=claim_id, worker_id=worker_id).exists():
        raise NotFound


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody's wish for other hours, as the employer answers it."""

    id: int
    claim_id: int
    worker: str
    title: str
    starts_at: datetime
    minutes: int
    counted: int
    """Minutes on the pay lines so far."""
    reason: str
    answer_by: datetime


async def open_wishes(employer_id: int) -> list[Wish]:
    """What this employer has to answer, the most pressing first."""
    rows = await database.rows(
        "SELECT k.id, k.claim_id, u.name AS worker, g.title, c.starts_at, k.minutes, k.reason, k.answer_by,"
        " (SELECT coalesce(sum(l.minutes), 0) FROM pay_line l WHERE l.claim_id = c.id"
        " AND l.kind IN ('work', 'correction')) AS counted FROM correction k JOIN claim c ON c.id = k.claim_id"
        " JOIN account u ON u.id = c.worker_id JOIN shift s ON s.id = c.shift_id JOIN gig g ON g.id = s.gig_id"
        " WHERE g.employer_id = $1 AND k.state = 'open' ORDER BY k.answer_by, k.id LIMIT 100",
        [employer_id],
    )
    return [_wish(row) for row in rows]


def _wish(row: dict[str, Any]) -> Wish:
    moments = {name: database.loaded(row[name]) for name in ("starts_at", "answer_by")}
    return Wish(**(row | moments | {"counted": int(row["counted"])}))


async def employer_of_wish(correction_id: int, employer_ids: tuple[int, ...]) -> int:
    """The employer who answers a wish. Raises NotFound for anybody else's."""
    asked: Any = await Correction.get_or_none(
        id=correction_id, claim__shift__gig__employer_id__in=employer_ids
    ).select_related("claim__shift__gig")
    if asked is None:
        raise NotFound
    return int(asked.claim.shift.gig.employer_id)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """Somebody on the printed sheet."""

    claim_id: int
    name: str
    slip_code: str
    state: ClaimState
    in_at: datetime | None
    out_at: datetime | None


async def sheet_rows(shift_id: int) -> list[SheetRow]:
    """Everybody hired for a shift, in the order of their names."""
    rows = await database.rows(
        "SELECT c.id AS claim_id, u.name, c.slip_code, c.state, a.in_at, a.out_at FROM claim c"
        " JOIN account u ON u.id = c.worker_id LEFT JOIN attendance a ON a.claim_id = c.id"
        " WHERE c.shift_id = $1 AND c.state IN ('hired', 'working', 'worked', 'absent') ORDER BY u.name, c.id",
        [shift_id],
    )
    return [
        SheetRow(
            row["claim_id"],
            row["name"],
            row["slip_code"],
            ClaimState(row["state"]),
            database.loaded(row["in_at"]),
            database.loaded(row["out_at"]),
        )
        for row in rows
    ]


async def messages_to(shift_id: int) -> list[ShiftMessage]:
    """What was written to everybody on a shift, the last first."""
    return await ShiftMessage.filter(shift_id=shift_id).order_by("-at", "-id").limit(20)


async def on_shift(shift_id: int) -> dict[int, int]:
    """Claim → worker, of everybody on a shift or waiting for it."""
    claims = Claim.filter(shift_id=shift_id, state__in=rules.LIVE).order_by("id")
    pairs: list[tuple[int, int]] = await claims.values_list("id", "worker_id")
    return dict(pairs)
