"""The day and after, over the API: on the way, late, other hours, true or not, stars, messages, the slip."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from accounts.rules import employer as employer_member
from accounts.rules import worker
from core.api import Call, Operation, api
from core.errors import NotFound
from core.i18n import N_
from core.routing import anyone, signed_in
from marketplace.actions import corrections, day, ratings
from marketplace.api.claims import AttendanceItem, PayLineItem
from marketplace.forms import (
    CorrectionInput,
    LateInput,
    MessageInput,
    RatingInput,
    SettleInput,
    SlipInput,
    TimesInput,
    TruthInput,
    WishAnswerInput,
)
from marketplace.queries import after
from marketplace.queries.claims import claim_page
from marketplace.queries.employer import shift_of
from marketplace.queries.reputation import employers_records, workers_records
from marketplace.queries.shifts import shift_page
from marketplace.rules import CorrectionState


class OnTheDay(BaseModel):
    """What a worker has said on the day."""

    claim_id: int
    on_way_at: datetime | None
    late_minutes: int | None


class CorrectionItem(BaseModel):
    """A wish for other hours."""

    id: int
    claim_id: int
    minutes: int
    reason: str
    state: CorrectionState
    asked_at: datetime
    answer_by: datetime = Field(description="No answer until then is a yes.")
    decided_at: datetime | None
    answer: str = Field(description="Why the employer does not agree; else empty.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """From a row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class RatingItem(BaseModel):
    """Stars and words of one side."""

    stars: int
    words: str
    at: datetime

    @classmethod
    def of(cls, row: Any) -> Self | None:
        """From a row, or nothing."""
        return cls(stars=row.stars, words=row.words, at=row.at) if row else None


class MessageItem(BaseModel):
    """A message to everybody on a shift."""

    text: str
    at: datetime


class AfterItem(BaseModel):
    """What followed a claim, as the caller may see it."""

    claim_id: int
    on_way_at: datetime | None
    late_minutes: int | None
    messages: list[MessageItem]
    correction: CorrectionItem | None = Field(description="The latest wish for other hours.")
    confirms_at: datetime | None = Field(description="When hours that are due confirm themselves.")
    truth_told: bool = Field(description="Told to the worker only.")
    mine: RatingItem | None
    theirs: RatingItem | None = Field(description="Once both have rated, or nobody can any more.")


class SlipItem(BaseModel):
    """What a claim comes to."""

    claim_id: int
    slip_code: str = Field(description="Six digits that check somebody in who has no phone.")
    pay_lines: list[PayLineItem]
    total_fen: int
    paid_fen: int


class ShareItem(BaseModel):
    """So many of so many."""

    good: int
    of: int

    @classmethod
    def from_(cls, share: Any) -> Self:
        """From a share."""
        return cls(good=share.good, of=share.of)


class EmployerRecordItem(BaseModel):
    """How an employer was in the last ninety days."""

    employer_id: int
    truths: dict[str, ShareItem] = Field(description="Fact → how many say that it was as posted.")
    answered: ShareItem = Field(description="Hours confirmed within a day.")
    paid: ShareItem = Field(description="Pay lines paid by the day they were due.")
    called_off: ShareItem
    stars_tenths: int = Field(description="Mean of the stars in tenths; 0 when nobody gave any.")
    stars_of: int


class WorkerRecordItem(BaseModel):
    """How somebody on a shift was in the last ninety days."""

    claim_id: int
    came: ShareItem
    on_time: ShareItem
    stars_tenths: int
    stars_of: int


class WorkerRecords(BaseModel):
    """Everybody on a shift."""

    items: list[WorkerRecordItem]


async def on_way(call: Call) -> OnTheDay:
    """On the way."""
    await day.set_out(call.path("id"), call.viewer, call.now)
    return await _day(call)


async def late(call: Call) -> OnTheDay:
    """Late."""
    await day.be_late(call.path("id"), call.viewer, call.body.minutes, call.now)
    return await _day(call)


async def _day(call: Call) -> OnTheDay:
    claim = (await claim_page(call.path("id"), call.viewer)).claim
    return OnTheDay(claim_id=claim.id, on_way_at=claim.on_way_at, late_minutes=claim.late_minutes)


