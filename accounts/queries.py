"""Reads about people and organisations, and who may see them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import (
    Certificate,
    Consent,
    Employer,
    Membership,
    Notice,
    Office,
    SavedPlace,
    Session,
    Site,
    User,
)
from accounts.rules import (
    ASSIST_LASTS,
    STAFF_SESSION,
    WORKER_SESSION,
    CertificateState,
    LicenceState,
    Role,
    SessionKind,
    Viewer,
)
from core import database
from core.crypto import blind_index
from core.errors import NotFound
from core.models import AuditRow


def token_hash(token: str) -> str:
    """What is kept of a session token."""
    return hashlib.sha256(token.encode()).hexdigest()


async def viewer_for(token: str, kind: SessionKind, now: datetime) -> Viewer | None:
    """The person whose session this is, or None. One query: it runs at every request."""
    rows = await database.rows(
        "SELECT s.id AS session_id, s.second_factor_at, s.last_seen_at, u.id, u.name, u.locale, u.birth_date,"
        " m.role, m.employer_id, m.office_id,"
        " (SELECT count(*) FROM notice n WHERE n.user_id = u.id AND n.read_at IS NULL) AS unread"
        " FROM session s JOIN account u ON u.id = s.user_id LEFT JOIN membership m ON m.user_id = u.id"
        " WHERE s.token_hash = $1 AND s.kind = $2 AND s.ended_at IS NULL AND s.expires_at > $3"
        " AND u.disabled_at IS NULL",
        [token_hash(token), kind.value, database.stored(now)],
    )
    if not rows:
        return None
    first = rows[0]
    viewer = Viewer(
        id=first["id"],
        name=first["name"],
        session_id=first["session_id"],
        locale=first["locale"],
        birth_date=database.loaded_date(first["birth_date"]),
        roles=frozenset(Role(row["role"]) for row in rows if row["role"]),
        employer_ids=tuple(row["employer_id"] for row in rows if row["employer_id"]),
        office_ids=tuple(row["office_id"] for row in rows if row["office_id"]),
        second_factor=first["second_factor_at"] is not None,
        last_seen_at=database.loaded(first["last_seen_at"]),
        unread=first["unread"],
    )
    return None if _idle_too_long(viewer, kind, now) else viewer


def _idle_too_long(viewer: Viewer, kind: SessionKind, now: datetime) -> bool:
    lifetime = STAFF_SESSION if viewer.is_staff and kind is SessionKind.BROWSER else WORKER_SESSION
    return viewer.last_seen_at is not None and now - viewer.last_seen_at > lifetime.idle


async def user_by_phone(phone: str) -> User | None:
    """The account of a phone number (E.164)."""
    return await User.get_or_none(phone_index=blind_index(phone))


async def person(user_id: int) -> User:
    """An account by its id."""
    return await User.get(id=user_id)


async def sessions_of(user_id: int, now: datetime) -> list[Session]:
    """Where this person is signed in, newest first."""
    return await Session.filter(user_id=user_id, ended_at=None, expires_at__gt=now).order_by("-last_seen_at")


async def consents_of(user_id: int) -> list[Consent]:
    """What this person has agreed to and not withdrawn, newest first."""
    return await Consent.filter(user_id=user_id, withdrawn_at=None).select_related("employer").order_by("-id")


async def notices_of(user_id: int, limit: int = 50) -> list[Notice]:
    """The inbox, newest first."""
    return await Notice.filter(user_id=user_id).order_by("-id").limit(limit)


async def places_of(user_id: int) -> list[SavedPlace]:
    """The places somebody looks for work around, in the order of their names."""
    return await SavedPlace.filter(user_id=user_id).order_by("name")


async def certificates_of(user_id: int) -> list[Certificate]:
    """Somebody's certificates, those that last longest first."""
    return await Certificate.filter(user_id=user_id).order_by("kind", "-expires_on", "-id")


async def certificates_to_verify() -> list[Certificate]:
    """Certificates that wait for an officer, oldest first. A worker belongs to no county, so any officer may look."""
    waiting = Certificate.filter(state=CertificateState.PENDING).select_related("user")
    return await waiting.order_by("created_at", "id")


async def certificate(certificate_id: int) -> Certificate:
    """A certificate with its owner, for officers. Raises NotFound when there is none."""
    found = await Certificate.get_or_none(id=certificate_id).select_related("user")
    if found is None:
        raise NotFound
    return found


