"""Lasting jobs: the rules at their edges, and every action on both databases."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import anyio
import pytest

from accounts.models import Consent, Employer, Notice
from accounts.notices import WORDS, sentence
from accounts.rules import LicenceState
from app.invariants import broken
from core import clock, files
from core.errors import Invalid, NotFound, Refused, refusal
from core.forms import parse
from core.i18n import speaking
from core.models import AuditRow
from marketplace import rules
from marketplace.actions import jobs as actions
from marketplace.forms import REFUSALS, AnswerInput, ApplicationInput, FindJobsInput
from marketplace.models import Application, Job, Mark
from marketplace.queries import jobs
from marketplace.rules import ApplicationState, ApplyFacts, JobState, MarkKind, RefusalReason, Side
from tests.cast import KUNSHAN, Cast, job_input, make_employer, make_job, make_site, viewer, workers

TODAY = date(2026, 11, 23)
FACTS = ApplyFacts(
    open=True,
    state=None,
    own_employer=False,
    blocked=False,
    named=True,
    birth_date=date(1990, 1, 1),
    min_age=18,
)
WORDS_OF_WANDA = ApplicationInput(words="做过两年，下周可以上班。")


def code(reason) -> str | None:
    return reason.code if reason else None


def why_not(**changed) -> str | None:
    return code(rules.why_not_apply(replace(FACTS, **changed), TODAY))


# --- rules ---


def test_who_is_in_order_may_apply():
    assert why_not() is None


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"open": False}, "closed"),
        ({"own_employer": True}, "own-employer"),
        ({"blocked": True}, "blocked"),
        ({"named": False}, "profile-needed"),
        ({"birth_date": None}, "profile-needed"),
        ({"birth_date": date(2008, 11, 24)}, "too-young"),
        ({"birth_date": date(2008, 11, 23)}, None),
        ({"trade_refusal": refusal("barred-under-18", "")}, "barred-under-18"),
        ({"state": ApplicationState.WITHDRAWN}, None),
        ({"state": ApplicationState.WITHDRAWN, "open": False}, "closed"),
    ],
)
def test_each_reason_not_to_apply(changed, why):
    assert why_not(**changed) == why


@pytest.mark.parametrize(
    "state", [state for state in ApplicationState if state is not ApplicationState.WITHDRAWN]
)
def test_who_has_applied_does_not_apply_again(state):
    assert why_not(state=state) == "already-applied"


@pytest.mark.parametrize(("state", "to"), list(product(ApplicationState, rules.ANSWERED)))
def test_answers_go_along_the_edges_only(state, to):
    allowed = to in rules.APPLICATION_EDGES.get(state, set())
    assert (rules.why_not_answer(state, to, RefusalReason.FILLED) is None) == (
        allowed and state is not ApplicationState.WITHDRAWN
    )


def test_a_refusal_needs_its_reason_and_nothing_else_has_one():
    assert (
        code(rules.why_not_answer(ApplicationState.SENT, ApplicationState.REFUSED, None)) == "reason-needed"
    )
    assert code(rules.why_not_answer(ApplicationState.SENT, ApplicationState.HIRED, None)) is None
    assert parse(AnswerInput, {"state": "hired", "refusal": "pay"}).refusal is None


@pytest.mark.parametrize("state", list(ApplicationState))
def test_what_has_ended_cannot_be_withdrawn(state):
    ended = state in (ApplicationState.HIRED, ApplicationState.REFUSED, ApplicationState.WITHDRAWN)
    assert (rules.why_not_withdraw(state) is not None) == ended


def test_a_number_is_for_who_is_invited():
    shown = [state for state in ApplicationState if rules.why_not_call(state) is None]
    assert shown == [ApplicationState.INVITED, ApplicationState.HIRED]


@pytest.mark.parametrize(("days", "why"), [(-1, "past"), (0, None), (183, None), (184, "far")])
def test_a_job_holds_for_half_a_year_at_most(days, why):
    assert code(rules.why_not_valid(TODAY + timedelta(days=days), TODAY)) == why


def test_every_reason_and_every_state_has_its_words():
    assert set(REFUSALS) == set(RefusalReason)
    assert {f"application-{state.value}" for state in ApplicationState} <= set(WORDS)


def test_the_highest_pay_is_not_below_the_lowest():
    with pytest.raises(Invalid) as caught:
        parse(type(job_input(FakeSite())), {**job_input(FakeSite()).model_dump(), "monthly_to_fen": 5499_99})
    assert list(caught.value.errors) == ["monthly_to_fen"]


class FakeSite:
    """A site that is a number and nothing else."""

    id = 1


# --- actions ---


async def refused(awaitable) -> str:
    with pytest.raises(Refused) as caught:
        await awaitable
    return caught.value.reason.code


async def applied(cast: Cast, job: Job, who=None, file=None) -> int:
    worker = await viewer(who or cast.wanda)
    return await actions.apply_for_job(job.id, worker, WORDS_OF_WANDA, file, "简历.pdf", clock.now())


async def state_of(application_id: int) -> ApplicationState:
    return (await Application.get(id=application_id)).state


async def answer(cast: Cast, application_id: int, to: ApplicationState, reason=None, text: str = "") -> None:
    await actions.answer_application(
        application_id, (cast.employer.id,), to, reason=reason, answer=text, now=clock.now()
    )


async def kinds(user) -> list[str]:
    return [notice.kind for notice in await Notice.filter(user=user).order_by("id")]


@pytest.mark.anyio
async def test_a_job_waits_for_an_officer_and_is_public_after_the_yes(cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site, publish=False)
    assert (await jobs.find_jobs(FindJobsInput(), clock.now())).total == 0
    with pytest.raises(NotFound):
        await jobs.job_page(job.id, cast.wanda.id, clock.now())
    await actions.decide_job(
        job.id, [KUNSHAN], await viewer(cast.olga), accept=True, reason="", now=clock.now()
    )
    assert [offer.id for offer in (await jobs.find_jobs(FindJobsInput(), clock.now())).items] == [job.id]
    assert await kinds(cast.emil) == ["job-published"]
    again = actions.decide_job(
        job.id, [KUNSHAN], await viewer(cast.olga), accept=True, reason="", now=clock.now()
    )
    assert await refused(again) == "decided"


@pytest.mark.anyio
async def test_a_job_sent_back_is_changed_and_handed_in_again(cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site, publish=False)
    olga, now = await viewer(cast.olga), clock.now()
    no_reason = actions.decide_job(job.id, [KUNSHAN], olga, accept=False, reason="", now=now)
    assert await refused(no_reason) == "reason-needed"
    await actions.decide_job(job.id, [KUNSHAN], olga, accept=False, reason="请写明休息日", now=now)
    back = await Job.get(id=job.id)
    assert (back.state, back.rejection) == (JobState.REJECTED, "请写明休息日")
    await actions.repost_job(back, job_input(cast.site, duties="收发货，做五休二。"), cast.site, now)
    again = await Job.get(id=job.id)
    assert (again.state, again.rejection, again.duties) == (JobState.PENDING, "", "收发货，做五休二。")
    assert await refused(actions.repost_job(again, job_input(cast.site), cast.site, now)) == "not-rejected"


@pytest.mark.anyio
async def test_what_the_coach_stops_is_not_posted(cast: Cast) -> None:
    emil, now = await viewer(cast.emil), clock.now()
    too_little = job_input(cast.site, monthly_from_fen=1000_00)
    assert await refused(actions.post_job(too_little, cast.site, emil, now)) == "stopped"
    only_men = job_input(cast.site, conditions="限男性")
    assert await refused(actions.post_job(only_men, cast.site, emil, now)) == "stopped"
    await Employer.filter(id=cast.employer.id).update(licence_state=LicenceState.MISSING)
    assert await refused(actions.post_job(job_input(cast.site), cast.site, emil, now)) == "licence-needed"
    assert await Job.all().count() == 0


@pytest.mark.anyio
async def test_an_officer_elsewhere_decides_nothing(cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site, publish=False)
    with pytest.raises(NotFound):
        await actions.decide_job(
            job.id, ["320505"], await viewer(cast.olga), accept=True, reason="", now=clock.now()
        )
    with pytest.raises(NotFound):
        await jobs.officer_job(["320505"], job.id, clock.now())


@pytest.mark.anyio
async def test_wanda_applies_and_everybody_who_must_know_does(cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    application_id = await applied(cast, job)
    assert await state_of(application_id) is ApplicationState.SENT
    assert await kinds(cast.emil) == ["application-sent"]
    assert await Consent.filter(user=cast.wanda, employer=cast.employer).count() == 1
    assert await AuditRow.filter(verb="application.sent", object_id=application_id).count() == 1
    assert await refused(applied(cast, job)) == "already-applied"
    assert await broken(clock.now()) == []


@pytest.mark.anyio
async def test_two_taps_at_once_are_one_application(cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    answers: list[str] = []

    async def tap() -> None:
        try:
            await applied(cast, job)
            answers.append("sent")
        except Refused as error:
            answers.append(error.reason.code)

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(tap)
    assert sorted(answers) == ["already-applied"] * 3 + ["sent"]
    assert await Application.all().count() == 1


@pytest.mark.anyio
async def test_withdrawing_hides_it_and_applying_again_moves_the_same_row(cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    first = await applied(cast, job)
    wanda, now = await viewer(cast.wanda), clock.now()
    await actions.withdraw_application(first, wanda, now)
    assert await refused(actions.withdraw_application(first, wanda, now)) == "not-yours-to-withdraw"
    assert await jobs.applicants_of(job.id, now) == []
    with pytest.raises(NotFound):
        await jobs.application_page((cast.employer.id,), first, now)
    with pytest.raises(NotFound):
        await answer(cast, first, ApplicationState.HIRED)
    assert await applied(cast, job) == first
    assert [one.id for one in await jobs.applicants_of(job.id, now)] == [first]
    assert await Consent.filter(user=cast.wanda, employer=cast.employer).count() == 1
    assert await broken(now) == []


@pytest.mark.anyio
async def test_an_application_goes_from_sent_to_hired_and_its_sender_hears_of_each_step(cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    application_id = await applied(cast, job)
    for _ in range(2):
        await actions.open_application(application_id, (cast.employer.id,), clock.now())
    await answer(cast, application_id, ApplicationState.INVITED, text="明天下午两点")
    await answer(cast, application_id, ApplicationState.HIRED)
    assert await kinds(cast.wanda) == ["application-seen", "application-invited", "application-hired"]
    assert (
        await refused(answer(cast, application_id, ApplicationState.REFUSED, RefusalReason.PAY)) == "answered"
    )
    row = await Application.get(id=application_id)
    assert (row.state, row.refusal, row.answered_at is not None) == (ApplicationState.HIRED, None, True)
    assert await broken(clock.now()) == []


@pytest.mark.anyio
async def test_a_refusal_says_why_in_the_readers_language(cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    application_id = await applied(cast, job)
    assert await refused(answer(cast, application_id, ApplicationState.REFUSED)) == "reason-needed"
    await answer(cast, application_id, ApplicationState.REFUSED, RefusalReason.SKILLS, "谢谢")
    notice = await Notice.get(user=cast.wanda)
    with speaking("en"):
        assert sentence(notice) == "仓库管理员: Other skills or more experience are needed."
    with speaking("zh-Hans"):
        assert "技能" in sentence(notice)
    assert await broken(clock.now()) == []


@pytest.mark.anyio
async def test_closing_a_job_answers_who_waits_and_nobody_else(cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    people = await workers(3)
    sent, seen, invited = [await applied(cast, job, one) for one in people]
    await actions.open_application(seen, (cast.employer.id,), clock.now())
    await answer(cast, invited, ApplicationState.INVITED)
    assert await actions.close_job(job.id, (cast.employer.id,), clock.now()) == 2
    states = [await state_of(one) for one in (sent, seen, invited)]
    assert states == [ApplicationState.REFUSED, ApplicationState.REFUSED, ApplicationState.INVITED]
    assert (await Application.get(id=sent)).refusal is RefusalReason.FILLED
    with pytest.raises(NotFound):
        await applied(cast, job)
    assert await refused(actions.close_job(job.id, (cast.employer.id,), clock.now())) == "not-published"
    assert await broken(clock.now()) == []


@pytest.mark.anyio
async def test_stan_and_other_employers_reach_nothing(cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    stored = await files.keep(b"%PDF-1.7 resume", field="file")
    application_id = await applied(cast, job, file=stored)
    other = await make_employer("苏州别家餐饮有限公司", "91320505MA1N8PQX6X", cast.stan)
    stan, theirs, now = await viewer(cast.stan), (other.id,), clock.now()
    for attempt in (
        actions.withdraw_application(application_id, stan, now),
        actions.open_application(application_id, theirs, now),
        actions.answer_application(application_id, theirs, ApplicationState.HIRED, now=now),
        actions.see_file(application_id, stan, now),
        actions.see_phone(application_id, theirs, now),
        actions.close_job(job.id, theirs, now),
        jobs.job_of(theirs, job.id),
        jobs.application_page(theirs, application_id, now),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await state_of(application_id) is ApplicationState.SENT


@pytest.mark.anyio
async def test_each_look_at_a_resume_is_written_down(cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    stored = await files.keep(b"%PDF-1.7 resume", field="file")
    application_id = await applied(cast, job, file=stored)
    for person in (cast.emil, cast.emil, cast.wanda):
        found = await actions.see_file(application_id, await viewer(person), clock.now())
        assert await files.read(found.file_path) == b"%PDF-1.7 resume"
    assert await AuditRow.filter(verb="application.file-seen", object_id=application_id).count() == 3
    await actions.withdraw_application(application_id, await viewer(cast.wanda), clock.now())
    with pytest.raises(NotFound):
        await actions.see_file(application_id, await viewer(cast.emil), clock.now())
    assert await broken(clock.now()) == []


@pytest.mark.anyio
async def test_the_number_is_seen_after_the_invitation_and_leaves_a_trace(cast: Cast) -> None:
    application_id = await applied(cast, await make_job(cast.emil, cast.site))
    mine = (cast.employer.id,)
    assert await refused(actions.see_phone(application_id, mine, clock.now())) == "no-phone"
    await answer(cast, application_id, ApplicationState.INVITED)
    assert await actions.see_phone(application_id, mine, clock.now()) == "+8613800000001"
    assert await AuditRow.filter(verb="phone.seen", subject_id=cast.wanda.id).count() == 1


@pytest.mark.anyio
@pytest.mark.parametrize("side", list(Side))
async def test_who_is_blocked_does_not_meet(cast: Cast, side: Side) -> None:
    job = await make_job(cast.emil, cast.site)
    await Mark.create(
        side=side, kind=MarkKind.BLOCKED, worker=cast.wanda, employer=cast.employer, at=clock.now()
    )
    assert await refused(applied(cast, job)) == "blocked"


@pytest.mark.anyio
async def test_a_member_does_not_apply_to_the_own_employer(cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    assert await refused(applied(cast, job, cast.emil)) == "own-employer"


# --- queries ---


@pytest.mark.anyio
async def test_a_job_is_public_on_its_last_day_and_not_after(cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site, valid_until=clock.today() + timedelta(days=3))
    last = datetime(job.valid_until.year, job.valid_until.month, job.valid_until.day)
    until = clock.utc(last + timedelta(hours=23, minutes=59))
    assert (await jobs.find_jobs(FindJobsInput(), until)).total == 1
    assert (await jobs.find_jobs(FindJobsInput(), until + timedelta(minutes=1))).total == 0


@pytest.mark.anyio
async def test_a_job_goes_with_its_employers_licence(cast: Cast) -> None:
    await make_job(cast.emil, cast.site)
    await Employer.filter(id=cast.employer.id).update(verified_until=datetime(2020, 1, 1, tzinfo=UTC))
    assert (await jobs.find_jobs(FindJobsInput(), clock.now())).total == 0


@pytest.mark.anyio
async def test_the_filters_find_what_they_say(cast: Cast) -> None:
    other = await make_employer("苏州别家餐饮有限公司", "91320505MA1N8PQX6X", cast.stan)
    there = await make_site(other)
    one = await make_job(cast.emil, cast.site)
    two = await make_job(
        cast.stan, there, title="收银员", trade="cashier", monthly_from_fen=4000_00, monthly_to_fen=5000_00
    )

    async def found(**wanted) -> list[int]:
        offers = await jobs.find_jobs(FindJobsInput(**wanted), clock.now())
        assert offers.total == len(offers.items)
        return [offer.id for offer in offers.items]

    assert await found() == [two.id, one.id]
    assert await found(sort="pay") == [one.id, two.id]
    assert await found(trade="cashier") == [two.id]
    assert await found(min_monthly_fen=5000_00) == [two.id, one.id]
    assert await found(min_monthly_fen=5000_01) == [one.id]
    assert await found(employer=other.id) == [two.id]
    for place in ("320583", "320583100", "320500", "320000"):
        assert len(await found(place=place)) == 2, place
    for place in ("320505", "310000", "320583101"):
        assert await found(place=place) == [], place
    facets = await jobs.facets(clock.now())
    assert [(code, n) for code, _, n in facets.places] == [("320583", 2), ("320583100", 2)]
    assert facets.trades == [("cashier", 1), ("stock-taker", 1)]


@pytest.mark.anyio
async def test_the_employers_list_counts_new_and_hired_but_not_who_withdrew(cast: Cast) -> None:
    job = await make_job(cast.emil, cast.site)
    first, second, third = [await applied(cast, job, one) for one in await workers(3)]
    await answer(cast, first, ApplicationState.HIRED)
    gone = await Application.get(id=second).select_related("worker")
    await actions.withdraw_application(second, await viewer(gone.worker), clock.now())
    (row,) = await jobs.jobs_of(cast.employer.id)
    assert (row.unread, row.applied, row.hired) == (1, 2, 1)
    page = await jobs.application_page((cast.employer.id,), first, clock.now())
    assert page.next_id == third
