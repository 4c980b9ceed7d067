"""Live pages: a topic changed → the page asks again. Events carry no content, so permissions stay in queries."""

import asyncio
import os
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from redis.exceptions import RedisError

from core import crypto, database, wake

log = structlog.get_logger("live")
CHANNEL = "jishi:live"
_ME = f"{os.getpid()}-{secrets.token_hex(4)}"
_listeners: dict[str, set[asyncio.Queue[str]]] = defaultdict(set)


def touch(kind: str, object_id: int) -> None:
    """Say, after the commit, that this thing changed."""
    topic = f"{kind}:{object_id}"

    async def tell() -> None:
        _deliver(topic)
        asyncio.get_running_loop().create_task(_broadcast(topic))

    database.after_commit(tell)


async def _broadcast(topic: str) -> None:
    connection = wake.redis()
    if connection is not None:
        with suppress(RedisError, OSError, TimeoutError):
            await connection.publish(CHANNEL, f"{_ME} {topic}")


def _deliver(topic: str) -> None:
    for queue in _listeners.get(topic, ()):
        # A full queue already makes its page ask again: one more event would tell it nothing new.
        with suppress(asyncio.QueueFull):
            queue.put_nowait(topic)


async def listen_to_others() -> None:
    """Pass on what other processes say; runs for the life of a web process and outlives Redis."""
    while True:
        connection = wake.redis()
        try:
            if connection is not None:
                await _listen(connection)
        except (RedisError, OSError, TimeoutError):
            log.info("live.redis_away")
        await asyncio.sleep(1)


async def _listen(connection: object) -> None:
    async with connection.pubsub() as channel:  # type: ignore[attr-defined]
        await channel.subscribe(CHANNEL)
        while True:
            message = await channel.get_message(ignore_subscribe_messages=True, timeout=5)
            if message:
                sender, topic = message["data"].decode().split(" ", 1)
                if sender != _ME:
                    _deliver(topic)


@asynccontextmanager
async def listening(topics: list[str]) -> AsyncIterator[asyncio.Queue[str]]:
    """A queue that receives the names of these topics as they change."""
    queue: asyncio.Queue[str] = asyncio.Queue(maxsize=16)
    for topic in topics:
        _listeners[topic].add(queue)
    try:
        yield queue
    finally:
        for topic in topics:
            _listeners[topic].discard(queue)
            if not _listeners[topic]:
                del _listeners[topic]


def live_url(*topics: str) -> str:
    """Address of the event stream for these topics. The page that shows it was allowed to see them, and
    the signature says so; nobody else can make such an address.
    """
    joined = ",".join(topics)
    return f"/live?topics={joined}&signature={crypto.sign(joined, 'live')}"


def signed_topics(topics: str, signature: str) -> list[str]:
    """The topics of such an address, or nothing when the signature is not ours."""
    return topics.split(",") if crypto.is_signed(topics, signature, "live") else []
