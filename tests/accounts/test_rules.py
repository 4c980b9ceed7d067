"""Who may do what, without a database."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts import rules
from accounts.rules import LicenceState, Role, Viewer
from core.errors import SecondFactorNeeded

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def viewer(*roles: Role, second_factor: bool = False, birth_date: date | None = None) -> Viewer:
    return Viewer(
        id=1,
        name="",
        session_id=1,
        locale="zh-Hans",
        birth_date=birth_date,
        roles=frozenset(roles),
        second_factor=second_factor,
    )


def why_not_code(**changed) -> str | None:
    good = {"expires_at": NOW + SECOND, "exhausted": False, "used": False, "matches": True}
    reason = rules.why_not_code(**good | changed, now=NOW)
    return reason.code if reason else None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"expires_at": NOW}, "wrong-code"),
        ({"exhausted": True}, "wrong-code"),
        ({"used": True}, "wrong-code"),
        ({"matches": False}, "wrong-code"),
    ],
)
def test_a_code_opens_only_when_everything_is_right(changed, reason):
    assert why_not_code(**changed) == reason


@pytest.mark.parametrize(
    ("who", "role"),
    [
        (rules.employer, Role.EMPLOYER),
        (rules.organiser, Role.ORGANISER),
        (rules.officer, Role.OFFICER),
        (rules.administrator, Role.ADMINISTRATOR),
    ],
)
def test_each_door_opens_for_its_role_alone(who, role):
    assert who.admits(viewer(role, second_factor=True))
    others = [each for each in Role if each is not role]
    assert not who.admits(viewer(*others, second_factor=True))
    assert not who.everybody


@pytest.mark.parametrize(
    ("who", "role"), [(rules.officer, Role.OFFICER), (rules.administrator, Role.ADMINISTRATOR)]
)
def test_staff_show_a_second_factor_first(who, role):
    with pytest.raises(SecondFactorNeeded):
        who.admits(viewer(role))


def test_a_role_without_its_second_factor_counts_for_nothing():
    officer = viewer(Role.OFFICER, Role.ADMINISTRATOR)
    assert not officer.is_officer
    assert not officer.is_administrator
    assert officer.is_staff


def test_everybody_may_work_but_who_is_here_for_an_employer_alone_is_not_asked_to():
    assert viewer().is_worker
    assert not viewer(Role.EMPLOYER).is_worker
    assert viewer(Role.EMPLOYER, birth_date=date(1990, 1, 1)).is_worker


@pytest.mark.parametrize("licence", LicenceState)
def test_a_decision_needs_a_licence(licence):
    decidable = {LicenceState.PENDING, LicenceState.VERIFIED, LicenceState.EXPIRED}
    assert (rules.why_not_verify(licence) is None) == (licence in decidable)


@pytest.mark.parametrize(
    ("licence", "until", "verified"),
    [
        (LicenceState.VERIFIED, NOW + SECOND, True),
        (LicenceState.VERIFIED, NOW, False),
        (LicenceState.VERIFIED, None, False),
        (LicenceState.PENDING, NOW + SECOND, False),
        (LicenceState.EXPIRED, NOW + SECOND, False),
    ],
)
def test_a_licence_is_good_until_its_day(licence, until, verified):
    assert rules.is_verified(licence, until, NOW) is verified
