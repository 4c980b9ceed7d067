"""Tables of the spine: promises of work, the audit trail, idempotency keys."""

from enum import StrEnum

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class OutboxState(StrEnum):
    """waiting → running → done, or dead after too many tries."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"


class OutboxRow(Model):
    """Work promised inside a transaction. This row is the truth, the queue only wakes the worker."""

    id = fields.BigIntField(primary_key=True)
    job = fields.CharField(100)
    args: dict[str, object] = fields.JSONField()
    state = fields.CharEnumField(OutboxState, max_length=10, default=OutboxState.WAITING)
    due_at = fields.DatetimeField()
    key = fields.CharField(150, null=True, unique=True)
    """Same key, same promise: the second is dropped while the first row is kept."""
    tries = fields.SmallIntField(default=0)
    fence = fields.IntField(default=0)
    """Rises each time a worker takes the row; only the newest holder may finish it."""
    heartbeat_at = fields.DatetimeField(null=True)
    last_error = fields.TextField(default="")
    created_at = fields.DatetimeField()
    done_at = fields.DatetimeField(null=True)

    class Meta:
        table = "outbox"
        indexes = (Index(fields=("state", "due_at")),)


class AuditRow(Model):
    """Who did what to which thing, for whom, and when. Written in the same transaction, never changed."""

    id = fields.BigIntField(primary_key=True)
    at = fields.DatetimeField(db_index=True)
    actor_id = fields.BigIntField(null=True)
    """The account that acted; empty when a timer did."""
    subject_id = fields.BigIntField(null=True)
    """The person acted for or looked at, when that is another than the actor."""
    verb = fields.CharField(60)
    kind = fields.CharField(30)
    object_id = fields.BigIntField(null=True)
    change: dict[str, object] = fields.JSONField(default=dict)
    request_id = fields.CharField(36, default="")

    class Meta:
        table = "audit"
        indexes = (Index(fields=("kind", "object_id")), Index(fields=("subject_id", "at")))


class IdempotencyKey(Model):
    """The answer to a request that must not happen twice, kept for 48 hours."""

    id = fields.BigIntField(primary_key=True)
    actor_id = fields.BigIntField()
    key = fields.CharField(255)
    route = fields.CharField(200)
    fingerprint = fields.CharField(64)
    """SHA-256 of the request's content: the same key with other content is refused."""
    status = fields.SmallIntField()
    body = fields.TextField()
    location = fields.CharField(500, default="")
    created_at = fields.DatetimeField(db_index=True)

    class Meta:
        table = "idempotency_key"
        unique_together = (("actor_id", "key"),)


__models__ = [OutboxRow, AuditRow, IdempotencyKey]
