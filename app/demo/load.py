"""The demo town into the database."""

from dataclasses import dataclass
from datetime import date, datetime
from random import Random

from accounts.models import Employer, Notice, Site, User
from app.demo.after import add_after
from app.demo.course import add_claims
from app.demo.draft import Draft
from app.demo.inbox import add_notices
from app.demo.jobs import add_jobs
from app.demo.papers import add_papers
from app.demo.parties import add_parties
from app.demo.postings import add_postings
from app.demo.town import build_town
from core import database
from marketplace.models import Claim, Gig, PayLine, Shift


class NotEmpty(Exception):
    """Somebody lives here already: the demo is never mixed with what people wrote."""


@dataclass(frozen=True)
class Counts:
    """How much was loaded."""

    people: int
    employers: int
    sites: int
    gigs: int
    shifts: int
    claims: int
    pay_lines: int
    notices: int


async def load(day: date, now: datetime, seed: int = 1) -> Counts:
    """Fill an empty, migrated database with the town of this day as it stands now, in one transaction.

    `now` lies in that day. The same day, moment and seed give the same rows, secrets apart. Raises NotEmpty.
    """
    draft = draw_up(day, now, seed)
    async with database.transaction():
        if await User.exists():
            raise NotEmpty
        await draft.insert()
    return Counts(
        *(len(draft.rows(model)) for model in (User, Employer, Site, Gig, Shift, Claim, PayLine, Notice))
    )


def draw_up(day: date, now: datetime, seed: int = 1) -> Draft:
    """The rows, not yet in the database."""
    draft, town = Draft(), build_town(day, seed)
    add_parties(draft, town, now)
    add_postings(draft, town)
    add_papers(draft, town, now)
    add_claims(draft, town, now, Random(f"course {seed} {day}"))
    kinds = {draft.named[employer.key].id: employer.kind for employer in town.employers}
    add_jobs(draft, kinds, now, Random(f"jobs {seed} {day}"))
    add_after(draft, now, Random(f"after {seed} {day}"))
    add_notices(draft, now)
    return draft
