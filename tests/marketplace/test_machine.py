"""The life of some shifts, played at random against a small model and the invariants of the database."""

import asyncio
import shutil
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tortoise.backends.base.executor import EXECUTOR_CACHE

from app.invariants import broken
from app.tables import config
from core import database
from core import settings as our_settings
from core.errors import Refused
from marketplace import jobs, rules
from marketplace.actions import attendance, claims, settlement, waiting
from marketplace.models import Attendance, Claim, Gig, Invitation, PayLine, Shift
from marketplace.rules import HOLDING, LIVE, ClaimState, PayState
from tests.cast import HERE, Cast, make_gig, shift_input, workers
from tests.conftest import _statement
from tests.marketplace.racer import worker as as_viewer

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
WORKERS, SHIFTS = 5, 3
PLAN = ((3, 4, 1), (5, 4, 2), (9.5, 2, 1))
"""Begins in, hours, places. The second overlaps the first, the third touches neither."""
T = TypeVar("T")


@dataclass
class HeldClaim:
    """What the model knows of a claim."""

    worker: int
    shift: int
    state: ClaimState
    undo_until: datetime | None = None
    in_at: datetime | None = None


@dataclass
class Asked:
    """What the model knows of an offer of a free place."""

    expires_at: datetime
    open: bool = True


@dataclass
class Line:
    """What the model knows of a pay line."""

    claim: int
    minutes: int
    state: PayState = PayState.DUE
    paid: bool = False
    fixed: bool = False
    """An allowance: its minutes follow from the table."""


@dataclass
class Offered:
    """What the model knows of a shift."""

    starts_at: datetime
    ends_at: datetime
    places: int
    open: bool = True


