"""What a posting must carry and may not ask: small checks in one list, for the coach and for publishing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from core.i18n import N_
from rulebook.findings import Finding, finding
from rulebook.law import rule
from rulebook.places import region
from rulebook.trades import barred_trade, too_young, trade
from rulebook.wages import why_not_wage


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A gig with its shifts as far as it has been written; None and empty mean "not said yet"."""

    title: str = ""
    duties: str = ""
    conditions: str = ""
    employer_name: str = ""
    region_code: str = ""
    address: str = ""
    trade_code: str = ""
    hourly_fen: int | None = None
    places: int | None = None
    shifts: tuple[tuple[datetime, datetime], ...] = ()
    """Start and end of each shift, in the local time of the place."""
    min_age: int | None = None
    settles_within_days: int | None = None
    valid_until: date | None = None


Check = Callable[[Posting, date], Iterator[Finding | None]]


def check_posting(posting: Posting, on: date) -> list[Finding]:
    """Everything wrong or doubtful about a posting published on a day, in the order of the form."""
    return [found for check in CHECKS for found in check(posting, on) if found]


def missing_elements(posting: Posting, on: date) -> Iterator[Finding | None]:
    """Employer, places, conditions, duties, place, pay and validity must all be there."""
    given = {
        "title": posting.title.strip(),
        "duties": posting.duties.strip(),
        "conditions": posting.conditions.strip(),
        "employer_name": posting.employer_name.strip(),
        "region_code": region(posting.region_code),
        "address": posting.address.strip(),
        "hourly_fen": posting.hourly_fen,
        "places": posting.places and posting.places > 0,
        "settles_within_days": posting.settles_within_days is not None,
        "valid_until": posting.valid_until,
    }
    for field, value in given.items():
        if not value:
            yield finding("missing-element", on, field, ELEMENTS[field])


ELEMENTS = {
    "title": N_("Say what the work is called."),
    "duties": N_("Say what there is to do."),
    "conditions": N_("Say what the worker must bring, or that anyone can do it."),
    "employer_name": N_("Say who the employer is."),
    "region_code": N_("Choose the city and district of the work."),
    "address": N_("Say where the work is."),
    "hourly_fen": N_("Say what an hour pays."),
    "places": N_("Say how many people are wanted."),
    "settles_within_days": N_("Say when the pay is settled."),
    "valid_until": N_("Say until when this posting holds."),
}


def expired(posting: Posting, on: date) -> Iterator[Finding | None]:
    """A posting whose validity is over is not published."""
    if posting.valid_until and posting.valid_until < on:
        yield finding(
            "posting-expired",
            on,
            "valid_until",
            N_("This posting is already out of date."),
            N_("Choose a later day."),
        )


def wage_floor(posting: Posting, on: date) -> Iterator[Finding | None]:
    """Pay reaches the floor on every day that is worked, also when a new floor starts before the last one."""
    if not posting.hourly_fen or not region(posting.region_code):
        return
    days = sorted({start.date() for start, _ in posting.shifts} or {on})
    found = (why_not_wage(posting.hourly_fen, posting.region_code, day) for day in days)
    # The last day's floor is the highest one: naming it mends all days at once.
    yield next(reversed([finding for finding in found if finding]), None)


def settlement_days(posting: Posting, on: date) -> Iterator[Finding | None]:
    """Short work is settled often enough."""
    longest = rule("settlement-days", on)
    if posting.settles_within_days is None or longest is None or longest.limit is None:
        return
    if posting.settles_within_days > longest.limit:
        yield finding(
            "settlement-days",
            on,
            "settles_within_days",
            N_("Hourly work must be settled at least every %(days)s days."),
            N_("Settle the same day, every week or every %(days)s days."),
            days=longest.limit,
        )


def ages(posting: Posting, on: date) -> Iterator[Finding | None]:
    """A posting does not invite people who may not do the work."""
    if posting.min_age is None:
        return
    youngest, adult = rule("under-16", on), rule("barred-under-18", on)
    wanted = trade(posting.trade_code)
    if youngest and youngest.limit and posting.min_age < youngest.limit:
        yield too_young(on, "min_age")
    elif adult and adult.limit and wanted and wanted.barred_under_18 and posting.min_age < adult.limit:
        yield barred_trade(wanted, on, "min_age")


CHECKS: tuple[Check, ...] = (missing_elements, expired, wage_floor, settlement_days, ages)
