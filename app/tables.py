"""Tortoise's config: packages from low to high, so that keys point downwards."""

from typing import Any

from core import settings
from core.database import connection_config

PACKAGES = ("core", "accounts", "marketplace")


def config(url: str | None = None) -> dict[str, Any]:
    """The config for a database address, by default the one in force."""
    apps = {
        name: {
            "models": [f"{name}.models"],
            "default_connection": "default",
            "migrations": f"{name}.migrations",
        }
        for name in PACKAGES
    }
    return {
        "connections": {"default": connection_config(url or settings.current().database)},
        "apps": apps,
        "use_tz": True,
        "timezone": "UTC",
    }


TORTOISE_ORM = config()
"""For the migration tool: `tortoise -c app.tables.TORTOISE_ORM makemigrations`."""
