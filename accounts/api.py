"""The JSON API of people, employers, sites and notices."""

from datetime import date, datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from accounts import actions, notices, queries
from accounts.forms import (
    CertificateInput,
    DecisionInput,
    EmployerInput,
    ProfileInput,
    SavedPlaceInput,
    SiteInput,
)
from accounts.rules import CertificateState, EmployerKind, IdentityState, LicenceState, Viewer
from accounts.rules import employer as employer_member
from accounts.rules import officer as officer_only
from core.api import Call, Operation, api
from core.crypto import masked
from core.errors import Malformed
from core.forms import Input
from core.i18n import N_
from core.routing import anyone, signed_in
from rulebook import places

# --- me ---


class Me(BaseModel):
    """The person whose token this is."""

    id: int
    name: str = Field(description="Empty until it is told by PUT /api/v1/me.", examples=["王小丽"])
    phone: str = Field(description="Masked.", examples=["138****8000"])
    id_number: str = Field(description="Masked; empty until it is told.", examples=["3205**********1234"])
    identity: IdentityState
    locale: str = Field(examples=["zh-Hans"])
    roles: list[str] = Field(description="Roles by membership; everybody may work.", examples=[["employer"]])
    employer_ids: list[int]
    unread: int = Field(description="Unread notices.")


async def show_me(call: Call) -> Me:
    """The viewer's own account."""
    return _me(call.viewer, await queries.person(call.viewer.id))


async def tell_me(call: Call) -> Me:
    """Keep name and ID number."""
    await actions.tell_who(call.viewer, call.body, call.now)
    return _me(call.viewer, await queries.person(call.viewer.id))


def _me(viewer: Viewer, user: Any) -> Me:
    return Me(
        id=user.id,
        name=user.name,
        phone=masked(str(user.phone)),
        id_number=masked(str(user.id_number)) if user.id_number else "",
        identity=user.identity_state,
        locale=user.locale,
        roles=sorted(viewer.roles),
        employer_ids=list(viewer.employer_ids),
        unread=viewer.unread,
    )


class NoticeItem(BaseModel):
    """A message in the inbox."""

    id: int
    kind: str = Field(description="Stable; for programs.", examples=["promoted"])
    text: str = Field(description="In the reader's language.")
    link: str = Field(description="The page it is about, as a path of this site; may be empty.")
    created_at: datetime
    read: bool


class Notices(BaseModel):
    """The inbox, newest first."""

    items: list[NoticeItem]


async def list_notices(call: Call) -> Notices:
    """The viewer's inbox; reading it here marks nothing as read."""
    return Notices(items=[_notice(notice) for notice in await queries.notices_of(call.viewer.id)])


def _notice(notice: Any) -> NoticeItem:
    return NoticeItem(
        id=notice.id,
        kind=notice.kind,
        text=notices.sentence(notice),
        link=notice.link,
        created_at=notice.created_at,
        read=notice.read_at is not None,
    )


# --- certificates and saved places ---


class CertificateItem(BaseModel):
    """A paper a trade asks for."""

    id: int
    kind: str = Field(examples=["health"])
    number: str = Field(description="Masked.")
    expires_on: date
    state: CertificateState
    rejection: str = Field(description="Why it was sent back; else empty.")

    @classmethod
    def of(cls, paper: Any) -> Self:
        """From a row."""
        return cls(
            id=paper.id,
            kind=paper.kind,
            number=masked(str(paper.number)) if paper.number else "",
            expires_on=paper.expires_on,
            state=paper.state,
            rejection=paper.rejection,
        )


class CertificatesHeld(BaseModel):
    """Somebody's certificates."""

    items: list[CertificateItem]


async def list_certificates(call: Call) -> CertificatesHeld:
    """The viewer's own certificates."""
    found = await queries.certificates_of(call.viewer.id)
    return CertificatesHeld(items=[CertificateItem.of(paper) for paper in found])


async def add_certificate(call: Call) -> CertificateItem:
    """Hand one in by its number; the photo goes through the page."""
    return CertificateItem.of(await actions.add_certificate(call.viewer, call.body, None, call.now))


async def remove_certificate(call: Call) -> None:
    """Take one out."""
    await actions.remove_certificate(call.viewer, call.path("id"), call.now)


async def decide_certificate(call: Call) -> CertificateItem:
    """Accept or send back a certificate."""
    said: DecisionInput = call.body
    paper_id = call.path("id")
    await actions.decide_certificate(
        paper_id, call.viewer, accept=said.accept, reason=said.reason, now=call.now
    )
    return CertificateItem.of(await queries.certificate(paper_id))


