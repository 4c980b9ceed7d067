"""Shifts of the demo town, who takes them, and what they were paid."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random

from app.demo.material import DISPUTES, ROUND_THE_CLOCK, Work
from app.demo.shapes import Claim, Gig, PayLine, Person, Shift
from core.clock import local, utc
from rulebook.trades import may_work, trade

AHEAD = (88, 62, 52, 48, 46, 46, 46)
"""Public shifts per day, from the day itself on."""
WAITING_FOR_APPROVAL = 12
"""Shifts of gigs no officer has approved yet; with AHEAD they make four hundred."""
DAYS_BACK, SHIFTS_BACK, WORKED = 28, 8, 600
"""How long, how busy and how much the history is."""
BETWEEN_SHIFTS = timedelta(hours=4)
"""Nobody in the demo runs from one shift straight to the next."""
FILLS = {"empty": 25, "half": 35, "full": 25, "waiting": 15}
"""How a coming shift stands, in percent."""
QUIET = timedelta(minutes=15)
"""History is over this long before the day begins, late check-outs included."""


@dataclass
class Roster:
    """Who is free when, and may do what."""

    workers: list[Person]
    rng: Random
    booked: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)

    def take(self, shift: Shift, gig: Gig, wanted: int) -> list[Person]:
        """Up to this many workers for a shift, now booked for its hours."""
        taken: list[Person] = []
        for worker in self.rng.sample(self.workers, len(self.workers)):
            if len(taken) == wanted:
                break
            if self._free(worker, shift) and self._fit(worker, shift, gig):
                self.booked.setdefault(worker.key, []).append((shift.starts_at, shift.ends_at))
                taken.append(worker)
        return taken

    def _free(self, worker: Person, shift: Shift) -> bool:
        return all(
            shift.ends_at + BETWEEN_SHIFTS <= start or end + BETWEEN_SHIFTS <= shift.starts_at
            for start, end in self.booked.get(worker.key, [])
        )

    @staticmethod
    def _fit(worker: Person, shift: Shift, gig: Gig) -> bool:
        wanted = trade(gig.trade_code)
        if wanted and wanted.certificate and wanted.certificate not in worker.certificates:
            return False
        return may_work(worker.birth, gig.trade_code, local(shift.starts_at).date()) is None


@dataclass
class Timetable:
    """The shifts and claims of the town while they are being made up."""

    day: date
    rng: Random
    gigs: list[Gig]
    works: dict[str, Work]
    roster: Roster
    shifts: list[Shift] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    pay_lines: list[PayLine] = field(default_factory=list)

    def fill(self) -> None:
        """Make up the history first, then the day, then the days ahead."""
        self._live_through_history()
        self._open_today()
        self._open_days_ahead()
        self._draft_pending()

    @property
    def midnight(self) -> datetime:
        """When the day begins."""
        return wall(self.day, "00:00")

    def _live_through_history(self) -> None:
        past = list(self._history())
        eager = {shift.key: self.rng.randint(1, shift.places) for shift, _ in past}
        hired: dict[str, list[Person]] = {shift.key: [] for shift, _ in past}
        # Two rounds: each shift as it happened to fill, then the free places until the total is reached.
        for places in (eager, {shift.key: shift.places for shift, _ in past}):
            for shift, gig in past:
                left = WORKED - sum(map(len, hired.values()))
                wanted = min(places[shift.key] - len(hired[shift.key]), left)
                hired[shift.key] += self.roster.take(shift, gig, wanted)
        for shift, gig in past:
            self._claim(shift, gig, hired[shift.key], "worked")

    def _history(self) -> Iterator[tuple[Shift, Gig]]:
        for back in range(DAYS_BACK, 0, -1):
            day = self.day - timedelta(days=back)
            gigs = [
                gig
                for gig in self.gigs
                if gig.state == "public" or (gig.state == "closed" and back > DAYS_BACK // 2)
            ]
            slots = [slot for slot in self._slots(day, gigs) if slot[2] + QUIET <= self.midnight]
            for gig, start, end in self.rng.sample(slots, SHIFTS_BACK):
                yield self._add_shift(gig, start, end), gig

    def _open_today(self) -> None:
        public = self._public()
        clock = [gig for gig in public if self.works[gig.key].employer_kind == ROUND_THE_CLOCK]
        slots = list(self._slots(self.day, clock))
        for gig, start, end in slots:
            shift = self._add_shift(gig, start, end)
            self._claim(shift, gig, self.roster.take(shift, gig, max(3, shift.places // 2)), "hired")
        others = [gig for gig in public if gig not in clock]
        self._open(self.day, others, AHEAD[0] - len(slots))

    def _open_days_ahead(self) -> None:
        for ahead, count in enumerate(AHEAD[1:], start=1):
            self._open(self.day + timedelta(days=ahead), self._public(), count)

    def _open(self, day: date, gigs: list[Gig], count: int) -> None:
        for gig, start, end in self.rng.sample(list(self._slots(day, gigs)), count):
            self._fill_up(self._add_shift(gig, start, end), gig)

    def _draft_pending(self) -> None:
        pending = [gig for gig in self.gigs if gig.state == "pending"]
        slots = [slot for ahead in (2, 3) for slot in self._slots(self.day + timedelta(days=ahead), pending)]
        for gig, start, end in self.rng.sample(slots, WAITING_FOR_APPROVAL):
            self._add_shift(gig, start, end)

    def _public(self) -> list[Gig]:
        return [gig for gig in self.gigs if gig.state == "public"]

    def _slots(self, day: date, gigs: Iterable[Gig]) -> Iterator[tuple[Gig, datetime, datetime]]:
        """Every time of a day at which these gigs usually have a shift."""
        for gig in gigs:
            for clock, hours in self.works[gig.key].hours:
                start = wall(day, clock)
                yield gig, start, start + timedelta(hours=hours)

    def _add_shift(self, gig: Gig, start: datetime, end: datetime) -> Shift:
        places = self.rng.randint(*self.works[gig.key].places)
        shift = Shift(f"shift-{len(self.shifts) + 1:04d}", gig.key, start, end, places)
        self.shifts.append(shift)
        return shift

    def _fill_up(self, shift: Shift, gig: Gig) -> None:
        fill = self.rng.choices(list(FILLS), list(FILLS.values()))[0]
        wanted = {"empty": 0, "half": (shift.places + 1) // 2}.get(fill, shift.places)
        hired = self.roster.take(shift, gig, wanted)
        self._claim(shift, gig, hired, "hired")
        if fill == "waiting" and len(hired) == shift.places:
            self._claim(shift, gig, self.roster.take(shift, gig, self.rng.randint(1, 4)), "waiting")

    def _claim(self, shift: Shift, gig: Gig, workers: list[Person], state: str) -> None:
        happens = state == "worked" or (state == "hired" and local(shift.starts_at).date() == self.day)
        for position, (worker, moment) in enumerate(
            zip(workers, self._moments(shift, state, len(workers)), strict=True), 1
        ):
            arrives = shift.starts_at + timedelta(minutes=self._arrival()) if happens else None
            leaves = shift.ends_at + timedelta(minutes=self.rng.randint(0, 8)) if happens else None
            waiting = position if state == "waiting" else 0
            claim = Claim(
                f"claim-{len(self.claims) + 1:04d}",
                shift.key,
                worker.key,
                state,
                waiting,
                moment,
                arrives,
                leaves,
            )
            self.claims.append(claim)
            if arrives and leaves:
                self.pay_lines.append(self._pay(claim, shift, gig, arrives, leaves))

    def _moments(self, shift: Shift, state: str, count: int) -> list[datetime]:
        """When people tapped: in the three days before, those on the waiting list after the hired."""
        latest = min(shift.starts_at, self.midnight) - timedelta(minutes=30)
        minutes = (30, 600) if state == "waiting" else (601, 3 * 24 * 60)
        return sorted(latest - timedelta(minutes=self.rng.randint(*minutes)) for _ in range(count))

    def _arrival(self) -> int:
        """Minutes after the start; most people are early, one in twelve is late."""
        return self.rng.randint(3, 15) if self.rng.randrange(12) == 0 else -self.rng.randint(0, 12)

    def _pay(self, claim: Claim, shift: Shift, gig: Gig, arrives: datetime, leaves: datetime) -> PayLine:
        minutes = int((min(leaves, shift.ends_at) - max(arrives, shift.starts_at)).total_seconds()) // 60
        amount = (minutes * gig.hourly_fen + 30) // 60
        state = self._pay_state(gig, (self.day - local(shift.ends_at).date()).days)
        confirmed = paid = None
        if state in {"confirmed", "paid"}:
            confirmed = self._later(leaves, 20)
        if state == "paid":
            paid = self._later(confirmed or leaves, 3 + gig.settles_within_days * 12)
        dispute = self.rng.choice(DISPUTES) if state == "disputed" else ""
        return PayLine(claim.key, minutes, gig.hourly_fen, amount, state, leaves, confirmed, paid, dispute)

    def _pay_state(self, gig: Gig, age: int) -> str:
        """How far the money of a shift is that ended this many days ago."""
        if age <= 0:
            return "due"
        chance = self.rng.random()
        if chance < 0.025:
            return "disputed"
        if age > gig.settles_within_days:
            return "due" if age == 1 and chance < 0.2 else "paid"
        # Silence approves after a day, so only yesterday's lines can still wait.
        return "due" if age == 1 and chance < 0.5 else "confirmed"

    def _later(self, moment: datetime, hours: int) -> datetime:
        """Some time in the next hours, but in the past of the day."""
        later = moment + timedelta(minutes=self.rng.randint(5, hours * 60))
        return max(moment, min(later, self.midnight - timedelta(minutes=1)))


def wall(day: date, clock: str) -> datetime:
    """A time on the wall of the town as a UTC moment."""
    return utc(datetime.combine(day, time.fromisoformat(clock)))
