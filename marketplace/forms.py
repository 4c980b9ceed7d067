"""What employers post and workers ask for; shared by pages, JSON API and imports."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, ValidationInfo, field_validator, model_validator

from accounts.forms import Latitude, Longitude
from core import clock
from core.forms import Input, wrong
from core.i18n import N_
from marketplace.rules import PLACES_MAX, SHIFT_MAX, MarkKind, RefusalReason, Settles
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
    release: Literal["all", "tiered"] = "all"
    """Open to everybody at once, or to favourites first, then to good past workers, then to everybody."""

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
    policy_number: str = Field("", max_length=60)
    certificates: list[str] = Field([], max_length=len(trades.CERTIFICATES))
    shifts: list[ShiftInput] = Field(min_length=1, max_length=SHIFTS_MAX)

    @field_validator("trade")
    @classmethod
    def _known_trade(cls, code: str) -> str:
        return _trade(code)

    @field_validator("certificates")
    @classmethod
    def _known_certificates(cls, kinds: list[str]) -> list[str]:
        if set(kinds) - trades.CERTIFICATES.keys():
            raise wrong("certificate", N_("Please choose certificates from the list."))
        return sorted(set(kinds))

    @model_validator(mode="after")
    def _policy_of_the_insured(self) -> "GigInput":
        if not self.insured:
            self.policy_number = ""
        return self


class ShiftsInput(Input):
    """Further shifts of a gig that is already public."""

    shifts: list[ShiftInput] = Field(min_length=1, max_length=SHIFTS_MAX)


class TemplateInput(Input):
    """The name under which a posting is kept."""

    name: str = Field(min_length=1, max_length=40)


class PlacesInput(Input):
    """More or fewer places."""

    places: int = Field(ge=1, le=PLACES_MAX)


class ClaimInput(Input):
    """The one tap. `terms` is the fingerprint of what was read; `wait` says whether a waiting place is welcome."""

    terms: str = Field("", max_length=64)
    wait: bool = True


class MarkInput(Input):
    """A favourite, a block, or neither any more."""

    kind: Literal["favourite", "blocked", "none"]

    @property
    def mark(self) -> MarkKind | None:
        """The mark that is meant."""
        return None if self.kind == "none" else MarkKind(self.kind)


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


class LateInput(Input):
    """How late somebody says to be."""

    minutes: Literal[10, 20, 30, 45]

    @field_validator("minutes", mode="before")
    @classmethod
    def _typed(cls, value: object) -> object:
        return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


class SlipInput(Input):
    """The six digits of somebody's slip."""

    code: str = Field(min_length=6, max_length=6)


class TimesInput(Input):
    """When somebody came and left, from the printed sheet."""

    in_at: AwareDatetime
    out_at: AwareDatetime


class CorrectionInput(Input):
    """Other hours, and why."""

    minutes: int = Field(ge=0, le=24 * 60)
    reason: str = Field(min_length=2, max_length=300)


class WishAnswerInput(Input):
    """Yes or no to a correction; a no says why."""

    accept: bool
    words: str = Field("", max_length=300)

    @model_validator(mode="after")
    def _no_says_why(self) -> "WishAnswerInput":
        if not self.accept and len(self.words) < 2:
            raise wrong("words-needed", N_("Please say why; the worker will read it."))
        return self


class SettleInput(Input):
    """Minutes that are paid on top, to settle a dispute about a line that was paid."""

    minutes: int = Field(ge=1, le=24 * 60)


class RatingInput(Input):
    """Stars and words about the other side."""

    stars: int = Field(ge=1, le=5)
    words: str = Field("", max_length=300)


class TruthInput(Input):
    """Whether five facts were as posted; what is left out is not said."""

    address: bool | None = None
    work: bool | None = None
    pay: bool | None = None
    hours: bool | None = None
    meals: bool | None = None

    @model_validator(mode="after")
    def _something(self) -> "TruthInput":
        if all(value is None for value in self.model_dump().values()):
            raise wrong("nothing-said", N_("Please answer at least one."))
        return self


class MessageInput(Input):
    """What an employer writes to everybody on a shift."""

    text: str = Field(min_length=2, max_length=500)


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


# --- lasting jobs ---

MONTHLY_MAX = 1_000_000_00
REFUSALS = {
    RefusalReason.FILLED: N_("The job has been filled."),
    RefusalReason.SKILLS: N_("Other skills or more experience are needed."),
    RefusalReason.HOURS: N_("The working hours do not fit."),
    RefusalReason.DISTANCE: N_("The way to work is too long."),
    RefusalReason.PAY: N_("The pay does not fit what you want."),
    RefusalReason.PAPERS: N_("A paper that the work needs is missing."),
    RefusalReason.NO_ANSWER: N_("You could not be reached."),
}
"""Typed reason → what the applicant reads."""


class JobInput(Input):
    """A lasting vacancy. Money in fen."""

    site_id: int = Field(ge=1, le=2**62)
    title: str = Field(min_length=2, max_length=40)
    trade: str = Field(max_length=20)
    duties: str = Field(min_length=1, max_length=2000)
    conditions: str = Field(min_length=1, max_length=1000)
    min_age: int = Field(18, ge=16, le=70)
    openings: int = Field(ge=1, le=PLACES_MAX)
    monthly_from_fen: int = Field(ge=1, le=MONTHLY_MAX)
    monthly_to_fen: int = Field(ge=1, le=MONTHLY_MAX)
    hours_a_week: int = Field(40, ge=1, le=72)
    valid_until: date

    @field_validator("trade")
    @classmethod
    def _known_trade(cls, code: str) -> str:
        return _trade(code)

    @field_validator("monthly_to_fen")
    @classmethod
    def _in_order(cls, most: int, info: ValidationInfo) -> int:
        if most < info.data.get("monthly_from_fen", 0):
            raise wrong("pay-order", N_("The highest pay is below the lowest."))
        return most


class FindJobsInput(Input):
    """Which lasting jobs somebody looks for."""

    place: str = Field("", pattern=r"^(\d{6}|\d{9})?$")
    trade: str = Field("", max_length=20)
    min_monthly_fen: int | None = Field(None, ge=0, le=MONTHLY_MAX)
    employer: int | None = Field(None, ge=1, le=2**62)
    sort: Literal["new", "pay"] = "new"
    limit: int = Field(20, ge=1, le=100)
    offset: int = Field(0, ge=0, le=100_000)

    @field_validator("trade")
    @classmethod
    def _known_trade(cls, code: str) -> str:
        return _trade(code) if code else code


class ApplicationInput(Input):
    """What an applicant says of themselves; a file goes beside it."""

    words: str = Field("", max_length=1000)


class AnswerInput(Input):
    """How an employer moves an application on. A refusal needs its reason, and nothing else has one."""

    state: Literal["seen", "invited", "hired", "refused"]
    refusal: RefusalReason | None = None
    answer: str = Field("", max_length=500)

    @field_validator("refusal")
    @classmethod
    def _only_for_a_no(cls, reason: RefusalReason | None, info: ValidationInfo) -> RefusalReason | None:
        return reason if info.data.get("state") == "refused" else None