class Market(RuleBasedStateMachine):
    """Actions with the answers the model expects. Time is the machine's own."""

    open_database: Any
    """Makes a fresh database with the standing cast and gives its address; set by each test."""

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.Runner()
        self.closing = self.open_database()
        self.now, shifts, self.people, self.employer = self.loop.run(prepare(self.closing.__enter__()))
        self.shifts = {shift.id: Offered(shift.starts_at, shift.ends_at, shift.places) for shift in shifts}
        self.claims: dict[int, HeldClaim] = {}
        self.lines: dict[int, Line] = {}
        self.offers: dict[int, Asked] = {}
        self.points: dict[int, list[tuple[datetime, int]]] = {}

    def teardown(self) -> None:
        if hasattr(self, "closing"):
            self.loop.run(database.disconnect())
            self.loop.close()
            self.closing.__exit__(None, None, None)

    # --- what happens ---

    def does(self, action: Awaitable[T], expected: str | None) -> T | None:
        """Do it; the refusal must be the expected one."""
        try:
            done = self.loop.run(action)
        except Refused as refused:
            assert refused.reason.code == expected  # noqa: PT017 None means that it should not have been refused
            return None
        assert expected is None, f"allowed, expected {expected}"
        return done

    @rule(who=some.integers(0, WORKERS - 1), which=some.integers(0, SHIFTS - 1), wait=some.booleans())
    def claim(self, who: int, which: int, wait: bool) -> None:
        worker, shift = self.people[who], self.pick_shift(which)
        offer, free = self.shifts[shift], self.is_free(shift)
        expected = None
        if not offer.open or offer.starts_at <= self.now:
            expected = "closed"
        elif any(c.worker == worker and c.shift == shift and c.state in LIVE for c in self.claims.values()):
            expected = "already-claimed"
        elif self.busy(worker, shift):
            expected = "overlap"
        elif self.paused(worker):
            expected = "paused"
        elif not free and not wait:
            expected = "full"
        made = self.does(claims.claim_shift(shift, as_viewer(worker), wait=wait, now=self.now), expected)
        if made:
            state = ClaimState.HIRED if free else ClaimState.WAITING
            assert made.state is state
            assert made.position == (None if free else len(self.waiting(shift)) + 1)
            self.claims[made.id] = HeldClaim(
                worker, shift, state, self.now + rules.UNDO_WINDOW if free else None
            )

    @rule(order=some.permutations(range(WORKERS)), which=some.integers(0, SHIFTS - 1))
    def all_want_it(self, order: list[int], which: int) -> None:
        """A full shift with a list behind it; single taps rarely make one."""
        for who in order:
            self.claim(who, which, wait=True)

    @rule(which=some.integers(0, 30))
    def give_back(self, which: int) -> None:
        if not self.claims:
            return
        number, claim = self.pick_claim(which)
        expected = None
        if claim.state not in (ClaimState.WAITING, ClaimState.HIRED):
            expected = "not-yours-to-cancel"
        elif claim.state is ClaimState.HIRED and self.shifts[claim.shift].starts_at <= self.now:
            expected = "begun"
        was = claim.state
        cost = rules.points_for(was, claim.undo_until, self.shifts[claim.shift].starts_at, self.now)
        ended = self.does(claims.cancel_claim(number, as_viewer(claim.worker), self.now), expected)
        if ended:
            undone = was is ClaimState.HIRED and self.now <= claim.undo_until
            claim.state = ClaimState.UNDONE if undone else ClaimState.CANCELLED
            assert ended is claim.state
            if cost:
                self.points.setdefault(claim.worker, []).append((self.now, cost))
            if was is ClaimState.HIRED or self.close_offer(number):
                self.promote(claim.shift)

    @rule(which=some.integers(0, 30), yes=some.booleans())
    def answer(self, which: int, yes: bool) -> None:
        """Somebody answers the offer of a free place, in time or too late."""
        if not self.offers:
            return
        number = list(self.offers)[-1 - which % len(self.offers)]
        claim, offer = self.claims[number], self.offers[number]
        invitation = self.loop.run(offer_to(number))
        if not yes:
            expected = None if offer.open else "offer-over"
            self.does(waiting.decline(invitation, as_viewer(claim.worker), self.now), expected)
            if self.close_offer(number):
                self.promote(claim.shift)
            return
        expected = None
        if claim.state is not ClaimState.WAITING:
            expected = "changed"
        elif not (self.now < offer.expires_at if offer.open else self.can_still(claim.shift)):
            expected = "offer-over"
        elif self.busy(claim.worker, claim.shift):
            expected = "overlap"
        self.does(waiting.accept(invitation, as_viewer(claim.worker), self.now), expected)
        if expected is None:
            self.close_offer(number)
            claim.state, claim.undo_until = ClaimState.HIRED, self.now + rules.UNDO_WINDOW

    @rule(which=some.integers(0, SHIFTS - 1), places=some.integers(1, 4))
    def change_places(self, which: int, places: int) -> None:
        shift = self.pick_shift(which)
        too_few = places < self.taken(shift) + self.held(shift)
        expected = "places-taken" if too_few else None if self.shifts[shift].open else "closed"
        self.does(claims.change_places(shift, self.employer, places, self.now), expected)
        if expected is None:
            self.shifts[shift].places = places
            self.promote(shift)

    @rule(which=some.integers(0, SHIFTS - 1), sure=some.sampled_from([True, False, False, False]))
    def call_off(self, which: int, sure: bool) -> None:
        if not sure:
            return
        shift = self.pick_shift(which)
        offer = self.shifts[shift]
        gone = not offer.open or offer.starts_at <= self.now
        self.does(claims.call_off_shift(shift, self.employer, self.now), "begun" if gone else None)
        if not gone:
            offer.open = False
            for number, claim in self.claims.items():
                if claim.shift == shift and claim.state in (ClaimState.WAITING, ClaimState.HIRED):
                    if claim.state is ClaimState.HIRED:
                        self.owe(number, offer)
                    claim.state = ClaimState.CALLED_OFF
                    self.close_offer(number)

    @rule(which=some.integers(0, 30))
    def come(self, which: int) -> None:
        if not self.claims:
            return
        number, claim = self.pick_claim(which)
        offer = self.shifts[claim.shift]
        reason = rules.why_not_check_in(claim.state, offer.starts_at, offer.ends_at, self.now)
        self.does(attendance.check_in_by_hand(number, (self.employer,), self.now), reason and reason.code)
        if reason is None:
            claim.state, claim.in_at = ClaimState.WORKING, self.now

    @rule(which=some.integers(0, 30))
    def leave(self, which: int) -> None:
        if not self.claims:
            return
        number, claim = self.pick_claim(which)
        expected = None if claim.state is ClaimState.WORKING else "not-working"
        line = self.does(attendance.check_out(number, as_viewer(claim.worker), self.now), expected)
        if line:
            self.worked(number, line, self.now)

    @rule(which=some.integers(0, 10), minutes=some.one_of(some.none(), some.integers(0, 300)))
    def confirm(self, which: int, minutes: int | None) -> None:
        if not self.lines:
            return
        number, line = self.pick_line(which)
        expected = (
            "confirmed"
            if line.state not in (PayState.DUE, PayState.DISPUTED)
            else "paid"
            if line.paid
            else None
        )
        if expected is None and line.fixed and minutes not in (None, line.minutes):
            expected = "fixed"
        self.does(settlement.confirm_hours(number, (self.employer,), minutes, self.now), expected)
        if expected is None:
            line.state, line.minutes = PayState.CONFIRMED, line.minutes if minutes is None else minutes

    @rule(which=some.integers(0, 10))
    def pay(self, which: int) -> None:
        if not self.lines:
            return
        number, line = self.pick_line(which)
        reason = rules.why_not_pay(line.state)
        self.does(settlement.mark_paid(number, (self.employer,), self.now), reason and reason.code)
        if reason is None:
            line.state, line.paid = PayState.PAID, True

    @rule(which=some.integers(0, 10))
    def dispute(self, which: int) -> None:
        if not self.lines:
            return
        number, line = self.pick_line(which)
        reason = rules.why_not_dispute(line.state)
        worker = as_viewer(self.claims[line.claim].worker)
        self.does(settlement.dispute(number, worker, "少了一小时", self.now), reason and reason.code)
        if reason is None:
            line.state = PayState.DISPUTED

    @rule(minutes=some.sampled_from([1, 5, 6, 30, 60, 120, 200]))
    def time_passes(self, minutes: int) -> None:
        """And the worker's timers come round."""
        self.now += minutes * MINUTE
        for _, timer in jobs.timers.values():
            self.loop.run(timer(self.now))
        for shift in sorted(self.shifts, key=lambda each: self.shifts[each].starts_at):
            self.promote(shift)
        for number in [
            each for each, offer in self.offers.items() if offer.open and offer.expires_at <= self.now
        ]:
            self.close_offer(number)
            self.promote(self.claims[number].shift)
        for number, claim in self.claims.items():
            offer = self.shifts[claim.shift]
            if claim.state is ClaimState.WAITING and offer.starts_at <= self.now:
                claim.state = ClaimState.LAPSED
                self.close_offer(number)
            if claim.state is ClaimState.HIRED and offer.ends_at <= self.now:
                claim.state = ClaimState.ABSENT
                self.points.setdefault(claim.worker, []).append((self.now, 8))
        for number, claim in self.claims.items():
            ends_at = self.shifts[claim.shift].ends_at
            if claim.state is ClaimState.WORKING and ends_at <= self.now - rules.FORGOTTEN_AFTER:
                self.worked(number, self.loop.run(line_of(number)), ends_at)

    # --- what must be true ---

    @invariant()
    def the_database_agrees_with_the_model(self) -> None:
        if hasattr(self, "claims"):
            stored, lines, counts = self.loop.run(everything())
            assert stored == {number: claim.state for number, claim in self.claims.items()}
            assert lines == {
                number: (line.state, line.minutes, rules.amount_fen(line.minutes, 2800))
                for number, line in self.lines.items()
            }
            assert counts == {
                shift: (offer.places, self.taken(shift), self.held(shift), len(self.waiting(shift)))
                for shift, offer in self.shifts.items()
            }

    @invariant()
    def every_invariant_holds(self) -> None:
        if hasattr(self, "claims"):
            assert self.loop.run(broken(self.now)) == []

    # --- the model ---

    def pick_shift(self, which: int) -> int:
        return list(self.shifts)[which]

    def pick_claim(self, which: int) -> tuple[int, HeldClaim]:
        number = list(self.claims)[-1 - which % len(self.claims)]
        return number, self.claims[number]

    def pick_line(self, which: int) -> tuple[int, Line]:
        number = list(self.lines)[which % len(self.lines)]
        return number, self.lines[number]

    def of(self, shift: int) -> list[HeldClaim]:
        return [claim for claim in self.claims.values() if claim.shift == shift]

    def taken(self, shift: int) -> int:
        return sum(claim.state in HOLDING for claim in self.of(shift))

    def waiting(self, shift: int) -> list[HeldClaim]:
        """In the order in which they came."""
        return [claim for claim in self.of(shift) if claim.state is ClaimState.WAITING]

    def held(self, shift: int) -> int:
        """Places held for who was asked."""
        return sum(offer.open and self.claims[number].shift == shift for number, offer in self.offers.items())

    def is_free(self, shift: int) -> bool:
        return self.taken(shift) + self.held(shift) < self.shifts[shift].places

    def can_still(self, shift: int) -> bool:
        """Take a place after one's own offer is over."""
        offer = self.shifts[shift]
        return offer.open and offer.starts_at > self.now and self.is_free(shift)

    def close_offer(self, number: int) -> bool:
        """Whether it was open."""
        offer = self.offers.get(number)
        was_open = offer is not None and offer.open
        if was_open:
            offer.open = False
        return was_open

    def paused(self, worker: int) -> bool:
        worked = [
            self.shifts[c.shift].ends_at
            for c in self.claims.values()
            if c.worker == worker and c.state is ClaimState.WORKED
        ]
        return rules.standing(self.points.get(worker, []), worked, self.now).paused_until is not None

    def owe(self, number: int, offer: Offered) -> None:
        """The allowance of who was hired when the shift was called off."""
        percent = rules.allowance_percent(offer.starts_at, self.now)
        if percent:
            minutes = rules.allowance_minutes(rules.paid_minutes(offer.starts_at, offer.ends_at, 0), percent)
            line = self.loop.run(allowance_of(number))
            self.lines[line.id] = Line(number, minutes, PayState.CONFIRMED, fixed=True)

    def busy(self, worker: int, shift: int) -> bool:
        mine = self.shifts[shift]
        others = [
            self.shifts[c.shift]
            for c in self.claims.values()
            if c.worker == worker and c.state in HOLDING and c.shift != shift
        ]
        return any(other.starts_at < mine.ends_at and other.ends_at > mine.starts_at for other in others)

    def promote(self, shift: int) -> None:
        offer = self.shifts[shift]
        asks = rules.needs_answer(offer.starts_at, self.now)
        for number, claim in list(self.claims.items()):
            if (
                claim.shift != shift
                or claim.state is not ClaimState.WAITING
                or (asks and number in self.offers)
            ):
                continue
            if not self.can_still(shift):
                return
            if self.busy(claim.worker, shift):
                continue
            if not asks:
                claim.state, claim.undo_until = ClaimState.HIRED, self.now + rules.UNDO_WINDOW
            elif rules.can_arrive(offer.starts_at, None, HERE, self.now):
                self.offers[number] = Asked(rules.offer_ends(self.now))

    def worked(self, number: int, line: PayLine, left: datetime) -> None:
        claim = self.claims[number]
        offer = self.shifts[claim.shift]
        claim.state = ClaimState.WORKED
        minutes = rules.worked_minutes(
            starts_at=offer.starts_at, ends_at=offer.ends_at, break_minutes=0, in_at=claim.in_at, out_at=left
        )
        self.lines[line.id] = Line(number, minutes)


