"""Structured logs: one line per event, readable on a terminal or as JSON, and free of personal data."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from core import settings

PERSONAL = re.compile(r"(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)")
"""Mobile numbers and ID numbers. They should never reach a log; this is the net below."""


def _hide(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {
        key: PERSONAL.sub("•••", value) if isinstance(value, str) else value for key, value in event.items()
    }


def configure() -> None:
    """Log to standard error, in the form that is set."""
    chosen = settings.current()
    json = chosen.log_format == "json"
    renderer = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Without local variables: a traceback with values would show what people typed.
            structlog.processors.format_exc_info,
            _hide,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO if json else logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