class SavedPlaceItem(BaseModel):
    """A place somebody looks for work around."""

    id: int
    name: str = Field(examples=["家"])
    region_code: str = Field(description="Empty when it is a position alone.")
    lat: float
    lon: float


class SavedPlaces(BaseModel):
    """The viewer's places, by name."""

    items: list[SavedPlaceItem]


async def list_saved_places(call: Call) -> SavedPlaces:
    """The viewer's own places."""
    found = await queries.places_of(call.viewer.id)
    return SavedPlaces(items=[SavedPlaceItem.model_validate(place, from_attributes=True) for place in found])


async def save_place(call: Call) -> SavedPlaceItem:
    """Keep a place; the same name again moves it."""
    place = await actions.save_place(call.viewer, call.body, call.now)
    return SavedPlaceItem.model_validate(place, from_attributes=True)


async def forget_place(call: Call) -> None:
    """Delete a place."""
    await actions.forget_place(call.viewer, call.path("id"), call.now)


# --- employers ---


class EmployerItem(BaseModel):
    """An employer as its members and its officer see it."""

    id: int
    name: str = Field(examples=["昆山某某物流有限公司"])
    credit_code: str = Field(description="Unified social credit code.")
    kind: EmployerKind
    region_code: str = Field(description="County, GB/T 2260.", examples=["320583"])
    licence: LicenceState
    verified_until: datetime | None
    rejection: str = Field(description="Why the licence was sent back; else empty.")

    @classmethod
    def of(cls, employer: Any) -> Self:
        """From a row."""
        return cls(
            id=employer.id,
            name=employer.name,
            credit_code=employer.credit_code,
            kind=employer.kind,
            region_code=employer.region_code,
            licence=employer.licence_state,
            verified_until=employer.verified_until,
            rejection=employer.rejection,
        )


class Employers(BaseModel):
    """Employers the caller acts for."""

    items: list[EmployerItem]


async def list_employers(call: Call) -> Employers:
    """The viewer's employers."""
    return Employers(
        items=[EmployerItem.of(employer) for employer in await queries.employers_of(call.viewer)]
    )


async def register_employer(call: Call) -> EmployerItem:
    """A new employer; its licence is handed in on the employer's page."""
    return EmployerItem.of(await actions.register_employer(call.viewer, call.body, None, call.now))


async def decide_employer(call: Call) -> EmployerItem:
    """An officer's word on a licence."""
    regions = await queries.counties_of(call.viewer)
    employer = await queries.employer_in(regions, call.path("id"))
    await actions.decide_licence(
        employer.id, call.viewer, accept=call.body.accept, reason=call.body.reason, now=call.now
    )
    return EmployerItem.of(await queries.employer_in(regions, employer.id))


# --- sites ---


class NewSite(SiteInput):
    """A place where people work, and whose it is."""

    employer_id: int = Field(ge=1, le=2**62, description="An employer the caller acts for.")


class SitesQuery(Input):
    """Which sites."""

    employer: int | None = Field(None, ge=1, le=2**62, description="Only this employer's sites.")


class SiteItem(BaseModel):
    """A place where people work."""

    id: int
    employer_id: int
    name: str
    address: str
    region_code: str
    township_code: str
    lat: float
    lon: float
    fence_m: int = Field(description="Checking in works within this many metres.")


class Sites(BaseModel):
    """Sites of the caller's employers."""

    items: list[SiteItem]


async def list_sites(call: Call) -> Sites:
    """The sites of one employer of the viewer, or of all."""
    wanted = call.query.employer
    if wanted is not None:
        await queries.employer_for(call.viewer, wanted)
    employers = call.viewer.employer_ids if wanted is None else (wanted,)
    return Sites(
        items=[_site(site, employer) for employer in employers for site in await queries.sites_of(employer)]
    )


async def add_site(call: Call) -> SiteItem:
    """A new site of one of the viewer's employers."""
    employer = await queries.employer_for(call.viewer, call.body.employer_id)
    new = SiteInput(**call.body.model_dump(exclude={"employer_id"}))
    return _site(await actions.add_site(employer.id, new, call.now), employer.id)


def _site(site: Any, employer_id: int) -> SiteItem:
    return SiteItem(
        id=site.id,
        employer_id=employer_id,
        name=site.name,
        address=site.address,
        region_code=site.region_code,
        township_code=site.township_code,
        lat=site.lat,
        lon=site.lon,
        fence_m=site.fence_m,
    )


# --- places ---


class PlacesQuery(Input):
    """A name to look for, or the region whose parts are wanted; neither lists the provinces."""

    q: str = Field(
        "", max_length=40, description="Part of a name; several words may be given.", examples=["昆山 花桥"]
    )
    parent: str = Field("", max_length=9, description="Code of the region above.", examples=["320583"])


