"""What a posting must carry and may not ask: small checks in one list, for the coach and for publishing."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain, repeat

from core.i18n import N_
from rulebook.findings import Finding, finding
from rulebook.heat import hot_months, on_hot_days
from rulebook.law import rule
from rulebook.places import region
from rulebook.trades import barred_trade, names_certificate, too_young, trade
from rulebook.wages import why_not_monthly, why_not_wage
from rulebook.wording import check_text

HOUR = 60
"""Minutes."""


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
    break_minutes: tuple[int, ...] = ()
    """Unpaid break of each shift, in their order; missing ones count as none."""
    insured: bool | None = None
    """Accident cover is switched on for these shifts."""
    certificates: tuple[str, ...] = ()
    """Certificates that are asked for: keys of trades.CERTIFICATES."""
    outdoor: bool | None = None
    """Under the open sky; None: as usual in the trade."""
    lasting: bool = False
    """A job paid by the month and not a gig paid by the hour."""
    monthly_fen: int | None = None
    """The least of a job's monthly pay."""
    hours_a_week: int | None = None


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
        "places": posting.places and posting.places > 0,
        "valid_until": posting.valid_until,
        **_pay_elements(posting),
    }
    for field, value in given.items():
        if not value:
            yield finding("missing-element", on, field, ELEMENTS[field])


def _pay_elements(posting: Posting) -> dict[str, object]:
    if posting.lasting:
        return {"monthly_from_fen": posting.monthly_fen, "hours_a_week": posting.hours_a_week}
    return {
        "hourly_fen": posting.hourly_fen,
        "settles_within_days": posting.settles_within_days is not None,
    }


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
    "monthly_from_fen": N_("Say what a month pays at least."),
    "hours_a_week": N_("Say how many hours a week there are."),
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
    if not region(posting.region_code):
        return
    if posting.lasting:
        yield from _monthly_floor(posting, on)
    if not posting.hourly_fen:
        return
    days = sorted({start.date() for start, _ in posting.shifts} or {on})
    found = (why_not_wage(posting.hourly_fen, posting.region_code, day) for day in days)
    # The last day's floor is the highest one: naming it mends all days at once.
    yield next(reversed([finding for finding in found if finding]), None)


def _monthly_floor(posting: Posting, on: date) -> Iterator[Finding | None]:
    if posting.monthly_fen and posting.hours_a_week:
        # A rise announced for later binds a posting that still holds on that day.
        last = max(on, posting.valid_until or on)
        yield why_not_monthly(posting.monthly_fen, posting.hours_a_week, posting.region_code, last)


def ordinary_week(posting: Posting, on: date) -> Iterator[Finding | None]:
    """A job with a longer week than the ordinary one means overtime."""
    most = rule("ordinary-week", on)
    if most and most.limit and posting.hours_a_week and posting.hours_a_week > most.limit:
        yield finding(
            "ordinary-week",
            on,
            "hours_a_week",
            N_("More than %(hours)s hours a week is overtime: it needs the worker's consent and extra pay."),
            N_("Write the ordinary week, and agree on overtime when it is needed."),
            hours=most.limit,
        )


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


def wording(posting: Posting, on: date) -> Iterator[Finding | None]:
    """No barred words, no bait, no way around the site in what people will read."""
    texts = {
        "title": posting.title,
        "duties": posting.duties,
        "conditions": posting.conditions,
        "address": posting.address,
    }
    for field, text in texts.items():
        yield from check_text(field, text, on, posting.region_code)


def part_time_hours(posting: Posting, on: date) -> Iterator[Finding | None]:
    """Whoever takes a shift on each of the days stays within part-time work."""
    days = _longest_by_day(posting)
    if not days:
        return
    most_a_day, most_a_week = rule("part-time-day", on), rule("part-time-week", on)
    if most_a_day and most_a_day.limit and sum(days.values()) > most_a_day.limit * HOUR * len(days):
        yield finding(
            "part-time-day",
            on,
            "shifts",
            N_(
                "More than %(hours)s hours a day on average is no part-time work: it counts as ordinary employment."
            ),
            N_("Make the shifts shorter or share them out, or make an ordinary labour contract."),
            hours=most_a_day.limit,
        )
    if most_a_week and most_a_week.limit and max(_by_week(days).values()) > most_a_week.limit * HOUR:
        yield finding(
            "part-time-week",
            on,
            "shifts",
            N_(
                "Whoever takes a shift every day works more than %(hours)s hours a week: that counts as ordinary employment."
            ),
            N_("Share the days out among more people, or make an ordinary labour contract."),
            hours=most_a_week.limit,
        )


def _longest_by_day(posting: Posting) -> dict[date, int]:
    """Minutes of the longest shift that starts on each day: several shifts of a day are for several people."""
    days: dict[date, int] = {}
    breaks = chain(posting.break_minutes, repeat(0))
    for (start, end), rest in zip(posting.shifts, breaks, strict=False):
        minutes = int((end - start).total_seconds()) // 60 - rest
        days[start.date()] = max(days.get(start.date(), 0), minutes)
    return days


def _by_week(days: dict[date, int]) -> Counter[tuple[int, int]]:
    weeks: Counter[tuple[int, int]] = Counter()
    for day, minutes in days.items():
        weeks[day.isocalendar()[:2]] += minutes
    return weeks


def certificate(posting: Posting, on: date) -> Iterator[Finding | None]:
    """A trade that the law ties to a certificate asks for it."""
    wanted = trade(posting.trade_code)
    if not wanted or not wanted.certificate or not posting.conditions.strip():
        return
    said = f"{posting.title}\n{posting.conditions}"
    if wanted.certificate in posting.certificates or names_certificate(said, wanted.certificate):
        return
    found = finding(
        "certificate",
        on,
        "conditions",
        N_("The law asks for a certificate in this trade, and the conditions do not name it."),
        N_("Name the certificate in the conditions."),
        certificate=wanted.certificate,
    )
    # The law of the trade says more than the general rule behind all of them.
    yield found and replace(found, rule=wanted.certificate_rule)


def insurance(posting: Posting, on: date) -> Iterator[Finding | None]:
    """Work in which people get hurt is not posted without a word about insurance."""
    wanted = trade(posting.trade_code)
    if wanted and wanted.risky and posting.insured is False:
        yield finding(
            "insurance",
            on,
            "insured",
            N_("Accidents happen in this trade, and no cover is switched on: the employer pays for them."),
            N_(
                "Switch on cover for these shifts. It does not replace work-injury insurance for your employees."
            ),
        )


def heat(posting: Posting, on: date) -> Iterator[Finding | None]:
    """Outdoor work in the hot months says what happens when it gets hot."""
    wanted = trade(posting.trade_code)
    outdoor = bool(wanted and wanted.outdoor) if posting.outdoor is None else posting.outdoor
    months = hot_months(posting.region_code, on)
    if outdoor and any(start.month in months for start, _ in posting.shifts):
        yield on_hot_days(on)


CHECKS: tuple[Check, ...] = (
    missing_elements,
    expired,
    wording,
    certificate,
    wage_floor,
    ordinary_week,
    settlement_days,
    ages,
    part_time_hours,
    heat,
    insurance,
)
