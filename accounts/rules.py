"""Who is who and who may do what, without a database."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from core.errors import Refusal, SecondFactorNeeded, refusal
from core.i18n import N_
from core.routing import Who


class Role(StrEnum):
    """What a membership makes of a person. Everybody signed in may work."""

    EMPLOYER = "employer"
    ORGANISER = "organiser"
    OFFICER = "officer"
    ADMINISTRATOR = "administrator"


STAFF = (Role.OFFICER, Role.ADMINISTRATOR)
"""Roles that need a second factor."""


class OfficeKind(StrEnum):
    """A public bureau, a station of it, or an organiser of fairs."""

    BUREAU = "bureau"
    STATION = "station"
    ORGANISER = "organiser"


class EmployerKind(StrEnum):
    """Legal form of an employer."""

    COMPANY = "company"
    INDIVIDUAL = "individual"
    NONPROFIT = "nonprofit"


class LicenceState(StrEnum):
    """What an officer has seen of the licence."""

    MISSING = "missing"
    PENDING = "pending"
    VERIFIED = "verified"
    REJECTED = "rejected"
    EXPIRED = "expired"


class IdentityState(StrEnum):
    """How sure we are who somebody is."""

    NONE = "none"
    DECLARED = "declared"
    VERIFIED = "verified"


class SessionKind(StrEnum):
    """A browser's cookie or a program's bearer token."""

    BROWSER = "browser"
    API = "api"


class CertificateState(StrEnum):
    """What an officer has seen of a certificate."""

    PENDING = "pending"
    VERIFIED = "verified"
    REJECTED = "rejected"


class Purpose(StrEnum):
    """What a consent is for; each is given and withdrawn by itself."""

    SHARE_WITH_EMPLOYER = "share-with-employer"
    LOCATION = "location"


REVERIFY_AFTER = timedelta(days=183)
"""Licences are looked at again every six months [人社厅发〔2025〕60号]."""
CERTIFICATE_NOTICE = timedelta(days=30)
"""How long before its end a worker is reminded of a certificate."""
ASSIST_LASTS = timedelta(hours=12)
"""For so long after looking somebody up an officer may act for them: a working day, no more."""
SAVED_PLACES_MAX = 12

CODE_LIVES = timedelta(minutes=5)
CODE_TRIES = 5


@dataclass(frozen=True)
class Lifetime:
    """How long a session lasts without use, and at most."""

    idle: timedelta
    absolute: timedelta


WORKER_SESSION = Lifetime(timedelta(days=14), timedelta(days=30))
STAFF_SESSION = Lifetime(timedelta(minutes=30), timedelta(hours=12))


@dataclass(frozen=True)
class Viewer:
    """The person behind a request, with what their memberships allow."""

    id: int
    name: str
    session_id: int
    locale: str
    birth_date: date | None
    roles: frozenset[Role]
    employer_ids: tuple[int, ...] = ()
    office_ids: tuple[int, ...] = ()
    second_factor: bool = False
    last_seen_at: datetime | None = None
    unread: int = 0

    @property
    def is_worker(self) -> bool:
        """Everybody who is not here for an office or an employer only."""
        return not self.roles or self.birth_date is not None

    @property
    def is_employer(self) -> bool:
        """Acts for at least one employer."""
        return Role.EMPLOYER in self.roles

    @property
    def is_organiser(self) -> bool:
        """Plans fairs."""
        return Role.ORGANISER in self.roles

    @property
    def is_officer(self) -> bool:
        """Works at an office and has shown a second factor in this session."""
        return Role.OFFICER in self.roles and self.second_factor

    @property
    def is_administrator(self) -> bool:
        """Runs the installation and has shown a second factor in this session."""
        return Role.ADMINISTRATOR in self.roles and self.second_factor

    @property
    def is_staff(self) -> bool:
        """Has a role that needs a second factor, shown or not."""
        return any(role in self.roles for role in STAFF)


def _has(viewer: Viewer, role: Role) -> bool:
    if role in viewer.roles and role in STAFF and not viewer.second_factor:
        raise SecondFactorNeeded
    return role in viewer.roles


worker = Who("worker", lambda viewer: viewer is not None)
employer = Who("employer", lambda viewer: _has(viewer, Role.EMPLOYER))
organiser = Who("organiser", lambda viewer: _has(viewer, Role.ORGANISER))
officer = Who("officer", lambda viewer: _has(viewer, Role.OFFICER))
administrator = Who("administrator", lambda viewer: _has(viewer, Role.ADMINISTRATOR))


def why_not_code(
    *, expires_at: datetime, exhausted: bool, used: bool, matches: bool, now: datetime
) -> Refusal | None:
    """Why a sign-in code does not open the door. Wrong, used and expired sound alike on purpose."""
    if used or exhausted or expires_at <= now or not matches:
        return refusal("wrong-code", N_("This code is wrong or has expired. Please ask for a new one."))
    return None


def why_not_verify(licence: LicenceState) -> Refusal | None:
    """Why an officer cannot decide on a licence now."""
    if licence not in (LicenceState.PENDING, LicenceState.EXPIRED, LicenceState.VERIFIED):
        return refusal("nothing-to-verify", N_("There is no licence waiting to be verified."))
    return None


def is_verified(licence: LicenceState, verified_until: datetime | None, now: datetime) -> bool:
    """Whether the employer may be shown to workers."""
    return licence == LicenceState.VERIFIED and verified_until is not None and verified_until > now
