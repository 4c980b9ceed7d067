"""Rows for the sheets an employer takes home: pay lines and attendance of one calendar month."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core import database
from marketplace.forms import local_day
from marketplace.rules import CheckedBy, PayKind, PayState


@dataclass(frozen=True, slots=True)
class PayRow:
    """A pay line in the settlement sheet."""

    line_id: int
    worker: str
    title: str
    site: str
    starts_at: datetime
    ends_at: datetime
    in_at: datetime | None
    out_at: datetime | None
    kind: PayKind
    minutes: int
    hourly_fen: int
    amount_fen: int
    state: PayState
    due_on: date
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class CameRow:
    """Somebody's attendance."""

    claim_id: int
    worker: str
    title: str
    site: str
    starts_at: datetime
    ends_at: datetime
    in_at: datetime
    in_by: CheckedBy
    in_distance_m: int | None
    out_at: datetime | None
    out_by: CheckedBy | None
    worked_minutes: int | None


TABLES = """JOIN account u ON u.id = c.worker_id JOIN shift s ON s.id = c.shift_id JOIN gig g ON g.id = s.gig_id
    JOIN site p ON p.id = g.site_id"""


def month_bounds(month: date) -> tuple[datetime, datetime]:
    """First moment of a calendar month and of the next, in UTC."""
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return local_day(month.replace(day=1))[0], local_day(after)[0]


async def pay_rows(employer_id: int, month: date, state: PayState | None) -> list[PayRow]:
    """Pay lines for shifts that began in this month, in the order of the days."""
    rows = await database.rows(
        "SELECT l.id AS line_id, u.name AS worker, g.title, p.name AS site, c.starts_at, c.ends_at, a.in_at, a.out_at,"
        " l.kind, l.minutes, l.hourly_fen, l.amount_fen, l.state, l.due_on, l.paid_at FROM pay_line l"
        f" JOIN claim c ON c.id = l.claim_id {TABLES} LEFT JOIN attendance a ON a.claim_id = c.id"
        " WHERE l.employer_id = $1 AND c.starts_at >= $2 AND c.starts_at < $3 AND (l.state = $4 OR $4 = '')"
        " ORDER BY c.starts_at, u.name, l.id",
        [employer_id, *_stored(month), state.value if state else ""],
    )
    return [
        PayRow(
            **(
                row
                | _moments(row, "starts_at", "ends_at", "in_at", "out_at", "paid_at")
                | {"kind": PayKind(row["kind"]), "state": PayState(row["state"])}
                | {"due_on": database.loaded_date(row["due_on"])}
            )
        )
        for row in rows
    ]


async def came_rows(employer_id: int, month: date) -> list[CameRow]:
    """Who came to the shifts of this month."""
    rows = await database.rows(
        "SELECT c.id AS claim_id, u.name AS worker, g.title, p.name AS site, c.starts_at, c.ends_at, a.in_at, a.in_by,"
        " a.in_distance_m, a.out_at, a.out_by, a.worked_minutes FROM attendance a"
        f" JOIN claim c ON c.id = a.claim_id {TABLES}"
        " WHERE g.employer_id = $1 AND c.starts_at >= $2 AND c.starts_at < $3 ORDER BY c.starts_at, u.name, c.id",
        [employer_id, *_stored(month)],
    )
    return [
        CameRow(
            **(
                row
                | _moments(row, "starts_at", "ends_at", "in_at", "out_at")
                | {"in_by": CheckedBy(row["in_by"])}
                | {"out_by": CheckedBy(row["out_by"]) if row["out_by"] else None}
            )
        )
        for row in rows
    ]


def _stored(month: date) -> tuple[Any, Any]:
    start, end = month_bounds(month)
    return database.stored(start), database.stored(end)


def _moments(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: database.loaded(row[name]) for name in names}