class PlaceItem(BaseModel):
    """A province, city, county or township."""

    code: str = Field(examples=["320583"])
    name: str = Field(examples=["昆山市"])
    full_name: str = Field(examples=["江苏省苏州市昆山市"])
    level: str = Field(examples=["county"])
    lat: float
    lon: float


class Places(BaseModel):
    """Regions."""

    items: list[PlaceItem]


async def list_places(call: Call) -> Places:
    """Regions by name or by the region above."""
    wanted: PlacesQuery = call.query
    if wanted.q and wanted.parent:
        raise Malformed("one-of", N_("Please give either q or parent."))
    found = places.search_places(wanted.q) if wanted.q else places.children(wanted.parent)
    return Places(items=[PlaceItem.model_validate(place, from_attributes=True) for place in found])


routes = [
    api(
        "GET",
        "/api/v1/me",
        show_me,
        who=signed_in,
        operation=Operation(N_("The caller's own account"), answer=Me),
    ),
    api(
        "PUT",
        "/api/v1/me",
        tell_me,
        who=signed_in,
        operation=Operation(
            N_("Tell name and ID number, once, before the first shift"),
            body=ProfileInput,
            answer=Me,
            refusals=("identity-fixed", "id-number-taken"),
        ),
    ),
    api(
        "GET",
        "/api/v1/notices",
        list_notices,
        who=signed_in,
        operation=Operation(
            N_("The caller's messages, newest first"),
            answer=Notices,
        ),
    ),
    api(
        "GET",
        "/api/v1/certificates",
        list_certificates,
        who=signed_in,
        operation=Operation(N_("The caller's certificates"), answer=CertificatesHeld),
    ),
    api(
        "POST",
        "/api/v1/certificates",
        add_certificate,
        who=signed_in,
        operation=Operation(
            N_("Hand in a certificate for an officer to look at"),
            201,
            body=CertificateInput,
            answer=CertificateItem,
        ),
    ),
    api(
        "DELETE",
        "/api/v1/certificates/{id:int}",
        remove_certificate,
        who=signed_in,
        operation=Operation(N_("Take one of the caller's certificates out"), 204),
    ),
    api(
        "POST",
        "/api/v1/certificates/{id:int}/decision",
        decide_certificate,
        who=officer_only,
        operation=Operation(
            N_("Decide on a certificate"),
            body=DecisionInput,
            answer=CertificateItem,
            refusals=("reason-needed", "decided"),
        ),
    ),
    api(
        "GET",
        "/api/v1/saved-places",
        list_saved_places,
        who=signed_in,
        operation=Operation(N_("Places the caller looks for work around"), answer=SavedPlaces),
    ),
    api(
        "POST",
        "/api/v1/saved-places",
        save_place,
        who=signed_in,
        operation=Operation(
            N_("Keep a place under a name"),
            201,
            body=SavedPlaceInput,
            answer=SavedPlaceItem,
            refusals=("places-many",),
        ),
    ),
    api(
        "DELETE",
        "/api/v1/saved-places/{id:int}",
        forget_place,
        who=signed_in,
        operation=Operation(N_("Delete one of the caller's places"), 204),
    ),
    api(
        "GET",
        "/api/v1/employers",
        list_employers,
        who=signed_in,
        operation=Operation(
            N_("Employers the caller acts for"),
            answer=Employers,
        ),
    ),
    api(
        "POST",
        "/api/v1/employers",
        register_employer,
        who=signed_in,
        operation=Operation(
            N_("Register an employer"),
            201,
            body=EmployerInput,
            answer=EmployerItem,
            refusals=("credit-code-taken",),
        ),
    ),
    api(
        "POST",
        "/api/v1/employers/{id:int}/decision",
        decide_employer,
        who=officer_only,
        operation=Operation(
            N_("Decide on an employer's licence"),
            body=DecisionInput,
            answer=EmployerItem,
            refusals=("reason-needed", "nothing-to-verify"),
        ),
    ),
    api(
        "GET",
        "/api/v1/sites",
        list_sites,
        who=employer_member,
        operation=Operation(
            N_("Sites of the caller's employers"),
            query=SitesQuery,
            answer=Sites,
        ),
    ),
    api(
        "POST",
        "/api/v1/sites",
        add_site,
        who=employer_member,
        operation=Operation(
            N_("Add a site"),
            201,
            body=NewSite,
            answer=SiteItem,
        ),
    ),
    api(
        "GET",
        "/api/v1/places",
        list_places,
        who=anyone,
        operation=Operation(
            N_("Regions by name, or the parts of a region"),
            query=PlacesQuery,
            answer=Places,
        ),
    ),
]
