"""Settlement and attendance as files for a spreadsheet program."""

import asyncio
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from accounts.handlers.employer import desk
from core import clock
from core.errors import Invalid
from core.i18n import N_, _, translated
from marketplace import sheets
from marketplace.queries import exports
from marketplace.queries.exports import CameRow, PayRow
from marketplace.rules import CheckedBy, PayKind, PayState
from marketplace.sheets import Cell, Fen, Sheet

STATES = {
    PayState.DUE: N_("Hours to confirm"),
    PayState.CONFIRMED: N_("To be paid"),
    PayState.DISPUTED: N_("Disputed"),
    PayState.PAID: N_("Paid out"),
}
KINDS = {
    PayKind.WORK: N_("Work"),
    PayKind.CORRECTION: N_("Correction"),
    PayKind.ALLOWANCE: N_("Allowance"),
}
CHECKED = {
    CheckedBy.QR: N_("QR code"),
    CheckedBy.CODE: N_("Six digits"),
    CheckedBy.SLIP: N_("Slip"),
    CheckedBy.HAND: N_("Employer"),
    CheckedBy.WORKER: N_("Worker"),
    CheckedBy.TIMER: N_("Noted by itself"),
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EARLIEST = 2020


async def settlement(request: Request) -> Response:
    """The pay lines of a month, or those in one state."""
    here, month = await desk(request), _month(request)
    wanted = request.query_params.get("state", "")
    if wanted and wanted not in list(PayState):
        raise Invalid({"state": _("Please choose one of the options.")})
    rows = await exports.pay_rows(here.employer.id, month, PayState(wanted) if wanted else None)
    return await _file(request, settlement_sheet(rows), f"settlement-{month:%Y-%m}")


async def attendance(request: Request) -> Response:
    """Who came to the shifts of a month."""
    here, month = await desk(request), _month(request)
    rows = await exports.came_rows(here.employer.id, month)
    return await _file(request, attendance_sheet(rows), f"attendance-{month:%Y-%m}")


def _month(request: Request) -> date:
    """The month asked for, or this one. Raises Invalid."""
    text = request.query_params.get("month", "")
    if not text:
        return clock.today().replace(day=1)
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Invalid({"month": _("Please give a month, e.g. 2026-11.")}) from None
    if not EARLIEST <= month.year < EARLIEST + 80:
        raise Invalid({"month": _("Please give a month, e.g. 2026-11.")})
    return month


def settlement_sheet(rows: list[PayRow]) -> Sheet:
    """Pay lines with their sum, to the fen."""
    total: list[Cell] = [_("Total"), *[None] * 6, sum(row.minutes for row in rows), None]
    return Sheet(
        _("Settlement"),
        [
            _("Worker"),
            _("Shift"),
            _("Place of work"),
            _("Begins"),
            _("Came"),
            _("Left"),
            _("Kind"),
            _("Minutes"),
            _("Yuan per hour"),
            _("Pay in yuan"),
            _("State"),
            _("Due"),
            _("Paid"),
            _("Number"),
        ],
        [_pay_cells(row) for row in rows],
        [*total, Fen(sum(row.amount_fen for row in rows)), None, None, None, None],
    )


def _pay_cells(row: PayRow) -> list[Cell]:
    return [
        row.worker,
        row.title,
        row.site,
        row.starts_at,
        row.in_at,
        row.out_at,
        translated(KINDS[row.kind]),
        row.minutes,
        Fen(row.hourly_fen),
        Fen(row.amount_fen),
        translated(STATES[row.state]),
        row.due_on.isoformat(),
        row.paid_at,
        row.line_id,
    ]


def attendance_sheet(rows: list[CameRow]) -> Sheet:
    """Comings and leavings with the sum of the hours."""
    return Sheet(
        _("Attendance"),
        [
            _("Worker"),
            _("Shift"),
            _("Place of work"),
            _("Begins"),
            _("Ends"),
            _("Came"),
            _("Noted by"),
            _("Metres from the site"),
            _("Left"),
            _("Noted by"),
            _("Paid minutes"),
        ],
        [_came_cells(row) for row in rows],
        [_("Total"), *[None] * 9, sum(row.worked_minutes or 0 for row in rows)],
    )


def _came_cells(row: CameRow) -> list[Cell]:
    return [
        row.worker,
        row.title,
        row.site,
        row.starts_at,
        row.ends_at,
        row.in_at,
        translated(CHECKED[row.in_by]),
        row.in_distance_m,
        row.out_at,
        translated(CHECKED[row.out_by]) if row.out_by else None,
        row.worked_minutes,
    ]


async def _file(request: Request, sheet: Sheet, name: str) -> Response:
    """As the ending of the address says. Writing is work for a thread: other requests go on meanwhile."""
    ending = request.url.path.rpartition(".")[2]
    write = sheets.as_csv if ending == "csv" else sheets.as_xlsx
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{ending}"',
        "Cache-Control": "no-store",
    }
    kind = "text/csv; charset=utf-8" if ending == "csv" else XLSX
    return Response(await asyncio.to_thread(write, sheet), 200, headers, media_type=kind)
