"""The demo town: the same every time, as large as promised, and nothing in it that a check would refuse."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from time import process_time

import pytest

from app.demo.town import build_town
from core.clock import local, utc
from rulebook.identity import birth_date, normal_phone, why_not_credit_code, why_not_id_number
from rulebook.places import distance_m, townships
from rulebook.posting import Posting, check_posting
from rulebook.trades import may_work, trade
from rulebook.wages import hourly_floor

DAYS = [date(2026, 11, 23), date(2028, 2, 29), date(2027, 1, 1)]


@pytest.fixture(scope="module", params=DAYS, ids=str)
def town(request):
    return build_town(request.param)


def test_the_same_day_and_seed_make_the_same_town():
    assert build_town(DAYS[0], seed=7) == build_town(DAYS[0], seed=7)
    assert build_town(DAYS[0], seed=7) != build_town(DAYS[0], seed=8)


def test_people_employers_and_their_pay_stay_from_day_to_day():
    one, other = build_town(DAYS[0]), build_town(DAYS[0] + timedelta(days=1))
    assert [person.name for person in one.people] == [person.name for person in other.people]
    assert [employer.credit_code for employer in one.employers] == [
        employer.credit_code for employer in other.employers
    ]
    assert [gig.hourly_fen for gig in one.gigs] == [gig.hourly_fen for gig in other.gigs]
    assert one.shifts != other.shifts


def test_it_is_made_in_under_a_second():
    start = process_time()
    build_town(DAYS[0])
    assert process_time() - start < 1


def test_it_has_the_promised_size(town):
    roles = Counter(role for person in town.people for role in person.roles)
    assert roles == {"worker": 300, "officer": 3, "administrator": 1, "organiser": 2}
    assert Counter(e.licence for e in town.employers) == {
        "verified": 34,
        "pending": 4,
        "rejected": 1,
        "expired": 1,
    }
    coming = [shift for shift in town.shifts if shift.starts_at >= midnight(town.day)]
    assert len(coming) == 400
    assert max(shift.starts_at for shift in coming) < midnight(town.day + timedelta(days=7))
    assert Counter(claim.state for claim in town.claims)["worked"] == 600


def test_keys_and_contacts_are_unique(town):
    for rows in (town.people, town.employers, town.sites, town.gigs, town.shifts, town.claims):
        assert len({row.key for row in rows}) == len(rows)
    for name in ("phone", "id_number", "name"):
        assert len({getattr(person, name) for person in town.people}) == len(town.people)
    assert len({employer.credit_code for employer in town.employers}) == 40
    assert len({claim.claim_key for claim in town.pay_lines}) == len(town.pay_lines)
    assert len({(claim.shift_key, claim.worker_key) for claim in town.claims}) == len(town.claims)
    assert len({(shift.gig_key, shift.starts_at) for shift in town.shifts}) == len(town.shifts)


def test_records_point_at_records_that_exist(town):
    people, employers, sites = keys(town.people), keys(town.employers), keys(town.sites)
    gigs, shifts, claims = keys(town.gigs), keys(town.shifts), keys(town.claims)
    assert all(m.employer_key in employers and m.person_key in people for m in town.memberships)
    assert {m.employer_key for m in town.memberships if m.role == "owner"} == set(employers)
    assert all(site.employer_key in employers for site in town.sites)
    assert all(sites[gig.site_key].employer_key == gig.employer_key for gig in town.gigs)
    assert all(shift.gig_key in gigs for shift in town.shifts)
    assert all(claim.shift_key in shifts and claim.worker_key in people for claim in town.claims)
    assert all(line.claim_key in claims for line in town.pay_lines)
    assert all(not e.verified_by or e.verified_by in people for e in town.employers)


def test_numbers_and_codes_pass_the_checks_for_real_ones(town):
    for person in town.people:
        assert normal_phone(person.phone) == person.phone
        assert person.phone.startswith("+861390000")
        assert why_not_id_number(person.id_number, town.day) is None
        assert birth_date(person.id_number) == person.birth
    for employer in town.employers:
        assert why_not_credit_code(employer.credit_code) is None


def test_workers_are_from_seventeen_to_sixty_six(town):
    ages = [(town.day - person.birth).days / 365.2425 for person in town.people if "worker" in person.roles]
    assert 16.9 < min(ages) < 18
    assert 66 <= max(ages) + 0.01 < 67.01


def test_sites_lie_in_their_township(town):
    parts = {part.code: part for part in town.townships}
    assert set(parts) == {part.code for part in townships("320583")}
    for site in town.sites:
        part = parts[site.township_code]
        assert 190 <= distance_m((site.lat, site.lon), (part.lat, part.lon)) <= 3010
        assert part.name.removeprefix("昆山") in site.address


def test_public_gigs_would_pass_the_coach(town):
    employers, sites = keys(town.employers), keys(town.sites)
    for gig in town.gigs:
        site = sites[gig.site_key]
        posting = Posting(
            title=gig.title,
            duties=gig.duties,
            conditions=gig.conditions,
            employer_name=employers[gig.employer_key].name,
            region_code=site.region_code,
            address=site.address,
            trade_code=gig.trade_code,
            hourly_fen=gig.hourly_fen,
            places=1,
            min_age=gig.min_age,
            settles_within_days=gig.settles_within_days,
            valid_until=gig.valid_until,
        )
        assert trade(gig.trade_code)
        assert gig.hourly_fen > hourly_floor(site.region_code, town.day).hourly_fen
        if gig.state != "closed":
            assert check_posting(posting, town.day) == []


def test_only_verified_employers_have_public_gigs(town):
    employers = keys(town.employers)
    states = {(employers[gig.employer_key].licence, gig.state) for gig in town.gigs}
    assert states == {("verified", "public"), ("pending", "pending"), ("expired", "closed")}
    for gig in town.gigs:
        checked = employers[gig.employer_key].verified_on
        assert checked is None or checked < local(gig.created_at).date()


def test_no_place_is_given_twice_and_waiting_means_full(town):
    hired, waiting = Counter(), defaultdict(list)
    for claim in town.claims:
        if claim.state == "waiting":
            waiting[claim.shift_key].append(claim)
        else:
            hired[claim.shift_key] += 1
            assert claim.position == 0
    for shift in town.shifts:
        assert 1 <= shift.places <= 12
        assert hired[shift.key] <= shift.places
    for shift_key, queue in waiting.items():
        assert hired[shift_key] == keys(town.shifts)[shift_key].places
        assert [claim.position for claim in queue] == list(range(1, len(queue) + 1))
        assert [claim.claimed_at for claim in queue] == sorted(claim.claimed_at for claim in queue)


def test_shifts_stand_differently(town):
    hired = Counter(claim.shift_key for claim in town.claims if claim.state == "hired")
    public = {gig.key for gig in town.gigs if gig.state == "public"}
    coming = [s for s in town.shifts if s.starts_at >= midnight(town.day) and s.gig_key in public]
    empty = sum(hired[shift.key] == 0 for shift in coming)
    full = sum(hired[shift.key] == shift.places for shift in coming)
    assert empty >= 50
    assert full >= 50
    assert len(coming) - empty - full >= 50
    assert sum(claim.position > 0 for claim in town.claims) >= 40


def test_gigs_that_are_not_public_have_no_claims_ahead(town):
    gigs, shifts = keys(town.gigs), keys(town.shifts)
    for claim in town.claims:
        gig = gigs[shifts[claim.shift_key].gig_key]
        assert gig.state == "public" or (gig.state == "closed" and claim.state == "worked")


def test_nobody_works_in_two_places_at_once(town):
    shifts = keys(town.shifts)
    hours = defaultdict(list)
    for claim in town.claims:
        shift = shifts[claim.shift_key]
        hours[claim.worker_key].append((shift.starts_at, shift.ends_at))
    for booked in hours.values():
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(sorted(booked)))


def test_everybody_may_do_what_they_claimed(town):
    people, gigs, shifts = keys(town.people), keys(town.gigs), keys(town.shifts)
    for claim in town.claims:
        person, shift = people[claim.worker_key], shifts[claim.shift_key]
        wanted = trade(gigs[shift.gig_key].trade_code)
        assert may_work(person.birth, wanted.code, local(shift.starts_at).date()) is None
        assert not wanted.certificate or wanted.certificate in person.certificates


def test_the_last_twenty_workers_are_new(town):
    assert not {f"worker-{number:03d}" for number in range(281, 301)} & {
        claim.worker_key for claim in town.claims
    }


def test_at_any_moment_of_the_day_two_shifts_with_people_are_under_way(town):
    hired = Counter(claim.shift_key for claim in town.claims if claim.state == "hired")
    for minute in range(0, 24 * 60, 15):
        moment = midnight(town.day) + timedelta(minutes=minute)
        running = [s for s in town.shifts if s.starts_at <= moment < s.ends_at and hired[s.key] >= 2]
        assert len(running) >= 2


def test_some_shifts_run_past_midnight(town):
    assert any(
        local(shift.starts_at).date() < local(shift.ends_at - timedelta(seconds=1)).date()
        for shift in town.shifts
    )


def test_times_are_aware_utc_and_in_order(town):
    gigs, shifts = keys(town.gigs), keys(town.shifts)
    for claim in town.claims:
        shift = shifts[claim.shift_key]
        assert shift.starts_at.tzinfo is UTC
        assert timedelta(hours=3) <= shift.ends_at - shift.starts_at <= timedelta(hours=8)
        assert gigs[shift.gig_key].created_at < claim.claimed_at < min(shift.starts_at, midnight(town.day))
        today = local(shift.starts_at).date() == town.day
        assert (claim.arrives_at is not None) == (
            claim.state == "worked" or (claim.state == "hired" and today)
        )


def test_history_is_over_before_the_day_begins(town):
    shifts = keys(town.shifts)
    for claim in town.claims:
        if claim.state == "worked":
            assert claim.leaves_at < midnight(town.day)
            assert shifts[claim.shift_key].starts_at >= midnight(town.day - timedelta(days=28))


def test_pay_adds_up_to_the_fen_and_never_counts_time_outside_the_shift(town):
    claims, shifts, gigs = keys(town.claims), keys(town.shifts), keys(town.gigs)
    for line in town.pay_lines:
        shift = shifts[claims[line.claim_key].shift_key]
        assert line.hourly_fen == gigs[shift.gig_key].hourly_fen
        assert 0 < line.minutes * 60 <= (shift.ends_at - shift.starts_at).total_seconds()
        assert abs(line.amount_fen * 60 - line.minutes * line.hourly_fen) <= 30


def test_money_is_in_every_state_and_settled_in_time(town):
    claims, shifts, gigs = keys(town.claims), keys(town.shifts), keys(town.gigs)
    worked = [line for line in town.pay_lines if claims[line.claim_key].state == "worked"]
    assert len(worked) == 600
    assert {line.state for line in worked} == {"due", "confirmed", "paid", "disputed"}
    for line in worked:
        shift = shifts[claims[line.claim_key].shift_key]
        age = (town.day - local(shift.ends_at).date()).days
        assert line.state in {"paid", "disputed"} or age <= max(1, gigs[shift.gig_key].settles_within_days)
        assert (line.paid_at is not None) == (line.state == "paid")
        assert (line.confirmed_at is not None) == (line.state in {"confirmed", "paid"})
        assert bool(line.dispute) == (line.state == "disputed")
        moments = [m for m in (line.due_at, line.confirmed_at, line.paid_at, midnight(town.day)) if m]
        assert moments == sorted(moments)


def keys(rows):
    return {row.key: row for row in rows}


def midnight(day):
    return utc(datetime.combine(day, time()))
