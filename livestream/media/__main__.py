"""The media process: its own program, without a database. For now it only says that it is well."""

import argparse

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def healthz(_: Request) -> JSONResponse:
    """Tell the supervisor and the site's own health page that this part is up."""
    return JSONResponse({"status": "ok", "part": "media"})


def main() -> None:
    """Serve on the loopback: people reach media through the site or a proxy, never directly."""
    parser = argparse.ArgumentParser(prog="python -m livestream.media", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    application = Starlette(routes=[Route("/healthz", healthz)])
    uvicorn.run(application, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=5)


if __name__ == "__main__":
    main()