def viewer_of(user: User) -> Viewer:
    """A person as a viewer without a session, for an officer who acts for them."""
    return Viewer(user.id, user.name, 0, user.locale, user.birth_date, frozenset())


async def assisted(officer_id: int, user_id: int, now: datetime) -> User:
    """The person an officer looked up or registered today. Raises NotFound for everybody else: numbers are no keys."""
    met = await AuditRow.filter(
        actor_id=officer_id,
        subject_id=user_id,
        verb__in=("assist.looked-up", "assist.registered"),
        at__gt=now - ASSIST_LASTS,
    ).exists()
    found = await User.get_or_none(id=user_id, disabled_at=None) if met else None
    if found is None:
        raise NotFound
    return found


async def offices_of(viewer: Viewer) -> list[Office]:
    """The offices somebody works at."""
    return await Office.filter(id__in=viewer.office_ids).order_by("id")


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody else did or saw that was about a person."""

    at: datetime
    verb: str
    kind: str
    object_id: int | None
    name: str
    """Who it was."""
    place: str
    """The office or the employer they act for."""


async def deeds_about(user_id: int, limit: int = 100) -> list[Deed]:
    """Who acted for this person and who looked, newest first."""
    rows = await database.rows(
        "SELECT a.at, a.verb, a.kind, a.object_id, u.name,"
        " (SELECT min(o.name) FROM membership m JOIN office o ON o.id = m.office_id WHERE m.user_id = u.id) AS office,"
        " (SELECT min(e.name) FROM membership m JOIN employer e ON e.id = m.employer_id WHERE m.user_id = u.id)"
        " AS employer FROM audit a JOIN account u ON u.id = a.actor_id"
        " WHERE a.subject_id = $1 AND a.actor_id <> $1 ORDER BY a.at DESC, a.id DESC LIMIT $2",
        [user_id, limit],
    )
    return [_deed(row) for row in rows]


def _deed(row: dict[str, Any]) -> Deed:
    at = database.loaded(row["at"])
    assert at
    place = row["office"] or row["employer"] or ""
    return Deed(at, row["verb"], row["kind"], row["object_id"], row["name"], place)


async def employers_of(viewer: Viewer) -> list[Employer]:
    """The employers somebody acts for."""
    return await Employer.filter(id__in=viewer.employer_ids).order_by("id")


async def employer_for(viewer: Viewer, employer_id: int) -> Employer:
    """An employer somebody acts for. Raises NotFound for everybody else's."""
    if employer_id not in viewer.employer_ids:
        raise NotFound
    return await Employer.get(id=employer_id)


async def site_for(viewer: Viewer, site_id: int) -> Site:
    """A site of an employer somebody acts for. Raises NotFound otherwise."""
    site = await Site.get_or_none(id=site_id).select_related("employer")
    if site is None or site.employer.id not in viewer.employer_ids:
        raise NotFound
    return site


async def sites_of(employer_id: int) -> list[Site]:
    """The places of an employer."""
    return await Site.filter(employer_id=employer_id).order_by("id")


async def members_of(employer_id: int) -> list[Membership]:
    """Who acts for an employer."""
    return await Membership.filter(employer_id=employer_id).select_related("user").order_by("id")


async def employers_to_verify(regions: list[str]) -> list[Employer]:
    """Licences waiting for an officer of these counties, oldest first."""
    waiting = Employer.filter(licence_state=LicenceState.PENDING, region_code__in=regions)
    return await waiting.order_by("submitted_at", "id")


async def counties_of(viewer: Viewer) -> list[str]:
    """The counties an officer's offices answer for."""
    rows = await Membership.filter(user_id=viewer.id, role=Role.OFFICER).values_list(
        "office__region_code", flat=True
    )
    return sorted({str(code)[:6] for code in rows if code})


async def employer_in(regions: list[str], employer_id: int) -> Employer:
    """An employer of these counties, for their officers. Raises NotFound otherwise."""
    found = await Employer.get_or_none(id=employer_id, region_code__in=regions)
    if found is None:
        raise NotFound
    return found


async def members_to_tell(employer_id: int) -> list[int]:
    """Account ids of an employer's members."""
    ids: list[Any] = await Membership.filter(employer_id=employer_id).values_list("user_id", flat=True)
    return [int(user_id) for user_id in ids]
