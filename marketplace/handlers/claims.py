"""The tap and what follows: hired or waiting, coming and going, what is owed."""

import json
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from core import clock, i18n, limits, sessions
from core.errors import Invalid, Refusal, Refused
from core.forms import parse
from core.html import money, page
from core.i18n import N_, _, translated
from core.routing import fields, see_other
from marketplace import rules
from marketplace.actions import attendance, claims, settlement
from marketplace.forms import CheckInInput, ClaimInput, DisputeInput
from marketplace.handlers.find import show_shift
from marketplace.queries.after import after_claim
from marketplace.queries.claims import ClaimPage, claim_of_line, claim_on, claim_page, terms_page
from marketplace.queries.stake import stake_of
from marketplace.rules import CheckedBy, ClaimState, PayState
from rulebook import places, trades

Step = tuple[str, datetime | None, str, str | None]
ENDS = {
    ClaimState.ABSENT: N_("Not there"),
    ClaimState.UNDONE: N_("Undone"),
    ClaimState.CANCELLED: N_("Given back"),
    ClaimState.CALLED_OFF: N_("Called off by the employer"),
    ClaimState.LAPSED: N_("The shift began before a place came free"),
}
CHECKED = {
    CheckedBy.QR: N_("by QR code"),
    CheckedBy.CODE: N_("by the six digits"),
    CheckedBy.SLIP: N_("by the digits of the slip"),
    CheckedBy.HAND: N_("by the employer"),
    CheckedBy.WORKER: N_("by you"),
    CheckedBy.TIMER: N_("noted for you, because nobody checked out"),
}


async def claim(request: Request) -> Response:
    """The one tap. Hired, waiting, or the reason, in the same place of the page."""
    viewer, shift_id = request.state.viewer, request.path_params["id"]
    await limits.count("claim", str(viewer.id))
    asked = parse(ClaimInput, await fields(request))
    try:
        await claims.claim_shift(shift_id, viewer, terms=asked.terms, wait=asked.wait, now=clock.now())
    except Refused as error:
        return await show_shift(request, shift_id, error.reason)
    return see_other(f"/shifts/{shift_id}#claim-box")


async def show(request: Request) -> Response:
    """One claim, for its worker or the employer."""
    return await show_claim(request, request.path_params["id"])


async def show_claim(
    request: Request, claim_id: int, *, refused: Refusal | None = None, errors: dict[str, str] | None = None
) -> Response:
    """One claim with what stood in the way of what was asked."""
    found = await claim_page(claim_id, request.state.viewer)
    claim = found.claim
    return page(
        request,
        "marketplace/claim.html",
        page=found,
        after=await after_claim(found, clock.now()),
        stake=await stake_of(found, clock.now()),
        late_minutes=rules.LATE_MINUTES,
        steps=_steps(found),
        refused=refused,
        errors=errors or {},
        why_not_in=rules.why_not_check_in(claim.state, claim.starts_at, claim.ends_at, clock.now()),
        why_not_cancel=rules.why_not_cancel(claim.state, claim.starts_at, clock.now()),
        block="claim",
        status=409 if refused else 422 if errors else 200,
    )


def _steps(found: ClaimPage) -> list[Step]:
    """What happened, and what is still to come."""
    claim, here = found.claim, found.attendance
    steps: list[Step] = []
    if claim.hired_at is None or claim.hired_at > claim.joined_at:
        steps.append(("ok" if claim.hired_at else "wait", claim.joined_at, _("On the waiting list"), None))
    if claim.hired_at:
        steps.append(("ok", claim.hired_at, _("Hired"), None))
    if claim.state in ENDS:
        return [*steps, ("stop", claim.ended_at, translated(ENDS[claim.state]), None)]
    if here:
        steps.append(("ok", here.in_at, _("Checked in"), translated(CHECKED[here.in_by])))
    else:
        steps.append(("", claim.starts_at, _("Check in"), None))
    if here and here.out_at and here.out_by:
        steps.append(("ok", here.out_at, _("Checked out"), translated(CHECKED[here.out_by])))
    else:
        steps.append(("", claim.ends_at, _("Check out"), None))
    return [*steps, *_pay_steps(found)]


def _pay_steps(found: ClaimPage) -> list[Step]:
    if not found.lines:
        return [("", None, _("Hours confirmed"), None), ("", None, _("Paid out"), None)]
    line = found.lines[0]
    if line.state is PayState.DISPUTED:
        return [("stop", line.disputed_at, _("Disputed"), line.dispute), ("", None, _("Paid out"), None)]
    confirmed = ("ok" if line.confirmed_at else "wait", line.confirmed_at, _("Hours confirmed"), None)
    return [
        confirmed,
        (
            "ok" if line.paid_at else "",
            line.paid_at,
            _("Paid out"),
            money(line.amount_fen) if line.paid_at else None,
        ),
    ]


