"""Invented employers of the demo town with licences, members, sites and the gigs they post."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from math import cos, pi, radians, sin
from random import Random

from stdnum.cn import uscc

from app.demo.material import KUNSHAN, REJECTED, ROUND_THE_CLOCK, TOWNSHIPS, Firm, Work, firms, works
from app.demo.people import Registry
from app.demo.shapes import Employer, Gig, Membership, Person, Site, Township
from core.clock import utc
from rulebook.places import townships
from rulebook.trades import trade

PENDING = (12, 23, 31, 35)
REJECTED_ONE = 39
EXPIRED_ONE = 18
AROUND_THE_CLOCK = (19, 20)
"""Which of the forty are in which state; the other thirty-four are verified."""
LICENCES = {**dict.fromkeys(PENDING, "pending"), REJECTED_ONE: "rejected", EXPIRED_ONE: "expired"}
GIG_STATES = {"verified": "public", "pending": "pending", "expired": "closed"}
METRES_PER_DEGREE = 111_195
OFFICERS = 3


@dataclass
class Trading:
    """The employers' side of the town while it is being made up."""

    day: date
    rng: Random
    registry: Registry
    employers: list[Employer] = field(default_factory=list)
    memberships: list[Membership] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    gigs: list[Gig] = field(default_factory=list)
    works: dict[str, Work] = field(default_factory=dict)
    """Gig key → the kind of work it posts, for its usual hours and places."""

    def settle(self) -> None:
        """Bring all forty employers into town."""
        for number, firm in enumerate(firms()):
            self._add_employer(number, firm)

    def _add_employer(self, number: int, firm: Firm) -> None:
        licence = LICENCES.get(number, "verified")
        employer = Employer(
            key=f"employer-{number + 1:02d}",
            name=firm.name,
            kind=firm.kind,
            credit_code=credit_code(self.rng, sole_trader=not firm.name.endswith("公司")),
            licence=licence,
            licence_note=REJECTED if licence == "rejected" else "",
            verified_on=self._verified_on(licence),
            verified_by="" if licence == "pending" else f"officer-{number % OFFICERS + 1}",
        )
        self.employers.append(employer)
        members = self._add_members(number, employer)
        sites = self._add_sites(firm, employer, members)
        self._add_gigs(employer, sites)
        if number in AROUND_THE_CLOCK:
            self._add_gig(employer, sites[0], works(ROUND_THE_CLOCK)[0])

    def _verified_on(self, licence: str) -> date | None:
        # A verification lasts six months; only the expired one is older.
        days = {"verified": self.rng.randint(35, 170), "expired": 200}.get(licence)
        return self.day - timedelta(days=days) if days else None

    def _add_members(self, number: int, employer: Employer) -> list[Person]:
        members = []
        for index in range(self.rng.randint(1, 3)):
            key = f"member-{number + 1:02d}-{index + 1}"
            members.append(self.registry.add(key, 1001 + number * 10 + index, self.rng.randint(24, 58)))
            self.memberships.append(Membership(employer.key, key, "manager" if index else "owner"))
        return members

    def _add_sites(self, firm: Firm, employer: Employer, members: list[Person]) -> list[Site]:
        names = firm.sites[: self.rng.randint(1, len(firm.sites))]
        sites = [
            self._site(f"{employer.key}-site-{i + 1}", employer, name, members)
            for i, name in enumerate(names)
        ]
        self.sites += sites
        return sites

    def _site(self, key: str, employer: Employer, name: str, members: list[Person]) -> Site:
        township = self._township(employer, first=key.endswith("1"))
        street = self.rng.choice(TOWNSHIPS[township.name][2].split())
        lat, lon = self._near(township)
        contact = self.rng.choice(members)
        return Site(
            key=key,
            employer_key=employer.key,
            name=name,
            region_code=KUNSHAN,
            township_code=township.code,
            address=f"昆山市{township.name.removeprefix('昆山')}{street}{self.rng.randint(8, 1280)}号",
            lat=lat,
            lon=lon,
            contact_name=contact.name,
            contact_phone=contact.phone,
        )

    def _township(self, employer: Employer, *, first: bool) -> Township:
        """Where the name says, for the first site of 花桥镇川香楼; anywhere in town otherwise."""
        here = town_parts()
        named = [part for part in here if part.name.removesuffix("镇") in employer.name]
        return named[0] if named and first else self.rng.choice(here)

    def _near(self, township: Township) -> tuple[float, float]:
        metres, angle = self.rng.uniform(200, 3000), self.rng.uniform(0, 2 * pi)
        lat = township.lat + metres * cos(angle) / METRES_PER_DEGREE
        lon = township.lon + metres * sin(angle) / (METRES_PER_DEGREE * cos(radians(township.lat)))
        return round(lat, 6), round(lon, 6)

    def _add_gigs(self, employer: Employer, sites: list[Site]) -> None:
        if employer.licence == "rejected":
            return
        for site in sites:
            for work in self.rng.sample(works(employer.kind), self.rng.randint(2, 3)):
                self._add_gig(employer, site, work)

    def _add_gig(self, employer: Employer, site: Site, work: Work) -> None:
        wanted = trade(work.trade_code)
        state = GIG_STATES[employer.licence]
        low, high = work.pay
        gig = Gig(
            key=f"{site.key}-gig-{len(self.gigs) + 1}",
            employer_key=employer.key,
            site_key=site.key,
            trade_code=work.trade_code,
            title=work.title,
            duties=work.duties,
            conditions=work.conditions,
            hourly_fen=self.rng.randrange(low * 100, high * 100 + 1, 50),
            settles_within_days=work.settles,
            meals=work.meals,
            no_experience=work.no_experience,
            min_age=18 if wanted and wanted.barred_under_18 else 16,
            state=state,
            created_at=self._created_at(state),
            valid_until=self.day + timedelta(days=-10 if state == "closed" else 30),
        )
        self.gigs.append(gig)
        self.works[gig.key] = work

    def _created_at(self, state: str) -> datetime:
        # What is public has a history of four weeks; what waits for an officer came in lately.
        days = self.rng.randint(1, 3) if state == "pending" else self.rng.randint(33, 34)
        return utc(
            datetime.combine(
                self.day - timedelta(days=days), time(self.rng.randint(8, 18), self.rng.randrange(60))
            )
        )


def town_parts() -> list[Township]:
    """The real townships of Kunshan, in the order of their codes."""
    return [Township(part.code, part.name, *TOWNSHIPS[part.name][:2]) for part in townships(KUNSHAN)]


def credit_code(rng: Random, *, sole_trader: bool) -> str:
    """A unified social credit code of Kunshan with both its check digits right."""
    organisation = "MA" + "".join(rng.choices("0123456789ABCDEFGHJKLMNPQRTUWXY", k=6))
    body = ("92" if sole_trader else "91") + KUNSHAN + organisation + organisation_digit(organisation)
    return body + uscc.calc_check_digit(body + "0")


def organisation_digit(organisation: str) -> str:
    """The check digit of the organisation code (GB 11714) inside the credit code."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(letter, 36) * weight for letter, weight in zip(organisation, weights, strict=True))
    return "0123456789X"[-total % 11]
