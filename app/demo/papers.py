"""Certificates, saved places and templates of the demo town as rows."""

from datetime import datetime, time, timedelta

from accounts.models import Certificate, Employer, SavedPlace
from accounts.rules import CertificateState
from app.demo import shapes
from app.demo.draft import Draft
from app.demo.shapes import Town
from core.clock import utc
from marketplace.models import Gig, Template
from marketplace.rules import GigState

GREETED = 3
"""The first workers are those a newcomer signs in as: they have a health certificate, so that nothing is closed to them."""
LASTS = (20, 90, 200, 300)
"""Days until a certificate ends, in turn; the first is near enough to be reminded of."""
KEPT = 2
"""Templates of each employer with that many public postings or more."""
SAVERS = 12


def add_papers(draft: Draft, town: Town, now: datetime) -> None:
    """What people and employers have put by."""
    workers = [person for person in town.people if "worker" in person.roles]
    for number, person in enumerate(workers):
        kinds = {*person.certificates, "health"} if number < GREETED else set(person.certificates)
        for kind in sorted(kinds):
            _add_certificate(draft, town, person, kind, number)
    _add_waiting(draft, workers, now)
    _add_places(draft, town, workers, now)
    _add_templates(draft, now)


def _add_certificate(draft: Draft, town: Town, person: shapes.Person, kind: str, number: int) -> None:
    handed_in = utc(datetime.combine(town.day - timedelta(days=60 + number % 30), time(10)))
    draft.add(
        Certificate,
        user_id=draft.named[person.key].id,
        kind=kind,
        number=f"{kind[:2].upper()}-3205-{number:05d}",
        expires_on=town.day + timedelta(days=LASTS[number % len(LASTS)]),
        state=CertificateState.VERIFIED,
        created_at=handed_in,
        decided_at=handed_in + timedelta(hours=4),
        decided_by_id=next(row.decided_by_id for row in draft.rows(Employer) if row.decided_by_id),
    )


def _add_waiting(draft: Draft, workers: list[shapes.Person], now: datetime) -> None:
    """Two that wait for an officer."""
    without = [person for person in workers if not person.certificates][GREETED : GREETED + 2]
    for number, person in enumerate(without):
        draft.add(
            Certificate,
            user_id=draft.named[person.key].id,
            kind="health",
            number=f"HE-3205-9{number:04d}",
            expires_on=(now + timedelta(days=350)).date(),
            created_at=now - timedelta(hours=2 + 5 * number),
        )


def _add_places(draft: Draft, town: Town, workers: list[shapes.Person], now: datetime) -> None:
    townships = town.townships
    for number, person in enumerate(workers[:SAVERS]):
        home, bus = townships[number % len(townships)], townships[(number + 3) % len(townships)]
        for name, place in (("家", home), ("车站", bus)):
            draft.add(
                SavedPlace,
                user_id=draft.named[person.key].id,
                name=name,
                region_code=place.code,
                lat=place.lat,
                lon=place.lon,
                created_at=now - timedelta(days=20),
            )


def _add_templates(draft: Draft, now: datetime) -> None:
    public: dict[int, list[Gig]] = {}
    for gig in draft.rows(Gig):
        if gig.state is GigState.PUBLISHED:
            public.setdefault(gig.employer_id, []).append(gig)  # type: ignore[attr-defined]
    for employer_id, gigs in public.items():
        for number, gig in enumerate(gigs[:KEPT]):
            draft.add(
                Template,
                employer_id=employer_id,
                gig_id=gig.id,
                name=f"{gig.title}（{number + 1}）",
                used_at=now - timedelta(days=7 + number),
                created_at=now - timedelta(days=40),
            )
