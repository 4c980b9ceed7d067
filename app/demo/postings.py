"""Gigs of the demo town and their shifts, each with its terms, as rows."""

import secrets
from datetime import timedelta

from accounts.models import Employer, Site
from app.demo import shapes
from app.demo.draft import Draft
from app.demo.shapes import Town
from core.clock import local
from marketplace import rules, terms
from marketplace.models import Gig, Shift, Terms
from marketplace.rules import GigState
from rulebook.trades import trade

STATES = {"public": GigState.PUBLISHED, "pending": GigState.PENDING, "closed": GigState.CLOSED}
SETTLES = {days: settles for settles, days in rules.SETTLES_WITHIN.items()}
DECIDES = timedelta(hours=3)
"""How long an officer takes."""


def add_postings(draft: Draft, town: Town) -> None:
    """Every gig and every shift, past and to come; nobody has claimed any yet."""
    owners = {member.employer_key: member.person_key for member in town.memberships if member.role == "owner"}
    for gig in town.gigs:
        _add_gig(draft, gig, owners[gig.employer_key])
    for shift in town.shifts:
        _add_shift(draft, shift)


def _add_gig(draft: Draft, gig: shapes.Gig, owner_key: str) -> None:
    state = STATES[gig.state]
    employer = draft.named[gig.employer_key]
    decided = state is not GigState.PENDING
    draft.add(
        Gig,
        gig.key,
        employer_id=employer.id,
        site_id=draft.named[gig.site_key].id,
        title=gig.title,
        trade=gig.trade_code,
        duties=gig.duties,
        conditions=gig.conditions,
        min_age=gig.min_age,
        hourly_fen=gig.hourly_fen,
        settles=SETTLES[gig.settles_within_days],
        meals=gig.meals,
        no_experience=gig.no_experience,
        certificates=_certificates(gig),
        valid_until=gig.valid_until,
        state=state,
        created_by_id=draft.named[owner_key].id,
        created_at=gig.created_at,
        submitted_at=gig.created_at,
        decided_at=gig.created_at + DECIDES if decided else None,
        decided_by_id=employer.decided_by_id if decided else None,
    )


def _certificates(gig: shapes.Gig) -> list[str]:
    """What the law asks for in the trade, where practised hands are wanted; whoever is planned for it has it."""
    wanted = trade(gig.trade_code)
    return [wanted.certificate] if wanted and wanted.certificate and not gig.no_experience else []


def _add_shift(draft: Draft, planned: shapes.Shift) -> None:
    gig = draft.named[planned.gig_key]
    start_minute = rules.minute_of(local(planned.starts_at))
    shift = draft.add(
        Shift,
        planned.key,
        gig_id=gig.id,
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        start_minute=start_minute,
        end_minute=start_minute + (planned.ends_at - planned.starts_at) // timedelta(minutes=1),
        places=planned.places,
        check_in_key=secrets.token_hex(16),
        created_at=gig.created_at,
    )
    body = terms.body(shift, gig, draft.row(Site, gig.site_id), draft.row(Employer, gig.employer_id))
    draft.add(
        Terms,
        f"{planned.key} terms",
        shift_id=shift.id,
        version=1,
        body=body,
        sha256=terms.fingerprint(body),
        created_at=shift.created_at,
    )
