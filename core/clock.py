"""The only place that reads the clock; everything else is told the time."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
"""The zone in which people read times. Stored and computed times are UTC."""


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The calendar day of people who read the pages."""
    return now().astimezone(LOCAL).date()


def local(moment: datetime) -> datetime:
    """The same moment as people read it on the wall."""
    return moment.astimezone(LOCAL)


def utc(wall: datetime) -> datetime:
    """A wall time as typed into a form (naive, local) as an aware UTC moment."""
    return wall.replace(tzinfo=LOCAL).astimezone(UTC)
