"""Posting: a gig with its shifts, an officer's look at it, further shifts."""

import secrets
from datetime import date, datetime

from accounts.actions import notify_employer
from accounts.models import Employer, Site
from accounts.rules import LicenceState, Viewer, is_verified
from core import audit, live
from core.clock import local
from core.database import transaction
from core.errors import NotFound, Refusal, Refused, refuse_if
from core.i18n import N_
from marketplace import rules, terms
from marketplace.actions.tiers import start_release
from marketplace.coach import findings_of, why_not_shifts
from marketplace.forms import GigInput, ShiftInput
from marketplace.models import Gig, Shift, Terms
from marketplace.rules import GigState, Tier


async def post_gig(new: GigInput, site: Site, author: Viewer, now: datetime) -> Gig:
    """Post a gig with its shifts; an officer looks at it before anybody sees it.

    Raises Refused `stopped` when the coach stops it and `licence-needed` before a licence was handed in.
    """
    employer = await Employer.get(id=site.employer_id)
    refuse_if(why_not_post(new, site, employer, now))
    async with transaction():
        gig = await Gig.create(
            employer=employer,
            site=site,
            created_by_id=author.id,
            created_at=now,
            submitted_at=now,
            state=GigState.PENDING,
            valid_until=_last_day(new.shifts),
            **new.model_dump(exclude={"shifts", "site_id"}),
        )
        for shift in new.shifts:
            await _add_shift(gig, site, employer, shift, now)
        await audit.record("gig.pending", "gig", gig.id, now=now, shifts=len(new.shifts))
        live.touch("employer", employer.id)
    return gig


async def repost_gig(gig: Gig, new: GigInput, site: Site, now: datetime) -> Gig:
    """Hand in a rejected gig again, changed. Its shifts are replaced; nobody has claimed one yet."""
    employer = await Employer.get(id=site.employer_id)
    refuse_if(why_not_post(new, site, employer, now))
    async with transaction():
        moved = await Gig.filter(id=gig.id, state=GigState.REJECTED).update(
            site_id=site.id,
            submitted_at=now,
            state=GigState.PENDING,
            valid_until=_last_day(new.shifts),
            rejection="",
            **new.model_dump(exclude={"shifts", "site_id"}),
        )
        if not moved:
            raise Refused("not-rejected", N_("Only a rejected posting can be changed and handed in again."))
        await Terms.filter(shift__gig_id=gig.id).delete()
        await Shift.filter(gig_id=gig.id).delete()
        fresh = await Gig.get(id=gig.id)
        for shift in new.shifts:
            await _add_shift(fresh, site, employer, shift, now)
        await audit.record("gig.pending", "gig", gig.id, now=now, shifts=len(new.shifts))
        live.touch("employer", employer.id)
    return fresh


def why_not_post(new: GigInput, site: Site, employer: Employer, now: datetime) -> Refusal | None:
    """Why this posting cannot go to an officer."""
    stops = [
        finding for finding in findings_of(new, site, employer, local(now).date()) if finding.level == "stop"
    ]
    licence_in = employer.licence_state in (LicenceState.PENDING, LicenceState.VERIFIED)
    return rules.why_not_post(licence_in=licence_in, stops=len(stops)) or why_not_shifts(new.shifts, now)


def _last_day(shifts: list[ShiftInput]) -> date:
    return max(local(shift.ends_at).date() for shift in shifts)


async def _add_shift(gig: Gig, site: Site, employer: Employer, new: ShiftInput, now: datetime) -> Shift:
    shift = shift_row(gig, new, now)
    await shift.save()
    await terms_row(shift, gig, site, employer, now).save()
    return shift


