"""Lasting jobs for who looks for one: the list, a job, applying, and one's own applications."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from core import clock, files, i18n, limits, settings
from core.errors import Invalid, Refusal, Refused
from core.files import Stored
from core.forms import parse
from core.html import page
from core.i18n import _, translated
from core.routing import fields, read_form, see_other
from marketplace import rules, structured
from marketplace.actions import jobs as actions
from marketplace.forms import REFUSALS, ApplicationInput, FindJobsInput
from marketplace.queries import jobs
from marketplace.queries.jobs import JobOffers, JobPage
from marketplace.rules import ApplicationState
from rulebook import trades

if TYPE_CHECKING:
    from marketplace.models import Application

NAMES = ("place", "trade", "min_monthly_fen", "employer", "sort")
PER_PAGE = 20
PAY_STEPS = (4000_00, 5000_00, 6000_00, 8000_00)
RESUME = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
}


@dataclass(frozen=True)
class JobList:
    """A list of jobs with the filters that led to it."""

    values: dict[str, str]
    errors: dict[str, str]
    offers: JobOffers
    page: int
    pages: int
    places: list[tuple[str, str]]
    trades: list[tuple[str, str]]
    pay_steps: tuple[int, ...]
    link: Callable[..., str]


@dataclass(frozen=True)
class JobView:
    """One job as this reader sees it."""

    job: JobPage
    trade: str
    why: Refusal | None
    """Why the form is not there."""
    problem: str
    """What sending it was answered with."""
    errors: dict[str, str]
    words: str
    structured: dict[str, Any] | None


@dataclass(frozen=True)
class Mine:
    """An application as its sender sees it."""

    application: "Application"
    because: str
    """The reason of a refusal, in words."""
    may_withdraw: bool


def jobs_address(values: dict[str, str], **changes: object) -> str:
    """The list with these filters, changed like this; an empty value takes a filter away."""
    merged = {name: value for name, value in ({**values, **changes}).items() if value not in ("", None)}
    return f"/jobs?{urlencode(merged)}" if merged else "/jobs"


async def listing(request: Request) -> Response:
    """Public jobs. A wrong filter is told beside the form."""
    now, query = clock.now(), request.query_params
    values = {name: query[name].strip() for name in NAMES if query.get(name, "").strip()}
    errors: dict[str, str] = {}
    offers, number = JobOffers(0, []), 1
    try:
        number = _page_number(query.get("page", "1"))
        asked = {**values, "limit": PER_PAGE, "offset": (number - 1) * PER_PAGE}
        offers = await jobs.find_jobs(parse(FindJobsInput, asked), now)
    except Invalid as invalid:
        errors = invalid.errors
    found = await jobs.facets(now)
    context = JobList(
        values=values,
        errors=errors,
        offers=offers,
        page=number,
        pages=ceil(offers.total / PER_PAGE),
        places=[(code, f"{name} {n}") for code, name, n in found.places],
        trades=[(code, f"{trade_name(code)} {n}") for code, n in found.trades],
        pay_steps=PAY_STEPS,
        link=jobs_address,
    )
    return page(request, "marketplace/jobs.html", context, block="results", status=422 if errors else 200)


def _page_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:6]) > 0 and len(text) < 5):
        raise Invalid({"": _("There is no such page.")})
    return int(text)


def trade_name(code: str) -> str:
    """A trade in the reader's language."""
    trade = trades.trade(code)
    return trade.name(i18n.get_locale()) if trade else code


async def show(request: Request) -> Response:
    """One job: everything to decide, and the form."""
    return await _show(request)


async def _show(
    request: Request,
    problem: str = "",
    errors: dict[str, str] | None = None,
    words: str = "",
    status: int = 200,
) -> Response:
    now, viewer = clock.now(), request.state.viewer
    found = await jobs.job_page(request.path_params["id"], viewer.id if viewer else None, now)
    address = f"{settings.current().public_url}/jobs/{found.offer.id}"
    view = JobView(
        job=found,
        trade=trade_name(found.offer.trade),
        why=rules.why_not_apply(found.facts, clock.local(now).date()) if viewer else None,
        problem=problem,
        errors=errors or {},
        words=words,
        structured=structured.of_job(found, address) if found.public else None,
    )
    return page(request, "marketplace/job.html", view, status=status)


async def apply(request: Request) -> Response:
    """Send an application, with a file if there is one."""
    typed = await fields(request)
    words = typed.get("words", "")
    try:
        said = parse(ApplicationInput, {"words": words})
        upload = await _upload(request)
        stored, name = await _kept(request, upload) if upload else (None, "")
        viewer, job_id = request.state.viewer, request.path_params["id"]
        sent = await actions.apply_for_job(job_id, viewer, said, stored, name, clock.now())
    except Invalid as invalid:
        return await _show(request, errors=invalid.errors, words=words, status=invalid.status)
    except Refused as refused:
        return await _show(request, refused.reason.text, words=words, status=refused.status)
    return see_other(f"/my/applications#application-{sent}")


async def _upload(request: Request) -> UploadFile | None:
    upload = (await read_form(request)).get("file")
    return upload if isinstance(upload, UploadFile) and upload.filename else None


async def _kept(request: Request, upload: UploadFile) -> tuple[Stored, str]:
    """The file, kept under a name of our own; its given name is only ever shown."""
    await limits.count("upload", str(request.state.viewer.id))
    given = (upload.filename or "").replace("\\", "/").rsplit("/", 1)[-1]
    stored = await files.keep(await upload.read(), field="file")
    return stored, "".join(letter for letter in given if letter.isprintable())


async def mine(request: Request) -> Response:
    """What I have applied for, and the answers."""
    return await _mine(request, "", 200)


async def _mine(request: Request, problem: str, status: int) -> Response:
    sent = [
        Mine(
            application,
            translated(REFUSALS[application.refusal]) if application.refusal else "",
            rules.why_not_withdraw(application.state) is None,
        )
        for application in await jobs.applications_by(request.state.viewer.id)
    ]
    counted = sum(one.application.state is not ApplicationState.WITHDRAWN for one in sent)
    return page(
        request,
        "marketplace/my_applications.html",
        sent=sent,
        counted=counted,
        problem=problem,
        status=status,
    )


async def withdraw(request: Request) -> Response:
    """Take an application back."""
    try:
        await actions.withdraw_application(request.path_params["id"], request.state.viewer, clock.now())
    except Refused as refused:
        return await _mine(request, refused.reason.text, refused.status)
    return see_other("/my/applications")


async def resume(request: Request) -> Response:
    """The file of an application, to be saved and never shown in place: it can run nothing here."""
    found = await actions.see_file(request.path_params["id"], request.state.viewer, clock.now())
    plain = f"application-{found.id}.{found.file_path.rsplit('.', 1)[-1]}"
    told = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(found.file_name or plain, safe='')}"
    headers = RESUME | {"Content-Disposition": told}
    return Response(await files.read(found.file_path), headers=headers, media_type=found.file_type)
