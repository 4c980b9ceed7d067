"""The people and the shifts of a claim race, and how to begin it again."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from accounts.models import Employer, Session, User
from accounts.queries import token_hash
from accounts.rules import IdentityState, SessionKind
from app import invariants
from core import clock, crypto, database
from marketplace.models import Shift
from tests.cast import make_employer, make_gig, make_site, person, shift_input

WRITTEN = ("skip", "ledger", "claim", "notice", "consent", "outbox", "audit", "idempotency_key")
"""Tables a claim writes to, in the order in which they can be emptied."""
OVERSOLD = """SELECT count(*) AS shifts FROM shift s WHERE s.taken > s.places
    OR s.taken <> (SELECT count(*) FROM claim c WHERE c.shift_id = s.id AND c.state = 'hired')"""


@dataclass(frozen=True)
class Crowd:
    """Who runs, and for what."""

    tokens: list[str]
    worker_ids: list[int]
    shift_ids: list[int]


async def gather(people: int, shifts: int) -> Crowd:
    """Workers with bearer tokens, and public shifts of one employer, on different hours of tomorrow."""
    emil = await person("李老板", "13800000002", born="")
    employer = await make_employer("昆山好味餐饮有限公司", "91320583MA1N8PQX60", emil)
    await Employer.filter(id=employer.id).update(decided_by_id=emil.id)
    site = await make_site(employer)
    for start in range(0, shifts, 50):
        hours = [
            shift_input(starts_in=timedelta(days=1, hours=each))
            for each in range(start, min(shifts, start + 50))
        ]
        await make_gig(emil, site, *hours)
    tokens = await _workers(people)
    await _analyse()
    return Crowd(
        tokens=tokens,
        worker_ids=[each.id for each in await User.exclude(id=emil.id).order_by("id")],
        shift_ids=[each.id for each in await Shift.all().order_by("id")],
    )


async def _workers(people: int) -> list[str]:
    now = clock.now()
    numbers = [f"+86{13700000000 + number}" for number in range(people)]
    await User.bulk_create(
        User(
            name="工人",
            phone=number,
            phone_index=crypto.blind_index(number),
            created_at=now,
            birth_date=now.date().replace(year=1990, day=1),
            identity_state=IdentityState.DECLARED,
        )
        for number in numbers
    )
    users = await User.filter(name="工人").order_by("id")
    tokens = [secrets.token_urlsafe(32) for _ in users]
    await Session.bulk_create(
        Session(
            token_hash=token_hash(token),
            user_id=user.id,
            kind=SessionKind.API,
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(days=2),
            second_factor_at=now,
        )
        for user, token in zip(users, tokens, strict=True)
    )
    return tokens


async def _analyse() -> None:
    # What autovacuum does in its own time anyway; without it the first minute would have other plans.
    await database.execute("ANALYZE")


async def begin_again(shift_ids: list[int], places: int) -> None:
    """Nobody has claimed anything; these shifts have so many places."""
    if database.dialect() == "postgres":
        await database.execute(f"TRUNCATE {', '.join(WRITTEN)} CASCADE")
    else:
        for table in WRITTEN:
            await database.execute(f"DELETE FROM {table}")
    await database.execute("UPDATE shift SET taken = 0, waiting = 0")
    await Shift.filter(id__in=shift_ids).update(places=places)


async def outcome() -> dict[str, Any]:
    """How the race ended, as the database has it."""
    counted = await database.rows("SELECT state, count(*) AS claims FROM claim GROUP BY state")
    claims = {row["state"]: row["claims"] for row in counted}
    oversold = (await database.rows(OVERSOLD))[0]["shifts"]
    return {"hired": claims.get("hired", 0), "waiting": claims.get("waiting", 0), "oversold": oversold}


async def broken() -> list[str]:
    """Codes of invariants that do not hold."""
    return [breach.code for breach in await invariants.broken(clock.now())]
