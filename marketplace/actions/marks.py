"""Favourites and blocks, by either side about the other."""

from datetime import datetime

from tortoise.exceptions import IntegrityError

from accounts.models import Employer
from accounts.rules import Viewer
from core import audit, live
from core.database import transaction
from core.errors import NotFound, Refused
from core.i18n import N_
from marketplace.models import Mark
from marketplace.queries.marks import known_worker
from marketplace.rules import MarkKind, Side


async def mark_employer(worker: Viewer, employer_id: int, kind: MarkKind | None, now: datetime) -> None:
    """A worker's favourite, a block, or neither any more."""
    if not await Employer.filter(id=employer_id).exists():
        raise NotFound
    if employer_id in worker.employer_ids:
        raise Refused("own-employer", N_("You are a member of this employer."))
    await _mark(Side.WORKER, worker.id, employer_id, kind, now)


async def mark_worker(
    employer_id: int, employer_ids: tuple[int, ...], worker_id: int, kind: MarkKind | None, now: datetime
) -> None:
    """An employer's favourite, a block, or neither any more; only of people who have had a place with it."""
    if employer_id not in employer_ids:
        raise NotFound
    await known_worker(employer_id, worker_id)
    await _mark(Side.EMPLOYER, worker_id, employer_id, kind, now)


async def _mark(side: Side, worker_id: int, employer_id: int, kind: MarkKind | None, now: datetime) -> None:
    about = {"side": side, "worker_id": worker_id, "employer_id": employer_id}
    try:
        async with transaction():
            if kind is None:
                await Mark.filter(**about).delete()
            elif not await Mark.filter(**about).update(kind=kind, at=now):
                await Mark.create(**about, kind=kind, at=now)
            verb = f"mark.{kind.value if kind else 'none'}"
            # A block is nobody's business but its author's: the other side's trail does not tell of it.
            await audit.record(verb, "employer", employer_id, now=now, by=side.value)
            live.touch("employer", employer_id)
    except IntegrityError:
        raise Refused("changed", N_("This has changed meanwhile. Please look again.")) from None
