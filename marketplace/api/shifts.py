"""Shifts over the API: found and read by everybody, changed by their employer."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, WithJsonSchema

from accounts.rules import employer as employer_member
from core import i18n, settings
from core.api import Call, Operation, api
from core.errors import Refusal
from core.i18n import N_
from core.routing import anyone
from marketplace import rules
from marketplace.actions import claims
from marketplace.forms import FindInput, Minute, PlacesInput
from marketplace.queries import employer
from marketplace.queries.shifts import Offer, ShiftPage, find_shifts, shift_page
from marketplace.rules import CheckedBy, ClaimState, Conflict, Settles, ShiftState
from rulebook import trades

AsText = WithJsonSchema({"type": "string"})
"""Written as text in more ways than the type behind it would describe: `today`, `18`, `18:00`."""


class FindQuery(FindInput):
    """What somebody looks for, as the API writes it."""

    day: Annotated[date | None, AsText] = Field(
        None, description="Day of the start: a date, today or tomorrow.", examples=["today"]
    )
    from_: Annotated[Minute, AsText] = Field(
        None, alias="from", description="Starts at this time or later.", examples=["18:00"]
    )
    to: Annotated[Minute, AsText] = Field(
        None,
        description="Ends at this time or earlier; before `from`, it means the next morning.",
        examples=["22:00"],
    )


class ShiftItem(BaseModel):
    """A shift as a card shows it."""

    id: int
    gig_id: int
    title: str = Field(examples=["晚市洗碗工"])
    trade: str = Field(description="Code of GET /api/v1/trades.", examples=["dishwasher"])
    employer: str
    employer_id: int
    site: str
    region_code: str = Field(description="County, GB/T 2260.", examples=["320583"])
    starts_at: datetime
    ends_at: datetime
    hourly_fen: int = Field(examples=[2800])
    total_fen: int = Field(description="Pay of the whole shift, breaks left out.", examples=[11200])
    paid_minutes: int
    places: int
    taken: int
    waiting: int = Field(description="How many are on the waiting list.")
    held: int = Field(description="Free places offered to somebody on the waiting list.")
    conflict: Conflict | None = Field(
        description="Why it does not go with the caller's own shifts; else null."
    )
    distance_m: int | None = Field(description="Metres from lat and lon; null when these were not given.")
    settles: Settles
    meals: bool
    no_experience: bool
    insured: bool
    min_age: int
    url: str = Field(description="The shift's page for people.")


class ShiftsFound(BaseModel):
    """One page of what was found."""

    total: int = Field(description="How many there are in all.")
    items: list[ShiftItem]


class Reason(BaseModel):
    """Why something cannot be done."""

    code: str = Field(description="Stable; for programs.", examples=["overlap"])
    title: str = Field(description="For people, in their language.")


class MyClaim(BaseModel):
    """The caller's claim on a shift."""

    id: int
    state: ClaimState
    position: int | None = Field(description="Number on the waiting list, from 1.")
    undo_until: datetime | None


class ShiftDetails(ShiftItem):
    """Everything one reader sees of a shift."""

    state: ShiftState
    duties: str
    conditions: str
    certificates: list[str] = Field(
        description="Kinds of certificate that are needed.", examples=[["health"]]
    )
    address: str
    lat: float
    lon: float
    terms: str = Field(description="Fingerprint of the terms; send it along with the claim.")
    claim: MyClaim | None
    why_not: Reason | None = Field(description="Why the caller cannot claim it now; null when they can.")


def item(offer: Offer) -> dict[str, Any]:
    """The fields of a card."""
    fields = {
        name: getattr(offer, name) for name in ShiftItem.model_fields if name not in ("distance_m", "url")
    }
    away = None if offer.distance_m is None else round(offer.distance_m)
    return fields | {"distance_m": away, "url": f"{settings.current().public_url}/shifts/{offer.id}"}