async def show(call: Call) -> AfterItem:
    """What followed a claim."""
    page = await claim_page(call.path("id"), call.viewer)
    found = await after.after_claim(page, call.now)
    return AfterItem(
        claim_id=page.claim.id,
        on_way_at=page.claim.on_way_at,
        late_minutes=page.claim.late_minutes,
        messages=[MessageItem(text=message.text, at=message.at) for message in found.messages],
        correction=CorrectionItem.of(found.correction) if found.correction else None,
        confirms_at=found.confirms_at,
        truth_told=found.truth is not None,
        mine=RatingItem.of(found.mine),
        theirs=RatingItem.of(found.theirs),
    )


async def slip(call: Call) -> SlipItem:
    """The slip of a claim."""
    page = await claim_page(call.path("id"), call.viewer)
    if not page.holds:
        raise NotFound
    return SlipItem(
        claim_id=page.claim.id,
        slip_code=page.claim.slip_code,
        pay_lines=[PayLineItem.of(line) for line in page.lines],
        total_fen=sum(line.amount_fen for line in page.lines),
        paid_fen=sum(line.amount_fen for line in page.lines if line.paid_at),
    )


async def correct(call: Call) -> CorrectionItem:
    """The worker asks for other hours."""
    return CorrectionItem.of(await corrections.ask(call.path("id"), call.viewer, call.body, call.now))


async def answer(call: Call) -> CorrectionItem:
    """The employer answers."""
    mine = call.viewer.employer_ids
    return CorrectionItem.of(await corrections.answer(call.path("id"), mine, call.body, call.now))


async def settle(call: Call) -> PayLineItem:
    """The employer settles the dispute of a paid line."""
    mine = call.viewer.employer_ids
    return PayLineItem.of(
        await corrections.settle_dispute(call.path("id"), mine, call.body.minutes, call.now)
    )


async def rate(call: Call) -> AfterItem:
    """Stars for the other side."""
    await ratings.rate(call.path("id"), call.viewer, call.body, call.now)
    return await show(call)


async def tell(call: Call) -> AfterItem:
    """True or not."""
    await ratings.tell_truth(call.path("id"), call.viewer, call.body, call.now)
    return await show(call)


async def slip_in(call: Call) -> AttendanceItem:
    """Check in by slip."""
    mine = call.viewer.employer_ids
    return AttendanceItem.of(await day.check_in_by_slip(call.path("id"), mine, call.body, call.now))


async def by_hand(call: Call) -> PayLineItem:
    """Hours from the printed sheet."""
    return PayLineItem.of(
        await day.hours_by_hand(call.path("id"), call.viewer.employer_ids, call.body, call.now)
    )


async def message(call: Call) -> MessageItem:
    """Write to everybody."""
    sent = await day.write_to_all(call.path("id"), call.viewer, call.body, call.now)
    return MessageItem(text=sent.text, at=sent.at)


async def employer_record(call: Call) -> EmployerRecordItem:
    """How the employer of a shift is."""
    page = await shift_page(call.path("id"), call.viewer.id if call.viewer else None, call.now)
    employer_id = page.offer.employer_id
    record = (await employers_records((employer_id,), call.now))[employer_id]
    return EmployerRecordItem(
        employer_id=employer_id,
        truths={fact: ShareItem.from_(getattr(record.truths, fact)) for fact in TruthInput.model_fields},
        answered=ShareItem.from_(record.answered),
        paid=ShareItem.from_(record.paid),
        called_off=ShareItem.from_(record.called_off),
        stars_tenths=record.stars.tenths,
        stars_of=record.stars.of,
    )


async def worker_records(call: Call) -> WorkerRecords:
    """How the people on a shift are."""
    shift = await shift_of(call.viewer.employer_ids, call.path("id"))
    people = await after.on_shift(shift.id)
    records = await workers_records(people.values(), call.now)
    return WorkerRecords(
        items=[
            WorkerRecordItem(
                claim_id=claim_id,
                came=ShareItem.from_(records[worker_id].came),
                on_time=ShareItem.from_(records[worker_id].on_time),
                stars_tenths=records[worker_id].stars.tenths,
                stars_of=records[worker_id].stars.of,
            )
            for claim_id, worker_id in people.items()
        ]
    )


