"""Timers of the gig market: what must happen because time passes."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from marketplace.actions import attendance, claims

Timer = Callable[[datetime], Awaitable[int]]

timers: dict[str, tuple[int, Timer]] = {
    "marketplace.promote_everywhere": (4, claims.promote_everywhere),
    "marketplace.lapse_waiting": (30, claims.lapse_waiting),
    "marketplace.mark_absent": (60, claims.mark_absent),
    "marketplace.close_forgotten": (60, attendance.close_forgotten),
}
"""Name → every how many seconds, and what. Each looks at the database and may run twice or late."""
