"""The same request twice has one effect, and the second gets the first's answer."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from starlette.responses import Response
from tortoise.exceptions import IntegrityError

from core import clock, database
from core.errors import AppError, Malformed, Refused
from core.i18n import N_
from core.models import IdempotencyKey

KEEP = timedelta(hours=48)
LONGEST_KEY = 255


class _NotDone(Exception):
    """Carries an answer of refusal out of the transaction, which is rolled back by it."""

    def __init__(self, answer: Response) -> None:
        self.answer = answer


async def once(
    *, actor_id: int, key: str, route: str, content: bytes, run: Callable[[], Awaitable[Response]]
) -> Response:
    """Run and remember the answer in the same transaction; or give the remembered one.

    It runs first and looks afterwards: nearly every request is the first of its key, and of two with one key the
    second comes to nothing, at the latest at the key itself, which is there only once.
    Only answers of success are remembered: a refusal changed nothing and may be different next time.
    Without a key it simply runs.
    """
    if not key:
        return await run()
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Malformed(
            "idempotency-key", N_("The idempotency key is too long or has unprintable characters.")
        )
    fingerprint = hashlib.sha256(route.encode() + b"\0" + content).hexdigest()
    try:
        async with database.together():
            response = await run()
            if response.status_code >= 400:
                raise _NotDone(response)
            await _remember(actor_id, key, route, fingerprint, response)
            return response
    except _NotDone as refused:
        return await _recall(actor_id, key, fingerprint) or refused.answer
    except (IntegrityError, AppError):
        # The same request has been done before, or beside this one: then its answer is ours too.
        if (remembered := await _recall(actor_id, key, fingerprint)) is not None:
            return remembered
        raise


async def _recall(actor_id: int, key: str, fingerprint: str) -> Response | None:
    found = await database.rows(
        "SELECT fingerprint, status, body, location FROM idempotency_key WHERE actor_id = $1 AND key = $2",
        [actor_id, key],
    )
    if not found:
        return None
    row = found[0]
    if row["fingerprint"] != fingerprint:
        raise Refused("idempotency-key-reused", N_("This idempotency key was used for another request."))
    headers = {"Location": row["location"]} if row["location"] else {}
    media_type = "application/json" if row["body"] else None
    return Response(row["body"], row["status"], headers | {"Idempotency-Replayed": "true"}, media_type)


async def _remember(actor_id: int, key: str, route: str, fingerprint: str, response: Response) -> None:
    is_json = response.headers.get("content-type", "").startswith("application/json")
    await database.insert(
        IdempotencyKey,
        actor_id=actor_id,
        key=key,
        route=route,
        fingerprint=fingerprint,
        status=response.status_code,
        body=bytes(response.body).decode() if is_json else "",
        location=response.headers.get("location", ""),
        created_at=clock.now(),
    )


async def sweep(now: datetime) -> None:
    """Forget keys older than 48 hours."""
    await IdempotencyKey.filter(created_at__lt=now - KEEP).delete()
