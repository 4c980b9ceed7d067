"""Races between real processes, on both databases. Each promise has its negative control: the same without the guard."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from accounts.rules import IdentityState
from app.invariants import broken
from core import clock, database, settings
from marketplace.actions import claims
from marketplace.models import Claim, Invitation, Shift
from marketplace.rules import ClaimState, waiting_limit
from tests.cast import Cast, make_gig, shift_input
from tests.marketplace.racer import worker

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
PATIENCE = 90
Tries = list[tuple[Any, ...]]


async def crowd(count: int) -> list[int]:
    """Ids of so many people who may work."""
    last = await User.all().order_by("-id").first()
    start = last.id + 1 if last else 1
    now = clock.now()
    people = [
        User(
            id=start + n,
            name="工人",
            phone=f"+86138{start + n:08}",
            phone_index=f"crowd {start + n}",
            created_at=now,
            birth_date=date(1990, 1, 1),
            identity_state=IdentityState.DECLARED,
        )
        for n in range(count)
    ]
    await User.bulk_create(people)
    return [person.id for person in people]


async def race(*orders: Tries, looks: bool = False) -> Counter[str]:
    """Start a process for each list of tries, let all begin at once, and count what the tries came to."""
    await database.disconnect()  # nothing of ours stands in the way
    try:
        return await asyncio.to_thread(_race, orders, looks)
    finally:
        from app.tables import config

        await database.connect(config())


def _race(orders: tuple[Tries, ...], looks: bool) -> Counter[str]:
    chosen, argv = settings.current(), [sys.executable, "-m", "tests.marketplace.racer"]
    with ExitStack() as stack:
        racers = []
        for tries in orders:
            racer = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            stack.callback(_end, racer)
            order = {"url": chosen.database_url, "data_dir": str(chosen.data_dir), "tries": tries}
            _tell(racer, json.dumps(order))
            racers.append(racer)
        for word in ["ready", "looked"][: 1 + looks]:
            for racer in racers:
                assert racer.stdout.readline() == f"{word}\n"
            for racer in racers:
                _tell(racer, "go")
        return Counter(
            each for racer in racers for each in json.loads(racer.communicate(timeout=PATIENCE)[0])
        )


def _tell(racer: subprocess.Popen[str], line: str) -> None:
    racer.stdin.write(f"{line}\n")
    racer.stdin.flush()


def _end(racer: subprocess.Popen[str]) -> None:
    if racer.poll() is None:
        racer.kill()
    racer.wait()
    racer.stdin.close()
    racer.stdout.close()


def shared_out(tries: Tries, racers: int = 2) -> list[Tries]:
    """The tries dealt like cards."""
    return [tries[n::racers] for n in range(racers)]


async def drop(constraint: str, table: str) -> None:
    """Take a guard away from this test's own database."""
    if database.dialect() == "postgres":
        await database.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
        return
    for event in ("insert", "update"):
        await database.execute(f"DROP TRIGGER {constraint}_{event}")


async def fresh(shift_id: int) -> Shift:
    return await Shift.get(id=shift_id)


async def sound() -> list[str]:
    """The invariants that do not hold."""
    return [breach.code for breach in await broken(clock.now())]


async def shift_for(cast: Cast, places: int, starts_in: timedelta = timedelta(days=2)) -> Shift:
    _, shift = await make_gig(cast.emil, cast.site, shift_input(places=places, starts_in=starts_in))
    return shift


async def test_a_thousand_want_ten_places_and_ten_are_hired(cast: Cast):
    shift = await shift_for(cast, 10)
    came = await race(*shared_out([("claim", each, shift.id) for each in await crowd(1000)], 4))
    assert came["hired"] == 10
    assert came["waiting"] == waiting_limit(10)
    assert came == {"hired": 10, "waiting": 20, "full": 970}
    assert ((await fresh(shift.id)).taken, (await fresh(shift.id)).waiting) == (10, 20)
    assert await sound() == []


async def test_even_when_all_have_looked_before_the_first_takes_one(cast: Cast):
    shift = await shift_for(cast, 10)
    tries = [("hasty", each, shift.id) for each in await crowd(120)]
    assert await race(*shared_out(tries), looks=True) == {"hired": 10, "waiting": 20, "full": 90}
    assert await sound() == []


