"""The JSON API of the gig market: its URL table in the order of the nouns."""

from core.api import ApiRoute
from marketplace.api import after, claims, gigs, jobs, marks, officer, settlement, shifts, templates

routes: list[ApiRoute] = [
    *shifts.routes,
    *claims.routes,
    *after.routes,
    *marks.routes,
    *gigs.routes,
    *templates.routes,
    *settlement.routes,
    *jobs.routes,
    *officer.routes,
]
