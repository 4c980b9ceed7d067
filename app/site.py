"""Addresses that belong to no package: health, live events, the installable shell, the component gallery."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from tortoise.exceptions import BaseORMException

from core import clock, database, live, settings, wake
from core.errors import Forbidden, NotFound
from core.html import STATIC, page
from core.models import OutboxRow, OutboxState
from core.routing import anyone, get

PATIENCE = 2.0
LATE = timedelta(seconds=60)


async def healthz(request: Request) -> Response:
    """How each part is. 503 only when the truth itself, the database, is out of reach."""
    database_part, queue_part, media_part = await asyncio.gather(_database(), _queue(), _media())
    parts = {
        "database": database_part,
        "queue": queue_part,
        # Until there is a search engine of its own, the database answers what is looked for.
        "search": {"status": database_part["status"], "engine": "database"},
        "media": media_part,
    }
    well = all(part["status"] == "ok" for part in parts.values())
    gone = database_part["status"] != "ok"
    status = "down" if gone else "ok" if well else "degraded"
    return JSONResponse(
        {"status": status, "parts": parts}, 503 if gone else 200, {"Cache-Control": "no-store"}
    )


async def _database() -> dict[str, Any]:
    try:
        async with asyncio.timeout(PATIENCE):
            await database.rows("SELECT 1 AS one")
            late = await OutboxRow.filter(state=OutboxState.WAITING, due_at__lt=clock.now() - LATE).count()
            dead = await OutboxRow.filter(state=OutboxState.DEAD).count()
    except (*database.AWAY, BaseORMException, OSError):
        return {"status": "down"}
    return {"status": "ok", "dialect": database.dialect(), "late_jobs": late, "dead_jobs": dead}


async def _queue() -> dict[str, Any]:
    connection = wake.redis()
    if connection is None:
        return {"status": "ok", "engine": "database"}
    try:
        async with asyncio.timeout(PATIENCE):
            await connection.ping()
    except (RedisError, OSError, TimeoutError):
        return {"status": "down", "says": "jobs are found in the database once a second"}
    return {"status": "ok"}


async def _media() -> dict[str, Any]:
    port = settings.current().media_port
    if not port:
        return {"status": "off"}
    return {"status": "ok" if await asyncio.to_thread(_answers, port) else "down"}


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


async def metrics(request: Request) -> Response:
    """Figures for Prometheus, for this machine alone."""
    local = request.client is not None and request.client.host in ("127.0.0.1", "::1")
    if not local or "x-forwarded-for" in request.headers:
        raise NotFound
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def events(request: Request) -> Response:
    """Says which of the topics changed; the page then asks again for what it may see."""
    topics = live.signed_topics(
        request.query_params.get("topics", ""), request.query_params.get("signature", "")
    )
    if not topics:
        raise Forbidden

    async def stream() -> AsyncIterator[ServerSentEvent]:
        async with live.listening(topics) as queue:
            yield ServerSentEvent(comment="listening", retry=2000)
            while True:
                yield ServerSentEvent(data=await queue.get(), event="changed")

    return EventSourceResponse(stream(), ping=15, headers={"Cache-Control": "no-store"})


async def service_worker(request: Request) -> Response:
    """The service worker, at the root so that it may serve every page."""
    return FileResponse(STATIC / "sw.js", media_type="text/javascript", headers={"Cache-Control": "no-cache"})


async def manifest(request: Request) -> Response:
    """What the phone shows once Jishi is installed."""
    shown = page(request, "site/manifest.webmanifest")
    return Response(shown.body, media_type="application/manifest+json", headers={"Cache-Control": "no-cache"})


async def offline(request: Request) -> Response:
    """What there is to see without a network."""
    return page(request, "site/offline.html")


async def gallery(request: Request) -> Response:
    """Every component in every state, in development."""
    if not (settings.current().development or settings.current().demo):
        raise NotFound
    return page(request, "site/ui.html")


routes = [
    get("/healthz", healthz, who=anyone),
    get("/metrics", metrics, who=anyone),
    get("/live", events, who=anyone),
    get("/sw.js", service_worker, who=anyone),
    get("/manifest.webmanifest", manifest, who=anyone),
    get("/offline", offline, who=anyone),
    get("/ui", gallery, who=anyone),
]