async def test_counting_first_and_inserting_then_oversells(cast: Cast):
    """The negative control of the two above."""
    shift = await shift_for(cast, 10)
    await drop("shift_not_oversold", "shift")
    came = await race(*shared_out([("naive", each, shift.id) for each in await crowd(120)]), looks=True)
    assert came["hired"] > 10
    assert "G1" in await sound()


async def test_the_constraint_alone_stops_the_counting_way_too(cast: Cast):
    shift = await shift_for(cast, 10)
    await race(*shared_out([("naive", each, shift.id) for each in await crowd(60)]), looks=True)
    assert (await fresh(shift.id)).taken <= 10


async def overlapping(cast: Cast, count: int) -> tuple[list[int], list[Tries]]:
    """Many people, each tapping two shifts at the same hours from two processes."""
    one, other = await shift_for(cast, 200), await shift_for(cast, 200, timedelta(days=2, hours=2))
    people = await crowd(count)
    return people, [[("claim", each, shift.id) for each in people] for shift in (one, other)]


async def twice_hired(people: list[int]) -> int:
    held = Counter(
        await Claim.filter(worker_id__in=people, state=ClaimState.HIRED).values_list("worker_id", flat=True)
    )
    return sum(1 for claims_held in held.values() if claims_held > 1)


async def test_nobody_gets_two_shifts_at_the_same_hours(cast: Cast):
    people, orders = await overlapping(cast, 80)
    assert await race(*orders) == {"hired": 80, "overlap": 80}
    assert await twice_hired(people) == 0
    assert await sound() == []


@pytest.mark.parametrize("guarded", [True, False])
async def test_it_is_the_database_that_refuses_the_second(cast: Cast, guarded: bool):
    """With both looks before both taps; without the guard, everybody gets both (the negative control)."""
    if not guarded:
        await drop("claim_no_overlap", "claim")
    people, orders = await overlapping(cast, 12)
    hasty = [[("hasty", *rest) for _, *rest in tries] for tries in orders]
    came = await race(*hasty, looks=True)
    assert await twice_hired(people) == (0 if guarded else 12)
    assert came["hired"] == (12 if guarded else 24)
    assert ("G2" in await sound()) is not guarded


async def test_twenty_taps_at_once_are_one_claim(cast: Cast):
    came = await race(*shared_out([("claim", cast.wanda.id, cast.shift.id)] * 20))
    assert came == {"hired": 1, "already-claimed": 19}
    assert await Claim.filter(worker=cast.wanda).count() == 1
    assert await sound() == []


async def test_many_give_back_while_the_next_are_promoted(cast: Cast):
    """Each claim is given back five times at once; those behind move up in their order, whoever is faster."""
    shift, people = await shift_for(cast, 3), await crowd(9)
    made = [await claims.claim_shift(shift.id, worker(each), now=clock.now()) for each in people]
    leaving = list(zip(people, made, strict=True))[:5]  # three hired, two waiting
    tries = [("cancel", who, claim.id) for who, claim in leaving] * 5 + [("promote",)] * 4
    came = await race(*shared_out(tries))
    ended = Counter([(await Claim.get(id=claim.id)).state for _, claim in leaving])
    assert ended[ClaimState.HIRED] == ended[ClaimState.WAITING] == 0 or came["changed"] > 0
    assert came["undone"] + came["cancelled"] == ended[ClaimState.UNDONE] + ended[ClaimState.CANCELLED]
    assert set(came) <= {"undone", "cancelled", "changed", "not-yours-to-cancel", "promoted"}
    assert await sound() == []
    hired = (
        await Claim.filter(shift_id=shift.id, state=ClaimState.HIRED)
        .order_by("id")
        .values_list("id", flat=True)
    )
    staying = [claim.id for who, claim in zip(people, made, strict=True) if (who, claim) not in leaving]
    assert [each for each in hired if each in staying] == staying[
        : len([each for each in hired if each in staying])
    ]
    assert len(hired) == 3


