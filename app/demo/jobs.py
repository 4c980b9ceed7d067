"""Lasting jobs of the demo town, who has applied for them, and the answers so far."""

import csv
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from accounts.actions import CONSENT_VERSION
from accounts.models import Consent, Employer, Membership, Notice, Site, User
from accounts.rules import LicenceState, Purpose
from app.demo.draft import Draft
from app.demo.material import FOLDER
from app.demo.people import GROWN_UP
from core.clock import local
from core.models import AuditRow
from marketplace.forms import REFUSALS
from marketplace.models import Application, Job
from marketplace.rules import ANSWERED, ApplicationState, JobState, RefusalReason
from rulebook.trades import age_on

JOBS, APPLICATIONS = 32, 84
EACH_MOST = 4
"""How many applications one person has sent at most."""
PENDING, REJECTED, CLOSED = (5, 20), (11,), (14, 27)
"""Which of the jobs are in another state than published."""
SENT_BACK = "请写清每周休息几天、几点上班，再提交。"
HOLDS = timedelta(days=60)
READ_AFTER = timedelta(days=2)
WORDS = (
    "在电子厂干过三年，能上夜班，下周一就可以到岗。",
    "做过同样的工作两年，住得不远，随时可以面试。",
    "没有经验，但肯学，能长期做。",
    "孩子上学了，想找一份离家近的长期工作。",
    "在这里接过十几次班次，老板说不错，想转长期。",
    "有证，干过一年，希望交社保。",
    "能吃苦，能加班，月底前可以上班。",
    "之前在上海做，回昆山定居了，想稳定下来。",
    "想了解一下排班和休息时间，方便的话电话联系。",
    "",
)
ANSWERS = {
    ApplicationState.INVITED: ("明天下午两点到门店面谈，带身份证。", "后天上午十点，到厂区东门人事处。", ""),
    ApplicationState.HIRED: ("欢迎加入，下周一早上八点报到。", ""),
    ApplicationState.REFUSED: ("谢谢你来应聘，有合适的再联系。", ""),
}
COURSES = (
    (ApplicationState.SENT,),
    (ApplicationState.SENT, ApplicationState.SEEN),
    (ApplicationState.SENT, ApplicationState.SEEN, ApplicationState.INVITED),
    (ApplicationState.SENT, ApplicationState.SEEN, ApplicationState.INVITED, ApplicationState.HIRED),
    (ApplicationState.SENT, ApplicationState.SEEN, ApplicationState.REFUSED),
    (ApplicationState.SENT, ApplicationState.SEEN, ApplicationState.WITHDRAWN),
)
ODDS = (26, 16, 14, 8, 16, 4)
STEP_HOURS = {
    ApplicationState.SEEN: (2, 20),
    ApplicationState.INVITED: (3, 30),
    ApplicationState.HIRED: (20, 50),
    ApplicationState.REFUSED: (5, 40),
    ApplicationState.WITHDRAWN: (5, 30),
}
"""From one step to the next, from–to."""


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A kind of job that employers of one kind post."""

    employer_kind: str
    trade: str
    title: str
    duties: str
    conditions: str
    pay: tuple[int, int]
    hours: int
    openings: int


def vacancies() -> list[Vacancy]:
    """What the town's employers look for."""
    with (FOLDER / "vacancies.csv").open(encoding="utf-8", newline="") as file:
        return [_read(row) for row in csv.DictReader(file)]


def _read(row: dict[str, str]) -> Vacancy:
    return Vacancy(
        row["employer_kind"],
        row["trade_code"],
        row["title"],
        row["duties"],
        row["conditions"],
        pay=(int(row["pay_from"]) * 100, int(row["pay_to"]) * 100),
        hours=int(row["hours"]),
        openings=int(row["openings"]),
    )


def add_jobs(draft: Draft, kinds: dict[int, str], now: datetime, rng: Random) -> None:
    """Jobs of verified employers (by id, with their kind), and applications up to now."""
    market = Market(draft, kinds, now, rng)
    market.post()
    market.apply()