async def line_of(claim_id: int) -> PayLine:
    here = await Attendance.get(claim_id=claim_id)
    assert here.out_at == (await Claim.get(id=claim_id)).ends_at
    return await PayLine.get(claim_id=claim_id)


async def allowance_of(claim_id: int) -> PayLine:
    return await PayLine.get(claim_id=claim_id)


async def offer_to(claim_id: int) -> int:
    return (await Invitation.get(claim_id=claim_id)).id


async def everything() -> tuple[dict[int, Any], dict[int, Any], dict[int, Any]]:
    stored = {claim.id: claim.state for claim in await Claim.all()}
    lines = {line.id: (line.state, line.minutes, line.amount_fen) for line in await PayLine.all()}
    return (
        stored,
        lines,
        {shift.id: (shift.places, shift.taken, shift.held, shift.waiting) for shift in await Shift.all()},
    )


async def prepare(url: str) -> tuple[datetime, list[Shift], list[int], int]:
    """Connect to a database that `furnish` has furnished."""
    await database.connect(config(url))
    shifts = await Shift.all().order_by("id")
    people = await ids_of_workers()
    gig = await Gig.get(id=shifts[0].gig_id)
    return gig.created_at, shifts, people, gig.employer_id


async def ids_of_workers() -> list[int]:
    rows = await database.rows("SELECT id FROM account WHERE name LIKE $1 ORDER BY id", ["工人%"])
    return [row["id"] for row in rows]


