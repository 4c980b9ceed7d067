"""A process of its own in which many people act in the same moment; the race tests start several of it.

It reads its orders as one line of JSON, says "ready", waits for another line, and tells what each try came to.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from accounts.rules import Viewer
from app.tables import config
from core import clock, database, settings
from core.errors import Refused
from marketplace.actions import claims, waiting
from marketplace.models import Claim, Invitation, Shift
from marketplace.queries.shifts import shift_page
from marketplace.rules import ClaimState

Try = Callable[..., Awaitable[str]]


def worker(number: int) -> Viewer:
    return Viewer(
        id=number, name="工人", session_id=0, locale="zh-Hans", birth_date=date(1990, 1, 1), roles=frozenset()
    )


async def claim(worker_id: int, shift_id: int) -> str:
    return (await claims.claim_shift(shift_id, worker(worker_id), now=clock.now())).state.value


async def cancel(worker_id: int, claim_id: int) -> str:
    return (await claims.cancel_claim(claim_id, worker(worker_id), clock.now())).value


async def promote() -> str:
    await waiting.promote_everywhere(clock.now())
    return "promoted"


async def accept(worker_id: int, invitation_id: int) -> str:
    await waiting.accept(invitation_id, worker(worker_id), clock.now())
    return "accepted"


async def decline(worker_id: int, invitation_id: int) -> str:
    await waiting.decline(invitation_id, worker(worker_id), clock.now())
    return "declined"


async def expire(after_seconds: int) -> str:
    """The timer, with its clock so far ahead."""
    await waiting.expire_invitations(clock.now() + timedelta(seconds=after_seconds))
    return "expired"


async def hasty_accept(worker_id: int, invitation_id: int, guarded: bool) -> str:
    """An answer whose look at the offer is over before anybody has answered; unguarded, it does not look again."""
    mine = await waiting._mine(invitation_id, worker(worker_id))
    await everybody_has_looked()
    async with database.transaction():
        if guarded:
            await waiting._take_offered(mine, mine.claim.shift_id, clock.now())
        else:
            await database.execute("UPDATE shift SET taken = taken + 1 WHERE id = $1", [mine.claim.shift_id])
            await Invitation.filter(id=mine.id).update(state="taken", decided_at=clock.now())
        await Claim.filter(id=mine.claim.id).update(state=ClaimState.HIRED, hired_at=clock.now())
    return "accepted"


async def places(shift_id: int, employer_id: int, count: int) -> str:
    await claims.change_places(shift_id, employer_id, count, clock.now())
    return "changed"


async def call_off(shift_id: int, employer_id: int) -> str:
    await claims.call_off_shift(shift_id, employer_id, clock.now())
    return "called-off"


async def hasty(worker_id: int, shift_id: int) -> str:
    """A claim whose look at the shift is over before anybody has written anything: the worst case, every time."""
    page = await shift_page(shift_id, worker_id, clock.now())
    await everybody_has_looked()
    async with database.transaction():
        hired = await claims._take_or_wait(page, True, clock.now())
        return (await claims._write(page, worker(worker_id), hired, clock.now())).state.value


async def naive(worker_id: int, shift_id: int) -> str:
    """The wrong way, for comparison: count, and if there is room, insert."""
    shift = await Shift.get(id=shift_id)
    taken = await Claim.filter(shift_id=shift_id, state=ClaimState.HIRED).count()
    await everybody_has_looked()
    if taken >= shift.places:
        return "full"
    terms = await database.rows("SELECT id FROM terms WHERE shift_id = $1", [shift_id])
    await Claim.create(
        shift_id=shift_id,
        worker_id=worker_id,
        terms_id=terms[0]["id"],
        state=ClaimState.HIRED,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        joined_at=clock.now(),
        hired_at=clock.now(),
    )
    await database.execute("UPDATE shift SET taken = taken + 1 WHERE id = $1", [shift_id])
    return "hired"


TRIES: dict[str, Try] = {
    each.__name__: each
    for each in (
        claim,
        cancel,
        promote,
        accept,
        decline,
        expire,
        hasty_accept,
        places,
        call_off,
        hasty,
        naive,
    )
}
looking = 0
looked: asyncio.Event


async def everybody_has_looked() -> None:
    """Wait until each try of this process, and of the other processes, has read what it wants to know."""
    global looking
    looking -= 1
    if looking == 0:
        await asyncio.to_thread(say_and_wait, "looked")
        looked.set()
    await looked.wait()


def say_and_wait(word: str) -> None:
    print(word, flush=True)
    sys.stdin.readline()


async def one(name: str, *args: Any) -> str:
    try:
        return await TRIES[name](*args)
    except Refused as refused:
        return refused.reason.code
    except Exception as error:  # noqa: BLE001 the test judges what a try came to
        return f"{type(error).__name__}: {error}"


async def main() -> None:
    global looking, looked
    orders = json.loads(sys.stdin.readline())
    settings.install(settings.Settings(data_dir=Path(orders["data_dir"]), database_url=orders["url"]))
    await database.connect(config())
    await database.rows("SELECT 1 AS one")
    looking, looked = len(orders["tries"]), asyncio.Event()
    say_and_wait("ready")
    try:
        print(json.dumps(await asyncio.gather(*(one(*each) for each in orders["tries"]))), flush=True)
    finally:
        await database.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
