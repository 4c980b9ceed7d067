"""Lasting jobs of an employer: writing one with the coach, who has applied, and the answers."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from accounts import queries as accounts
from accounts.handlers.employer import Desk, desk, desk_of
from core import clock
from core.errors import Invalid, NotFound, Refused
from core.forms import parse
from core.html import page
from core.i18n import _, get_locale, translated
from core.routing import fields, see_other
from marketplace import rules
from marketplace.actions import jobs as actions
from marketplace.coach import findings_of_job_draft
from marketplace.forms import REFUSALS, AnswerInput
from marketplace.handlers import gig_form, job_form
from marketplace.handlers.gig_form import Typed
from marketplace.handlers.gigs import MISSING
from marketplace.handlers.jobs import trade_name
from marketplace.queries import jobs
from marketplace.rules import ApplicationState, JobState
from rulebook import trades

if TYPE_CHECKING:
    from accounts.models import Site
    from marketplace.models import Job


async def listing(request: Request) -> Response:
    """The employer's jobs."""
    here, wanted = await desk(request), request.query_params.get("state", "")
    state = JobState(wanted) if wanted in list(JobState) else None
    return page(
        request,
        "marketplace/job_list.html",
        desk=here,
        state=state,
        jobs=await jobs.jobs_of(here.employer.id, state),
        counts=await jobs.job_counts(here.employer.id),
    )


async def ask(request: Request) -> Response:
    """The form of a new job."""
    return await _form(request, await desk(request), job_form.blank(clock.today()))


async def _form(request: Request, here: Desk, values: Typed, **more: Any) -> Response:
    """The form as it stands; nothing of it is saved."""
    sites = await accounts.sites_of(here.employer.id)
    if "site_id" not in values and len(sites) == 1:
        values = values | {"site_id": str(sites[0].id)}
    context: dict[str, Any] = {"job": None, "errors": {}, "status": 200, "block": None} | more
    site = next((site for site in sites if str(site.id) == values.get("site_id")), None)
    said = job_form.draft(values)
    found = findings_of_job_draft(said, site, here.employer, clock.today())
    return page(
        request,
        "marketplace/job_form.html",
        desk=here,
        sites=sites,
        site=site,
        values=values,
        draft=said,
        trade_groups=gig_form.trade_groups(get_locale()),
        once=token_urlsafe(12),
        today=clock.today(),
        latest=clock.today() + rules.JOB_AHEAD,
        findings=[finding for finding in found if finding.code != MISSING],
        # Without a site neither its region nor its address is known: one sentence for one question.
        missing=[finding for finding in found if finding.code == MISSING and finding.field != "region_code"],
        **context,
    )


async def coach(request: Request) -> Response:
    """What the rules say of the job as far as it is written."""
    return await _form(request, await desk(request), await fields(request), block="coach")


async def post_job(request: Request) -> Response:
    """Hand a job in."""
    here, typed = await desk(request), await fields(request)
    try:
        new = job_form.read_job(typed)
        site = await _own_site(request, new.site_id)
        job = await actions.post_job(new, site, request.state.viewer, clock.now())
    except Invalid as invalid:
        return await _form(request, here, typed, errors=invalid.errors, status=invalid.status)
    except Refused as refused:
        return await _form(request, here, typed, errors={"": refused.reason.text}, status=refused.status)
    return see_other(f"/employer/jobs/{job.id}")


async def _own_site(request: Request, site_id: int) -> Site:
    try:
        return await accounts.site_for(request.state.viewer, site_id)
    except NotFound:
        raise Invalid({"site_id": _("Please choose one of your sites.")}) from None


async def ask_again(request: Request) -> Response:
    """The form of a rejected job, as it was."""
    job = await _rejected(request)
    return await _form(request, await desk_of(request, job.employer), job_form.of_job(job), job=job)


