"""Registering an employer and keeping its papers, sites and members."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from accounts import actions, queries
from accounts.forms import EmployerInput, MemberInput, SiteInput
from accounts.rules import EmployerKind, is_verified
from core import clock, files, limits
from core.errors import Invalid, NotFound, Refused
from core.files import Stored
from core.forms import parse
from core.html import page
from core.i18n import N_, _, translated
from core.routing import fields, read_form, see_other
from rulebook import places
from rulebook.places import Region

if TYPE_CHECKING:
    from accounts.models import Employer, Membership, Site

M = TypeVar("M", bound=BaseModel)
COUNTIES_SHOWN = 12
PLACES_SEARCHED = 60
KINDS = {
    EmployerKind.COMPANY: N_("Company"),
    EmployerKind.INDIVIDUAL: N_("Individual business"),
    EmployerKind.NONPROFIT: N_("Non-profit"),
}


@dataclass(frozen=True)
class Desk:
    """The employer a page is about, and the others its reader acts for."""

    employer: Employer
    employers: list[Employer]
    verified: bool

    @property
    def query(self) -> str:
        """What to put behind an address to stay with this employer; the first one needs no word."""
        return f"?employer={self.employer.id}" if self.employer.id != self.employers[0].id else ""

    def address(self, path: str) -> str:
        """That page, staying with this employer."""
        return path + self.query


async def desk(request: Request) -> Desk:
    """The employer named in the address, or the first of the reader's. Raises NotFound for anybody else's."""
    employers = await queries.employers_of(request.state.viewer)
    named = request.query_params.get("employer", str(employers[0].id))
    employer = next((one for one in employers if str(one.id) == named), None)
    if employer is None:
        raise NotFound
    return _desk(employer, employers)


async def desk_of(request: Request, employer: Employer) -> Desk:
    """The desk of an employer whose thing the reader was already found to own."""
    return _desk(employer, await queries.employers_of(request.state.viewer))


def _desk(employer: Employer, employers: list[Employer]) -> Desk:
    return Desk(
        employer, employers, is_verified(employer.licence_state, employer.verified_until, clock.now())
    )


# --- a new employer ---


async def ask(request: Request) -> Response:
    """The form of a new employer; with `county`, the counties that may be meant."""
    return _form(request, dict(request.query_params), {}, 200)


def _form(request: Request, values: dict[str, str], errors: dict[str, str], status: int) -> Response:
    kinds = [(kind.value, translated(words)) for kind, words in KINDS.items()]
    found = counties(values.get("county", ""))
    return page(
        request,
        "accounts/employer_new.html",
        block="counties" if status == 200 else None,
        status=status,
        values=values,
        errors=errors,
        kinds=kinds,
        counties=found[:COUNTIES_SHOWN],
    )


async def register(request: Request) -> Response:
    """Register an employer with its licence."""
    typed = await fields(request)
    try:
        new = _read(EmployerInput, typed)
        licence = await _licence(request)
        employer = await actions.register_employer(request.state.viewer, new, licence, clock.now())
    except Invalid as invalid:
        return _form(request, typed, invalid.errors, invalid.status)
    except Refused as refused:
        return _form(request, typed, {"credit_code": refused.reason.text}, refused.status)
    return see_other(f"/employer/profile?employer={employer.id}")


async def _licence(request: Request) -> Stored:
    form = await read_form(request)
    upload = form.get("licence")
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise Invalid({"licence": _("Please choose the photo or PDF of your licence.")})
    await limits.count("upload", str(request.state.viewer.id))
    return await files.keep(await upload.read(), field="licence")


# --- the county, typed in words ---


def counties(text: str) -> list[Region]:
    """The counties somebody may mean: the one typed in full, or those found by name, by city or by township."""
    places_found = places.search_places(text, limit=PLACES_SEARCHED)
    # A township of that name somewhere else is rarely meant when a county or city has it.
    larger = [place for place in places_found if place.level != "township"] or places_found
    found: dict[str, Region] = {}
    for place in larger:
        below = (
            [places.county(place.code[:6])]
            if place.level in ("county", "township")
            else places.children(place.code)
        )
        found |= {county.code: county for county in below if county and county.level == "county"}
    typed = text.replace(" ", "")
    names = {typed, *(f"{typed}{ending}" for ending in "市县区")}
    exact = [county for county in found.values() if names & {county.name, county.full_name}]
    return exact or list(found.values())


def _read(model: type[M], typed: dict[str, str]) -> M:
    """The input with its county found. Raises Invalid with a word beside the county when it is not clear."""
    found = counties(typed.get("county", ""))
    code = found[0].code if len(found) == 1 else typed.get("region_code", "")
    data = {name: value for name, value in typed.items() if name not in ("county", "region_code")}
    if code in {county.code for county in found}:
        data["region_code"] = code
    try:
        return parse(model, data)
    except Invalid as invalid:
        errors = dict(invalid.errors)
        if errors.pop("region_code", None):
            errors["county"] = _why_no_county(typed.get("county", ""), found)
        raise Invalid(errors, dict(typed)) from None


def _why_no_county(text: str, found: list[Region]) -> str:
    if not text:
        return _("Please type the county, e.g. 昆山.")
    if found:
        return _("Several counties are called like this. Please choose one.")
    return _("We know no county of this name. Please type it in Chinese characters, e.g. 昆山.")


# --- the profile ---


@dataclass(frozen=True)
class Profile:
    """An employer's papers, places and people, with what was typed and is not right yet."""

    desk: Desk
    sites: list[Site]
    about: set[int]
    """Sites whose position is only the middle of their county."""
    members: list[Membership]
    counties: list[Region]
    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    form: str = ""
    """Which of the page's forms the errors belong to."""