def shift_row(gig: Gig, new: ShiftInput, now: datetime) -> Shift:
    """A shift ready to be stored, here one by one and by an import in bulk."""
    start_minute = rules.minute_of(local(new.starts_at))
    length = int((new.ends_at - new.starts_at).total_seconds() // 60)
    return Shift(
        gig_id=gig.id,
        starts_at=new.starts_at,
        ends_at=new.ends_at,
        start_minute=start_minute,
        end_minute=start_minute + length,
        break_minutes=new.break_minutes,
        places=new.places,
        tier=Tier.FAVOURITES if new.release == "tiered" else Tier.ALL,
        check_in_key=secrets.token_hex(16),
        created_at=now,
    )


def terms_row(shift: Shift, gig: Gig, site: Site, employer: Employer, now: datetime) -> Terms:
    """The first terms of a stored shift, ready to be stored."""
    body = terms.body(shift, gig, site, employer)
    return Terms(shift_id=shift.id, version=1, body=body, sha256=terms.fingerprint(body), created_at=now)


async def add_shifts(
    gig_id: int, employer_ids: tuple[int, ...], shifts: list[ShiftInput], now: datetime
) -> list[int]:
    """Further shifts of a published gig: the same work at the same place needs no second look."""
    gig = await Gig.get_or_none(id=gig_id, employer_id__in=employer_ids).select_related("site", "employer")
    if gig is None:
        raise NotFound
    if gig.state is not GigState.PUBLISHED:
        raise Refused("not-published", N_("Shifts can be added once the posting is published."))
    refuse_if(why_not_shifts(shifts, now) or _why_not_now(gig, shifts, now))
    async with transaction():
        added = [(await _add_shift(gig, gig.site, gig.employer, shift, now)).id for shift in shifts]
        await Gig.filter(id=gig.id).update(valid_until=max(gig.valid_until, _last_day(shifts)))
        await start_release(gig.id, now)
        await audit.record("gig.shifts-added", "gig", gig.id, now=now, shifts=len(added))
        live.touch("employer", gig.employer.id)
    return added


def _why_not_now(gig: Gig, shifts: list[ShiftInput], now: datetime) -> Refusal | None:
    """The wage floor and the licence may have changed since the posting was looked at."""
    as_posted = GigInput(
        site_id=gig.site.id,
        title=gig.title,
        trade=gig.trade,
        duties=gig.duties,
        conditions=gig.conditions,
        min_age=gig.min_age,
        hourly_fen=gig.hourly_fen,
        settles=gig.settles,
        meals=gig.meals,
        no_experience=gig.no_experience,
        insured=gig.insured,
        policy_number=gig.policy_number,
        certificates=gig.certificates,
        shifts=shifts,
    )
    stops = [
        f for f in findings_of(as_posted, gig.site, gig.employer, local(now).date()) if f.level == "stop"
    ]
    verified = is_verified(gig.employer.licence_state, gig.employer.verified_until, now)
    return rules.why_not_publish(verified=verified, stops=len(stops))


async def decide_gig(
    gig_id: int, regions: list[str], officer: Viewer, *, accept: bool, reason: str, now: datetime
) -> None:
    """An officer of these counties publishes a posting or sends it back with the reason."""
    gig = await Gig.get_or_none(id=gig_id, employer__region_code__in=regions).select_related("employer")
    if gig is None:
        raise NotFound
    if not accept and not reason:
        raise Refused("reason-needed", N_("Please give the reason; the employer will read it."))
    if accept and not is_verified(gig.employer.licence_state, gig.employer.verified_until, now):
        raise Refused("not-verified", N_("The employer's licence must be verified first."))
    state = GigState.PUBLISHED if accept else GigState.REJECTED
    async with transaction():
        moved = await Gig.filter(id=gig_id, state=GigState.PENDING).update(
            state=state, decided_at=now, decided_by_id=officer.id, rejection="" if accept else reason
        )
        if not moved:
            raise Refused("decided", N_("This posting has been decided already."))
        await audit.record(f"gig.{state.value}", "gig", gig_id, now=now)
        if accept:
            await start_release(gig_id, now)
        kind = "gig-published" if accept else "gig-rejected"
        await notify_employer(
            gig.employer.id, kind, now, link=f"/employer/gigs/{gig_id}", title=gig.title, reason=reason
        )
        live.touch("employer", gig.employer.id)
