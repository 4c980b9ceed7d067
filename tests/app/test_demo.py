"""The demo town in the database: everything holds, at whatever hour it is loaded."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import Employer, Membership, Notice, Site, User
from accounts.rules import Role, is_verified
from app.demo.accounts import accounts
from app.demo.load import NotEmpty, draw_up, load
from app.invariants import broken
from core import database
from core.crypto import blind_index
from marketplace import rules, terms
from marketplace.models import Attendance, Claim, PayLine, Shift, Terms
from marketplace.rules import ClaimState, PayState

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SECRETS = {"phone", "id_number", "totp_secret", "check_in_key"}


@pytest.fixture
async def town(db):
    return await load(DAY, NOON)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("day", "now"),
    [
        (DAY, datetime(2026, 11, 22, 16, 0, tzinfo=UTC)),
        (DAY, datetime(2026, 11, 23, 15, 59, tzinfo=UTC)),
        (date(2028, 2, 29), datetime(2028, 2, 29, 9, 30, tzinfo=UTC)),
    ],
    ids=["midnight", "just before midnight", "leap day"],
)
async def test_every_invariant_holds(day, now):
    counts = await load(day, now)
    assert await broken(now) == []
    assert (counts.people, counts.employers) == (381, 40)
    assert counts.claims == await Claim.all().count()


@pytest.mark.usefixtures("town")
async def test_a_town_is_loaded_once():
    people = await User.all().count()
    with pytest.raises(NotEmpty):
        await load(DAY, NOON, seed=2)
    assert await User.all().count() == people


@pytest.mark.usefixtures("town")
async def test_life_goes_on_with_the_next_number():
    last = await Site.all().order_by("-id").first()
    new = await Site.create(employer_id=1, name="新店", address="", region_code="320583", lat=31.3, lon=121.0)
    assert new.id == last.id + 1


@pytest.mark.usefixtures("db")
async def test_the_same_day_and_seed_give_the_same_rows():
    def plain(draft):
        return {
            model: [{k: v for k, v in dict(row).items() if k not in SECRETS} for row in rows]
            for model, rows in draft.tables.items()
        }

    assert plain(draw_up(DAY, NOON)) == plain(draw_up(DAY, NOON))
    assert plain(draw_up(DAY, NOON)) != plain(draw_up(DAY, NOON, seed=2))


@pytest.mark.usefixtures("town")
async def test_phones_are_sealed_and_can_be_found():
    raw = await database.rows("SELECT phone, id_number FROM account WHERE id = 1")
    assert all(value.startswith("enc:") for value in raw[0].values())
    person = await User.get(phone_index=blind_index("+8613900000001"))
    assert person.phone == "+8613900000001"
    assert person.id_index == blind_index(person.id_number)


@pytest.mark.usefixtures("town")
async def test_time_has_come_as_far_as_now():
    lines = {line.claim_id for line in await PayLine.all()}
    here = {row.claim_id: row for row in await Attendance.all()}
    claims = await Claim.all()
    assert {claim.state for claim in claims} == set(ClaimState) - {ClaimState.UNDONE, ClaimState.CALLED_OFF}
    for claim in claims:
        match claim.state:
            case ClaimState.WAITING:
                assert claim.starts_at > NOON
            case ClaimState.LAPSED:
                assert claim.starts_at <= NOON
            case ClaimState.WORKING:
                assert here[claim.id].in_at <= NOON
            case ClaimState.WORKED:
                assert here[claim.id].out_at <= NOON
                assert claim.id in lines
            case ClaimState.ABSENT:
                assert claim.ends_at <= NOON
            case ClaimState.HIRED:
                assert claim.starts_at > NOON - timedelta(minutes=15)
    assert not [
        line for line in await PayLine.all() if line.created_at > NOON or (line.paid_at or NOON) > NOON
    ]
    assert not await Notice.filter(created_at__gt=NOON).exists()


@pytest.mark.usefixtures("town")
async def test_money_follows_from_attendance_and_terms():
    worked = await PayLine.all().select_related("claim__terms", "claim__attendance", "claim__shift")
    for line in worked:
        here, shift = line.claim.attendance, line.claim.shift
        minutes = rules.worked_minutes(
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            break_minutes=shift.break_minutes,
            in_at=here.in_at,
            out_at=here.out_at,
        )
        assert here.worked_minutes == line.minutes == minutes
        assert line.amount_fen == rules.amount_fen(minutes, line.claim.terms.body["hourly_fen"])
    assert {line.state for line in worked} == set(PayState)


@pytest.mark.usefixtures("town")
async def test_terms_bear_their_own_fingerprint():
    for row in await Terms.all():
        assert row.sha256 == terms.fingerprint(row.body)


@pytest.mark.usefixtures("town")
async def test_licences_and_offices_are_as_planned():
    verified = [e for e in await Employer.all() if is_verified(e.licence_state, e.verified_until, NOON)]
    assert len(verified) == 34
    staff = await Membership.filter(role__in=[Role.OFFICER, Role.ADMINISTRATOR]).select_related(
        "user", "office"
    )
    assert {member.office.name for member in staff} == {
        "昆山市公共就业服务中心",
        "玉山镇就业服务站",
        "花桥镇就业服务站",
    }
    assert all(member.user.totp_secret for member in staff)
    codes = await Shift.all().values_list("check_in_key", flat=True)
    assert len(set(codes)) == len(codes)


@pytest.mark.usefixtures("town")
async def test_accounts_name_a_way_in_for_every_role():
    somebody = "+8613812345678"
    await User.create(phone=somebody, phone_index=blind_index(somebody), name="真人", created_at=NOON)
    found = await accounts()
    assert list(dict.fromkeys(account.role for account in found)) == [
        "administrator",
        "officer",
        "organiser",
        "employer",
        "worker",
    ]
    assert all(bool(account.employer) == (account.role == "employer") for account in found)
    assert all(account.name for account in found)
    assert somebody not in {account.phone for account in found}
    assert sum(account.role == "worker" for account in found) == 300
