"""A worker's own shifts."""

from starlette.requests import Request
from starlette.responses import Response

from core import clock
from core.html import page
from marketplace.queries.claims import my_page


async def show(request: Request) -> Response:
    """What comes next, what was, and what is owed."""
    now = clock.now()
    return page(
        request, "marketplace/my.html", my=await my_page(request.state.viewer.id, now), block="shifts"
    )