NOT_NOW = ("not-hired", "too-early", "over")

routes = [
    api(
        "POST",
        "/api/v1/claims/{id:int}/on-way",
        on_way,
        who=worker,
        operation=Operation(N_("Say that you are on the way"), answer=OnTheDay, refusals=NOT_NOW),
    ),
    api(
        "POST",
        "/api/v1/claims/{id:int}/late",
        late,
        who=worker,
        operation=Operation(
            N_("Say that you will be late; the employer is told"),
            body=LateInput,
            answer=OnTheDay,
            refusals=NOT_NOW,
        ),
    ),
    api(
        "GET",
        "/api/v1/claims/{id:int}/after",
        show,
        who=signed_in,
        operation=Operation(N_("Messages, wishes for other hours and stars of a claim"), answer=AfterItem),
    ),
    api(
        "GET",
        "/api/v1/claims/{id:int}/slip",
        slip,
        who=signed_in,
        operation=Operation(N_("The slip of a claim, for both sides"), answer=SlipItem),
    ),
    api(
        "POST",
        "/api/v1/claims/{id:int}/corrections",
        correct,
        who=worker,
        operation=Operation(
            N_("Ask for other hours; no answer within 24 hours is a yes"),
            201,
            body=CorrectionInput,
            answer=CorrectionItem,
            refusals=("not-worked", "asked", "too-late", "same", "paid"),
        ),
    ),
    api(
        "POST",
        "/api/v1/corrections/{id:int}/answer",
        answer,
        who=employer_member,
        operation=Operation(
            N_("Agree to other hours, or say why not"),
            body=WishAnswerInput,
            answer=CorrectionItem,
            refusals=("answered", "changed"),
        ),
    ),
    api(
        "POST",
        "/api/v1/pay-lines/{id:int}/settle",
        settle,
        who=employer_member,
        operation=Operation(
            N_("Settle the dispute of a paid line with further minutes"),
            body=SettleInput,
            answer=PayLineItem,
            refusals=("not-disputed", "changed"),
        ),
    ),
    api(
        "POST",
        "/api/v1/claims/{id:int}/ratings",
        rate,
        who=signed_in,
        operation=Operation(
            N_("Give stars to the other side"),
            201,
            body=RatingInput,
            answer=AfterItem,
            refusals=("not-worked", "too-late", "rated"),
        ),
    ),
    api(
        "POST",
        "/api/v1/claims/{id:int}/truth",
        tell,
        who=worker,
        operation=Operation(
            N_("Say which of five facts were as posted"),
            201,
            body=TruthInput,
            answer=AfterItem,
            refusals=("not-worked", "too-late", "rated"),
        ),
    ),
    api(
        "POST",
        "/api/v1/shifts/{id:int}/check-in-by-slip",
        slip_in,
        who=employer_member,
        operation=Operation(
            N_("Check somebody in by the digits of the slip"),
            body=SlipInput,
            answer=AttendanceItem,
            refusals=("wrong-slip", "checked-in", "not-hired", "too-early", "over"),
        ),
    ),
    api(
        "POST",
        "/api/v1/claims/{id:int}/hours-by-hand",
        by_hand,
        who=employer_member,
        operation=Operation(
            N_("Type in hours from the printed sheet, after the shift"),
            body=TimesInput,
            answer=PayLineItem,
            refusals=("checked-in", "not-over", "too-late", "not-in-shift"),
        ),
    ),
    api(
        "POST",
        "/api/v1/shifts/{id:int}/messages",
        message,
        who=employer_member,
        operation=Operation(
            N_("Write to everybody hired for a shift"),
            201,
            body=MessageInput,
            answer=MessageItem,
            refusals=("over",),
        ),
    ),
    api(
        "GET",
        "/api/v1/shifts/{id:int}/employer-record",
        employer_record,
        who=anyone,
        operation=Operation(N_("How the employer of a shift is now"), answer=EmployerRecordItem),
    ),
    api(
        "GET",
        "/api/v1/shifts/{id:int}/worker-records",
        worker_records,
        who=employer_member,
        operation=Operation(N_("How the people on a shift are now"), answer=WorkerRecords),
    ),
]
