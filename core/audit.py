"""The audit trail: who did or saw what."""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from core.database import Row, insert_all
from core.models import AuditRow


@dataclass(frozen=True)
class Origin:
    """Where an action comes from: the account behind it and the request it came with."""

    actor_id: int | None = None
    request_id: str = ""


NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def origin() -> Origin:
    """Where the running action comes from."""
    return _origin.get()


def set_origin(actor_id: int | None, request_id: str) -> None:
    """Called once at the edge, for each request."""
    _origin.set(Origin(actor_id, request_id))


async def record(
    verb: str,
    kind: str,
    object_id: int | None,
    *,
    now: datetime,
    subject_id: int | None = None,
    **change: object,
) -> None:
    """Write one row in the open transaction. `change` holds states and numbers, never personal data."""
    await insert_all(row(verb, kind, object_id, now=now, subject_id=subject_id, **change))


def row(
    verb: str,
    kind: str,
    object_id: int | None,
    *,
    now: datetime,
    subject_id: int | None = None,
    **change: object,
) -> Row:
    """The same row, to be written together with others."""
    come = _origin.get()
    return AuditRow, {
        "at": now,
        "actor_id": come.actor_id,
        "subject_id": subject_id if subject_id != come.actor_id else None,
        "verb": verb,
        "kind": kind,
        "object_id": object_id,
        "change": change,
        "request_id": come.request_id,
    }
