"""Rate limits: counted per person and rule, with Redis, without it, and when it goes away."""

from dataclasses import replace

import pytest

from core import limits, settings, wake
from core.errors import TooMany
from tests import services

pytestmark = pytest.mark.anyio

ALLOWED = 5  # of code-per-phone


@pytest.fixture(params=["memory", "redis", "redis away"])
async def counted_in(request, installed):
    urls = {"memory": lambda: "", "redis": services.valkey, "redis away": lambda: "redis://127.0.0.1:9/0"}
    settings.install(replace(installed, redis_url=urls[request.param]()))
    limits.forget()
    yield request.param
    await wake.close()
    limits.forget()
    settings.install(installed)


async def tries(rule: str, who: str, count: int) -> int:
    """How many of these tries are allowed."""
    allowed = 0
    for _ in range(count):
        try:
            await limits.count(rule, who)
            allowed += 1
        except TooMany:
            pass
    return allowed


async def test_so_many_and_no_more(counted_in):
    assert await tries("code-per-phone", f"a {counted_in}", 8) == ALLOWED


async def test_one_persons_tries_are_not_anothers(counted_in):
    await tries("code-per-phone", f"b {counted_in}", 8)
    assert await tries("code-per-phone", f"c {counted_in}", 1) == 1


async def test_who_is_stopped_is_told_how_long(counted_in):
    await tries("code-per-phone", f"d {counted_in}", 8)
    with pytest.raises(TooMany) as caught:
        await limits.count("code-per-phone", f"d {counted_in}")
    assert 0 < caught.value.retry_after <= 15 * 60


async def test_an_unknown_rule_is_our_own_fault_and_loud():
    with pytest.raises(KeyError):
        await limits.count("no-such-rule", "x")
