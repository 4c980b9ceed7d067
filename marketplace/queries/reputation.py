"""How employers and workers are now: what workers say of postings, and who keeps their word. Grouped, for whole lists."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core import clock, database
from marketplace import rules
from marketplace.rules import FACTS, Side


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    good: int = 0
    of: int = 0

    @property
    def percent(self) -> int:
        """In hundredths, rounded down: what is not quite all is never shown as all."""
        return self.good * 100 // self.of if self.of else 0


@dataclass(frozen=True, slots=True)
class Stars:
    """The mean of what the other sides gave, in tenths, and how many gave."""

    tenths: int = 0
    of: int = 0

    @property
    def words(self) -> str:
        """As people read it: 4.6."""
        return f"{self.tenths // 10}.{self.tenths % 10}"


@dataclass(frozen=True, slots=True)
class Truths:
    """How many say that a fact was as posted, of those who answered. Workers alone write it."""

    address: Share = Share()
    work: Share = Share()
    pay: Share = Share()
    hours: Share = Share()
    meals: Share = Share()

    @property
    def told(self) -> bool:
        """Whether anybody has said anything."""
        return any(getattr(self, fact).of for fact in FACTS)


@dataclass(frozen=True, slots=True)
class EmployerRecord:
    """An employer in the last ninety days."""

    truths: Truths = field(default_factory=Truths)
    answered: Share = Share()
    """Hours confirmed before silence did it."""
    called_off: Share = Share()
    paid: Share = Share()
    """Lines paid by the day they were due."""
    stars: Stars = Stars()


@dataclass(frozen=True, slots=True)
class WorkerRecord:
    """A worker in the last ninety days."""

    came: Share = Share()
    on_time: Share = Share()
    stars: Stars = Stars()


TRUTHS = """SELECT g.employer_id AS id, {facts} FROM truth t JOIN claim c ON c.id = t.claim_id
    JOIN shift s ON s.id = c.shift_id JOIN gig g ON g.id = s.gig_id
    WHERE g.employer_id IN ({ids}) AND t.at > $1 GROUP BY g.employer_id"""

MONEY = """SELECT l.employer_id AS id,
    sum(CASE WHEN l.kind = 'work' AND {answered} THEN 1 ELSE 0 END) AS answered,
    sum(CASE WHEN l.kind = 'work' AND (l.created_at <= $3 OR l.confirmed_at IS NOT NULL) THEN 1 ELSE 0 END) AS to_answer,
    sum(CASE WHEN {paid} THEN 1 ELSE 0 END) AS paid,
    sum(CASE WHEN l.due_on < $2 OR l.paid_at IS NOT NULL THEN 1 ELSE 0 END) AS to_pay
    FROM pay_line l WHERE l.employer_id IN ({ids}) AND l.created_at > $1 GROUP BY l.employer_id"""

SHIFTS = """SELECT g.employer_id AS id, count(*) AS shifts,
    sum(CASE WHEN s.state = 'cancelled' THEN 1 ELSE 0 END) AS called_off
    FROM shift s JOIN gig g ON g.id = s.gig_id
    WHERE g.employer_id IN ({ids}) AND s.starts_at > $1 AND s.starts_at <= $2 AND g.state IN ('published', 'closed')
    GROUP BY g.employer_id"""

STARS = """SELECT {whom} AS id, avg(r.stars) AS mean, count(*) AS n FROM rating r JOIN claim c ON c.id = r.claim_id
    JOIN shift s ON s.id = c.shift_id JOIN gig g ON g.id = s.gig_id
    WHERE {whom} IN ({ids}) AND r.side = '{side}' AND r.at > $1
    AND (c.ends_at < $2 OR EXISTS (SELECT 1 FROM rating o WHERE o.claim_id = r.claim_id AND o.side <> r.side))
    GROUP BY {whom}"""

CAME = """SELECT c.worker_id AS id, sum(CASE WHEN c.state = 'absent' THEN 0 ELSE 1 END) AS came, count(*) AS n,
    sum(CASE WHEN a.in_at <= c.starts_at THEN 1 ELSE 0 END) AS on_time
    FROM claim c LEFT JOIN attendance a ON a.claim_id = c.id
    WHERE c.worker_id IN ({ids}) AND c.state IN ('worked', 'working', 'absent') AND c.starts_at > $1
    GROUP BY c.worker_id"""

_WITHIN = {
    "postgres": "l.confirmed_at < l.created_at + interval '24 hours'",
    "sqlite": "julianday(l.confirmed_at) < julianday(l.created_at) + 1",
}
_PAID = {
    "postgres": "(l.paid_at AT TIME ZONE 'Asia/Shanghai')::date <= l.due_on",
    "sqlite": "date(l.paid_at, '+8 hours') <= l.due_on",
}


async def truths_of(employer_ids: Iterable[int], now: datetime) -> dict[int, Truths]:
    """The truth line of every employer on a page, by employer id; one statement."""
    facts = ", ".join(
        f"count(t.{fact}) AS {fact}_of, sum(CASE WHEN t.{fact} THEN 1 ELSE 0 END) AS {fact}" for fact in FACTS
    )
    rows = await _grouped(TRUTHS.replace("{facts}", facts), employer_ids, [now - rules.RELIABLE_FOR])
    return {
        key: Truths(**{fact: Share(row[fact], row[f"{fact}_of"]) for fact in FACTS})
        for key, row in rows.items()
    }


async def employers_records(employer_ids: Iterable[int], now: datetime) -> dict[int, EmployerRecord]:
    """The record of every employer on a page, by employer id; a handful of statements however many they are."""
    ids, since = set(employer_ids), now - rules.RELIABLE_FOR
    truths, speaks = await truths_of(ids, now), database.dialect()
    sql = MONEY.replace("{answered}", _WITHIN[speaks]).replace("{paid}", _PAID[speaks])
    today: Any = clock.local(now).date()
    money = await _grouped(
        sql, ids, [since, today.isoformat() if speaks == "sqlite" else today, now - rules.SILENCE]
    )
    shifts = await _grouped(SHIFTS, ids, [since, now])
    stars = await _stars(ids, "g.employer_id", Side.WORKER, now)
    return {key: _employer(truths.get(key), money.get(key), shifts.get(key), stars.get(key)) for key in ids}


def _employer(
    truths: Truths | None, money: dict[str, Any] | None, shifts: dict[str, Any] | None, stars: Stars | None
) -> EmployerRecord:
    return EmployerRecord(
        truths=truths or Truths(),
        answered=Share(money["answered"], money["to_answer"]) if money else Share(),
        paid=Share(money["paid"], money["to_pay"]) if money else Share(),
        called_off=Share(shifts["called_off"], shifts["shifts"]) if shifts else Share(),
        stars=stars or Stars(),
    )


async def workers_records(worker_ids: Iterable[int], now: datetime) -> dict[int, WorkerRecord]:
    """The record of every worker on a list, by worker id; two statements."""
    ids = set(worker_ids)
    came = await _grouped(CAME, ids, [now - rules.RELIABLE_FOR])
    stars = await _stars(ids, "c.worker_id", Side.EMPLOYER, now)
    return {key: _worker(came.get(key), stars.get(key)) for key in ids}


def _worker(came: dict[str, Any] | None, stars: Stars | None) -> WorkerRecord:
    return WorkerRecord(
        came=Share(came["came"], came["n"]) if came else Share(),
        on_time=Share(came["on_time"], came["came"]) if came else Share(),
        stars=stars or Stars(),
    )


async def _stars(ids: set[int], whom: str, side: Side, now: datetime) -> dict[int, Stars]:
    """Only of ratings that both sides may see by now."""
    sql = STARS.replace("{whom}", whom).replace("{side}", side.value)
    rows = await _grouped(sql, ids, [now - rules.RELIABLE_FOR, now - rules.RATE_WITHIN])
    return {key: Stars(round(float(row["mean"]) * 10), row["n"]) for key, row in rows.items()}


async def _grouped(sql: str, ids: Iterable[int], values: list[Any]) -> dict[int, dict[str, Any]]:
    """The rows of a grouped statement by id. The ids are numbers of ours and stand in its text."""
    wanted = ", ".join(str(int(key)) for key in sorted(set(ids)))
    if not wanted:
        return {}
    stored = [database.stored(value) if isinstance(value, datetime) else value for value in values]
    rows = await database.rows(sql.replace("{ids}", wanted), stored)
    return {row["id"]: row for row in rows}
