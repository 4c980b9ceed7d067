"""Certificates: a worker hands them in, an officer looks at them."""

from typing import TYPE_CHECKING

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from accounts import actions, queries
from accounts.forms import CertificateInput, DecisionInput
from accounts.handlers.officer import CSP, SANDBOX
from accounts.rules import CertificateState
from core import clock, files, limits
from core.errors import Invalid, NotFound, Refused
from core.files import Stored
from core.forms import parse
from core.html import page
from core.i18n import _, translated
from core.routing import fields, read_form, see_other
from rulebook.trades import CERTIFICATES

if TYPE_CHECKING:
    from accounts.models import Certificate

# --- the worker ---


async def show(request: Request) -> Response:
    """One's certificates, and the form for another."""
    kind = request.query_params.get("kind", "")
    return await _show(request, {"kind": kind} if kind in CERTIFICATES else {}, {}, 200)


async def _show(request: Request, values: dict[str, str], errors: dict[str, str], status: int) -> Response:
    return page(
        request,
        "accounts/certificates.html",
        status=status,
        papers=await queries.certificates_of(request.state.viewer.id),
        names=kinds(),
        today=clock.today(),
        values=values,
        errors=errors,
    )


def kinds() -> dict[str, str]:
    """Kind of certificate → its name for the reader."""
    return {kind: translated(name) for kind, name in CERTIFICATES.items()}


async def add(request: Request) -> Response:
    """Hand a certificate in."""
    typed = await fields(request)
    try:
        new = parse(CertificateInput, {name: typed.get(name, "") for name in CertificateInput.model_fields})
        paper = await actions.add_certificate(request.state.viewer, new, await _photo(request), clock.now())
    except Invalid as invalid:
        return await _show(request, typed, invalid.errors, invalid.status)
    return see_other(f"/account/certificates#c{paper.id}")


async def _photo(request: Request) -> Stored:
    upload = (await read_form(request)).get("photo")
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise Invalid({"photo": _("Please choose a photo of the certificate.")})
    await limits.count("upload", str(request.state.viewer.id))
    return await files.keep(await upload.read(), field="photo")


async def remove(request: Request) -> Response:
    """Take a certificate out."""
    await actions.remove_certificate(request.state.viewer, request.path_params["id"], clock.now())
    return see_other("/account/certificates")


# --- the officer ---


async def look(request: Request) -> Response:
    """A certificate with its photo."""
    return _look(request, await queries.certificate(request.path_params["id"]), "", "", 200)


async def number(request: Request) -> Response:
    """The same with its number; that an officer looked at it is kept and shown to its owner."""
    paper = await queries.certificate(request.path_params["id"])
    await actions.see_certificate(paper.id, paper.user.id, clock.now())
    return _look(request, paper, "", "", 200, shown=True)


def _look(
    request: Request, paper: "Certificate", reason: str, problem: str, status: int, *, shown: bool = False
) -> Response:
    return page(
        request,
        "accounts/officer_certificate.html",
        status=status,
        paper=paper,
        whose=paper.user,
        name=kinds().get(paper.kind, paper.kind),
        shown=shown,
        may_decide=paper.state is CertificateState.PENDING,
        reason=reason,
        problem=problem,
    )


async def photo(request: Request) -> Response:
    """The photo itself; whatever was uploaded can run nothing."""
    paper = await queries.certificate(request.path_params["id"])
    if not paper.file_path:
        raise NotFound
    headers = {
        "Content-Security-Policy": CSP.get(paper.file_type, SANDBOX),
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'inline; filename="certificate-{paper.id}.{paper.file_path.rsplit(".", 1)[-1]}"',
        "Cache-Control": "private, no-store",
    }
    return Response(await files.read(paper.file_path), headers=headers, media_type=paper.file_type)


async def decide(request: Request) -> Response:
    """Accept the certificate, or send it back with the reason; then on to what waits next."""
    paper = await queries.certificate(request.path_params["id"])
    typed = await fields(request)
    reason = typed.get("reason", "")
    try:
        said = parse(DecisionInput, typed)
        await actions.decide_certificate(
            paper.id, request.state.viewer, accept=said.accept, reason=said.reason, now=clock.now()
        )
    except Invalid as invalid:
        return _look(request, paper, reason, next(iter(invalid.errors.values())), invalid.status)
    except Refused as refused:
        return _look(request, paper, reason, refused.reason.text, refused.status)
    return see_other("/officer?next")