async def furnish(url: str) -> None:
    """The cast, some workers, and the shifts of the plan."""
    await database.connect(config(url))
    cast = await Cast.gather()
    await workers(WORKERS)
    planned = [
        shift_input(starts_in=start * HOUR, hours=hours, places=places) for start, hours, places in PLAN
    ]
    await make_gig(cast.emil, cast.site, *planned)
    await database.execute("DELETE FROM terms WHERE shift_id = $1", [cast.shift.id])
    await database.execute("DELETE FROM shift WHERE id = $1", [cast.shift.id])
    await database.disconnect()


def play(open_database: Any, **limits: int) -> None:
    """Let the machine run against fresh databases of this kind."""
    machine = type("Market", (Market,), {"open_database": staticmethod(open_database)})
    EXECUTOR_CACHE.clear()
    run_state_machine_as_test(
        machine,
        settings=settings(
            deadline=None,
            database=None,
            phases=[Phase.generate],  # shrinking would outlast the test's time
            suppress_health_check=list(HealthCheck),
            **limits,
        ),
    )
    EXECUTOR_CACHE.clear()


def test_a_shift_lives_by_the_rules_on_sqlite(
    sqlite_template: Path, tmp_path: Path, installed: our_settings.Settings
):
    furnished = tmp_path / "furnished.db"
    shutil.copy(sqlite_template, furnished)
    EXECUTOR_CACHE.clear()
    asyncio.run(furnish(f"sqlite://{furnished}"))

    @contextmanager
    def fresh() -> Iterator[str]:
        copy = tmp_path / f"{uuid4().hex}.db"
        shutil.copy(furnished, copy)
        url = f"sqlite://{copy}"
        our_settings.install(replace(installed, database_url=url))
        yield url
        our_settings.install(installed)
        copy.unlink()

    play(fresh, max_examples=25, stateful_step_count=30)


def test_a_shift_lives_by_the_rules_on_postgres(postgres_template: str, installed: our_settings.Settings):
    furnished = f"t_{uuid4().hex[:12]}"
    asyncio.run(_statement(postgres_template, f"CREATE DATABASE {furnished} TEMPLATE template_jishi"))
    EXECUTOR_CACHE.clear()
    asyncio.run(furnish(f"{postgres_template}{furnished}"))

    @contextmanager
    def fresh() -> Iterator[str]:
        name = f"t_{uuid4().hex[:12]}"
        asyncio.run(_statement(postgres_template, f"CREATE DATABASE {name} TEMPLATE {furnished}"))
        url = f"{postgres_template}{name}"
        our_settings.install(replace(installed, database_url=url))
        yield url
        our_settings.install(installed)
        asyncio.run(_statement(postgres_template, f"DROP DATABASE {name} WITH (FORCE)"))

    play(fresh, max_examples=6, stateful_step_count=25)
    asyncio.run(_statement(postgres_template, f"DROP DATABASE {furnished} WITH (FORCE)"))
