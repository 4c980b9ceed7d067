"""Reading a table row by row from CSV, XLSX or JSON lines, told apart by their first bytes."""

import codecs
import csv
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from core.errors import Refused
from core.i18n import N_

LARGEST = 50 * 1024 * 1024
"""Bytes, unpacked."""
MOST_ROWS = 100_000
MOST_COLUMNS = 64
CHUNK = 1024 * 1024
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
CELL = re.compile(rb'<(?:\w+:)?c [^>]{0,40}?\br="([A-Z]{1,3})(\d{1,7})"')


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its number as a spreadsheet shows it, and its cells by heading."""

    number: int
    cells: dict[str, Any]


def read(path: Path) -> Iterator[Record]:
    """The rows of a file, one at a time. Raises Refused for what is no such table or far too large."""
    with path.open("rb") as file:
        head = file.read(64)
    if head.startswith(OLE):
        raise Refused(
            "old-excel",
            N_("This is an old or a protected Excel file. Please save it as .xlsx without a password."),
        )
    if head.startswith(ZIP):
        return _table(_xlsx(path))
    if path.stat().st_size > LARGEST:
        raise _too_large()
    encoding = _encoding(path, head)
    start = head.decode(encoding, "ignore").lstrip()
    return _json_lines(path, encoding) if start.startswith("{") else _table(_csv(path, encoding))


def _too_large() -> Refused:
    return Refused("too-large", N_("The file is too large. Please split it."))


def _too_many_rows() -> Refused:
    return Refused("too-many-rows", N_("The file has more than 100,000 rows. Please split it."))


def _too_many_columns() -> Refused:
    return Refused("too-many-columns", N_("The file has more than 64 columns."))


def _table(lines: Iterator[list[Any]]) -> Iterator[Record]:
    """Rows under their headings; rows without any content are left out but counted."""
    headings: list[str] | None = None
    for number, line in enumerate(lines, 1):
        if number > MOST_ROWS + 1:
            raise _too_many_rows()
        if len(line) > MOST_COLUMNS:
            raise _too_many_columns()
        if not any(cell is not None and str(cell).strip() for cell in line):
            continue
        if headings is None:
            headings = _headings(line)
            continue
        yield Record(number, _under(headings, line))


def _headings(line: list[Any]) -> list[str]:
    headings = ["" if cell is None else str(cell).strip() for cell in line]
    named = [heading for heading in headings if heading]
    if len(set(named)) < len(named):
        raise Refused("headings", N_("Two columns have the same heading."))
    return headings


def _under(headings: list[str], line: list[Any]) -> dict[str, Any]:
    # A cell without a heading would be dropped in silence; under an empty name it is refused with its row.
    padded = headings + [""] * (len(line) - len(headings))
    return {
        heading: cell
        for heading, cell in zip(padded, line, strict=False)
        if heading or cell not in ("", None)
    }


# --- text ---


def _encoding(path: Path, head: bytes) -> str:
    """By the byte order mark; else UTF-8 when the whole file is, else GB18030, Excel's Chinese CSV."""
    for mark, name in BOMS.items():
        if head.startswith(mark):
            return name
    for name in ("utf-8", "gb18030"):
        if _decodes(path, name):
            return name
    raise Refused("encoding", N_("The text encoding is not known. Please save the file as UTF-8."))


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _csv(path: Path, encoding: str) -> Iterator[list[Any]]:
    with path.open(encoding=encoding, newline="") as file:
        first = file.readline(20_000)
        # Excel writes what its country writes: commas, semicolons, or tabs in "Unicode text".
        delimiter = max(",;\t", key=first.count)
        file.seek(0)
        try:
            yield from csv.reader(file, delimiter=delimiter, strict=True)
        except (csv.Error, UnicodeError):
            raise Refused("csv", N_("The file is not a readable CSV table.")) from None


def _json_lines(path: Path, encoding: str) -> Iterator[Record]:
    with path.open(encoding=encoding) as file:
        for number, line in enumerate(file, 1):
            if number > MOST_ROWS:
                raise _too_many_rows()
            if line.strip():
                yield Record(number, _object(line, number))


def _object(line: str, number: int) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Refused("json", N_("Line %(n)s is not a JSON object."), n=number)
    if len(found) > MOST_COLUMNS:
        raise _too_many_columns()
    return found


# --- Excel ---


def _xlsx(path: Path) -> Iterator[list[Any]]:
    _check_size(path)
    try:
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
        yield from sheet.iter_rows()
    except (CalamineError, PasswordError):
        raise _not_excel() from None


def _not_excel() -> Refused:
    return Refused("xlsx", N_("The file is not a readable Excel table."))


def _check_size(path: Path) -> None:
    """Unpack once without keeping anything.

    A small file can unfold to gigabytes, and one cell far away makes a sheet of billions.
    """
    unpacked = 0
    try:
        with zipfile.ZipFile(path) as book:
            for part in book.infolist():
                with book.open(part) as file:
                    is_sheet = part.filename.startswith("xl/worksheets/")
                    for size in _sizes(file, is_sheet):
                        unpacked += size
                        if unpacked > LARGEST:
                            raise _too_large()
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error):
        raise _not_excel() from None


def _sizes(file: IO[bytes], is_sheet: bool) -> Iterator[int]:
    tail = b""
    while chunk := file.read(CHUNK):
        if is_sheet:
            _check_cells(tail + chunk)
            tail = chunk[-80:]
        yield len(chunk)


def _check_cells(xml: bytes) -> None:
    for column, row in CELL.findall(xml):
        if len(column) > 2 or _column_number(column) > MOST_COLUMNS:
            raise _too_many_columns()
        if int(row) > MOST_ROWS + 1:
            raise _too_many_rows()


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
