"""Whom somebody likes to meet again, and whom not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import database
from core.errors import NotFound
from marketplace.models import Claim
from marketplace.rules import MarkKind


@dataclass(frozen=True, slots=True)
class MarkedEmployer:
    """An employer a worker has marked."""

    employer_id: int
    name: str
    kind: MarkKind
    at: datetime
    open_shifts: int


@dataclass(frozen=True, slots=True)
class KnownWorker:
    """Somebody who has had a place with an employer."""

    worker_id: int
    name: str
    kind: MarkKind | None
    worked: int
    """Shifts worked here."""
    last_at: datetime | None


async def marks_of(worker_id: int, now: datetime) -> list[MarkedEmployer]:
    """The employers a worker has marked, favourites first."""
    rows = await database.rows(
        "SELECT m.employer_id, e.name, m.kind, m.at, (SELECT count(*) FROM shift s JOIN gig g ON g.id = s.gig_id"
        " WHERE g.employer_id = e.id AND g.state = 'published' AND s.state = 'open' AND s.tier = 'all'"
        " AND s.starts_at > $2) AS open_shifts FROM mark m JOIN employer e ON e.id = m.employer_id"
        " WHERE m.worker_id = $1 AND m.side = 'worker' ORDER BY m.kind DESC, e.name, e.id LIMIT 500",
        [worker_id, database.stored(now)],
    )
    return [
        MarkedEmployer(**(row | {"kind": MarkKind(row["kind"]), "at": database.loaded(row["at"])}))
        for row in rows
    ]


async def known_worker(employer_id: int, worker_id: int) -> None:
    """Raises NotFound for who has never had a place with the employer."""
    had = Claim.filter(worker_id=worker_id, shift__gig__employer_id=employer_id, hired_at__isnull=False)
    if not await had.exists():
        raise NotFound


async def people_of(employer_id: int) -> list[KnownWorker]:
    """Who has had a place with an employer: its favourites first, then who worked here last."""
    rows = await database.rows(
        "SELECT u.id AS worker_id, u.name, m.kind, count(CASE WHEN c.state = 'worked' THEN 1 END) AS worked,"
        " max(c.starts_at) AS last_at FROM claim c JOIN shift s ON s.id = c.shift_id JOIN gig g ON g.id = s.gig_id"
        " JOIN account u ON u.id = c.worker_id LEFT JOIN mark m ON m.worker_id = u.id AND m.employer_id = $1"
        " AND m.side = 'employer' WHERE g.employer_id = $1 AND c.hired_at IS NOT NULL"
        " AND c.state IN ('hired', 'working', 'worked', 'absent') GROUP BY u.id, u.name, m.kind"
        " ORDER BY CASE m.kind WHEN 'favourite' THEN 0 WHEN 'blocked' THEN 2 ELSE 1 END, max(c.starts_at) DESC, u.id"
        " LIMIT 500",
        [employer_id],
    )
    return [_known(row) for row in rows]


def _known(row: dict[str, Any]) -> KnownWorker:
    kind = MarkKind(row["kind"]) if row["kind"] else None
    return KnownWorker(**(row | {"kind": kind, "last_at": database.loaded(row["last_at"])}))


async def marks_by(employer_id: int) -> dict[int, MarkKind]:
    """Worker → what an employer has marked them as."""
    rows = await database.rows(
        "SELECT worker_id, kind FROM mark WHERE employer_id = $1 AND side = 'employer'", [employer_id]
    )
    return {row["worker_id"]: MarkKind(row["kind"]) for row in rows}
