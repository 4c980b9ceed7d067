"""Redis as a doorbell and a loudspeaker. Whatever it loses is found again in the database."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import structlog
from arq.connections import ArqRedis, RedisSettings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core import settings

log = structlog.get_logger("redis")
QUEUE = "jishi:queue"
BELL = "relay"
"""Name of the arq function that looks into the outbox."""
PATIENCE = 0.5

_redis: Redis | None = None
_ringing: asyncio.Task[None] | None = None


def serialize(job: dict[str, Any]) -> bytes:
    """Arq's default is pickle, which would let anyone with Redis run code."""
    return json.dumps(job, default=repr).encode()


def deserialize(raw: bytes) -> dict[str, Any]:
    """The other way round."""
    return dict(json.loads(raw))


def redis() -> Redis | None:
    """The connection pool of this process, or None when no Redis is configured."""
    global _redis
    url = settings.current().redis_url
    if _redis is None and url:
        _redis = Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    return _redis


def arq_settings(url: str) -> RedisSettings:
    """Arq's own form of the address."""
    chosen = RedisSettings.from_dsn(url)
    chosen.conn_retries = 0
    return chosen


async def ring() -> None:
    """Wake the worker soon. Returns at once; a burst of promises rings once."""
    global _ringing
    if _ringing is None or _ringing.done():
        _ringing = asyncio.create_task(_ring())


async def _ring() -> None:
    await asyncio.sleep(0.01)
    connection = redis()
    if connection is None:
        return
    bell = ArqRedis(
        connection_pool=connection.connection_pool, job_serializer=serialize, default_queue_name=QUEUE
    )
    with suppress(RedisError, OSError, TimeoutError):
        await bell.enqueue_job(BELL, _job_id=BELL)


async def close() -> None:
    """Let go of Redis at the end of the process."""
    global _redis
    if _redis is not None:
        await _redis.aclose()
        _redis = None
