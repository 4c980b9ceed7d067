"""Finding: the database's answer against the same question asked in Python."""

import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Employer
from core import clock
from core.clock import local
from core.errors import NotFound
from marketplace.actions import claims
from marketplace.forms import FindInput, local_day
from marketplace.models import Gig, Shift
from marketplace.queries import shifts
from marketplace.rules import GigState, ShiftState
from rulebook.places import distance_m
from tests.cast import HERE, Cast, make_employer, make_gig, make_site, person, shift_input, viewer

pytestmark = pytest.mark.anyio

TRADES, SETTLES = ("dishwasher", "sorter", "kitchen-help"), ("day", "week", "fortnight")
COUNT = 120


async def town(cast: Cast, chance: random.Random) -> None:
    """Shifts of all kinds around the cast's site, some of them hidden."""
    sites = [
        await make_site(
            cast.employer, (HERE[0] + chance.uniform(-0.4, 0.4), HERE[1] + chance.uniform(-0.4, 0.4))
        )
        for _ in range(12)
    ]
    gigs = []
    for number, site in enumerate(sites):
        start = shift_input(starts_in=timedelta(hours=1 + number), hours=1)
        gig, _ = await make_gig(
            cast.emil,
            site,
            start,
            trade=TRADES[number % 3],
            settles=SETTLES[number % 3],
            meals=chance.random() < 0.5,
            no_experience=chance.random() < 0.5,
            hourly_fen=2600 + 10 * chance.randrange(80),
        )
        gigs.append(gig)
    rows = []
    today = local(clock.now()).replace(minute=0, second=0, microsecond=0)
    for _ in range(COUNT):
        starts_at = today + timedelta(hours=chance.randrange(-30, 120), minutes=chance.choice((0, 30)))
        minutes = chance.choice((120, 240, 480, 600))
        first = local(starts_at).hour * 60 + local(starts_at).minute
        rows.append(
            Shift(
                gig_id=chance.choice(gigs).id,
                starts_at=starts_at.astimezone(UTC),
                ends_at=(starts_at + timedelta(minutes=minutes)).astimezone(UTC),
                start_minute=first,
                end_minute=first + minutes,
                places=3,
                check_in_key="x",
                created_at=clock.now(),
                state=ShiftState.CANCELLED if chance.random() < 0.1 else ShiftState.OPEN,
            )
        )
    await Shift.bulk_create(rows)
    hidden = chance.sample(gigs, 3)
    await Gig.filter(id__in=[gig.id for gig in hidden[:2]]).update(state=GigState.PENDING)
    await Gig.filter(id=hidden[2].id).update(state=GigState.CLOSED)


