"""Tables for spreadsheet programs, as XLSX and CSV. No cell is ever taken for a formula."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO, StringIO

import xlsxwriter

from core.clock import local

RISKY = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so is a formula to a spreadsheet program that opens a CSV."""


@dataclass(frozen=True, slots=True)
class Fen:
    """An amount of money; shown in yuan with two decimals."""

    fen: int

    @property
    def yuan(self) -> str:
        """12850 as 128.50."""
        sign, fen = ("-" if self.fen < 0 else ""), abs(self.fen)
        return f"{sign}{fen // 100}.{fen % 100:02}"


Cell = str | int | Fen | datetime | None


@dataclass(frozen=True)
class Sheet:
    """A heading, rows, and a last row of totals."""

    name: str
    heading: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    totals: Sequence[Cell]


def as_csv(sheet: Sheet) -> bytes:
    """With a byte order mark: without it Excel takes UTF-8 for the old encoding of the machine."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    for row in (sheet.heading, *sheet.rows, sheet.totals):
        writer.writerow([_plain(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def _plain(cell: Cell) -> str:
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(RISKY) else cell
    if isinstance(cell, Fen):
        return cell.yuan
    if isinstance(cell, datetime):
        return local(cell).strftime("%Y-%m-%d %H:%M")
    return "" if cell is None else str(cell)


def as_xlsx(sheet: Sheet) -> bytes:
    """Row by row, so that a large sheet needs little memory."""
    out = BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        page = book.add_worksheet(sheet.name)
        bold = book.add_format({"bold": True})
        formats: dict[type, object] = {Fen: book.add_format({"num_format": "0.00"})}
        formats[datetime] = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        page.freeze_panes(1, 0)
        page.set_column(0, len(sheet.heading) - 1, 16)
        for column, word in enumerate(sheet.heading):
            page.write_string(0, column, word, bold)
        for number, row in enumerate((*sheet.rows, sheet.totals), 1):
            for column, cell in enumerate(row):
                _write(page, number, column, cell, formats)
    return out.getvalue()


def _write(page: object, row: int, column: int, cell: Cell, formats: dict[type, object]) -> None:
    if isinstance(cell, str):
        page.write_string(row, column, cell)  # type: ignore[attr-defined]
    elif isinstance(cell, Fen):
        page.write_number(row, column, cell.fen / 100, formats[Fen])  # type: ignore[attr-defined]
    elif isinstance(cell, datetime):
        wall = local(cell).replace(tzinfo=None)
        page.write_datetime(row, column, wall, formats[datetime])  # type: ignore[attr-defined]
    elif cell is not None:
        page.write_number(row, column, cell)  # type: ignore[attr-defined]
