"""Promises: made with their transaction or not at all, kept at least once, their effects exactly once."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from core import audit, clock, database, outbox
from core.models import AuditRow, OutboxRow, OutboxState

pytestmark = pytest.mark.anyio

LATER = timedelta(hours=1)


async def note(now, number):
    """A job whose effect can be counted."""
    await audit.record("test.noted", "test", number, now=now)


async def stumble(now, number):
    await note(now, number)
    raise ZeroDivisionError


JOBS = {"test.note": note, "test.stumble": stumble}


async def promise(number: int = 1, job: str = "test.note", **more) -> None:
    async with database.transaction():
        await outbox.promise(job, number=number, **more)


async def effects() -> Counter:
    return Counter(await AuditRow.filter(verb="test.noted").values_list("object_id", flat=True))


async def the_row() -> OutboxRow:
    return await OutboxRow.get()


async def make_silent(row_id: int) -> None:
    """As if the worker that holds the row had been stopped a while ago."""
    await OutboxRow.filter(id=row_id).update(heartbeat_at=clock.now() - 2 * outbox.SILENT_AFTER)


async def make_due() -> None:
    await OutboxRow.filter(state=OutboxState.WAITING).update(due_at=clock.now())


async def test_a_promise_is_kept_once(db):
    await promise(7)
    assert await outbox.relay(JOBS) == 1
    assert await outbox.relay(JOBS) == 0
    assert await effects() == {7: 1}
    assert (await the_row()).state is OutboxState.DONE


async def test_a_promise_falls_with_its_transaction(db):
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 the transaction is what raises
        async with database.transaction():
            await outbox.promise("test.note", number=1)
            raise ZeroDivisionError
    assert await OutboxRow.all().count() == 0


async def test_a_promise_outside_a_transaction_is_not_made(db):
    with pytest.raises(RuntimeError):
        await outbox.promise("test.note", number=1)
    assert await OutboxRow.all().count() == 0


async def test_a_promise_for_later_waits_for_its_time(db):
    await promise(due=clock.now() + LATER)
    assert await outbox.relay(JOBS) == 0
    assert len(await outbox.take(10, clock.now() + LATER)) == 1


async def test_the_same_key_is_the_same_promise(db):
    await promise(key="one")
    await promise(key="one")
    async with database.transaction():
        await outbox.promise("test.note", key="one", number=2)
        await outbox.promise("test.note", key="other", number=3)
    await outbox.relay(JOBS)
    assert await effects() == {1: 1, 3: 1}


async def test_two_who_promise_the_same_at_once_promise_it_once(db):
    await asyncio.gather(*(promise(key="one") for _ in range(8)))
    await outbox.relay(JOBS)
    assert await effects() == {1: 1}


async def test_a_promise_that_has_not_begun_can_be_withdrawn(db):
    await promise(key="one", due=clock.now() + LATER)
    async with database.transaction():
        await outbox.forget("one")
    assert await OutboxRow.all().count() == 0


async def test_a_promise_in_hand_cannot_be_withdrawn(db):
    await promise(key="one")
    [taken] = await outbox.take(1, clock.now())
    async with database.transaction():
        await outbox.forget("one")
    await outbox.run(taken, JOBS)
    assert await effects() == {1: 1}


async def test_two_workers_share_the_rows_and_run_each_once(db):
    for number in range(30):
        await promise(number)
    done = await asyncio.gather(
        outbox.relay(JOBS, batch=3), outbox.relay(JOBS, batch=3), outbox.relay(JOBS, batch=1)
    )
    assert sum(done) == 30
    assert await effects() == dict.fromkeys(range(30), 1)


async def test_a_row_that_comes_late_with_a_lower_number_is_found_too(db):
    """Numbers are given at the insert and seen at the commit: whoever asks for numbers above the last one loses rows."""
    await promise(2)
    await database.execute("UPDATE outbox SET id = 1000")
    await outbox.relay(JOBS)
    await promise(1)
    await database.execute("UPDATE outbox SET id = 5 WHERE state = 'waiting'")
    await outbox.relay(JOBS)
    assert await effects() == {1: 1, 2: 1}


async def test_what_fails_leaves_no_trace_and_is_tried_again_later(db):
    await promise(job="test.stumble")
    await outbox.relay(JOBS)
    row = await the_row()
    assert (row.state, row.tries) == (OutboxState.WAITING, 1)
    assert row.due_at > clock.now()
    assert await effects() == {}


async def test_each_try_waits_longer_than_the_one_before(db):
    await promise(job="test.stumble")
    waits = []
    for _ in range(outbox.MAX_TRIES - 1):
        before = clock.now()
        await outbox.relay(JOBS)
        waits.append((await the_row()).due_at - before)
        await make_due()
    assert waits == sorted(waits)
    assert waits[-1] > 10 * waits[0]


@pytest.mark.parametrize("job", ["test.stumble", "test.unknown"])
async def test_what_always_fails_ends_dead_in_the_open_and_says_where(db, job):
    await promise(job=job)
    for _ in range(outbox.MAX_TRIES):
        await outbox.relay(JOBS)
        await make_due()
    row = await the_row()
    assert (row.state, row.tries) == (OutboxState.DEAD, outbox.MAX_TRIES)
    assert row.last_error.endswith(job)
    assert await outbox.relay(JOBS) == 0


async def test_a_job_that_kills_its_worker_each_time_is_given_up(db):
    await promise()
    for _ in range(outbox.MAX_TRIES):
        [taken] = await outbox.take(1, clock.now())
        await make_silent(taken.id)
    await outbox.relay(JOBS)
    assert (await the_row()).state is OutboxState.DEAD
    assert await effects() == {}


async def test_one_bad_job_does_not_hold_up_the_others(db):
    await promise(1, job="test.stumble")
    await promise(2)
    await outbox.relay(JOBS)
    assert await effects() == {2: 1}


async def test_what_went_wrong_is_told_without_the_words_of_the_error(db):
    async def indiscreet(now, number):
        raise ValueError("13800138000")

    await promise()
    await outbox.relay({"test.note": indiscreet})
    assert (await the_row()).last_error == "ValueError in test.note"


async def test_a_dead_row_can_be_given_another_round(db):
    await promise(job="test.stumble")
    await OutboxRow.all().update(state=OutboxState.DEAD, tries=outbox.MAX_TRIES)
    assert await outbox.revive((await the_row()).id)
    await outbox.relay({"test.stumble": note})
    assert await effects() == {1: 1}


async def test_only_the_dead_are_revived(db):
    await promise()
    assert not await outbox.revive((await the_row()).id)


async def test_a_silent_workers_row_is_taken_over(db):
    await promise()
    [taken] = await outbox.take(1, clock.now())
    assert await outbox.take(1, clock.now()) == []
    await make_silent(taken.id)
    [again] = await outbox.take(1, clock.now())
    assert (again.id, again.fence, again.tries) == (taken.id, taken.fence + 1, 2)


async def test_a_worker_that_wakes_too_late_changes_nothing(db):
    """Stopped in the middle (SIGSTOP, a swapped-out machine), taken over, woken again: its effects roll back."""
    await promise()
    [old] = await outbox.take(1, clock.now())
    await make_silent(old.id)
    [new] = await outbox.take(1, clock.now())
    await outbox.run(old, JOBS)
    assert await effects() == {}
    assert (await the_row()).state is OutboxState.RUNNING
    await outbox.run(new, JOBS)
    await outbox.run(old, JOBS)
    assert await effects() == {1: 1}


async def test_a_late_failure_does_not_disturb_the_new_holder(db):
    await promise(job="test.stumble")
    [old] = await outbox.take(1, clock.now())
    await make_silent(old.id)
    [new] = await outbox.take(1, clock.now())
    await outbox.run(old, JOBS)
    row = await the_row()
    assert (row.state, row.fence) == (OutboxState.RUNNING, new.fence)


async def test_a_job_to_the_outside_holds_no_transaction(db):
    seen = []

    @outbox.outside_transaction
    async def send(now, number):
        with pytest.raises(RuntimeError):
            database.after_commit(note)
        seen.append(number)

    await promise(5)
    await outbox.relay({"test.note": send})
    assert seen == [5]
    assert (await the_row()).state is OutboxState.DONE


async def test_a_slow_job_keeps_its_row_and_the_rows_behind_it(db, monkeypatch):
    monkeypatch.setattr(outbox, "HEARTBEAT", timedelta(milliseconds=20))
    told = asyncio.Event()

    @outbox.outside_transaction
    async def slow(now, number):
        if number == 1:
            await OutboxRow.all().update(heartbeat_at=clock.now() - 2 * outbox.SILENT_AFTER)
            while await OutboxRow.filter(heartbeat_at__lt=clock.now() - outbox.SILENT_AFTER).exists():
                await asyncio.sleep(0.01)
            assert await outbox.take(10, clock.now()) == []
            told.set()

    await promise(1)
    await promise(2)
    async with asyncio.timeout(20):
        assert await outbox.relay({"test.note": slow}) == 2
    assert told.is_set()
    assert await OutboxRow.filter(state=OutboxState.DONE, tries=1).count() == 2


async def test_what_was_done_long_ago_is_forgotten_and_the_rest_is_not(db):
    await promise(1)
    await outbox.relay(JOBS)
    await promise(2)
    await outbox.sweep_done(clock.now() + outbox.KEEP_DONE + LATER)
    assert [row.args for row in await OutboxRow.all()] == [{"number": 2}]
