"""What people may tell us about themselves and their organisations."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from accounts.rules import EmployerKind
from core import clock
from core.forms import Input, wrong
from core.i18n import N_
from rulebook import identity, places
from rulebook.trades import CERTIFICATES


def _phone(text: str) -> str:
    phone = identity.normal_phone(text)
    if phone is None:
        raise wrong("phone", N_("Please type a Chinese mobile number, e.g. 138 0013 8000."))
    return phone


def _credit_code(text: str) -> str:
    finding = identity.why_not_credit_code(text)
    if finding is not None:
        raise wrong(finding.code, finding.message)
    return identity.compact(text)


def _region(code: str) -> str:
    if places.county(code) is None:
        raise wrong("region", N_("Please choose a county from the list."))
    return code


Phone = Annotated[str, Field(max_length=30), AfterValidator(_phone)]
SixDigits = Annotated[str, Field(pattern=r"^\s*\d{6}\s*$"), AfterValidator(identity.compact)]
"""A code as people type it; Chinese keyboards easily give full-width digits."""
Region = Annotated[str, Field(min_length=6, max_length=6), AfterValidator(_region)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class PhoneInput(Input):
    """The number a code goes to."""

    phone: Phone


class CodeInput(PhoneInput):
    """The code that came to the phone."""

    code: SixDigits
    next: str = "/"


class SecondFactorInput(Input):
    """Six digits from the authenticator app."""

    code: SixDigits
    next: str = "/"


class ProfileInput(Input):
    """Who somebody is; needed before the first shift."""

    name: str = Field(min_length=2, max_length=30)
    id_number: str = Field(max_length=40)

    @field_validator("name")
    @classmethod
    def _name(cls, text: str) -> str:
        if any(letter.isdigit() for letter in text):
            raise wrong("name", N_("Please write your name as on your ID card."))
        return text

    @field_validator("id_number")
    @classmethod
    def _id_number(cls, text: str) -> str:
        finding = identity.why_not_id_number(text, clock.today())
        if finding is not None:
            raise wrong(finding.code, finding.message)
        return identity.compact(text)

    @property
    def birth_date(self) -> date:
        """The birth date the ID number carries."""
        return identity.birth_date(self.id_number)


class EmployerInput(Input):
    """A new employer."""

    name: str = Field(min_length=2, max_length=60)
    credit_code: Annotated[str, Field(max_length=40), AfterValidator(_credit_code)]
    kind: EmployerKind = EmployerKind.COMPANY
    region_code: Region


class SiteInput(Input):
    """A place where people work."""

    name: str = Field(min_length=2, max_length=40)
    address: str = Field(min_length=4, max_length=120)
    region_code: Region
    township_code: str = Field("", max_length=9)
    lat: Latitude
    lon: Longitude
    fence_m: int = Field(300, ge=50, le=2000)


class DecisionInput(Input):
    """An officer's decision on a licence or a posting."""

    accept: bool
    reason: str = Field("", max_length=200)


class SavedPlaceInput(Input):
    """A place to look for work around, under a name of one's own. A region's code wins over the position."""

    name: str = Field(min_length=1, max_length=30)
    region_code: str = Field("", max_length=9)
    lat: Latitude
    lon: Longitude

    @field_validator("region_code")
    @classmethod
    def _known(cls, code: str) -> str:
        if code and places.region(code) is None:
            raise wrong("region", N_("Please choose a place from the list."))
        return code


class CertificateInput(Input):
    """A paper a trade asks for."""

    kind: str = Field(max_length=20)
    number: str = Field(min_length=4, max_length=40)
    expires_on: date

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in CERTIFICATES:
            raise wrong("certificate", N_("Please choose a kind from the list."))
        return kind

    @field_validator("expires_on")
    @classmethod
    def _ahead(cls, day: date) -> date:
        if day < clock.today():
            raise wrong("expired", N_("This day has passed. Please renew the certificate first."))
        if day.year > clock.today().year + 50:
            raise wrong("far", N_("Please check the year."))
        return day


class LookUpInput(Input):
    """A phone or an ID number by which an officer finds somebody: all of it, never a part."""

    whom: str = Field(min_length=6, max_length=40)


class RegisterInput(ProfileInput, PhoneInput):
    """Somebody without a phone of their own: the number is a relative's or the station's."""

    consent: bool = Field(
        False, validate_default=True, description="The consent was read aloud and agreed to."
    )

    @field_validator("consent")
    @classmethod
    def _agreed(cls, said: bool) -> bool:
        if not said:
            raise wrong("consent", N_("Please read the consent aloud and tick it first."))
        return said


class MemberInput(PhoneInput):
    """A colleague who will act for the employer."""