async def show(request: Request) -> Response:
    """Licence, sites and members."""
    return await _profile(request, "", dict(request.query_params), {}, 200)


async def _profile(
    request: Request, form: str, values: dict[str, str], errors: dict[str, str], status: int
) -> Response:
    here = await desk(request)
    sites = await queries.sites_of(here.employer.id)
    values = _located(values)
    shown = Profile(
        desk=here,
        sites=sites,
        about={site.id for site in sites if _is_about(site)},
        members=await queries.members_of(here.employer.id),
        values=values,
        errors=errors,
        form=form,
        counties=counties(values.get("county", ""))[:COUNTIES_SHOWN],
    )
    block = "counties" if status == 200 else None
    return page(request, "accounts/employer_profile.html", shown, block=block, status=status)


def _located(values: dict[str, str]) -> dict[str, str]:
    """With a position from the phone, the county is guessed from it."""
    try:
        lat, lon = float(values["lat"]), float(values["lon"])
    except (KeyError, ValueError):
        return values
    return {"county": places.nearest_county(lat, lon).full_name} | values


def _is_about(site: Site) -> bool:
    county = places.county(site.region_code)
    return county is not None and (site.lat, site.lon) == (county.lat, county.lon)


async def submit_licence(request: Request) -> Response:
    """Hand in a licence, new or again."""
    here = await desk(request)
    try:
        await actions.submit_licence(here.employer.id, await _licence(request), clock.now())
    except Invalid as invalid:
        return await _profile(request, "licence", {}, invalid.errors, invalid.status)
    return see_other(f"/employer/profile{here.query}")


async def add_site(request: Request) -> Response:
    """A new place of work."""
    here, typed = await desk(request), await fields(request)
    try:
        await actions.add_site(here.employer.id, _read(SiteInput, _placed(typed)), clock.now())
    except Invalid as invalid:
        return await _profile(request, "site", typed, invalid.errors, invalid.status)
    return see_other(f"/employer/profile{here.query}#sites")


def _placed(typed: dict[str, str]) -> dict[str, str]:
    """With its township; and where no position was given, at the middle of the county."""
    found = counties(typed.get("county", ""))
    first = next(iter(places.search_places(typed.get("county", ""), limit=1)), None)
    if first and first.level == "township":
        typed = {"township_code": first.code} | typed
    code = found[0].code if len(found) == 1 else typed.get("region_code", "")
    county = places.county(code)
    if county and "lat" not in typed and "lon" not in typed:
        typed = typed | {"lat": str(county.lat), "lon": str(county.lon)}
    return typed


async def add_member(request: Request) -> Response:
    """Let a colleague act for the employer."""
    here, typed = await desk(request), await fields(request)
    try:
        new = parse(MemberInput, typed)
        await actions.add_member(here.employer.id, new.phone, clock.now())
    except Invalid as invalid:
        return await _profile(request, "member", typed, invalid.errors, invalid.status)
    except Refused as refused:
        return await _profile(request, "member", typed, {"phone": refused.reason.text}, refused.status)
    return see_other(f"/employer/profile{here.query}#members")
