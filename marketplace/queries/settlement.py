"""Pay lines as an employer settles them, of its own alone."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core import database
from core.errors import NotFound
from marketplace import rules
from marketplace.rules import PayState

LINES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Tally:
    """How many pay lines are in one state, and how much they come to."""

    lines: int = 0
    fen: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A pay line as the employer settles it."""

    id: int
    worker: str
    title: str
    starts_at: datetime
    in_at: datetime | None
    out_at: datetime | None
    kind: str
    minutes: int
    hourly_fen: int
    amount_fen: int
    state: PayState
    due_on: date
    created_at: datetime
    paid_at: datetime | None
    dispute: str

    @property
    def confirms_at(self) -> datetime:
        """When the hours confirm themselves, unless somebody speaks first."""
        return rules.confirms_at(self.created_at)


@dataclass(frozen=True)
class Settlement:
    """One state's pay lines and the totals of all."""

    tallies: dict[PayState, Tally]
    state: PayState
    lines: list[Line]
    page: int
    pages: int


async def pay_tallies(employer_id: int) -> dict[PayState, Tally]:
    """Lines and sums of every state."""
    rows = await database.rows(
        "SELECT state, count(*) AS n, sum(amount_fen) AS fen FROM pay_line WHERE employer_id = $1 GROUP BY state",
        [employer_id],
    )
    found = {PayState(row["state"]): Tally(row["n"], int(row["fen"])) for row in rows}
    return {state: found.get(state, Tally()) for state in PayState}


async def settlement(employer_id: int, state: PayState, page: int) -> Settlement:
    """Pay lines of an employer in one state: the longest due first, the last paid first."""
    tallies = await pay_tallies(employer_id)
    pages = max(1, -(-tallies[state].lines // LINES_SHOWN))
    page = min(max(1, page), pages)
    order = "l.paid_at DESC" if state is PayState.PAID else "l.due_on, l.created_at"
    rows = await database.rows(
        "SELECT l.id, u.name AS worker, g.title, c.starts_at, a.in_at, a.out_at, l.kind, l.minutes, l.hourly_fen,"
        " l.amount_fen, l.state, l.due_on, l.created_at, l.paid_at, l.dispute FROM pay_line l JOIN account u ON u.id = l.worker_id"
        " JOIN claim c ON c.id = l.claim_id JOIN shift s ON s.id = c.shift_id JOIN gig g ON g.id = s.gig_id"
        " LEFT JOIN attendance a ON a.claim_id = c.id WHERE l.employer_id = $1 AND l.state = $2"
        f" ORDER BY {order}, l.id LIMIT {LINES_SHOWN} OFFSET {LINES_SHOWN * (page - 1)}",
        [employer_id, state.value],
    )
    return Settlement(tallies, state, [_line(row) for row in rows], page, pages)


def _line(row: dict[str, Any]) -> Line:
    moments = {
        name: database.loaded(row[name]) for name in ("starts_at", "in_at", "out_at", "created_at", "paid_at")
    }
    due_on = database.loaded_date(row["due_on"])
    return Line(**(row | moments | {"state": PayState(row["state"]), "due_on": due_on}))


async def line_of(employer_ids: tuple[int, ...], line_id: int) -> tuple[int, PayState]:
    """Employer and state of a pay line. Raises NotFound for anybody else's."""
    rows = await database.rows("SELECT employer_id, state FROM pay_line WHERE id = $1", [line_id])
    if not rows or rows[0]["employer_id"] not in employer_ids:
        raise NotFound
    return rows[0]["employer_id"], PayState(rows[0]["state"])
