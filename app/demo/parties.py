"""People, offices and employers of the demo town as rows."""

from datetime import datetime, time, timedelta

import pyotp

from accounts.models import Employer, Membership, Office, Site, User
from accounts.rules import REVERIFY_AFTER, EmployerKind, IdentityState, LicenceState, OfficeKind, Role
from app.demo import shapes
from app.demo.draft import Draft
from app.demo.shapes import Town
from core.clock import utc
from core.crypto import blind_index

BUREAU = "昆山市公共就业服务中心"
ORGANISER = "昆山招聘会组委会"
STATIONED = ("玉山镇", "花桥镇")
"""Townships with a station of the bureau; the second and the third officer work there as well."""
SINCE = timedelta(days=210)
"""How long before the day the town signed up: before the oldest licence was looked at."""
FENCES = (200, 300, 500)


def add_parties(draft: Draft, town: Town, now: datetime) -> None:
    """Everybody, and what they belong to."""
    for person in town.people:
        _add_person(draft, town, person)
    _add_offices(draft, town)
    for employer in town.employers:
        _add_employer(draft, town, employer, now)
    for number, site in enumerate(town.sites):
        _add_site(draft, site, FENCES[number % len(FENCES)])
    _add_staff(draft, town)
    for member in town.memberships:
        _join(draft, town, member.person_key, Role.EMPLOYER, employer_id=draft.named[member.employer_key].id)


def opened(town: Town) -> datetime:
    """When the first people signed up."""
    return _at(town, SINCE.days, 9)


def _at(town: Town, days_ago: int, hour: int) -> datetime:
    return utc(datetime.combine(town.day - timedelta(days=days_ago), time(hour)))


def _add_person(draft: Draft, town: Town, person: shapes.Person) -> None:
    # Who is here for an employer or an office is not asked for papers, and so is no worker.
    works = "worker" in person.roles
    staff = {"officer", "administrator"} & set(person.roles)
    draft.add(
        User,
        person.key,
        phone=person.phone,
        phone_index=blind_index(person.phone),
        name=person.name,
        id_number=person.id_number if works else None,
        id_index=blind_index(person.id_number) if works else None,
        birth_date=person.birth if works else None,
        identity_state=IdentityState.DECLARED if works else IdentityState.NONE,
        totp_secret=pyotp.random_base32() if staff else None,
        created_at=opened(town),
    )


def _add_offices(draft: Draft, town: Town) -> None:
    parts = {part.name: part for part in town.townships}
    middle = parts[STATIONED[0]]
    offices = [
        ("bureau", BUREAU, OfficeKind.BUREAU, town.region_code, "昆山市玉山镇前进西路", middle),
        ("organiser", ORGANISER, OfficeKind.ORGANISER, town.region_code, "昆山市玉山镇人民南路", middle),
    ]
    for name in STATIONED:
        part = parts[name]
        offices.append((name, f"{name}就业服务站", OfficeKind.STATION, part.code, f"昆山市{name}", part))
    for key, name, kind, region_code, address, near in offices:
        draft.add(
            Office,
            key,
            name=name,
            kind=kind,
            region_code=region_code,
            address=address,
            lat=near.lat,
            lon=near.lon,
        )


def _add_staff(draft: Draft, town: Town) -> None:
    for person in town.people:
        for role in person.roles:
            if role != "worker":
                office = "organiser" if role == "organiser" else "bureau"
                _join(draft, town, person.key, Role(role), office_id=draft.named[office].id)
    for number, station in enumerate(STATIONED, start=2):
        _join(draft, town, f"officer-{number}", Role.OFFICER, office_id=draft.named[station].id)


def _join(draft: Draft, town: Town, person_key: str, role: Role, **where: int) -> None:
    draft.add(Membership, user_id=draft.named[person_key].id, role=role, created_at=opened(town), **where)


def _add_employer(draft: Draft, town: Town, employer: shapes.Employer, now: datetime) -> None:
    decided = _decided(town, employer)
    draft.add(
        Employer,
        employer.key,
        name=employer.name,
        credit_code=employer.credit_code,
        kind=EmployerKind.INDIVIDUAL if employer.credit_code.startswith("92") else EmployerKind.COMPANY,
        region_code=town.region_code,
        licence_state=LicenceState(employer.licence),
        submitted_at=min(decided or _at(town, 1, 10), now) - timedelta(hours=20),
        decided_at=decided,
        decided_by_id=draft.named[employer.verified_by].id if decided else None,
        verified_until=decided + REVERIFY_AFTER if decided and employer.verified_on else None,
        rejection=employer.licence_note,
        created_at=opened(town),
    )


def _decided(town: Town, employer: shapes.Employer) -> datetime | None:
    if employer.verified_on:
        return utc(datetime.combine(employer.verified_on, time(10)))
    return _at(town, 3, 15) if employer.licence == "rejected" else None


def _add_site(draft: Draft, site: shapes.Site, fence_m: int) -> None:
    draft.add(
        Site,
        site.key,
        employer_id=draft.named[site.employer_key].id,
        name=site.name,
        address=site.address,
        region_code=site.region_code,
        township_code=site.township_code,
        lat=site.lat,
        lon=site.lon,
        fence_m=fence_m,
    )
