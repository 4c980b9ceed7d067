"""What must be true of the database at every moment, as SQL that finds the rows for which it is not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from app.plaintext import in_postgres, in_sqlite
from core import database
from core.models import OutboxState
from marketplace.rules import (
    ANSWERED,
    APPLICATION_EDGES,
    EDGES,
    HOLDING,
    ApplicationState,
    ClaimState,
    GigState,
    InvitationState,
    JobState,
    PayState,
    ShiftState,
)

SHOWN = 20
"""How many rows of one breach are fetched at most."""
MOMENTS = {":now": timedelta(0), ":lately": timedelta(minutes=2), ":silence": timedelta(seconds=60)}
"""Words in the SQL below → how long ago that is. Lately: a timer may not have come round since."""


@dataclass(frozen=True)
class Invariant:
    """One sentence and the SQL of the rows that break it; it must find none."""

    code: str
    says: str
    sql: str
    """For both databases, or for PostgreSQL when there is another for SQLite."""
    sqlite: str = ""


@dataclass(frozen=True)
class Breach:
    """An invariant that does not hold, with the first rows that break it."""

    code: str
    says: str
    rows: list[dict[str, Any]]


async def broken(now: datetime) -> list[Breach]:
    """All breaches at this moment; each invariant is one statement, so work that is under way does no harm."""
    found = [(invariant, await _offenders(invariant, now)) for invariant in INVARIANTS]
    return [Breach(invariant.code, invariant.says, rows) for invariant, rows in found if rows]


async def _offenders(invariant: Invariant, now: datetime) -> list[dict[str, Any]]:
    embedded = database.dialect() == "sqlite"
    sql = invariant.sqlite if embedded and invariant.sqlite else invariant.sql
    values = []
    for word, ago in MOMENTS.items():
        if word in sql:
            values.append(database.stored((now - ago).astimezone(UTC)))
            sql = sql.replace(word, f"${len(values)}")
    return await database.rows(f"SELECT * FROM ({sql}) AS found LIMIT {SHOWN}", values)


def _any_of(values: Iterable[StrEnum]) -> str:
    return "(" + ", ".join(f"'{value.value}'" for value in values) + ")"


def _edges() -> str:
    """Every allowed step of a claim as (from, to); it begins waiting or hired."""
    steps = [("", to) for to in (ClaimState.WAITING, ClaimState.HIRED)]
    steps += [(state.value, to) for state, ways in EDGES.items() for to in sorted(ways)]
    return ", ".join(f"('{state}', '{to.value}')" for state, to in steps)


def _application_edges() -> str:
    """Every allowed step of an application as (from, to); it begins sent."""
    ways = [(state.value, to) for state, tos in APPLICATION_EDGES.items() for to in sorted(tos)]
    steps = [("", ApplicationState.SENT), *ways]
    return ", ".join(f"('{state}', '{to.value}')" for state, to in steps)


def _unknown(table: str, states: type[StrEnum]) -> str:
    return f"SELECT '{table}' AS of, id, state FROM {table} WHERE state NOT IN {_any_of(states)}"


HELD = _any_of(HOLDING)
INVARIANTS = (
    Invariant(
        "G1",
        "The places taken of a shift are its holding claims, and no more than its places.",
        f"""SELECT s.id, s.places, s.taken, s.waiting FROM shift s LEFT JOIN claim c ON c.shift_id = s.id
            GROUP BY s.id, s.places, s.taken, s.waiting
            HAVING s.taken <> count(CASE WHEN c.state IN {HELD} THEN 1 END) OR s.taken > s.places
            OR s.waiting <> count(CASE WHEN c.state = 'waiting' THEN 1 END)""",
    ),
    Invariant(
        "G2",
        "Nobody holds two claims at the same time, and a claim has the times of its shift.",
        f"""SELECT a.worker_id, a.id AS one, b.id AS other FROM claim a JOIN claim b ON b.worker_id = a.worker_id
            AND b.id > a.id AND b.starts_at < a.ends_at AND b.ends_at > a.starts_at
            WHERE a.state IN {HELD} AND b.state IN {HELD}
            UNION ALL SELECT c.worker_id, c.id, NULL FROM claim c JOIN shift s ON s.id = c.shift_id
            WHERE c.starts_at <> s.starts_at OR c.ends_at <> s.ends_at""",
    ),
    Invariant(
        "G3",
        "A worker has a shift at most once.",
        f"""SELECT shift_id, worker_id, count(*) AS claims FROM claim WHERE state = 'waiting' OR state IN {HELD}
            GROUP BY shift_id, worker_id HAVING count(*) > 1""",
    ),
    Invariant(
        "G4",
        "A place given is written down once, a place given back once more, and they add up to the places taken.",
        f"""SELECT 'claim' AS of, c.id FROM claim c LEFT JOIN ledger l ON l.claim_id = c.id
            GROUP BY c.id, c.state, c.hired_at, c.shift_id
            HAVING count(CASE WHEN l.change = 1 THEN 1 END) <> CASE WHEN c.hired_at IS NULL THEN 0 ELSE 1 END
            OR count(CASE WHEN l.change = -1 THEN 1 END)
                <> CASE WHEN c.hired_at IS NULL OR c.state IN {HELD} THEN 0 ELSE 1 END
            OR count(CASE WHEN l.change NOT IN (1, -1) OR l.shift_id <> c.shift_id THEN 1 END) > 0
            OR (c.state IN {HELD} AND c.hired_at IS NULL)
            UNION ALL SELECT 'shift', s.id FROM shift s LEFT JOIN ledger l ON l.shift_id = s.id
            GROUP BY s.id, s.taken HAVING s.taken <> coalesce(sum(l.change), 0)""",
    ),
    Invariant(
        "G5",
        "Nobody waits for a place that is free, unless busy at that time, asked for an answer before, passed over for"
        " a reason that is written down, or blocked by one side.",
        f"""SELECT s.id, w.id AS claim_id, w.worker_id FROM shift s JOIN claim w ON w.shift_id = s.id
            WHERE s.state = 'open' AND s.starts_at > :now AND s.taken + s.held < s.places AND w.state = 'waiting'
            AND NOT EXISTS (SELECT 1 FROM invitation i WHERE i.claim_id = w.id)
            AND NOT EXISTS (SELECT 1 FROM skip k WHERE k.claim_id = w.id AND k.reason <> 'overlap')
            AND NOT EXISTS (SELECT 1 FROM mark m JOIN gig g ON g.employer_id = m.employer_id
                WHERE g.id = s.gig_id AND m.worker_id = w.worker_id AND m.kind = 'blocked')
            AND NOT EXISTS (SELECT 1 FROM claim b WHERE b.worker_id = w.worker_id AND b.id <> w.id
                AND (b.state IN {HELD} OR b.ended_at > :lately)
                AND b.starts_at < w.ends_at AND b.ends_at > w.starts_at)""",
    ),
    Invariant(
        "G6",
        "The places held of a shift are its open offers, each to somebody who waits for it.",
        """SELECT s.id, s.held, count(i.id) AS offers FROM shift s LEFT JOIN invitation i ON i.shift_id = s.id
            AND i.state = 'open' GROUP BY s.id, s.held HAVING s.held <> count(i.id)
            UNION ALL SELECT i.id, i.shift_id, i.claim_id FROM invitation i JOIN claim c ON c.id = i.claim_id
            WHERE c.shift_id <> i.shift_id OR (i.state = 'open' AND c.state <> 'waiting')""",
    ),
    Invariant(
        "G7",
        "An offer has one end: taken by who was hired then, or over at some moment; nobody is asked twice.",
        """SELECT i.id, i.claim_id, i.state FROM invitation i JOIN claim c ON c.id = i.claim_id
            WHERE (i.state = 'open') <> (i.decided_at IS NULL)
            OR (i.state = 'taken' AND (c.hired_at IS NULL OR c.hired_at <> i.decided_at))
            UNION ALL SELECT NULL, claim_id, NULL FROM invitation GROUP BY claim_id HAVING count(*) > 1""",
    ),
    Invariant(
        "G9",
        "Places go to the waiting list in its order: who was passed over was asked, blocked, or busy, and it is written down.",
        """SELECT w.id, w.shift_id, h.id AS hired FROM claim w JOIN claim h ON h.shift_id = w.shift_id
            AND h.hired_at > h.joined_at AND w.id < h.id
            WHERE w.state = 'waiting' AND NOT EXISTS (SELECT 1 FROM skip k WHERE k.claim_id = w.id)
            AND NOT EXISTS (SELECT 1 FROM invitation i WHERE i.claim_id = w.id)
            AND NOT EXISTS (SELECT 1 FROM mark m JOIN gig g ON g.employer_id = m.employer_id
                JOIN shift s ON s.gig_id = g.id
                WHERE s.id = w.shift_id AND m.worker_id = w.worker_id AND m.kind = 'blocked')""",
    ),
    Invariant(
        "G8",
        "Everything is in a state that exists.",
        " UNION ALL ".join(
            [
                _unknown("claim", ClaimState),
                _unknown("invitation", InvitationState),
                _unknown("shift", ShiftState),
                _unknown("gig", GigState),
                _unknown("pay_line", PayState),
                _unknown("job", JobState),
                _unknown("application", ApplicationState),
                _unknown("outbox", OutboxState),
            ]
        ),
    ),
    Invariant(
        "G8-audit",
        "A claim came to its state by allowed steps, each of them in the audit trail.",
        # A claim's steps are the audit verbs claim.hired, claim.working and so on.
        f"""SELECT c.id, c.state, NULL AS before FROM claim c WHERE NOT EXISTS (SELECT 1 FROM audit a
                WHERE a.kind = 'claim' AND a.object_id = c.id AND a.verb = 'claim.' || c.state)
            UNION ALL SELECT id, state, before FROM (SELECT object_id AS id, substr(verb, 7) AS state,
                coalesce(lag(substr(verb, 7)) OVER (PARTITION BY object_id ORDER BY id), '') AS before
                FROM audit WHERE kind = 'claim' AND substr(verb, 7) IN {_any_of(ClaimState)}
            ) AS step WHERE (before, state) NOT IN (VALUES {_edges()})""",
    ),
    Invariant(
        "P1",
        "Attendance belongs to who came to work, once, and nobody left before coming.",
        """SELECT c.id, c.state, a.in_at, a.out_at FROM claim c LEFT JOIN attendance a ON a.claim_id = c.id
            WHERE (a.id IS NULL AND c.state IN ('working', 'worked'))
            OR (a.id IS NOT NULL AND c.state NOT IN ('working', 'worked'))
            OR a.out_at < a.in_at OR (c.state = 'worked' AND a.out_at IS NULL)
            OR (c.state = 'working' AND a.out_at IS NOT NULL)""",
    ),
    Invariant(
        "P5",
        "A pay line is its minutes at its rate, rounded half up to the fen.",
        # As two comparisons: dividing rounds towards zero in SQL and downwards in Python.
        """SELECT id, minutes, hourly_fen, amount_fen FROM pay_line
            WHERE minutes * hourly_fen + 30 NOT BETWEEN amount_fen * 60 AND amount_fen * 60 + 59""",
    ),
    Invariant(
        "P6",
        "Money moves in order: confirmed, then paid; a dispute has its moment and its words.",
        """SELECT id, state FROM pay_line WHERE (state = 'paid' AND paid_at IS NULL)
            OR (paid_at IS NOT NULL AND confirmed_at IS NULL) OR (state = 'confirmed' AND confirmed_at IS NULL)
            OR (state IN ('due', 'confirmed') AND paid_at IS NOT NULL)
            OR (state = 'disputed' AND (disputed_at IS NULL OR dispute = ''))""",
    ),
    Invariant(
        "P6-once",
        "Work done is paid by exactly one line, to the one who did it, by the employer of the shift.",
        """SELECT c.id, c.state, count(p.id) AS lines FROM claim c JOIN shift s ON s.id = c.shift_id
            JOIN gig g ON g.id = s.gig_id LEFT JOIN pay_line p ON p.claim_id = c.id AND p.kind = 'work'
            GROUP BY c.id, c.state, c.worker_id, g.employer_id
            HAVING count(p.id) <> CASE WHEN c.state = 'worked' THEN 1 ELSE 0 END
            OR count(CASE WHEN p.worker_id <> c.worker_id OR p.employer_id <> g.employer_id THEN 1 END) > 0""",
    ),
    Invariant(
        "A1",
        "An application came to its state by allowed steps, each of them in the audit trail.",
        f"""SELECT c.id, c.state, NULL AS before FROM application c WHERE NOT EXISTS (SELECT 1 FROM audit a
                WHERE a.kind = 'application' AND a.object_id = c.id AND a.verb = 'application.' || c.state)
            UNION ALL SELECT id, state, before FROM (SELECT object_id AS id, substr(verb, 13) AS state,
                coalesce(lag(substr(verb, 13)) OVER (PARTITION BY object_id ORDER BY id), '') AS before
                FROM audit WHERE kind = 'application' AND substr(verb, 13) IN {_any_of(ApplicationState)}
            ) AS step WHERE (before, state) NOT IN (VALUES {_application_edges()})""",
    ),
    Invariant(
        "A2",
        "An answered application has its moment, a refusal its reason, and nothing else has either.",
        f"""SELECT id, state, refusal, answered_at FROM application
            WHERE (state IN {_any_of(ANSWERED)}) <> (answered_at IS NOT NULL AND state <> 'withdrawn')
            OR (state = 'refused' AND refusal IS NULL) OR (state <> 'refused' AND refusal IS NOT NULL)""",
    ),
    Invariant(
        "P6-more",
        "What is paid on top corrects work that was paid, and is more than nothing.",
        """SELECT p.id, p.amount_fen FROM pay_line p WHERE p.kind = 'correction' AND (p.minutes <= 0 OR NOT EXISTS
            (SELECT 1 FROM pay_line w WHERE w.claim_id = p.claim_id AND w.kind = 'work' AND w.paid_at IS NOT NULL))""",
    ),
    Invariant(
        "H1",
        "A wish for other hours is about work done, open once at most, answered in words or by a day of silence.",
        """SELECT k.id, k.state FROM correction k JOIN claim c ON c.id = k.claim_id
            WHERE c.state <> 'worked' OR k.state NOT IN ('open', 'accepted', 'refused')
            OR (k.state = 'open') <> (k.decided_at IS NULL) OR (k.state = 'refused' AND k.answer = '')
            UNION ALL SELECT max(id), 'open' FROM correction WHERE state = 'open' GROUP BY claim_id HAVING count(*) > 1
            UNION ALL SELECT k.id, 'silence' FROM correction k JOIN audit a ON a.kind = 'correction'
            AND a.object_id = k.id AND a.verb = 'correction.accepted' AND CAST(a.change AS TEXT) LIKE '%silence%'
            WHERE a.at < k.answer_by""",
    ),
    Invariant(
        "R1",
        "Stars are one to five and, like true or not, said of work that was done.",
        """SELECT 'rating' AS of, r.id FROM rating r JOIN claim c ON c.id = r.claim_id
            WHERE c.state <> 'worked' OR r.stars NOT BETWEEN 1 AND 5
            UNION ALL SELECT 'truth', t.id FROM truth t JOIN claim c ON c.id = t.claim_id WHERE c.state <> 'worked'""",
    ),
    Invariant(
        "P7",
        "An allowance is owed once, confirmed from the start, to somebody hired whose shift the employer called off.",
        """SELECT c.id, c.state, count(p.id) AS lines FROM pay_line p JOIN claim c ON c.id = p.claim_id
            JOIN shift s ON s.id = c.shift_id JOIN gig g ON g.id = s.gig_id WHERE p.kind = 'allowance'
            GROUP BY c.id, c.state, c.hired_at, c.worker_id, g.employer_id
            HAVING count(p.id) > 1 OR c.state <> 'called-off' OR c.hired_at IS NULL
            OR count(CASE WHEN p.worker_id <> c.worker_id OR p.employer_id <> g.employer_id
                OR p.confirmed_at IS NULL THEN 1 END) > 0""",
    ),
    Invariant(
        "P8",
        "Points are given once for a claim that was given back or not kept, and no more are taken off than were given.",
        """SELECT c.id, c.state, sum(q.points) AS points FROM point q JOIN claim c ON c.id = q.claim_id
            GROUP BY c.id, c.state, c.worker_id, c.hired_at
            HAVING sum(q.points) < 0 OR count(CASE WHEN q.points > 0 THEN 1 END) <> 1 OR c.hired_at IS NULL
            OR count(CASE WHEN q.worker_id <> c.worker_id THEN 1 END) > 0 OR c.state = 'waiting'
            OR count(CASE WHEN q.reason = 'late' AND c.state <> 'cancelled' THEN 1 END) > 0""",
    ),
    Invariant(
        "J2",
        "A running promise has shown a heartbeat in the last minute.",
        """SELECT id, job, tries, heartbeat_at FROM outbox
            WHERE state = 'running' AND (heartbeat_at IS NULL OR heartbeat_at < :silence)""",
    ),
    Invariant(
        "J3",
        "No promise is given up.",
        "SELECT id, job, tries, last_error FROM outbox WHERE state = 'dead'",
    ),
    Invariant(
        "T1",
        "A claim was made on terms of its own shift, and every shift has terms.",
        """SELECT c.id, c.shift_id, t.shift_id AS terms_of FROM claim c JOIN terms t ON t.id = c.terms_id
            WHERE t.shift_id <> c.shift_id
            UNION ALL SELECT NULL, s.id, NULL FROM shift s
            WHERE NOT EXISTS (SELECT 1 FROM terms t WHERE t.shift_id = s.id)""",
    ),
    Invariant(
        "C3",
        "Nobody's phone or ID number is kept in plain text.",
        in_postgres(),
        sqlite=in_sqlite(),
    ),
    Invariant(
        "E1",
        "A verified employer was verified by somebody, and until some day.",
        """SELECT id, name FROM employer WHERE licence_state = 'verified'
            AND (verified_until IS NULL OR decided_at IS NULL OR decided_by_id IS NULL)""",
    ),
)
