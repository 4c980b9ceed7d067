"""Lasting jobs: what the public sees, what an applicant sees of their applications, and an employer of theirs."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from accounts.models import Certificate, Employer, Site
from accounts.rules import CertificateState
from core import clock, database
from core.errors import NotFound, Refusal
from marketplace.coach import findings_of_job
from marketplace.forms import FindJobsInput
from marketplace.models import Application, Job
from marketplace.rules import ApplicationState, ApplyFacts, JobState
from rulebook import places, trades
from rulebook.findings import Finding

PUBLIC = (
    "j.state = 'published' AND j.valid_until >= {today}"
    " AND e.licence_state = 'verified' AND e.verified_until > {now}"
)
"""A job is public while it is published and holds, and its employer's licence is verified and not stale."""

COLUMNS = """j.id, j.title, j.trade, j.min_age, j.openings, j.monthly_from_fen, j.monthly_to_fen, j.hours_a_week,
    j.valid_until, j.decided_at AS published_at, e.id AS employer_id, e.name AS employer, p.name AS site,
    p.region_code, p.township_code"""
TABLES = "job j JOIN employer e ON e.id = j.employer_id JOIN site p ON p.id = j.site_id"


COUNTY = 6
"""Digits of the code of a county and of what lies above it; a township's has nine."""


@dataclass(frozen=True, slots=True)
class JobOffer:
    """A job as a card shows it."""

    id: int
    title: str
    trade: str
    min_age: int
    openings: int
    monthly_from_fen: int
    monthly_to_fen: int
    hours_a_week: int
    valid_until: date
    published_at: datetime | None
    employer_id: int
    employer: str
    site: str
    region_code: str
    township_code: str

    @property
    def place(self) -> str:
        """The township, or the county where none is given."""
        found = places.region(self.township_code) or places.region(self.region_code)
        return found.name if found else ""


@dataclass(frozen=True, slots=True)
class JobOffers:
    """One page of what was found, and how many there are in all."""

    total: int
    items: list[JobOffer]


def _offer(row: dict[str, Any]) -> JobOffer:
    valid_until = database.loaded_date(row["valid_until"])
    assert valid_until
    values = {name: row[name] for name in JobOffer.__dataclass_fields__}
    return JobOffer(
        **(values | {"valid_until": valid_until, "published_at": database.loaded(row["published_at"])})
    )


def _day(day: date) -> Any:
    """A date as hand-written SQL compares it."""
    return day if database.dialect() == "postgres" else day.isoformat()


def _public(values: list[Any], now: datetime) -> str:
    """The condition that a job is public; its values are added."""
    values += [_day(clock.local(now).date()), database.stored(now)]
    return PUBLIC.format(today=f"${len(values) - 1}", now=f"${len(values)}")


def _within(code: str) -> str:
    """A region's code as a pattern: a province and a city stand for all counties in them."""
    return (
        code
        if len(code) != COUNTY or not code.endswith("00")
        else f"{code.removesuffix('00').removesuffix('00')}%"
    )


async def find_jobs(wanted: FindJobsInput, now: datetime) -> JobOffers:
    """Public jobs, filtered and sorted by the database."""
    values: list[Any] = []
    conditions = [_public(values, now)]
    asked: list[tuple[str, object]] = [
        (
            "p.township_code = {}" if len(wanted.place) > COUNTY else "p.region_code LIKE {}",
            _within(wanted.place),
        ),
        ("j.trade = {}", wanted.trade),
        ("j.monthly_to_fen >= {}", wanted.min_monthly_fen),
        ("e.id = {}", wanted.employer),
    ]
    for condition, value in asked:
        if value not in ("", None):
            values.append(value)
            conditions.append(condition.format(f"${len(values)}"))
    where = " AND ".join(conditions)
    order = {"new": "j.decided_at DESC", "pay": "j.monthly_to_fen DESC, j.monthly_from_fen DESC"}
    counted = await database.rows(f"SELECT count(*) AS total FROM {TABLES} WHERE {where}", values)
    rows = await database.rows(
        f"SELECT {COLUMNS} FROM {TABLES} WHERE {where} ORDER BY {order[wanted.sort]}, j.id DESC"
        f" LIMIT {int(wanted.limit)} OFFSET {int(wanted.offset)}",
        values,
    )
    return JobOffers(counted[0]["total"], [_offer(row) for row in rows])


@dataclass(frozen=True)
class Facets:
    """What can be chosen among the public jobs, with how many each has."""

    places: list[tuple[str, str, int]]
    trades: list[tuple[str, int]]


async def facets(now: datetime) -> Facets:
    """Counties, their townships and the trades of all public jobs."""
    values: list[Any] = []
    condition = _public(values, now)
    rows = await database.rows(
        "SELECT p.region_code, p.township_code, j.trade, count(*) AS n"
        f" FROM {TABLES} WHERE {condition} GROUP BY p.region_code, p.township_code, j.trade",
        values,
    )
    there: dict[str, int] = {}
    kinds: dict[str, int] = {}
    for row in rows:
        for code in filter(None, (row["region_code"], row["township_code"])):
            there[code] = there.get(code, 0) + row["n"]
        kinds[row["trade"]] = kinds.get(row["trade"], 0) + row["n"]
    known = [(code, places.region(code), n) for code, n in sorted(there.items())]
    return Facets(
        [(code, found.name, n) for code, found, n in known if found],
        sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0])),
    )


