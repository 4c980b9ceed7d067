"""Lasting jobs: posting one, an officer's look at it, applying, and the employer's answer."""

from datetime import date, datetime
from typing import Any

from tortoise.exceptions import IntegrityError

from accounts.actions import consent_to_share, notify, notify_employer
from accounts.models import Employer, Site
from accounts.rules import LicenceState, Viewer, is_verified
from core import audit, database, live
from core.clock import local
from core.database import Row, transaction
from core.errors import NotFound, Refusal, Refused, refuse_if
from core.files import Stored
from core.i18n import N_
from marketplace import rules
from marketplace.coach import findings_of_job
from marketplace.forms import REFUSALS, ApplicationInput, JobInput
from marketplace.models import Application, Job
from marketplace.queries import jobs
from marketplace.queries.jobs import JobPage
from marketplace.rules import ApplicationState, JobState, RefusalReason

NAME_MAX = 120

# --- posting ---


async def post_job(new: JobInput, site: Site, author: Viewer, now: datetime) -> Job:
    """Post a job; an officer looks at it before anybody sees it.

    Raises Refused `stopped` when the coach stops it and `licence-needed` before a licence was handed in.
    """
    employer = await Employer.get(id=site.employer_id)
    refuse_if(why_not_post(new, site, employer, local(now).date()))
    async with transaction():
        job = await Job.create(
            employer=employer, site=site, created_by_id=author.id, created_at=now, **_columns(new)
        )
        await audit.record("job.pending", "job", job.id, now=now)
        live.touch("employer", employer.id)
    return job


async def repost_job(job: Job, new: JobInput, site: Site, now: datetime) -> None:
    """Hand in a rejected job again, changed."""
    employer = await Employer.get(id=site.employer_id)
    refuse_if(why_not_post(new, site, employer, local(now).date()))
    async with transaction():
        again = {"state": JobState.PENDING, "site_id": site.id, "created_at": now, "rejection": ""}
        if not await Job.filter(id=job.id, state=JobState.REJECTED).update(**again, **_columns(new)):
            raise Refused("not-rejected", N_("Only a rejected posting can be changed and handed in again."))
        await audit.record("job.pending", "job", job.id, now=now)
        live.touch("employer", employer.id)


def _columns(new: JobInput) -> dict[str, Any]:
    return new.model_dump(exclude={"site_id"})


def why_not_post(new: JobInput, site: Site, employer: Employer, today: date) -> Refusal | None:
    """Why this job cannot go to an officer."""
    found = findings_of_job(new, site, employer, today)
    stops = [finding for finding in found if finding.level == "stop"]
    licence_in = employer.licence_state in (LicenceState.PENDING, LicenceState.VERIFIED)
    return rules.why_not_valid(new.valid_until, today) or rules.why_not_post(
        licence_in=licence_in, stops=len(stops)
    )


async def decide_job(
    job_id: int, regions: list[str], officer: Viewer, *, accept: bool, reason: str, now: datetime
) -> None:
    """An officer of these counties publishes a job or sends it back with the reason."""
    job = await Job.get_or_none(id=job_id, employer__region_code__in=regions).select_related("employer")
    if job is None:
        raise NotFound
    if not accept and not reason:
        raise Refused("reason-needed", N_("Please give the reason; the employer will read it."))
    if accept and not is_verified(job.employer.licence_state, job.employer.verified_until, now):
        raise Refused("not-verified", N_("The employer's licence must be verified first."))
    state = JobState.PUBLISHED if accept else JobState.REJECTED
    async with transaction():
        moved = await Job.filter(id=job_id, state=JobState.PENDING).update(
            state=state, decided_at=now, decided_by_id=officer.id, rejection="" if accept else reason
        )
        if not moved:
            raise Refused("decided", N_("This posting has been decided already."))
        await audit.record(f"job.{state.value}", "job", job_id, now=now)
        kind = "job-published" if accept else "job-rejected"
        link = f"/employer/jobs/{job_id}"
        await notify_employer(job.employer.id, kind, now, link=link, title=job.title, reason=reason)
        live.touch("employer", job.employer.id)


async def close_job(job_id: int, employer_ids: tuple[int, ...], now: datetime) -> int:
    """Take a job off the list. Who waits for an answer gets one: it has been filled. Returns how many those were."""
    job = await Job.get_or_none(id=job_id, employer_id__in=employer_ids)
    if job is None:
        raise NotFound
    async with transaction():
        if not await Job.filter(id=job_id, state=JobState.PUBLISHED).update(state=JobState.CLOSED):
            raise Refused("not-published", N_("Only a published job can be closed."))
        await audit.record("job.closed", "job", job_id, now=now)
        open_ones = Application.filter(job_id=job_id, state__in=rules.UNANSWERED)
        waiting = await open_ones.order_by("id").select_related("worker")
        for application in waiting:
            await _move(application, job, ApplicationState.REFUSED, RefusalReason.FILLED, "", now)
    return len(waiting)


# --- applying ---


async def apply_for_job(
    job_id: int, worker: Viewer, said: ApplicationInput, file: Stored | None, file_name: str, now: datetime
) -> int:
    """Send an application; its id. Who has withdrawn one may send it again. Raises Refused with the reason."""
    page = await jobs.job_page(job_id, worker.id, now)
    refuse_if(rules.why_not_apply(page.facts, local(now).date()))
    sent = {
        "state": ApplicationState.SENT,
        "words": said.words,
        "sent_at": now,
        "answered_at": None,
        "refusal": None,
        "answer": "",
        **_file(file, file_name),
    }
    try:
        async with transaction():
            return await _send(page, worker, sent, now)
    except IntegrityError:
        raise Refused("already-applied", N_("You have applied for this job already.")) from None