async def terms(request: Request) -> Response:
    """What was agreed, to read, to print, or to keep as a file."""
    found = await terms_page(request.path_params["id"], request.state.viewer)
    body = found.terms.body
    if request.query_params.get("format") == "json":
        content = {"terms": body, "version": found.terms.version, "sha256": found.terms.sha256}
        name = f"terms-{found.claim.id}.json"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(json.dumps(content, ensure_ascii=False, indent=2), 200, headers, "application/json")
    trade, region = trades.trade(str(body["trade"])), places.region(str(body["site"]["region"]))  # type: ignore[index]
    return page(
        request,
        "marketplace/terms.html",
        found,
        body=body,
        wall=_wall_range(body["starts_at"], body["ends_at"]),
        agreed=_wall(found.claim.hired_at or found.claim.joined_at),
        trade_name=trade.name(i18n.get_locale()) if trade else body["trade"],
        region=region.full_name if region else "",
    )


def _wall(moment: object) -> str:
    """A moment as it is written into a contract: the date itself, never "tomorrow"."""
    return clock.local(datetime.fromisoformat(str(moment))).strftime("%Y-%m-%d %H:%M")


def _wall_range(start: object, end: object) -> str:
    """From–to in a contract; the date of the end only when it is another one."""
    first, last = _wall(start), _wall(end)
    return f"{first}–{last[-5:]}" if first[:10] == last[:10] else f"{first} – {last}"


async def cancel(request: Request) -> Response:
    """Give the claim back; within five minutes it is an undo."""
    claim_id, form = request.path_params["id"], await fields(request)
    try:
        await claims.cancel_claim(claim_id, request.state.viewer, clock.now())
    except Refused as error:
        return await show_claim(request, claim_id, refused=error.reason)
    return see_other(sessions.safe_next(form.get("next", ""), f"/claims/{claim_id}"))


async def scanned(request: Request) -> Response:
    """The page the site's QR leads to."""
    shift_id, token = request.path_params["shift"], request.path_params["token"]
    return await _scanned(request, await claim_on(shift_id, request.state.viewer.id), token=token)


async def _scanned(
    request: Request, claim_id: int | None, *, token: str = "", refused: Refusal | None = None
) -> Response:
    found = await claim_page(claim_id, request.state.viewer) if claim_id else None
    claim = found.claim if found else None
    why = rules.why_not_check_in(claim.state, claim.starts_at, claim.ends_at, clock.now()) if claim else None
    arrived = claim is not None and claim.state in (ClaimState.WORKING, ClaimState.WORKED)
    return page(
        request,
        "marketplace/scanned.html",
        page=found,
        token=token,
        arrived=arrived,
        refused=refused or why,
        again=refused is not None and why is None,
        status=409 if refused and not arrived else 200,
    )


async def check_in(request: Request) -> Response:
    """Note the arrival; the answer is one big green or red."""
    claim_id, viewer, form = request.path_params["id"], request.state.viewer, await fields(request)
    shown = parse(CheckInInput, form)
    if not shown.token:
        await limits.count("check-in-code", f"{viewer.id} {claim_id}")
    try:
        await attendance.check_in(claim_id, viewer, shown, clock.now())
    except Refused as error:
        return await _scanned(request, claim_id, token=shown.token, refused=error.reason)
    found = await claim_page(claim_id, viewer)
    return see_other(f"/check-in/{found.shift.id}/done")


async def check_out(request: Request) -> Response:
    """Note the leaving, and show hours and pay."""
    claim_id = request.path_params["id"]
    try:
        await attendance.check_out(claim_id, request.state.viewer, clock.now())
    except Refused as error:
        return await show_claim(request, claim_id, refused=error.reason)
    return see_other(f"/claims/{claim_id}#pay")


async def dispute(request: Request) -> Response:
    """Say that a pay line is wrong, and why."""
    line_id, viewer = request.path_params["id"], request.state.viewer
    claim_id = await claim_of_line(line_id, viewer.id)
    try:
        reason = parse(DisputeInput, await fields(request)).reason
        await settlement.dispute(line_id, viewer, reason, clock.now())
    except Invalid as error:
        return await show_claim(request, claim_id, errors=error.errors)
    except Refused as error:
        return await show_claim(request, claim_id, refused=error.reason)
    return see_other(f"/claims/{claim_id}#pay")
