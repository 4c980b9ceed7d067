"""Live topics: told after the commit, to those who listen, and only at addresses we signed."""

import asyncio

import pytest

from core import database, live

pytestmark = pytest.mark.anyio


async def test_who_listens_hears_of_the_change_after_the_commit(db):
    async with live.listening(["shift:1", "shift:2"]) as queue:
        async with database.transaction():
            live.touch("shift", 1)
            assert queue.empty()
        assert queue.get_nowait() == "shift:1"


async def test_who_listens_to_something_else_hears_nothing(db):
    async with live.listening(["shift:2"]) as queue:
        async with database.transaction():
            live.touch("shift", 1)
        assert queue.empty()


async def test_what_did_not_happen_is_not_told(db):
    async with live.listening(["shift:1"]) as queue:
        with pytest.raises(ZeroDivisionError):  # noqa: PT012 the transaction is what raises
            async with database.transaction():
                live.touch("shift", 1)
                raise ZeroDivisionError
        assert queue.empty()


async def test_one_who_never_reads_holds_up_nobody(db):
    async with live.listening(["shift:1"]) as stuck, asyncio.timeout(20):
        for _ in range(3):
            async with database.transaction():
                for _ in range(50):
                    live.touch("shift", 1)
        assert stuck.full()


async def test_nothing_is_kept_of_who_has_left(db):
    async with live.listening(["shift:1"]), live.listening(["shift:1"]):
        assert len(live._listeners["shift:1"]) == 2
    assert "shift:1" not in live._listeners


def test_an_address_of_ours_opens_its_topics_and_no_others():
    address = live.live_url("shift:1", "inbox:7")
    topics, signature = address.removeprefix("/live?topics=").split("&signature=")
    assert live.signed_topics(topics, signature) == ["shift:1", "inbox:7"]
    assert live.signed_topics("inbox:8", signature) == []
    assert live.signed_topics(topics, "签" * 32) == []
    assert live.signed_topics("", "") == []