def _file(file: Stored | None, name: str) -> dict[str, str]:
    if file is None:
        return {"file_path": "", "file_type": "", "file_name": ""}
    return {"file_path": file.path, "file_type": file.media_type, "file_name": name[-NAME_MAX:]}


async def _send(page: JobPage, worker: Viewer, sent: dict[str, Any], now: datetime) -> int:
    # Writing the state it has holds the row until the commit: closing a job and applying for it come one after the other.
    if not await Job.filter(id=page.offer.id, state=JobState.PUBLISHED).update(state=JobState.PUBLISHED):
        raise Refused("closed", N_("This job is no longer offered."))
    application_id = page.application_id
    if application_id is None:
        application_id = await database.insert(Application, job_id=page.offer.id, worker_id=worker.id, **sent)
    elif not await Application.filter(id=application_id, state=ApplicationState.WITHDRAWN).update(**sent):
        raise Refused("already-applied", N_("You have applied for this job already."))
    beside: list[Row] = [
        audit.row(
            "application.sent",
            "application",
            application_id,
            now=now,
            subject_id=worker.id,
            job=page.offer.id,
        )
    ]
    if not page.consented:
        beside.append(consent_to_share(worker.id, page.offer.employer_id, now))
    await database.insert_all(*beside)
    link = f"/employer/applications/{application_id}"
    await notify_employer(page.offer.employer_id, "application-sent", now, link=link, title=page.offer.title)
    live.touch("employer", page.offer.employer_id)
    return application_id


async def withdraw_application(application_id: int, worker: Viewer, now: datetime) -> None:
    """Take an application back: the employer sees nothing of it any more."""
    application = await Application.get_or_none(id=application_id, worker_id=worker.id).select_related("job")
    if application is None:
        raise NotFound
    refuse_if(rules.why_not_withdraw(application.state))
    async with transaction():
        ways = rules.ways_to(ApplicationState.WITHDRAWN)
        mine = Application.filter(id=application_id, state__in=ways)
        if not await mine.update(state=ApplicationState.WITHDRAWN):
            raise Refused("not-yours-to-withdraw", N_("This application cannot be withdrawn any more."))
        await audit.record("application.withdrawn", "application", application_id, now=now)
        employer_id, job = application.job.employer_id, application.job
        link = f"/employer/jobs/{job.id}"
        await notify_employer(employer_id, "application-withdrawn", now, link=link, title=job.title)
        live.touch("employer", employer_id)


# --- the employer's answer ---


async def open_application(application_id: int, employer_ids: tuple[int, ...], now: datetime) -> None:
    """Note that an employer has read an application; the applicant is told the first time."""
    application = await _of_employer(application_id, employer_ids)
    if application.state is ApplicationState.SENT:
        async with transaction():
            await _move(application, application.job, ApplicationState.SEEN, None, "", now)


async def answer_application(
    application_id: int,
    employer_ids: tuple[int, ...],
    to: ApplicationState,
    *,
    reason: RefusalReason | None = None,
    answer: str = "",
    now: datetime,
) -> None:
    """Invite, hire or refuse somebody; a refusal says why. Raises Refused when it was answered meanwhile."""
    application = await _of_employer(application_id, employer_ids)
    refuse_if(rules.why_not_answer(application.state, to, reason))
    async with transaction():
        if not await _move(application, application.job, to, reason, answer, now):
            raise Refused("answered", N_("This application has been answered already."))


async def _of_employer(application_id: int, employer_ids: tuple[int, ...]) -> Application:
    """An application that was sent to these employers and not withdrawn. Raises NotFound for any other."""
    found = Application.get_or_none(id=application_id, job__employer_id__in=employer_ids)
    application = await found.select_related("job", "worker")
    if application is None or application.state is ApplicationState.WITHDRAWN:
        raise NotFound
    return application


async def _move(
    application: Application,
    job: Job,
    to: ApplicationState,
    reason: RefusalReason | None,
    answer: str,
    now: datetime,
) -> bool:
    """One step along an edge, in the open transaction; False when it has moved elsewhere meanwhile."""
    changed: dict[str, Any] = {"state": to}
    if to in rules.ANSWERED:
        changed |= {"answered_at": now, "refusal": reason, "answer": answer}
    if not await Application.filter(id=application.id, state__in=rules.ways_to(to)).update(**changed):
        return False
    worker_id = application.worker.id
    noted = {"reason": reason.value} if reason else {}
    await audit.record(
        f"application.{to.value}", "application", application.id, now=now, subject_id=worker_id, **noted
    )
    told: dict[str, Any] = {"because": REFUSALS[reason]} if reason else {}
    link = f"/my/applications#application-{application.id}"
    await notify(worker_id, f"application-{to.value}", now, link=link, title=job.title, **told)
    live.touch("employer", job.employer_id)
    return True


# --- what leaves a trace ---


async def see_file(application_id: int, viewer: Viewer, now: datetime) -> Application:
    """The application whose file somebody looks at: the applicant's own, or one sent to their employer."""
    application = await Application.get_or_none(id=application_id).select_related("job", "worker")
    if application is None or not application.file_path:
        raise NotFound
    if application.worker.id != viewer.id:
        application = await _of_employer(application_id, viewer.employer_ids)
    async with transaction():
        await audit.record(
            "application.file-seen", "application", application_id, now=now, subject_id=application.worker.id
        )
    return application


async def see_phone(application_id: int, employer_ids: tuple[int, ...], now: datetime) -> str:
    """The number of an applicant who was invited or hired. Raises Refused `no-phone` otherwise."""
    application = await _of_employer(application_id, employer_ids)
    refuse_if(rules.why_not_call(application.state))
    async with transaction():
        await audit.record(
            "phone.seen", "application", application_id, now=now, subject_id=application.worker.id
        )
    return str(application.worker.phone)
