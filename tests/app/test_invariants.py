"""Each invariant sees its breach and nothing else. Where the database refuses the breach, its guards go first."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Employer, Notice, Site, User
from accounts.rules import EmployerKind, LicenceState
from app.demo.draft import Draft
from app.invariants import INVARIANTS, broken
from core import database
from core.models import AuditRow, IdempotencyKey
from marketplace.models import Application, Attendance, Claim, Gig, Job, LedgerRow, PayLine, Shift, Terms
from marketplace.rules import (
    HOLDING,
    ApplicationState,
    CheckedBy,
    ClaimState,
    GigState,
    JobState,
    PayKind,
    PayState,
    RefusalReason,
    Settles,
)

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TOMORROW, YESTERDAY = NOW + timedelta(days=1), NOW - timedelta(days=1)
HOURS = timedelta(hours=4)
OWNER, OFFICER, ANNA, BO, CHEN = range(1, 6)
FULL, PAST, EMPTY, SAME_TIME = range(1, 5)
"""Shifts: a full one tomorrow with somebody waiting; a past one; an empty one; one on which only the busy wait."""
HIRED, WORKED = 1, 3
"""Claims; 2 and 5 are waiting, 4 is cancelled."""

NEW_CLAIM = (
    "INSERT INTO claim (shift_id, worker_id, terms_id, state, starts_at, ends_at, joined_at, hired_at, code_tries, slip_code)"
    " SELECT {shift}, {worker}, {shift}, '{state}', starts_at, ends_at, joined_at, {hired_at}, 0, '' FROM claim WHERE id = 1"
)
NEW_AUDIT = (
    "INSERT INTO audit (at, verb, kind, object_id, change, request_id)"
    " SELECT joined_at, 'claim.' || state, 'claim', id, '{}', '' FROM claim WHERE id = 6"
)
NEW_PROMISE = (
    "INSERT INTO outbox (job, args, state, due_at, tries, fence, heartbeat_at, last_error, created_at)"
    " SELECT 'core.sweep', '{}', '%s', in_at, 1, 1, in_at, '', in_at FROM attendance"
)
SECOND_LINE = (
    "INSERT INTO pay_line (claim_id, employer_id, worker_id, kind, minutes, hourly_fen, amount_fen, state, due_on,"
    " created_at, confirmed_at, paid_at, dispute) SELECT claim_id, employer_id, worker_id, kind, minutes, hourly_fen,"
    " amount_fen, state, due_on, created_at, confirmed_at, paid_at, dispute FROM pay_line"
)
MORE_PAID = SECOND_LINE.replace(
    "SELECT claim_id, employer_id, worker_id, kind", "SELECT claim_id, employer_id, worker_id, 'correction'"
)
NEW_WISH = (
    "INSERT INTO correction (claim_id, minutes, reason, state, asked_at, answer_by, decided_at, answer)"
    " SELECT {claim}, 300, '', '{state}', in_at, out_at, {decided}, '' FROM attendance"
)
SILENCE = (
    "INSERT INTO audit (at, verb, kind, object_id, change, request_id)"
    " SELECT in_at, 'correction.accepted', 'correction', 1, '{\"by\": \"silence\"}', '' FROM attendance"
)
NEW_STARS = (
    "INSERT INTO rating (claim_id, side, stars, words, at) SELECT 1, 'worker', 5, '', in_at FROM attendance"
)
NEW_TRUTH = "INSERT INTO truth (claim_id, pay, at) SELECT 1, true, in_at FROM attendance"
NEW_OFFER = (
    "INSERT INTO invitation (shift_id, claim_id, state, decided_at, offered_at, expires_at)"
    " SELECT shift_id, id, %s, joined_at, joined_at FROM claim WHERE id = 2"
)
NEW_POINTS = (
    "INSERT INTO point (worker_id, claim_id, points, reason, at)"
    " SELECT worker_id, id, {points}, '{reason}', joined_at FROM claim WHERE id = {claim}"
)
BREACHES = {
    "a place counted that nobody holds": ("G1 G4", "UPDATE shift SET taken = 2 WHERE id = 2"),
    "a waiter not counted": ("G1", "UPDATE shift SET waiting = 0 WHERE id = 1"),
    "more hired than places": ("G1", "UPDATE shift SET places = 0 WHERE id = 1"),
    "two shifts at once": (
        "G2",
        NEW_CLAIM.format(shift=EMPTY, worker=ANNA, state="hired", hired_at="hired_at"),
        NEW_AUDIT,
        "INSERT INTO ledger (shift_id, claim_id, change, at) SELECT shift_id, id, 1, hired_at FROM claim WHERE id = 6",
        "UPDATE shift SET taken = 1 WHERE id = 3",
    ),
    "another time than the shift's": ("G2", "UPDATE claim SET ends_at = starts_at WHERE id = 3"),
    "one shift twice": (
        "G3",
        NEW_CLAIM.format(shift=FULL, worker=BO, state="waiting", hired_at="NULL"),
        NEW_AUDIT,
        "UPDATE shift SET waiting = 2 WHERE id = 1",
    ),
    "a place never written down": ("G4", "DELETE FROM ledger WHERE claim_id = 1"),
    "a place never given back": ("G4", "DELETE FROM ledger WHERE claim_id = 4 AND change = -1"),
    "a place of another shift": ("G4", "UPDATE ledger SET shift_id = 3 WHERE claim_id = 4"),
    "a place that holds since never": ("G4", "UPDATE claim SET hired_at = NULL WHERE id = 1"),
    "a free place beside a waiting list": ("G5", "UPDATE shift SET places = 2 WHERE id = 1"),
    "a place held for nobody": ("G6", "UPDATE shift SET held = 1 WHERE id = 3"),
    "an offer nobody holds a place for": ("G6", NEW_OFFER % "'open', NULL"),
    "an offer of another shift's place": (
        "G6",
        NEW_OFFER % "'expired', joined_at",
        "UPDATE invitation SET shift_id = 3",
    ),
    "an offer that ended at no time": ("G7", NEW_OFFER % "'expired', NULL"),
    "an offer taken by nobody": ("G7", NEW_OFFER % "'taken', joined_at"),
    "asked twice": ("G7", NEW_OFFER % "'expired', joined_at", NEW_OFFER % "'declined', joined_at"),
    "an offer in no state": ("G8", NEW_OFFER % "'lost', joined_at"),
    "passed over without a word": ("G9", "UPDATE claim SET hired_at = ended_at WHERE id = 4"),
    "an allowance for who was not called off": (
        "P7",
        SECOND_LINE,
        "UPDATE pay_line SET kind = 'allowance' WHERE id = 2",
    ),
    "points for nothing": ("P8", NEW_POINTS.format(claim=2, points=3, reason="late")),
    "points twice": (
        "P8",
        NEW_POINTS.format(claim=4, points=3, reason="late"),
        NEW_POINTS.format(claim=4, points=3, reason="late"),
    ),
    "more points taken off than given": (
        "P8",
        NEW_POINTS.format(claim=4, points=3, reason="late"),
        NEW_POINTS.format(claim=4, points=-4, reason="taken-back"),
    ),
    "a gig in no state": ("G8", "UPDATE gig SET state = 'lost'"),
    "a shift in no state": ("G8", "UPDATE shift SET state = 'lost' WHERE id = 2"),
    "a pay line in no state": ("G8", "UPDATE pay_line SET state = 'lost'"),
    "a state nobody wrote down": ("G8-audit", "DELETE FROM audit WHERE kind = 'claim' AND object_id = 1"),
    "a forbidden step": ("G8-audit", "UPDATE audit SET verb = 'claim.absent' WHERE verb = 'claim.working'"),
    "a forbidden beginning": ("G8-audit", "DELETE FROM audit WHERE object_id = 3 AND verb = 'claim.hired'"),
    "work without coming": ("P1", "DELETE FROM attendance"),
    "leaving before coming": ("P1", "UPDATE attendance SET in_at = (SELECT max(ends_at) FROM shift)"),
    "coming after cancelling": (
        "P1",
        "INSERT INTO attendance (claim_id, in_at, in_by) SELECT 4, in_at, in_by FROM attendance",
    ),
    "work without end": ("P1", "UPDATE attendance SET out_at = NULL"),
    "a fen too much": ("P5", "UPDATE pay_line SET amount_fen = amount_fen + 1"),
    "a fen too little": ("P5", "UPDATE pay_line SET amount_fen = amount_fen - 1"),
    "paid at no time": ("P6", "UPDATE pay_line SET paid_at = NULL"),
    "paid and not confirmed": ("P6", "UPDATE pay_line SET confirmed_at = NULL"),
    "paid and not paid": ("P6", "UPDATE pay_line SET state = 'due'"),
    "disputed without a word": ("P6", "UPDATE pay_line SET state = 'disputed'"),
    "work not paid": ("P6-once", "DELETE FROM pay_line"),
    "work paid twice": ("P6-once", SECOND_LINE),
    "paid to another": ("P6-once", "UPDATE pay_line SET worker_id = 4"),
    "pay for somebody else's claim": ("P6-once", "UPDATE pay_line SET claim_id = 4"),
    "paid on top of nothing": (
        "P6-more",
        "UPDATE pay_line SET paid_at = NULL, state = 'confirmed'",
        MORE_PAID,
    ),
    "paid nothing on top": (
        "P6-more",
        MORE_PAID,
        "UPDATE pay_line SET minutes = 0, amount_fen = 0 WHERE kind = 'correction'",
    ),
    "a wish for hours nobody worked": ("H1", NEW_WISH.format(claim=HIRED, state="open", decided="NULL")),
    "two wishes at once": ("H1", *[NEW_WISH.format(claim=WORKED, state="open", decided="NULL")] * 2),
    "an answer without its moment": ("H1", NEW_WISH.format(claim=WORKED, state="accepted", decided="NULL")),
    "a no without a word": ("H1", NEW_WISH.format(claim=WORKED, state="refused", decided="in_at")),
    "silence that was too short": (
        "H1",
        NEW_WISH.format(claim=WORKED, state="accepted", decided="in_at"),
        SILENCE,
    ),
    "stars for who did not work": ("R1", NEW_STARS),
    "truth from who was not there": ("R1", NEW_TRUTH),
    "an application in no state": ("G8 A1", "UPDATE application SET state = 'lost' WHERE id = 2"),
    "an application nobody wrote down": (
        "A1",
        "DELETE FROM audit WHERE kind = 'application' AND object_id = 2",
    ),
    "an answer that cannot be": (
        "A1",
        "UPDATE audit SET verb = 'application.withdrawn' WHERE verb = 'application.seen'",
    ),
    "an application that begins with its end": (
        "A1",
        "DELETE FROM audit WHERE verb = 'application.sent' AND object_id = 1",
    ),
    "an answer at no time": ("A2", "UPDATE application SET answered_at = NULL WHERE id = 1"),
    "a refusal without a reason": ("A2", "UPDATE application SET refusal = NULL WHERE id = 1"),
    "a reason for no refusal": ("A2", "UPDATE application SET refusal = 'pay' WHERE id = 2"),
    "an answer before anybody answered": ("A2", "UPDATE application SET answered_at = sent_at WHERE id = 2"),
    "a silent worker": ("J2", NEW_PROMISE % "running"),
    "a worker without a heartbeat": ("J2", NEW_PROMISE % "running", "UPDATE outbox SET heartbeat_at = NULL"),
    "a promise given up": ("J3", NEW_PROMISE % "dead"),
    "a promise in no state": ("G8", NEW_PROMISE % "lost"),
    "terms of another shift": ("T1", "UPDATE claim SET terms_id = 3 WHERE id = 1"),
    "a shift without terms": ("T1", "DELETE FROM terms WHERE shift_id = 3"),
    "a phone in the clear": ("C3", "UPDATE account SET phone = '+8613900000001' WHERE id = 3"),
    "verified for ever": ("E1", "UPDATE employer SET verified_until = NULL"),
}


@pytest.fixture
async def market(db):
    """A market small enough to know by heart, in which everything holds."""
    draft = Draft()
    for person in (OWNER, OFFICER, ANNA, BO, CHEN):
        phone = f"+861390000000{person}"
        draft.add(User, phone=phone, phone_index=str(person), name="", created_at=YESTERDAY)
    _add_employer(draft)
    for starts_at, places, taken, waiting in (
        (TOMORROW, 1, 1, 1),
        (YESTERDAY, 2, 1, 0),
        (TOMORROW, 2, 0, 0),
        (TOMORROW, 1, 0, 1),
    ):
        _add_shift(draft, starts_at, places, taken, waiting)
    _add_claim(draft, FULL, ANNA, "hired")
    _add_claim(draft, FULL, BO, "waiting")
    _add_claim(draft, PAST, ANNA, "hired", "working", "worked")
    _add_claim(draft, FULL, CHEN, "waiting", "hired", "cancelled")
    _add_claim(draft, SAME_TIME, ANNA, "waiting")
    _add_work(draft)
    _add_applications(draft)
    async with database.transaction():
        await draft.insert()


def _add_employer(draft):
    draft.add(
        Employer,
        name="昆山川香楼",
        credit_code="91320583MA0000000X",
        kind=EmployerKind.COMPANY,
        region_code="320583",
        licence_state=LicenceState.VERIFIED,
        decided_at=YESTERDAY,
        decided_by_id=OFFICER,
        verified_until=TOMORROW,
        created_at=YESTERDAY,
    )
    draft.add(Site, employer_id=1, name="", address="", region_code="320583", lat=31.3, lon=121.0)
    draft.add(
        Gig,
        employer_id=1,
        site_id=1,
        title="",
        trade="waiter",
        duties="",
        conditions="",
        hourly_fen=2350,
        settles=Settles.DAY,
        valid_until=TOMORROW.date(),
        state=GigState.PUBLISHED,
        created_by_id=OWNER,
        created_at=YESTERDAY,
    )


def _add_shift(draft, starts_at, places, taken, waiting):
    shift = draft.add(
        Shift,
        gig_id=1,
        starts_at=starts_at,
        ends_at=starts_at + HOURS,
        start_minute=720,
        end_minute=960,
        places=places,
        taken=taken,
        waiting=waiting,
        check_in_key="",
        created_at=YESTERDAY,
    )
    draft.add(Terms, shift_id=shift.id, version=1, body={}, sha256="", created_at=YESTERDAY)


def _add_claim(draft, shift_id, worker_id, *states):
    shift, state = draft.row(Shift, shift_id), ClaimState(states[-1])
    ended = state not in (*HOLDING, ClaimState.WAITING)
    claim = draft.add(
        Claim,
        shift_id=shift_id,
        worker_id=worker_id,
        terms_id=shift_id,
        state=state,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        joined_at=YESTERDAY,
        hired_at=YESTERDAY if "hired" in states else None,
        ended_at=NOW - timedelta(hours=1) if ended else None,
    )
    for change in [+1] * ("hired" in states) + [-1] * ended:
        draft.add(LedgerRow, shift_id=shift_id, claim_id=claim.id, change=change, at=YESTERDAY)
    for step in states:
        draft.add(AuditRow, at=YESTERDAY, verb=f"claim.{step}", kind="claim", object_id=claim.id, change={})


def _add_work(draft):
    end = YESTERDAY + HOURS
    draft.add(
        Attendance,
        claim_id=WORKED,
        in_at=YESTERDAY,
        in_by=CheckedBy.QR,
        out_at=end,
        out_by=CheckedBy.WORKER,
        worked_minutes=239,
    )
    draft.add(
        PayLine,
        claim_id=WORKED,
        employer_id=1,
        worker_id=ANNA,
        kind=PayKind.WORK,
        minutes=239,
        hourly_fen=2350,
        amount_fen=9361,
        state=PayState.PAID,
        due_on=end.date(),
        created_at=end,
        confirmed_at=end,
        paid_at=end,
    )


def _add_applications(draft):
    draft.add(
        Job,
        employer_id=1,
        site_id=1,
        title="",
        trade="waiter",
        duties="",
        conditions="",
        openings=1,
        monthly_from_fen=500_000,
        monthly_to_fen=600_000,
        valid_until=TOMORROW.date(),
        state=JobState.PUBLISHED,
        created_by_id=OWNER,
        created_at=YESTERDAY,
    )
    for worker_id, *steps in ((ANNA, "sent", "seen", "refused"), (BO, "sent")):
        refused = steps[-1] == "refused"
        application = draft.add(
            Application,
            job_id=1,
            worker_id=worker_id,
            state=ApplicationState(steps[-1]),
            sent_at=YESTERDAY,
            answered_at=NOW if refused else None,
            refusal=RefusalReason.FILLED if refused else None,
        )
        for step in steps:
            note = {"verb": f"application.{step}", "kind": "application", "object_id": application.id}
            draft.add(AuditRow, at=YESTERDAY, change={}, **note)


async def drop_guards():
    """Take away all that the database refuses by itself (migrations/0002_guards.py)."""
    if database.dialect() == "sqlite":
        guards = await database.rows(
            "SELECT 'DROP ' || type || ' ' || name AS drop_it FROM sqlite_master"
            " WHERE type = 'trigger' OR (type = 'index' AND sql LIKE '%WHERE%')"
        )
    else:
        guards = await database.rows(
            "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop_it"
            " FROM pg_constraint WHERE contype IN ('c', 'x') AND conrelid <> 0"
            " AND connamespace = 'public'::regnamespace"
            " UNION ALL SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass)"
            " FROM pg_trigger WHERE NOT tgisinternal"
            " UNION ALL SELECT format('DROP INDEX %I', indexname) FROM pg_indexes"
            " WHERE schemaname = 'public' AND indexdef LIKE '%WHERE%' AND indexdef LIKE 'CREATE UNIQUE%'"
        )
    for guard in guards:
        await database.execute(guard["drop_it"])


async def codes(now=NOW):
    return {breach.code for breach in await broken(now)}


@pytest.mark.usefixtures("market")
async def test_a_market_in_order_breaks_nothing():
    assert await broken(NOW) == []


@pytest.mark.usefixtures("market")
@pytest.mark.parametrize("name", BREACHES)
async def test_a_breach_is_seen(name):
    expected, *statements = BREACHES[name]
    await drop_guards()
    for sql in statements:
        await database.execute(sql)
    assert await codes() == set(expected.split())


def test_every_invariant_has_been_broken_once():
    assert {code for expected, *_ in BREACHES.values() for code in expected.split()} == {
        i.code for i in INVARIANTS
    }


@pytest.mark.usefixtures("market")
async def test_a_breach_shows_its_rows():
    await database.execute("UPDATE shift SET waiting = 3 WHERE id = 1")
    (breach,) = await broken(NOW)
    assert breach.says
    assert breach.rows == [{"id": 1, "places": 1, "taken": 1, "waiting": 3}]


@pytest.mark.usefixtures("market")
async def test_who_became_free_a_moment_ago_may_still_wait_for_the_timer():
    await Claim.filter(id=HIRED).update(state=ClaimState.CANCELLED, ended_at=NOW)
    assert "G5" not in await codes(NOW + timedelta(seconds=100))
    assert "G5" in await codes(NOW + timedelta(seconds=130))


@pytest.mark.usefixtures("market")
async def test_nobody_is_owed_a_place_in_a_shift_that_has_begun():
    await Shift.filter(id=FULL).update(places=2)
    assert await codes(TOMORROW - timedelta(seconds=1)) == {"G5"}
    assert await codes(TOMORROW) == set()


@pytest.mark.usefixtures("market")
@pytest.mark.parametrize(
    "text",
    [
        "13912345678",
        "电话13912345678",
        "call +86 13912345678.",
        "+8613912345678",
        "/x?phone=%2B8613912345678&y=1",
        "身份证320583199002291234",
        "id=32058319900229123X",
    ],
)
async def test_personal_numbers_are_found_wherever_they_stand(text):
    rows = [
        await AuditRow.create(at=NOW, verb="x", kind="x", change={"deep": [{"told": text}]}),
        await Notice.create(user_id=ANNA, kind="x", params={"told": text}, created_at=NOW),
        await IdempotencyKey.create(
            actor_id=1,
            key="k",
            route="/",
            fingerprint="",
            status=200,
            body=f'{{"a":"{text}"}}',
            created_at=NOW,
        ),
    ]
    (breach,) = await broken(NOW)
    assert breach.code == "C3"
    assert [row["of"] for row in sorted(breach.rows, key=lambda row: row["of"])] == [
        "audit",
        "idempotency_key",
        "notice",
    ]
    assert {row["id"] for row in breach.rows if row["of"] == "audit"} == {rows[0].id}


@pytest.mark.usefixtures("market")
@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T04:00:00.123456+00:00",
        "7f13912345678a0b13912345678c",
        "91320583199001011X",
        "0123456789139123456780123",
        "138****5678",
        "0e4b1c1e-7d0c-4d0e-9c3f-139123456781",
    ],
)
async def test_other_long_numbers_are_no_breach(text):
    await AuditRow.create(at=NOW, verb="x", kind="x", change={"told": text}, request_id=text[:36])
    assert await codes() == set()