@dataclass
class Market:
    """The jobs while they are being made up."""

    draft: Draft
    kinds: dict[int, str]
    now: datetime
    rng: Random
    members: dict[int, list[int]] = field(default_factory=dict)
    """Employer → who acts for it."""

    def post(self) -> None:
        """Thirty-two jobs, one or two for each employer that may post."""
        for row in self.draft.rows(Membership):
            if row.employer_id:
                self.members.setdefault(row.employer_id, []).append(row.user_id)
        known = vacancies()
        verified = [one for one in self.draft.rows(Employer) if one.licence_state is LicenceState.VERIFIED]
        used: Counter[str] = Counter()
        for number in range(JOBS):
            employer = verified[number % len(verified)]
            fitting = [one for one in known if one.employer_kind == self.kinds[employer.id]]
            least = min(used[one.title] for one in fitting)
            vacancy = next(one for one in fitting if used[one.title] == least)
            used[vacancy.title] += 1
            self._add_job(number, employer, vacancy)

    def _add_job(self, number: int, employer: Employer, vacancy: Vacancy) -> None:
        state = {
            **dict.fromkeys(PENDING, JobState.PENDING),
            **dict.fromkeys(REJECTED, JobState.REJECTED),
            **dict.fromkeys(CLOSED, JobState.CLOSED),
        }.get(number, JobState.PUBLISHED)
        waits = state is JobState.PENDING
        hours = self.rng.uniform(2, 20) if waits else self.rng.uniform(30, 24 * 21)
        created = self.now - timedelta(hours=hours)
        sites = [site for site in self.draft.rows(Site) if site.employer_id == employer.id]
        raised = self.rng.choice((0, 0, 100_00, 200_00, 300_00))
        self.draft.add(
            Job,
            employer_id=employer.id,
            site_id=self.rng.choice(sites).id,
            title=vacancy.title,
            trade=vacancy.trade,
            duties=vacancy.duties,
            conditions=vacancy.conditions,
            min_age=GROWN_UP,
            openings=vacancy.openings,
            monthly_from_fen=vacancy.pay[0] + raised,
            monthly_to_fen=vacancy.pay[1] + raised,
            hours_a_week=vacancy.hours,
            valid_until=local(created).date() + HOLDS,
            state=state,
            rejection=SENT_BACK if state is JobState.REJECTED else "",
            created_by_id=self.members[employer.id][0],
            created_at=created,
            decided_at=None if waits else created + timedelta(hours=3),
            decided_by_id=None if waits else employer.decided_by_id,
        )

    def apply(self) -> None:
        """People of age apply, the newest jobs no less than the old ones."""
        jobs = [job for job in self.draft.rows(Job) if job.state in (JobState.PUBLISHED, JobState.CLOSED)]
        employed = {user_id for users in self.members.values() for user_id in users}
        today = local(self.now).date()
        people = [one for one in self.draft.rows(User) if _may_apply(one, today) and one.id not in employed]
        sent: Counter[int] = Counter()
        seen: set[tuple[int, int]] = set()
        while len(seen) < APPLICATIONS:
            job, person = self.rng.choice(jobs), self.rng.choice(people[:60])
            if (job.id, person.id) in seen or sent[person.id] >= EACH_MOST:
                continue
            seen.add((job.id, person.id))
            sent[person.id] += 1
            self._apply(job, person)

    def _apply(self, job: Job, person: User) -> None:
        course = self.rng.choices(COURSES, ODDS)[0]
        begin: datetime = job.decided_at
        at = begin + (self.now - begin) * self.rng.uniform(0.02, 0.98)
        reached = [(ApplicationState.SENT, at)]
        for state in course[1:]:
            at += timedelta(hours=self.rng.uniform(*STEP_HOURS[state]))
            if at < self.now:
                reached.append((state, at))
            else:
                break
        if job.state is JobState.CLOSED and reached[-1][0] in (ApplicationState.SENT, ApplicationState.SEEN):
            closed = max(self.now - timedelta(hours=6), reached[-1][1] + (self.now - reached[-1][1]) / 2)
            reached.append((ApplicationState.REFUSED, closed))
        self._write(job, person, reached)

    def _write(self, job: Job, person: User, reached: list[tuple[ApplicationState, datetime]]) -> None:
        state, at = reached[-1]
        answered = [when for step, when in reached if step in ANSWERED]
        reason = None
        if state is ApplicationState.REFUSED:
            closed = job.state is JobState.CLOSED
            reason = RefusalReason.FILLED if closed else self.rng.choice(list(RefusalReason))
        application = self.draft.add(
            Application,
            job_id=job.id,
            worker_id=person.id,
            words=self.rng.choice(WORDS),
            state=state,
            refusal=reason,
            answer=self.rng.choice(ANSWERS[state]) if state in ANSWERS else "",
            sent_at=reached[0][1],
            answered_at=answered[-1] if answered else None,
        )
        self._consent(job, person, reached[0][1])
        for step, when in reached:
            by_worker = step in (ApplicationState.SENT, ApplicationState.WITHDRAWN)
            actor = person.id if by_worker else self.members[job.employer_id][0]
            self._note(application, step, when, actor, person.id)
        if state is ApplicationState.SENT:
            for member in self.members[job.employer_id]:
                self._tell(member, "application-sent", at, f"/employer/applications/{application.id}", job)
        elif state is not ApplicationState.WITHDRAWN:
            told = {"because": REFUSALS[reason]} if reason else {}
            link = f"/my/applications#application-{application.id}"
            self._tell(person.id, f"application-{state.value}", at, link, job, **told)

    def _consent(self, job: Job, person: User, at: datetime) -> None:
        if any(
            one.user_id == person.id and one.employer_id == job.employer_id
            for one in self.draft.rows(Consent)
        ):
            return
        self.draft.add(
            Consent,
            user_id=person.id,
            employer_id=job.employer_id,
            purpose=Purpose.SHARE_WITH_EMPLOYER,
            text_version=CONSENT_VERSION,
            given_at=at,
        )

    def _note(
        self, application: Application, state: ApplicationState, at: datetime, actor_id: int, subject_id: int
    ) -> None:
        self.draft.add(
            AuditRow,
            at=at,
            actor_id=actor_id,
            subject_id=subject_id if subject_id != actor_id else None,
            verb=f"application.{state.value}",
            kind="application",
            object_id=application.id,
            change={},
        )

    def _tell(self, user_id: int, kind: str, at: datetime, link: str, job: Job, **more: str) -> None:
        self.draft.add(
            Notice,
            user_id=user_id,
            kind=kind,
            params={"title": job.title, **more},
            link=link,
            created_at=at,
            read_at=at + READ_AFTER if at + READ_AFTER < self.now else None,
        )


def _may_apply(person: User, today: date) -> bool:
    return (
        person.birth_date is not None and bool(person.name) and age_on(person.birth_date, today) >= GROWN_UP
    )
