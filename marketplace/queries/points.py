"""Points for giving shifts back late, and how they stand."""

from dataclasses import dataclass
from datetime import datetime

from core import database
from marketplace import rules
from marketplace.rules import PointReason, Standing


@dataclass(frozen=True, slots=True)
class Given:
    """One row of points that still counts."""

    id: int
    claim_id: int
    title: str
    points: int
    reason: PointReason
    at: datetime


GIVEN = """SELECT q.id, q.claim_id, g.title, q.points, q.reason, q.at FROM point q JOIN claim c ON c.id = q.claim_id
    JOIN shift s ON s.id = c.shift_id JOIN gig g ON g.id = s.gig_id
    WHERE q.worker_id = $1 AND q.at > $2 AND (q.reason <> 'absent' OR c.state = 'absent') ORDER BY q.at, q.id"""
"""Points for not coming are void when it turns out later that somebody came."""


async def points_of(worker_id: int, now: datetime) -> list[Given]:
    """The rows that still count, the oldest first."""
    rows = await database.rows(GIVEN, [worker_id, database.stored(rules.points_count_from(now))])
    return [
        Given(**(row | {"reason": PointReason(row["reason"]), "at": database.loaded(row["at"])}))
        for row in rows
    ]


async def standing_of(worker_id: int, now: datetime) -> Standing:
    """How many points somebody has now, and until when they pause."""
    given = await points_of(worker_id, now)
    if not given:
        return Standing(0)
    rows = await database.rows(
        "SELECT ends_at FROM claim WHERE worker_id = $1 AND state = 'worked' AND ends_at > $2",
        [worker_id, database.stored(given[0].at)],
    )
    worked = [ended for row in rows if (ended := database.loaded(row["ends_at"]))]
    return rules.standing([(row.at, row.points) for row in given], worked, now)