@dataclass(frozen=True)
class JobPage:
    """Everything one reader sees of one job."""

    offer: JobOffer
    public: bool
    duties: str
    conditions: str
    address: str
    verified_at: datetime | None
    application_id: int | None
    application_state: ApplicationState | None
    consented: bool
    """The reader lets this employer see name and phone already."""
    facts: ApplyFacts


FACTS = """SELECT {columns}, j.duties, j.conditions, p.address, e.decided_at AS verified_at,
    CASE WHEN {public} THEN 1 ELSE 0 END AS is_public,
    u.name AS worker_name, u.birth_date, a.id AS application_id, a.state AS application_state,
    CASE WHEN EXISTS (SELECT 1 FROM membership m WHERE m.user_id = u.id AND m.employer_id = e.id)
        THEN 1 ELSE 0 END AS own_employer,
    CASE WHEN EXISTS (SELECT 1 FROM mark k WHERE k.worker_id = u.id AND k.employer_id = e.id
        AND k.kind = 'blocked') THEN 1 ELSE 0 END AS blocked,
    CASE WHEN EXISTS (SELECT 1 FROM consent y WHERE y.user_id = u.id AND y.employer_id = e.id
        AND y.purpose = 'share-with-employer' AND y.withdrawn_at IS NULL) THEN 1 ELSE 0 END AS consented
    FROM {tables}
    LEFT JOIN account u ON u.id = $2
    LEFT JOIN application a ON a.job_id = j.id AND a.worker_id = u.id
    WHERE j.id = $1"""


async def job_page(job_id: int, viewer_id: int | None, now: datetime) -> JobPage:
    """A job for a reader: public ones for everybody, others for who has applied and the employer's own members.

    Raises NotFound otherwise.
    """
    values: list[Any] = [job_id, viewer_id or 0]
    sql = FACTS.format(columns=COLUMNS, tables=TABLES, public=_public(values, now))
    rows = await database.rows(sql, values)
    if not rows or not any(rows[0][reason] for reason in ("is_public", "application_id", "own_employer")):
        raise NotFound
    row = rows[0]
    state = ApplicationState(row["application_state"]) if row["application_state"] else None
    return JobPage(
        offer=_offer(row),
        public=bool(row["is_public"]),
        duties=row["duties"],
        conditions=row["conditions"],
        address=row["address"],
        verified_at=database.loaded(row["verified_at"]),
        application_id=row["application_id"],
        application_state=state,
        consented=bool(row["consented"]),
        facts=_facts(row, state, clock.local(now).date()),
    )


def _facts(row: dict[str, Any], state: ApplicationState | None, today: date) -> ApplyFacts:
    birth = database.loaded_date(row["birth_date"])
    barred = trades.may_work(birth, row["trade"], today) if birth else None
    return ApplyFacts(
        open=bool(row["is_public"]),
        state=state,
        own_employer=bool(row["own_employer"]),
        blocked=bool(row["blocked"]),
        named=bool(row["worker_name"]),
        birth_date=birth,
        min_age=row["min_age"],
        trade_refusal=Refusal(barred.code, barred.message, barred.params) if barred else None,
    )


# --- an applicant's own ---


async def applications_by(worker_id: int) -> list[Application]:
    """What somebody has applied for, the latest first, each with its job, place and employer."""
    mine = Application.filter(worker_id=worker_id).select_related("job__site", "job__employer")
    return await mine.order_by("-sent_at", "-id")


# --- an employer's own ---


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job in the list of its employer."""

    id: int
    title: str
    site: str
    state: JobState
    rejection: str
    openings: int
    monthly_from_fen: int
    monthly_to_fen: int
    valid_until: date
    unread: int
    """Applications nobody has opened yet."""
    applied: int
    hired: int


async def jobs_of(employer_id: int, state: JobState | None = None) -> list[JobRow]:
    """Jobs of an employer, those with unread applications first."""
    rows = await database.rows(
        "SELECT j.id, j.title, p.name AS site, j.state, j.rejection, j.openings, j.monthly_from_fen, j.monthly_to_fen,"
        " j.valid_until, count(CASE WHEN a.state = 'sent' THEN 1 END) AS unread,"
        " count(CASE WHEN a.state <> 'withdrawn' THEN 1 END) AS applied,"
        " count(CASE WHEN a.state = 'hired' THEN 1 END) AS hired"
        " FROM job j JOIN site p ON p.id = j.site_id LEFT JOIN application a ON a.job_id = j.id"
        " WHERE j.employer_id = $1 AND (j.state = $2 OR $2 = '')"
        " GROUP BY j.id, j.title, p.name, j.state, j.rejection, j.openings, j.monthly_from_fen, j.monthly_to_fen,"
        " j.valid_until ORDER BY count(CASE WHEN a.state = 'sent' THEN 1 END) DESC, j.id DESC LIMIT 200",
        [employer_id, state.value if state else ""],
    )
    return [_job_row(row) for row in rows]


def _job_row(row: dict[str, Any]) -> JobRow:
    until = database.loaded_date(row["valid_until"])
    return JobRow(**(row | {"state": JobState(row["state"]), "valid_until": until}))


async def job_counts(employer_id: int) -> dict[JobState, int]:
    """How many jobs of an employer there are in each state."""
    rows = await database.rows(
        "SELECT state, count(*) AS n FROM job WHERE employer_id = $1 GROUP BY state", [employer_id]
    )
    return {JobState(row["state"]): row["n"] for row in rows}


async def job_of(employer_ids: tuple[int, ...], job_id: int) -> Job:
    """A job of these employers with its site and employer. Raises NotFound for anybody else's."""
    job = await Job.get_or_none(id=job_id, employer_id__in=employer_ids).select_related("site", "employer")
    if job is None:
        raise NotFound
    return job


