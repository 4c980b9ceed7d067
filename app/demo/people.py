"""Invented people with names, numbers and papers that pass every check."""

from datetime import date, timedelta
from random import Random

from stdnum.cn import ric

from app.demo.material import ID_PREFIXES, MEN, SURNAMES, WOMEN
from app.demo.shapes import Person

PHONE = "+8613900000000"
"""All demo phones count up from here, so nobody mistakes one for a real person's."""
CERTIFICATE_ODDS = {"health": 0.45, "driver": 0.2, "forklift": 0.1, "guard": 0.08}
GROWN_UP = 18


class Registry:
    """Hands out people, no two with the same name or number."""

    def __init__(self, rng: Random, day: date) -> None:
        self.rng = rng
        self.day = day
        self.people: list[Person] = []
        self._names: set[str] = set()
        self._serial = 0

    def add(self, key: str, phone: int, age: int, *roles: str, certificates: tuple[str, ...] = ()) -> Person:
        """A new person of this age on the day, reachable under the phone with this number."""
        woman = self.rng.random() < 0.5
        birth = years_before(self.day, age) - timedelta(days=self.rng.randrange(365))
        person = Person(
            key,
            self._name(woman=woman),
            phone_number(phone),
            self._id_number(birth, woman=woman),
            birth,
            roles,
            certificates,
        )
        self.people.append(person)
        return person

    def add_worker(self, number: int) -> Person:
        """A worker; the youngest and the oldest the town knows are always among them."""
        age = {40: 17, 41: 17, 42: 17, 43: 66}.get(number) or int(self.rng.triangular(17, 67, 36))
        return self.add(f"worker-{number:03d}", number, age, "worker", certificates=self._certificates(age))

    def _certificates(self, age: int) -> tuple[str, ...]:
        held = [kind for kind, odds in CERTIFICATE_ODDS.items() if self.rng.random() < odds]
        return tuple(kind for kind in held if kind == "health" or age >= GROWN_UP)

    def _name(self, *, woman: bool) -> str:
        while True:
            name = self.rng.choice(SURNAMES) + self.rng.choice((WOMEN if woman else MEN).split())
            if name not in self._names:
                self._names.add(name)
                return name

    def _id_number(self, birth: date, *, woman: bool) -> str:
        # A running number keeps people of one birthday and county apart; its last digit is odd for men.
        self._serial += 1
        serial = (self._serial % 499) * 2 + (0 if woman else 1)
        body = f"{self.rng.choice(ID_PREFIXES.split())}{birth:%Y%m%d}{serial:03d}"
        return body + ric.calc_check_digit(body + "0")


def phone_number(number: int) -> str:
    """The demo phone with this number, 1 to 9999."""
    return f"{PHONE[:-4]}{number:04d}"


def years_before(day: date, years: int) -> date:
    """The same day of an earlier year; 29 February becomes the 28th."""
    last = 28 if (day.month, day.day) == (2, 29) else day.day
    return day.replace(year=day.year - years, day=last)
