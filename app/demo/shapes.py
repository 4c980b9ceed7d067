"""What the demo town consists of: plain records that point at each other by key; no database."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Township:
    """A part of the town with a point in its middle."""

    code: str
    name: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Person:
    """Anyone with an account."""

    key: str
    name: str
    phone: str
    id_number: str
    birth: date
    roles: tuple[str, ...]
    """Of worker, officer, administrator, organiser; employer members are found in Membership."""
    certificates: tuple[str, ...] = ()
    """Keys of rulebook.trades.CERTIFICATES."""


@dataclass(frozen=True, slots=True)
class Site:
    """A place where an employer has work done."""

    key: str
    employer_key: str
    name: str
    region_code: str
    township_code: str
    address: str
    lat: float
    lon: float
    contact_name: str
    contact_phone: str


@dataclass(frozen=True, slots=True)
class Employer:
    """A company or a sole trader (个体工商户)."""

    key: str
    name: str
    kind: str
    credit_code: str
    licence: str
    """verified, pending, rejected or expired."""
    licence_note: str
    """Why it was rejected; otherwise empty."""
    verified_on: date | None
    verified_by: str
    """Key of the officer, or empty."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A person who acts for an employer."""

    employer_key: str
    person_key: str
    role: str
    """owner or manager."""


@dataclass(frozen=True, slots=True)
class Gig:
    """A posting for short work at one site."""

    key: str
    employer_key: str
    site_key: str
    trade_code: str
    title: str
    duties: str
    conditions: str
    hourly_fen: int
    settles_within_days: int
    """0 the same day, 7 weekly, 15 twice a month."""
    meals: bool
    no_experience: bool
    min_age: int
    state: str
    """public; pending: waiting for an officer; closed: its employer may not post any more."""
    created_at: datetime
    valid_until: date


@dataclass(frozen=True, slots=True)
class Shift:
    """A gig on one day from–to, with places."""

    key: str
    gig_key: str
    starts_at: datetime
    ends_at: datetime
    places: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's hold on a place, or on a number of the waiting list."""

    key: str
    shift_key: str
    worker_key: str
    state: str
    """hired, waiting, or worked (shifts before the day)."""
    position: int
    """1, 2, 3 … on the waiting list; 0 when hired."""
    claimed_at: datetime
    arrives_at: datetime | None
    """Check-in and check-out as they happen. For shifts of the day itself they may lie ahead of the
    moment of loading: take those that are past."""
    leaves_at: datetime | None


@dataclass(frozen=True, slots=True)
class PayLine:
    """What one worked claim pays. For shifts of the day itself: take those whose `due_at` is past."""

    claim_key: str
    minutes: int
    hourly_fen: int
    amount_fen: int
    state: str
    """due, confirmed, paid or disputed."""
    due_at: datetime
    confirmed_at: datetime | None
    paid_at: datetime | None
    dispute: str
    """In the worker's words; empty unless disputed."""


@dataclass(frozen=True, slots=True)
class Town:
    """Everything, in an order in which it can be inserted."""

    day: date
    region_code: str
    townships: tuple[Township, ...]
    people: tuple[Person, ...]
    employers: tuple[Employer, ...]
    memberships: tuple[Membership, ...]
    sites: tuple[Site, ...]
    gigs: tuple[Gig, ...]
    shifts: tuple[Shift, ...]
    """History, the day, and the six days after it."""
    claims: tuple[Claim, ...]
    pay_lines: tuple[PayLine, ...]
