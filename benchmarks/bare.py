"""A bare Starlette and Jinja page of a given size: what the framework alone costs, for comparison."""

import os

from jinja2 import Environment
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

ROWS = 20
BYTES = "BENCHMARK_BYTES"
TEMPLATE = """<!doctype html><title>{{ title }}</title><ul>{% for row in rows %}<li>{{ row.text }}</li>{% endfor %}</ul>"""


def create() -> Starlette:
    """A page of about as many bytes as the environment says, in rows as a list has them."""
    template = Environment(autoescape=True).from_string(TEMPLATE)
    frame = len(template.render(title="", rows=[{"text": ""}] * ROWS))
    rows = [{"text": "x" * max(0, (int(os.environ[BYTES]) - frame) // ROWS)}] * ROWS

    async def page(_request: Request) -> HTMLResponse:
        return HTMLResponse(template.render(title="", rows=rows))

    return Starlette(routes=[Route("/{path:path}", page, methods=["GET", "POST"])])