async def test_places_change_while_claims_come(cast: Cast):
    shift, people = await shift_for(cast, 20), await crowd(60)
    changes = [("places", shift.id, cast.employer.id, count) for count in (15, 8, 25, 5, 30, 12)]
    came = await race([("claim", each, shift.id) for each in people], changes * 2)
    assert set(came) <= {"hired", "waiting", "full", "changed", "places-taken"}
    now = await fresh(shift.id)
    assert now.taken <= now.places
    assert await sound() == []


async def test_a_shift_is_called_off_while_claims_come_and_go(cast: Cast):
    shift, people = await shift_for(cast, 10), await crowd(40)
    early = [await claims.claim_shift(shift.id, worker(each), now=clock.now()) for each in people[:8]]
    going = [("cancel", who, claim.id) for who, claim in zip(people, early, strict=False)]
    coming = [("claim", each, shift.id) for each in people[8:]]
    came = await race(coming, [*going[:4], ("call_off", shift.id, cast.employer.id), *going[4:]])
    assert set(came) <= {
        "hired",
        "waiting",
        "full",
        "closed",
        "called-off",
        "undone",
        "changed",
        "not-yours-to-cancel",
    }
    now = await fresh(shift.id)
    assert (now.taken, now.waiting) == (0, 0)
    assert await sound() == []


async def asked(cast: Cast, count: int = 3) -> tuple[Shift, list[int], list[int]]:
    """A shift of one place in two hours whose one worker has gone; who waits, and the claims they wait with."""
    shift, people = await shift_for(cast, 1, timedelta(hours=2)), await crowd(count + 1)
    made = [(await claims.claim_shift(shift.id, worker(each), now=clock.now())).id for each in people]
    await claims.cancel_claim(made[0], worker(people[0]), clock.now())
    return shift, people[1:], made[1:]


async def test_one_offer_answered_twenty_times_at_once_hires_once(cast: Cast):
    shift, people, _ = await asked(cast)
    offer = await Invitation.get()
    came = await race(*shared_out([("accept", people[0], offer.id)] * 20))
    assert came["accepted"] == 1
    assert set(came) <= {"accepted", "changed", "offer-over"}
    assert ((await fresh(shift.id)).taken, (await fresh(shift.id)).held) == (1, 0)
    assert await sound() == []


@pytest.mark.parametrize("guarded", [True, False])
async def test_two_answers_that_both_saw_the_offer_open_take_one_place(cast: Cast, guarded: bool):
    """Without the second look in the same statement, both take it (the negative control)."""
    shift, people, _ = await asked(cast)
    if not guarded:
        await drop("shift_not_oversold", "shift")
    offer = await Invitation.get()
    order = [("hasty_accept", people[0], offer.id, guarded)]
    came = await race(order, order, looks=True)
    assert came["accepted"] == (1 if guarded else 2)
    assert (await fresh(shift.id)).taken == (1 if guarded else 2)
    if not guarded:
        assert "G1" in await sound()


async def test_the_answer_and_the_end_of_the_offer_meet(cast: Cast):
    """Either the answer is in time or the next is asked, never both."""
    shift, people, made = await asked(cast)
    offer = await Invitation.get()
    came = await race(
        [("accept", people[0], offer.id)] * 3, [("expire", 91)] * 3, [("decline", people[0], offer.id)]
    )
    first, now = await Claim.get(id=made[0]), await fresh(shift.id)
    assert set(came) <= {"accepted", "changed", "offer-over", "expired", "declined"}
    if came["accepted"]:
        assert (first.state, now.taken, now.held) == (ClaimState.HIRED, 1, 0)
        assert await Invitation.all().count() == 1
    else:
        assert (first.state, now.taken, now.held) == (ClaimState.WAITING, 0, 1)
        assert await Invitation.filter(state="open").exclude(claim_id=made[0]).count() == 1
    assert await sound() == []


async def test_a_held_place_is_not_taken_by_a_crowd(cast: Cast):
    shift, people, _ = await asked(cast)
    offer = await Invitation.get()
    taps = [("claim", each, shift.id) for each in await crowd(30)]
    came = await race([*taps[:15], ("accept", people[0], offer.id)], taps[15:])
    assert came["hired"] == 0
    assert came["accepted"] == 1
    assert await sound() == []