async def by_hand(wanted: FindInput, now: datetime) -> list[int]:
    """The same question asked of every row, one after the other."""
    found = []
    for shift in await Shift.filter(state=ShiftState.OPEN).select_related("gig__site", "gig__employer"):
        gig, site, employer = shift.gig, shift.gig.site, shift.gig.employer
        starts, ends = local(shift.starts_at), local(shift.ends_at)
        first = starts.hour * 60 + starts.minute
        last = first + int((ends - starts).total_seconds() // 60)
        away = distance_m((wanted.lat, wanted.lon), (site.lat, site.lon)) if wanted.lat is not None else None
        limit = wanted.to
        if limit is not None and wanted.from_ is not None and wanted.to <= wanted.from_:
            limit += 1440
        day = local_day(wanted.day) if wanted.day else None
        if (
            gig.state is GigState.PUBLISHED
            and employer.licence_state == "verified"
            and employer.verified_until > now
            and shift.starts_at > now
            and (day is None or day[0] <= shift.starts_at < day[1])
            and (wanted.from_ is None or first >= wanted.from_)
            and (limit is None or last <= limit)
            and (wanted.min_hourly_fen is None or gig.hourly_fen >= wanted.min_hourly_fen)
            and (not wanted.trade or gig.trade == wanted.trade)
            and (wanted.settles is None or gig.settles is wanted.settles)
            and (not wanted.meals or gig.meals)
            and (not wanted.no_experience or gig.no_experience)
            and (away is None or away <= wanted.radius_km * 1000)
        ):
            found.append((away, shift.starts_at, -gig.hourly_fen, shift.id))
    orders = {
        "near": lambda row: (row[0] or 0, row[1], row[3]),
        "soon": lambda row: (row[1], row[3]),
        "pay": lambda row: (row[2], row[1], row[3]),
    }
    return [row[3] for row in sorted(found, key=orders[wanted.sort])]


def question(chance: random.Random) -> FindInput:
    """Some of the filters, at random."""
    maybe = {
        "day": lambda: local(clock.now()).date() + timedelta(days=chance.randrange(4)),
        "from": lambda: f"{chance.randrange(24)}:00",
        "to": lambda: f"{chance.randrange(24)}:30",
        "min_hourly_fen": lambda: 2600 + 100 * chance.randrange(8),
        "trade": lambda: chance.choice(TRADES),
        "settles": lambda: chance.choice(SETTLES),
        "meals": lambda: True,
        "no_experience": lambda: True,
    }
    asked = {name: make() for name, make in maybe.items() if chance.random() < 0.25}
    if chance.random() < 0.6:
        asked |= {
            "lat": HERE[0] + chance.uniform(-0.1, 0.1),
            "lon": HERE[1],
            "radius_km": chance.choice((3, 10, 30, 100)),
        }
    return FindInput(**asked, sort=chance.choice(("near", "soon", "pay")), limit=100)


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_filter_finds_what_python_finds(cast: Cast, seed: int):
    chance = random.Random(seed)
    await town(cast, chance)
    now, answers = clock.now(), 0
    for _ in range(40):
        wanted = question(chance)
        got = [item.id for item in (await shifts.find_shifts(wanted, now)).items]
        expected = await by_hand(wanted, now)
        at_the_edge = set(got) ^ set(
            expected
        )  # the flat map and the globe may differ by a thousandth at the rim
        assert len(at_the_edge) <= (1 if wanted.lat is not None else 0), wanted
        if not at_the_edge and wanted.sort != "near":
            assert got == expected, wanted
        answers += len(got)
    assert answers > 100


async def test_the_nearest_come_first_and_distances_are_right(cast: Cast):
    await town(cast, random.Random(3))
    found = (
        await shifts.find_shifts(FindInput(lat=HERE[0], lon=HERE[1], radius_km=60, limit=100), clock.now())
    ).items
    away = [item.distance_m for item in found]
    assert away == sorted(away)
    for item in found:
        shift = await Shift.get(id=item.id).select_related("gig__site")
        true = distance_m(HERE, (shift.gig.site.lat, shift.gig.site.lon))
        assert math.isclose(item.distance_m, true, rel_tol=0.002, abs_tol=1)


async def test_pages_neither_repeat_nor_lose_a_shift(cast: Cast):
    await town(cast, random.Random(4))
    now = clock.now()
    for sort in ("near", "soon", "pay"):
        whole = await shifts.find_shifts(
            FindInput(lat=HERE[0], lon=HERE[1], radius_km=100, sort=sort, limit=100), now
        )
        parts = []
        for offset in range(0, whole.total + 7, 7):
            page = await shifts.find_shifts(
                FindInput(lat=HERE[0], lon=HERE[1], radius_km=100, sort=sort, limit=7, offset=offset), now
            )
            assert page.total == whole.total
            parts += [item.id for item in page.items]
        assert parts == [item.id for item in whole.items]


@pytest.mark.parametrize(
    ("start", "hours", "asked", "found"),
    [
        (22, 8, {"from": "18:00", "to": "06:00"}, True),
        (22, 8, {"from": "18:00", "to": "05:30"}, False),
        (22, 8, {"to": "23:00"}, False),
        (22, 8, {"from": "22"}, True),
        (22, 8, {"from": "22:30"}, False),
        (9, 4, {"from": "9:00", "to": "13:00"}, True),
        (9, 4, {"to": "12:59"}, False),
        (20, 4, {"to": "24:00"}, True),
        (1, 3, {"from": "18:00", "to": "06:00"}, False),
    ],
)
async def test_hours_over_midnight_belong_to_the_evening_they_begin(
    cast: Cast, start: int, hours: int, asked: dict, found: bool
):
    day = local(clock.now()).replace(hour=start, minute=0, second=0, microsecond=0) + timedelta(days=3)
    new = shift_input(starts_in=day - clock.now(), hours=hours)
    shift = type(new)(starts_at=day, ends_at=day + timedelta(hours=hours), places=1)
    _, made = await make_gig(cast.emil, cast.site, shift)
    got = await shifts.find_shifts(FindInput(day=day.date(), **asked), clock.now())
    assert (made.id in [item.id for item in got.items]) is found


@pytest.mark.parametrize(
    "hide", ["pending gig", "closed gig", "licence expired", "licence rejected", "called off", "begun"]
)
async def test_what_is_not_public_is_nowhere(cast: Cast, hide: str):
    now = clock.now()
    assert (await shifts.find_shifts(FindInput(), now)).total == 1
    match hide:
        case "pending gig":
            await Gig.all().update(state=GigState.PENDING)
        case "closed gig":
            await Gig.all().update(state=GigState.CLOSED)
        case "licence expired":
            now = now + timedelta(days=365)
            await Shift.all().update(
                starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=1, hours=4)
            )
        case "licence rejected":
            await Employer.all().update(licence_state="rejected")
        case "called off":
            await claims.call_off_shift(cast.shift.id, cast.employer.id, now)
        case "begun":
            now = cast.shift.starts_at
    assert (await shifts.find_shifts(FindInput(), now)).total == 0
    if hide not in ("called off", "begun"):
        with pytest.raises(NotFound):
            await shifts.shift_page(cast.shift.id, cast.stan.id, now)


async def test_who_has_a_claim_still_sees_the_shift_that_is_hidden(cast: Cast):
    await claims.claim_shift(cast.shift.id, await viewer(cast.wanda), now=clock.now())
    await Gig.all().update(state=GigState.CLOSED)
    assert (await shifts.shift_page(cast.shift.id, cast.wanda.id, clock.now())).claim_id
    with pytest.raises(NotFound):
        await shifts.shift_page(cast.shift.id, None, clock.now())


async def test_the_number_of_questions_does_not_grow_with_the_answers(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    from core import database

    asked = []
    true_rows = database.rows

    async def counted(sql, values=None):
        asked.append(sql)
        return await true_rows(sql, values)

    monkeypatch.setattr(database, "rows", counted)
    await shifts.find_shifts(FindInput(), clock.now())
    few = len(asked)
    await town(cast, random.Random(5))
    asked.clear()
    await shifts.find_shifts(FindInput(limit=100), clock.now())
    assert len(asked) == few == 1


async def test_another_employers_shifts_are_found_by_its_number(cast: Cast):
    eva = await person("钱老板", "13800000006", born="")
    other = await make_employer("苏州别家餐饮有限公司", "91320505MA1N8PQX6X", eva)
    _, theirs = await make_gig(eva, await make_site(other))
    found = await shifts.find_shifts(FindInput(employer=other.id), clock.now())
    assert [item.id for item in found.items] == [theirs.id]