def reason(refusal: Refusal | None) -> Reason | None:
    """A refusal as the API tells it beside an answer."""
    return Reason(code=refusal.code, title=refusal.text) if refusal else None


async def find(call: Call) -> ShiftsFound:
    """Public shifts that have not begun."""
    found = await find_shifts(call.query, call.now, call.viewer.id if call.viewer else None)
    return ShiftsFound(total=found.total, items=[ShiftItem(**item(offer)) for offer in found.items])


async def show(call: Call) -> ShiftDetails:
    """One shift."""
    viewer_id = call.viewer.id if call.viewer else None
    page = await shift_page(call.path("id"), viewer_id, call.now)
    # A stranger is not told to fill in a profile before signing in: only what holds for everybody.
    why_not = rules.why_not_claim if viewer_id else _why_nobody
    return ShiftDetails(
        **item(page.offer),
        state=page.state,
        duties=page.duties,
        conditions=page.conditions,
        certificates=list(page.certificates),
        address=page.address,
        lat=page.lat,
        lon=page.lon,
        terms=page.terms_sha256,
        claim=_my_claim(page),
        why_not=reason(why_not(page.facts, call.now)),
    )


def _why_nobody(facts: rules.ClaimFacts, now: datetime) -> Refusal | None:
    return rules.why_closed(facts, now) or rules.why_full(facts)


def _my_claim(page: ShiftPage) -> MyClaim | None:
    if page.claim_id is None or page.claim_state is None:
        return None
    return MyClaim(
        id=page.claim_id, state=page.claim_state, position=page.position, undo_until=page.undo_until
    )


class TradeItem(BaseModel):
    """A kind of short work."""

    code: str = Field(examples=["dishwasher"])
    name: str = Field(description="In the reader's language.")
    group: str
    certificate: str = Field(description="Kind of certificate the law asks for; else empty.")
    from_18: bool = Field(description="Closed to people of 16 and 17.")


class Trades(BaseModel):
    """All trades."""

    items: list[TradeItem]


async def list_trades(call: Call) -> Trades:
    """The trades a posting may name."""
    locale = i18n.get_locale()
    return Trades(
        items=[
            TradeItem(
                code=trade.code,
                name=trade.name(locale),
                group=trade.group,
                certificate=trade.certificate,
                from_18=trade.barred_under_18,
            )
            for trade in trades.trades()
        ]
    )


# --- the employer's side ---


class ShiftCounts(BaseModel):
    """A shift as its employer's lists show it."""

    id: int
    gig_id: int
    title: str
    site: str
    state: ShiftState
    starts_at: datetime
    ends_at: datetime
    break_minutes: int
    places: int
    taken: int
    waiting: int
    here: int = Field(description="Checked in and still working.")
    worked: int
    absent: int


class Person(BaseModel):
    """Somebody with a claim on a shift."""

    claim_id: int
    name: str = Field(description="In full for who holds a place, shortened for who waits.")
    state: ClaimState
    position: int | None = Field(description="Number on the waiting list, from 1.")
    joined_at: datetime
    in_at: datetime | None
    in_by: CheckedBy | None
    in_distance_m: int | None = Field(
        description="Metres from the site; null when the phone told no position."
    )
    out_at: datetime | None
    worked_minutes: int | None
    on_way_at: datetime | None = Field(description="Since when the worker says to be on the way.")
    late_minutes: int | None = Field(description="How late the worker says to be.")


class ShiftPeople(BaseModel):
    """Who is hired for a shift and who waits."""

    shift: ShiftCounts
    hired: list[Person] = Field(description="Holding a place: to come, here, gone or absent.")
    waiting: list[Person] = Field(description="In the order in which places go to them.")


class CheckInCode(BaseModel):
    """What the screen at the site shows now."""

    code: str = Field(description="Six digits.", examples=["042317"])
    token: str = Field(description="What the QR carries.")
    url: str = Field(description="The address in the QR.")
    valid_until: datetime = Field(
        description="The next one is shown from then on; this one is good a little longer."
    )


