"""Timers of the gig market: what must happen because time passes."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from marketplace.actions import attendance, claims, corrections, reminders, tiers, waiting

Timer = Callable[[datetime], Awaitable[int]]

timers: dict[str, tuple[int, Timer]] = {
    "marketplace.promote_everywhere": (4, waiting.promote_everywhere),
    "marketplace.expire_invitations": (3, waiting.expire_invitations),
    "marketplace.widen_shifts": (10, tiers.widen_shifts),
    "marketplace.lapse_waiting": (30, claims.lapse_waiting),
    "marketplace.mark_absent": (60, claims.mark_absent),
    "marketplace.close_forgotten": (60, attendance.close_forgotten),
    "marketplace.remind": (60, reminders.remind),
    "marketplace.approve_silent": (60, corrections.approve_silent),
    "marketplace.confirm_silent": (60, corrections.confirm_silent),
}
"""Name → every how many seconds, and what. Each looks at the database and may run twice or late."""
