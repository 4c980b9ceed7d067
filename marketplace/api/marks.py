"""Offers of a free place, favourites and blocks, and points over the API."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from accounts.queries import counties_of, employer_for
from accounts.rules import employer as employer_member
from accounts.rules import officer, worker
from core import clock
from core.api import Call, Operation, api
from core.i18n import N_
from marketplace import rules
from marketplace.actions import marks, points, waiting
from marketplace.api.claims import ClaimStateNow
from marketplace.forms import MarkInput
from marketplace.queries.marks import KnownWorker, MarkedEmployer, marks_of, people_of
from marketplace.queries.points import points_of, standing_of
from marketplace.rules import ClaimState, MarkKind, PointReason


class MarkedItem(BaseModel):
    """An employer the caller has marked."""

    employer_id: int
    name: str
    kind: MarkKind = Field(description="favourite or blocked", examples=["favourite"])
    open_shifts: int = Field(description="Its public shifts to come.")

    @classmethod
    def of(cls, row: MarkedEmployer) -> Self:
        """From a row."""
        return cls(employer_id=row.employer_id, name=row.name, kind=row.kind, open_shifts=row.open_shifts)


class Marks(BaseModel):
    """The caller's favourites and blocks."""

    items: list[MarkedItem]


class KnownPerson(BaseModel):
    """Somebody who has had a place with the employer."""

    worker_id: int
    name: str
    kind: MarkKind | None = Field(description="favourite, blocked, or null.")
    worked: int = Field(description="Shifts worked there.")
    last_at: datetime | None

    @classmethod
    def of(cls, row: KnownWorker) -> Self:
        """From a row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class KnownPeople(BaseModel):
    """Everybody who has had a place with the employer."""

    items: list[KnownPerson]


class PointItem(BaseModel):
    """Points that still count."""

    id: int
    claim_id: int
    points: int = Field(description="Negative when an officer took them off.")
    reason: PointReason
    at: datetime


class Points(BaseModel):
    """How the caller stands."""

    points: int
    limit: int = Field(description="From so many points on the caller pauses.")
    paused_until: datetime | None
    items: list[PointItem]


class TakenBack(BaseModel):
    """How many points were taken off."""

    points: int


async def accept(call: Call) -> ClaimStateNow:
    """Take the offered place."""
    claim_id = await waiting.accept(call.path("id"), call.viewer, call.now)
    return ClaimStateNow(id=claim_id, state=ClaimState.HIRED)


async def decline(call: Call) -> ClaimStateNow:
    """Let the next be asked."""
    claim_id = await waiting.decline(call.path("id"), call.viewer, call.now)
    return ClaimStateNow(id=claim_id, state=ClaimState.WAITING)


async def my_marks(call: Call) -> Marks:
    """The employers the caller has marked."""
    return Marks(items=[MarkedItem.of(row) for row in await marks_of(call.viewer.id, call.now)])


async def mark_employer(call: Call) -> None:
    """A favourite, a block, or neither."""
    await marks.mark_employer(call.viewer, call.path("id"), call.body.mark, call.now)


async def people(call: Call) -> KnownPeople:
    """Everybody who has had a place there."""
    employer_id = (await employer_for(call.viewer, call.path("id"))).id
    return KnownPeople(items=[KnownPerson.of(row) for row in await people_of(employer_id)])


async def mark_worker(call: Call) -> None:
    """A favourite, a block, or neither."""
    mine = call.viewer.employer_ids
    await marks.mark_worker(call.path("id"), mine, call.path("worker"), call.body.mark, call.now)


async def my_points(call: Call) -> Points:
    """The caller's points."""
    now, standing = call.now, await standing_of(call.viewer.id, call.now)
    given = await points_of(call.viewer.id, now)
    return Points(
        points=standing.points,
        limit=rules.points_limit(clock.local(now).date()),
        paused_until=standing.paused_until,
        items=[PointItem(**{name: getattr(row, name) for name in PointItem.model_fields}) for row in given],
    )


async def take_back(call: Call) -> TakenBack:
    """An officer takes points off."""
    regions = await counties_of(call.viewer)
    return TakenBack(points=await points.take_back(call.path("id"), call.viewer, regions, call.now))


OVER = ("offer-over", "overlap", "changed")

routes = [
    api(
        "POST",
        "/api/v1/invitations/{id:int}/accept",
        accept,
        who=worker,
        operation=Operation(N_("Take the place that was offered"), answer=ClaimStateNow, refusals=OVER),
    ),
    api(
        "POST",
        "/api/v1/invitations/{id:int}/decline",
        decline,
        who=worker,
        operation=Operation(
            N_("Let an offered place go to the next; the number on the list stays"),
            answer=ClaimStateNow,
            refusals=("offer-over",),
        ),
    ),
    api(
        "GET",
        "/api/v1/me/marks",
        my_marks,
        who=worker,
        operation=Operation(N_("The caller's favourite and blocked employers"), answer=Marks),
    ),
    api(
        "GET",
        "/api/v1/me/points",
        my_points,
        who=worker,
        operation=Operation(
            N_("The caller's points for giving back late, and a pause because of them"), answer=Points
        ),
    ),
    api(
        "PUT",
        "/api/v1/employers/{id:int}/mark",
        mark_employer,
        who=worker,
        operation=Operation(
            N_("Make an employer a favourite, block it, or neither any more"),
            204,
            body=MarkInput,
            refusals=("own-employer", "changed"),
        ),
    ),
    api(
        "GET",
        "/api/v1/employers/{id:int}/people",
        people,
        who=employer_member,
        operation=Operation(N_("Everybody who has had a place with an employer"), answer=KnownPeople),
    ),
    api(
        "PUT",
        "/api/v1/employers/{id:int}/people/{worker:int}/mark",
        mark_worker,
        who=employer_member,
        operation=Operation(
            N_("Make a worker a favourite, block them, or neither any more"),
            204,
            body=MarkInput,
            refusals=("changed",),
        ),
    ),
    api(
        "POST",
        "/api/v1/points/{id:int}/take-back",
        take_back,
        who=officer,
        operation=Operation(
            N_("Take the points of one late claim off a worker's record"),
            answer=TakenBack,
            refusals=("taken-back",),
        ),
    ),
]
