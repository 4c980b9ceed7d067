"""The web process: routes of each package, what surrounds them, and what lives as long as the process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from servestatic import ServeStaticASGI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount
from starlette_compress import CompressMiddleware

import accounts.api
import accounts.routes
import marketplace.api
import marketplace.routes
from accounts import actions, queries
from accounts.rules import SessionKind, Viewer
from app import api_docs, errors, logs, site
from app.middleware import Surround
from app.tables import config
from core import clock, database, html, i18n, live, sessions, settings, wake


def routes() -> list[BaseRoute]:
    """Every address of the site."""
    return [
        *site.routes,
        *api_docs.routes,
        *accounts.api.routes,
        *marketplace.api.routes,
        *accounts.routes.routes,
        *marketplace.routes.routes,
    ]


async def identify(request: Request) -> Viewer | None:
    """Who asks: by bearer token in the API, by cookie on pages. Neither opens the other's door."""
    kind, token = SessionKind.BROWSER, sessions.session_token(request)
    if errors.is_api(request):
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        kind, token = SessionKind.API, given.strip() if scheme.lower() == "bearer" else ""
    if not token:
        return None
    now = clock.now()
    viewer = await queries.viewer_for(token, kind, now)
    if viewer is not None:
        await actions.keep_alive(viewer.session_id, viewer.last_seen_at or now, now)
        if "locale" not in request.cookies and "accept-language" not in request.headers:
            i18n.set_locale(viewer.locale)
    return viewer


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Open the database, warm what is slow the first time, listen to the other processes."""
    await database.connect(config())
    html.environment()
    for locale in i18n.LOCALES:
        i18n.translations(locale)
    listener = asyncio.create_task(live.listen_to_others())
    try:
        yield
    finally:
        listener.cancel()
        with suppress(asyncio.CancelledError):
            await listener
        await wake.close()
        await database.disconnect()


def hosts() -> list[str]:
    """Names the site answers to; anything else in the Host header is refused."""
    chosen = settings.current()
    public = urlsplit(chosen.public_url).hostname or "localhost"
    return sorted({"localhost", "127.0.0.1", "[::1]", "::1", chosen.host, public, *chosen.allowed_hosts})


def create() -> Any:
    """The application of one web process."""
    logs.configure()
    build = Mount(
        f"/static/{html.build()}",
        ServeStaticASGI(
            None,
            root=html.STATIC,
            prefix=f"/static/{html.build()}",
            max_age=31_536_000,
            immutable_file_test=lambda _path, _url: True,
        ),
    )
    app = Starlette(
        routes=[*routes(), build],
        lifespan=lifespan,
        exception_handlers=errors.HANDLERS,
        middleware=[
            Middleware(Surround, last_resort=errors.unexpected),
            Middleware(TrustedHostMiddleware, allowed_hosts=hosts()),
            Middleware(CompressMiddleware, minimum_size=800),
        ],
    )
    app.state.identify = identify
    return app
