"""What employers post and workers ask for; shared by pages, JSON API and imports."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, field_validator, model_validator

from accounts.forms import Latitude, Longitude
from core import clock
from core.forms import Input, wrong
from core.i18n import N_
from marketplace.rules import PLACES_MAX, SHIFT_MAX, Settles
from rulebook import trades

SHIFTS_MAX = 60


def _trade(code: str) -> str:
    if trades.trade(code) is None:
        raise wrong("trade", N_("Please choose a trade from the list."))
    return code


class ShiftInput(Input):
    """One day from–to, with places."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    places: int = Field(ge=1, le=PLACES_MAX)
    break_minutes: int = Field(0, ge=0, le=240)

    @model_validator(mode="after")
    def _in_order(self) -> "ShiftInput":
        if self.ends_at <= self.starts_at:
            raise wrong("shift-order", N_("A shift must end after it starts."))
        if self.ends_at - self.starts_at > SHIFT_MAX:
            raise wrong("shift-long", N_("A shift is at most 16 hours long."))
        if timedelta(minutes=self.break_minutes) >= self.ends_at - self.starts_at:
            raise wrong("shift-break", N_("The break is longer than the shift."))
        return self


class GigInput(Input):
    """A posting with its shifts. Money in fen."""

    site_id: int = Field(ge=1, le=2**62)
    title: str = Field(min_length=2, max_length=40)
    trade: str = Field(max_length=20)
    duties: str = Field(min_length=1, max_length=2000)
    conditions: str = Field(min_length=1, max_length=1000)
    min_age: int = Field(18, ge=16, le=70)
    hourly_fen: int = Field(ge=1, le=100_000_00)
    settles: Settles
    meals: bool = False
    no_experience: bool = True
    insured: bool = False
    shifts: list[ShiftInput] = Field(min_length=1, max_length=SHIFTS_MAX)

    @field_validator("trade")
    @classmethod
    def _known_trade(cls, code: str) -> str:
        return _trade(code)


class ShiftsInput(Input):
    """Further shifts of a gig that is already public."""

    shifts: list[ShiftInput] = Field(min_length=1, max_length=SHIFTS_MAX)


class PlacesInput(Input):
    """More or fewer places."""

    places: int = Field(ge=1, le=PLACES_MAX)


class ClaimInput(Input):
    """The one tap. `terms` is the fingerprint of what was read; `wait` says whether a waiting place is welcome."""

    terms: str = Field("", max_length=64)
    wait: bool = True


class CheckInInput(Input):
    """How somebody shows to be at the site: the QR's token or the six digits, and a position if the phone tells one."""

    token: str = Field("", max_length=60)
    code: str = Field("", max_length=10)
    lat: Latitude | None = None
    lon: Longitude | None = None


class MinutesInput(Input):
    """Hours as the employer confirms them; empty means as recorded."""

    minutes: int | None = Field(None, ge=0, le=24 * 60)


class DisputeInput(Input):
    """Why a pay line is wrong."""

    reason: str = Field(min_length=2, max_length=300)


def minute_of_day(text: str) -> int:
    """Minutes of the day of a time typed as 18, 18:00 or 1800. Raises ValueError."""
    digits = text.replace(":", "").replace("：", "")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 4:
        raise ValueError(text)
    hour, minute = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    if hour > 24 or minute > 59:
        raise ValueError(text)
    return hour * 60 + minute


Minute = Annotated[int | None, Field(ge=0, le=24 * 60)]


class FindInput(Input):
    """What somebody looks for."""

    lat: Latitude | None = None
    lon: Longitude | None = None
    radius_km: float = Field(10, gt=0, le=100, allow_inf_nan=False)
    day: date | None = None
    from_: Minute = Field(None, alias="from")
    to: Minute = None
    min_hourly_fen: int | None = Field(None, ge=0, le=100_000_00)
    trade: str = Field("", max_length=20)
    settles: Settles | None = None
    no_experience: bool = False
    meals: bool = False
    employer: int | None = Field(None, ge=1, le=2**62)
    sort: Literal["near", "soon", "pay"] = "near"
    limit: int = Field(20, ge=1, le=100)
    offset: int = Field(0, ge=0, le=100_000)

    @field_validator("day", mode="before")
    @classmethod
    def _day(cls, value: object) -> object:
        words = {"today": 0, "tomorrow": 1}
        return (
            clock.today() + timedelta(days=words[value])
            if isinstance(value, str) and value in words
            else value
        )

    @field_validator("from_", "to", mode="before")
    @classmethod
    def _minute(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return minute_of_day(value)
        except ValueError:
            raise wrong("time", N_("Please give a time, e.g. 18:00.")) from None

    @field_validator("trade")
    @classmethod
    def _known_trade(cls, code: str) -> str:
        return _trade(code) if code else code

    @model_validator(mode="after")
    def _both(self) -> "FindInput":
        if (self.lat is None) != (self.lon is None):
            raise wrong("position", N_("Please give both lat and lon."))
        return self


def local_day(day: date) -> tuple[datetime, datetime]:
    """First moment of a calendar day and of the next, in UTC."""
    start = datetime(day.year, day.month, day.day)
    return clock.utc(start), clock.utc(start + timedelta(days=1))
