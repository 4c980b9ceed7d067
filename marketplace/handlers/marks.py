"""Favourites, blocks and points: who likes to meet whom again, and what giving back late has cost."""

from starlette.requests import Request
from starlette.responses import Response

from accounts.handlers.employer import desk
from core import clock, sessions
from core.forms import parse
from core.html import page
from core.routing import fields, see_other
from marketplace import rules
from marketplace.actions import marks as actions
from marketplace.forms import MarkInput
from marketplace.queries.marks import known_worker, marks_of, people_of
from marketplace.queries.points import points_of, standing_of
from marketplace.rules import MarkKind
from rulebook import market


async def mine(request: Request) -> Response:
    """The employers a worker has marked."""
    found = await marks_of(request.state.viewer.id, clock.now())
    return page(
        request,
        "marketplace/marks.html",
        favourites=[mark for mark in found if mark.kind is MarkKind.FAVOURITE],
        blocked=[mark for mark in found if mark.kind is MarkKind.BLOCKED],
    )


async def mark_employer(request: Request) -> Response:
    """A star, a block, or neither any more."""
    employer_id, form = request.path_params["id"], await fields(request)
    wanted = parse(MarkInput, {"kind": form.get("kind", "")})
    await actions.mark_employer(request.state.viewer, employer_id, wanted.mark, clock.now())
    return see_other(sessions.safe_next(form.get("next", ""), "/account/marks"))


async def people(request: Request) -> Response:
    """Everybody who has had a place with the employer."""
    here = await desk(request)
    return page(request, "marketplace/people.html", desk=here, people=await people_of(here.employer.id))


async def mark_worker(request: Request) -> Response:
    """The same for an employer about somebody who has had a place with it."""
    here, form = await desk(request), await fields(request)
    await known_worker(here.employer.id, request.path_params["id"])
    wanted = parse(MarkInput, {"kind": form.get("kind", "")})
    await actions.mark_worker(
        here.employer.id,
        request.state.viewer.employer_ids,
        request.path_params["id"],
        wanted.mark,
        clock.now(),
    )
    return see_other(sessions.safe_next(form.get("next", ""), f"/employer/people{here.query}"))


async def points(request: Request) -> Response:
    """The worker's points, where they come from, and until when they count."""
    now, today, viewer = clock.now(), clock.today(), request.state.viewer
    return page(
        request,
        "marketplace/points.html",
        standing=await standing_of(viewer.id, now),
        given=await points_of(viewer.id, now),
        limit=rules.points_limit(today),
        pause_days=market.number("points-pause-days", today),
        valid_days=market.number("points-days", today),
    )