async def repost(request: Request) -> Response:
    """Hand a rejected job in again, changed."""
    job = await _rejected(request)
    here, typed = await desk_of(request, job.employer), await fields(request)
    try:
        new = job_form.read_job(typed)
        site = await _own_site(request, new.site_id)
        await actions.repost_job(job, new, site, clock.now())
    except Invalid as invalid:
        return await _form(request, here, typed, job=job, errors=invalid.errors, status=invalid.status)
    except Refused as refused:
        problem = {"": refused.reason.text}
        return await _form(request, here, typed, job=job, errors=problem, status=refused.status)
    return see_other(f"/employer/jobs/{job.id}")


async def _rejected(request: Request) -> Job:
    job = await jobs.job_of(request.state.viewer.employer_ids, request.path_params["id"])
    if job.state is not JobState.REJECTED:
        raise NotFound
    return job


async def show(request: Request) -> Response:
    """One job, and who has applied for it by state."""
    return await _show(request, "", 200)


async def _show(request: Request, problem: str, status: int) -> Response:
    job = await jobs.job_of(request.state.viewer.employer_ids, request.path_params["id"])
    everybody = await jobs.applicants_of(job.id, clock.now())
    groups = [(state, [one for one in everybody if one.state is state]) for state in ApplicationState]
    return page(
        request,
        "marketplace/applications.html",
        block="live",
        desk=await desk_of(request, job.employer),
        job=job,
        groups=[(state, people) for state, people in groups if people],
        everybody=everybody,
        waiting=sum(one.state in rules.UNANSWERED for one in everybody),
        trade=trade_name(job.trade),
        problem=problem,
        status=status,
    )


async def close(request: Request) -> Response:
    """Take a job off the list; who waits is told that it has been filled."""
    job_id = request.path_params["id"]
    try:
        await actions.close_job(job_id, request.state.viewer.employer_ids, clock.now())
    except Refused as refused:
        return await _show(request, refused.reason.text, refused.status)
    return see_other(f"/employer/jobs/{job_id}")


async def application(request: Request) -> Response:
    """One application."""
    return await _application(request)


async def seen(request: Request) -> Response:
    """The page was opened: the first time, the applicant is told. Sent by the page itself, looking changes nothing."""
    application_id = request.path_params["id"]
    await actions.open_application(application_id, request.state.viewer.employer_ids, clock.now())
    return see_other(f"/employer/applications/{application_id}")


async def _application(
    request: Request, errors: dict[str, str] | None = None, phone: str = "", status: int = 200
) -> Response:
    found = await jobs.application_page(
        request.state.viewer.employer_ids, request.path_params["id"], clock.now()
    )
    ways = rules.APPLICATION_EDGES.get(found.application.state, set())
    typed = await fields(request) if request.method == "POST" else {}
    return page(
        request,
        "marketplace/application.html",
        found,
        desk=await desk_of(request, found.employer),
        papers=[translated(trades.CERTIFICATES.get(kind, kind)) for kind in found.certificates],
        reasons=[(reason.value, translated(words)) for reason, words in REFUSALS.items()],
        because=translated(REFUSALS[found.application.refusal]) if found.application.refusal else "",
        ways=[state.value for state in rules.ANSWERED if state in ways],
        may_call=rules.why_not_call(found.application.state) is None,
        typed=typed,
        errors=errors or {},
        phone=phone,
        status=status,
    )


async def answer(request: Request) -> Response:
    """Invite, hire or refuse; then back to the one it was about."""
    try:
        said = parse(AnswerInput, await fields(request))
        await actions.answer_application(
            request.path_params["id"],
            request.state.viewer.employer_ids,
            ApplicationState(said.state),
            reason=said.refusal,
            answer=said.answer,
            now=clock.now(),
        )
    except Invalid as invalid:
        return await _application(request, invalid.errors, status=invalid.status)
    except Refused as refused:
        return await _application(request, {"": refused.reason.text}, status=refused.status)
    return see_other(f"/employer/applications/{request.path_params['id']}")


async def show_phone(request: Request) -> Response:
    """The number of somebody who is invited or hired; the look leaves a trace."""
    try:
        number = await actions.see_phone(
            request.path_params["id"], request.state.viewer.employer_ids, clock.now()
        )
    except Refused as refused:
        return await _application(request, {"": refused.reason.text}, status=refused.status)
    return await _application(request, phone=number)
