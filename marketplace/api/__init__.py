"""The JSON API of the gig market: its URL table in the order of the nouns."""

from core.api import ApiRoute
from marketplace.api import claims, gigs, officer, settlement, shifts

routes: list[ApiRoute] = [*shifts.routes, *claims.routes, *gigs.routes, *settlement.routes, *officer.routes]