@dataclass(frozen=True, slots=True)
class Applicant:
    """Somebody who has applied, as the list shows them."""

    id: int
    name: str
    age: int | None
    state: ApplicationState
    sent_at: datetime
    has_file: bool
    words: str
    worked: int
    """Shifts done through this site."""


APPLICANTS = """SELECT a.id, u.name, u.birth_date, a.state, a.sent_at, a.words, a.file_path,
    (SELECT count(*) FROM claim c WHERE c.worker_id = u.id AND c.state = 'worked') AS worked
    FROM application a JOIN account u ON u.id = a.worker_id
    WHERE a.job_id = $1 AND a.state <> 'withdrawn' ORDER BY a.sent_at, a.id"""


async def applicants_of(job_id: int, now: datetime) -> list[Applicant]:
    """Who has applied for a job, the first first. Who has withdrawn is gone."""
    return [_applicant(row, now) for row in await database.rows(APPLICANTS, [job_id])]


def _applicant(row: dict[str, Any], now: datetime) -> Applicant:
    sent_at, birth = database.loaded(row["sent_at"]), database.loaded_date(row["birth_date"])
    assert sent_at
    return Applicant(
        id=row["id"],
        name=row["name"],
        age=trades.age_on(birth, clock.local(now).date()) if birth else None,
        state=ApplicationState(row["state"]),
        sent_at=sent_at,
        has_file=bool(row["file_path"]),
        words=row["words"],
        worked=row["worked"],
    )


@dataclass(frozen=True)
class ApplicationPage:
    """One application under its employer's eyes: what was sent, and the applicant's profile."""

    application: Application
    job: Job
    employer: Employer
    applicant: Applicant
    certificates: list[str]
    """Kinds an officer has verified and that still hold."""
    absent: int
    """Shifts to which the applicant did not come."""
    next_id: int | None
    """The next application that waits for an answer."""


async def application_page(
    employer_ids: tuple[int, ...], application_id: int, now: datetime
) -> ApplicationPage:
    """An application sent to these employers. Raises NotFound for any other, and when it was withdrawn."""
    found = Application.get_or_none(id=application_id, job__employer_id__in=employer_ids)
    application = await found.select_related("job__site", "job__employer", "worker")
    if application is None or application.state is ApplicationState.WITHDRAWN:
        raise NotFound
    everybody = await applicants_of(application.job.id, now)
    waiting = [one.id for one in everybody if one.state in (ApplicationState.SENT, ApplicationState.SEEN)]
    later = [one for one in waiting if one > application_id] + [
        one for one in waiting if one < application_id
    ]
    missed = await database.rows(
        "SELECT count(*) AS n FROM claim WHERE worker_id = $1 AND state = 'absent'", [application.worker.id]
    )
    return ApplicationPage(
        application=application,
        job=application.job,
        employer=application.job.employer,
        applicant=next(one for one in everybody if one.id == application_id),
        certificates=await _papers(application.worker.id, clock.local(now).date()),
        absent=missed[0]["n"],
        next_id=later[0] if later else None,
    )


async def _papers(worker_id: int, today: date) -> list[str]:
    held = Certificate.filter(user_id=worker_id, state=CertificateState.VERIFIED, expires_on__gte=today)
    return sorted({str(kind) for kind in await held.values_list("kind", flat=True)})


# --- an officer's ---


@dataclass(frozen=True)
class OfficerJob:
    """A job under an officer's eyes."""

    job: Job
    site: Site
    employer: Employer
    findings: list[Finding]


async def officer_job(regions: list[str], job_id: int, now: datetime) -> OfficerJob:
    """A job of these counties with what the rules say. Raises NotFound for any other."""
    found = Job.get_or_none(id=job_id, employer__region_code__in=regions)
    job = await found.select_related("site", "employer")
    if job is None:
        raise NotFound
    findings = findings_of_job(job, job.site, job.employer, clock.local(now).date())
    return OfficerJob(job, job.site, job.employer, findings)
