"""Rate limits: shared through Redis, kept in the process when Redis is away."""

import asyncio
from typing import Any

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from core import crypto, wake
from core.errors import TooMany

RULES = {
    "code-per-phone": "5 per 15 minutes",
    "code-per-address": "60 per 15 minutes",
    "sign-in-per-phone": "10 per 15 minutes",
    "second-factor": "10 per 15 minutes",
    "check-in-code": "8 per 15 minutes",
    "claim": "60 per minute",
    "upload": "30 per hour",
    "look-up": "60 per hour",
    "late": "10 per 15 minutes",
    "shift-message": "10 per 15 minutes",
}

_memory = SlidingWindowCounterRateLimiter(MemoryStorage())
_shared: SlidingWindowCounterRateLimiter | None = None


def _over_redis() -> SlidingWindowCounterRateLimiter | None:
    global _shared
    connection = wake.redis()
    if _shared is None and connection is not None:
        # The address only tells the library to speak with redis-py; the connections are the process's own.
        pool: Any = connection.connection_pool
        storage = RedisStorage("async+redis://", implementation="redispy", connection_pool=pool)
        _shared = SlidingWindowCounterRateLimiter(storage)
    return _shared


async def count(rule: str, who: str) -> None:
    """Count one try against a rule. Raises TooMany with the seconds to wait. `who` is hashed before it is kept."""
    item = parse(RULES[rule])
    name = crypto.blind_index(f"{rule}\0{who}")[:32]
    shared = _over_redis()
    if shared is not None:
        try:
            async with asyncio.timeout(0.5):
                allowed = await shared.hit(item, rule, name)
        except (RedisError, OSError, TimeoutError):
            allowed = await _memory.hit(item, rule, name)
    else:
        allowed = await _memory.hit(item, rule, name)
    if not allowed:
        raise TooMany(_wait(item))


def _wait(item: RateLimitItem) -> int:
    return max(1, item.get_expiry() // 4)


def forget() -> None:
    """Start counting anew (tests)."""
    global _memory, _shared
    _memory, _shared = SlidingWindowCounterRateLimiter(MemoryStorage()), None
