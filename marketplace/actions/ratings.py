"""What both sides say after the work: stars with words, and whether the posting was true."""

from datetime import datetime
from typing import Any

from tortoise.exceptions import IntegrityError

from accounts.rules import Viewer
from core import audit, live
from core.database import transaction
from core.errors import NotFound, Refused, refuse_if
from core.i18n import N_
from marketplace import rules
from marketplace.forms import RatingInput, TruthInput
from marketplace.models import Claim, Rating, Truth
from marketplace.rules import Side


async def rate(claim_id: int, viewer: Viewer, said: RatingInput, now: datetime) -> Rating:
    """Stars and words of the worker about the employer, or the other way round. Said once, never changed."""
    claim, side = await _side(claim_id, viewer)
    refuse_if(rules.why_not_rate(claim.state, claim.ends_at, now))
    try:
        async with transaction():
            rating = await Rating.create(
                claim_id=claim_id, side=side, stars=said.stars, words=said.words, at=now
            )
            await audit.record("rating.given", "claim", claim_id, now=now, side=side.value, stars=said.stars)
            live.touch("claim", claim_id)
    except IntegrityError:
        raise Refused("rated", N_("You have said this already.")) from None
    return rating


async def _side(claim_id: int, viewer: Viewer) -> tuple[Any, Side]:
    claim: Any = await Claim.get_or_none(id=claim_id).select_related("shift__gig")
    if claim is not None and claim.worker_id == viewer.id:
        return claim, Side.WORKER
    if claim is not None and claim.state in rules.LIVE and claim.shift.gig.employer_id in viewer.employer_ids:
        return claim, Side.EMPLOYER
    raise NotFound


async def tell_truth(claim_id: int, worker: Viewer, said: TruthInput, now: datetime) -> Truth:
    """The worker says which of five facts were as posted. Said once; the employer cannot change it."""
    claim = await Claim.get_or_none(id=claim_id, worker_id=worker.id)
    if claim is None:
        raise NotFound
    refuse_if(rules.why_not_rate(claim.state, claim.ends_at, now))
    try:
        async with transaction():
            truth = await Truth.create(claim_id=claim_id, at=now, **said.model_dump())
            await audit.record("truth.told", "claim", claim_id, now=now)
            live.touch("claim", claim_id)
    except IntegrityError:
        raise Refused("rated", N_("You have said this already.")) from None
    return truth