class ShiftStateNow(BaseModel):
    """How a shift stands."""

    id: int
    state: ShiftState
    allowance_fen: int = Field(description="What the people hired are owed for it in all.")


def counts(row: employer.ShiftRow) -> ShiftCounts:
    """A row of the employer's lists."""
    return ShiftCounts(**{name: getattr(row, name) for name in ShiftCounts.model_fields})


async def change_places(call: Call) -> ShiftCounts:
    """More or fewer places."""
    shift = await employer.shift_of(call.viewer.employer_ids, call.path("id"))
    await claims.change_places(shift.id, shift.gig.employer.id, call.body.places, call.now)
    return counts((await employer.shift_page(call.viewer.employer_ids, shift.id, call.now)).shift)


async def call_off(call: Call) -> ShiftStateNow:
    """Call a shift off."""
    shift = await employer.shift_of(call.viewer.employer_ids, call.path("id"))
    owed = await claims.call_off_shift(shift.id, shift.gig.employer.id, call.now)
    return ShiftStateNow(id=shift.id, state=ShiftState.CANCELLED, allowance_fen=owed)


async def people(call: Call) -> ShiftPeople:
    """Who is hired, who waits."""
    page = await employer.shift_page(call.viewer.employer_ids, call.path("id"), call.now)
    return ShiftPeople(
        shift=counts(page.shift),
        hired=[_person(one) for one in (*page.here, *page.coming, *page.gone)],
        waiting=[_person(one) for one in page.waiting],
    )


def _person(one: employer.Person) -> Person:
    return Person(**{name: getattr(one, name) for name in Person.model_fields})


async def check_in_code(call: Call) -> CheckInCode:
    """The code of these thirty seconds."""
    shift = await employer.shift_of(call.viewer.employer_ids, call.path("id"))
    step = rules.check_in_step(call.now)
    token = rules.check_in_token(shift.check_in_key, shift.id, step)
    return CheckInCode(
        code=rules.check_in_code(shift.check_in_key, step),
        token=token,
        url=f"{settings.current().public_url}/check-in/{shift.id}/{token}",
        valid_until=datetime.fromtimestamp((step + 1) * rules.CHECK_IN_STEP, UTC),
    )


routes = [
    api(
        "GET",
        "/api/v1/shifts",
        find,
        who=anyone,
        operation=Operation(
            N_("Find shifts near a place"),
            query=FindQuery,
            answer=ShiftsFound,
        ),
    ),
    api(
        "GET",
        "/api/v1/shifts/{id:int}",
        show,
        who=anyone,
        operation=Operation(
            N_("One shift, and whether the caller can claim it"),
            answer=ShiftDetails,
        ),
    ),
    api(
        "PATCH",
        "/api/v1/shifts/{id:int}",
        change_places,
        who=employer_member,
        operation=Operation(
            N_("Change the places of a shift"),
            body=PlacesInput,
            answer=ShiftCounts,
            refusals=("places-taken", "closed"),
        ),
    ),
    api(
        "DELETE",
        "/api/v1/shifts/{id:int}",
        call_off,
        who=employer_member,
        operation=Operation(
            N_("Call a shift off; everybody on it is told"),
            answer=ShiftStateNow,
            refusals=("begun",),
        ),
    ),
    api(
        "GET",
        "/api/v1/shifts/{id:int}/claims",
        people,
        who=employer_member,
        operation=Operation(
            N_("Who is hired for a shift and who waits"),
            answer=ShiftPeople,
        ),
    ),
    api(
        "GET",
        "/api/v1/shifts/{id:int}/check-in-code",
        check_in_code,
        who=employer_member,
        operation=Operation(
            N_("The six digits and the QR for the site's screen"),
            answer=CheckInCode,
        ),
    ),
    api(
        "GET", "/api/v1/trades", list_trades, who=anyone, operation=Operation(N_("The trades"), answer=Trades)
    ),
]
