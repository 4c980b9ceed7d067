"""The form of a lasting job: from what was typed to a job, and from a job to a form."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from core.errors import Invalid
from core.forms import parse
from core.i18n import _
from marketplace.coach import JobDraft
from marketplace.forms import JobInput
from marketplace.handlers.gig_form import Typed, fen
from rulebook.wages import yuan

if TYPE_CHECKING:
    from marketplace.models import Job

TEXTS = (
    "site_id",
    "title",
    "trade",
    "duties",
    "conditions",
    "min_age",
    "openings",
    "hours_a_week",
    "valid_until",
)
MONEY = {"monthly_from": "monthly_from_fen", "monthly_to": "monthly_to_fen"}
ORDER = (
    "site_id",
    "trade",
    "title",
    "duties",
    "conditions",
    *MONEY,
    "hours_a_week",
    "openings",
    "min_age",
    "valid_until",
)
HOLDS = timedelta(days=60)


def read_job(typed: Typed) -> JobInput:
    """The job. Raises Invalid with each sentence under the name of its field in the form."""
    data: dict[str, Any] = {name: typed[name] for name in TEXTS if name in typed}
    errors: dict[str, str] = {}
    for field, name in MONEY.items():
        try:
            data |= {name: fen(typed[field])} if field in typed else {}
        except ValueError:
            errors[field] = _("Please type an amount in yuan, e.g. 25 or 25.50.")
    try:
        new: JobInput = parse(JobInput, data)
    except Invalid as invalid:
        errors = {field_of(name): words for name, words in invalid.errors.items()} | errors
    if errors:
        in_order = sorted(errors, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
        raise Invalid({name: errors[name] for name in in_order}, dict(typed))
    return new


def field_of(name: str) -> str:
    """`monthly_from_fen` → `monthly_from`: what the form calls it."""
    return next((field for field, known in MONEY.items() if known == name), name)


def draft(typed: Typed) -> JobDraft:
    """As much of the job as can be understood."""
    return JobDraft(
        title=typed.get("title", ""),
        trade=typed.get("trade", ""),
        duties=typed.get("duties", ""),
        conditions=typed.get("conditions", ""),
        min_age=_number(typed.get("min_age", "")),
        openings=_number(typed.get("openings", "")),
        monthly_from_fen=_fen(typed.get("monthly_from", "")),
        monthly_to_fen=_fen(typed.get("monthly_to", "")),
        hours_a_week=_number(typed.get("hours_a_week", "")),
        valid_until=_day(typed.get("valid_until", "")),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None


def _fen(text: str) -> int | None:
    try:
        return fen(text)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def blank(today: date) -> Typed:
    """A new job: an ordinary week, from eighteen, to be looked at again in two months."""
    until = (today + HOLDS).isoformat()
    return {"min_age": "18", "openings": "1", "hours_a_week": "40", "valid_until": until}


def of_job(job: Job) -> Typed:
    """The form of a job that exists."""
    texts = {name: str(getattr(job, name)) for name in TEXTS if name != "site_id"}
    money = {field: yuan(getattr(job, name)) for field, name in MONEY.items()}
    return {"site_id": str(job.site.id), **texts, **money}
