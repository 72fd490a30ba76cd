"""Tables as files for spreadsheets, in which no cell is run as a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
# What XML cannot hold.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# Excel takes no longer text in a cell.
_LONGEST = 32_767
Table = tuple[str, Sequence[object], Iterable[Sequence[object]]]


def safe_cell(value: object) -> str:
    """
    Return a cell that no spreadsheet runs as a formula (A7): one that begins with a sign of a formula gets an apostrophe before it.

    Plain numbers stay numbers, negative ones too.
    """
    text = "" if value is None else str(value)
    if text and (text.lstrip()[:1] in ("=", "+", "-", "@", "＝", "＋", "－", "＠") or text[0] in "\t\r\n|%"):
        return text if _NUMBER.fullmatch(text) else f"'{text}"
    return text


def as_csv(header: Sequence[object], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a table as CSV in UTF-8 with its mark, which Excel wants."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([safe_cell(cell) for cell in header])
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return ("\ufeff" + text.getvalue()).encode()


def as_xlsx(tables: Iterable[Table]) -> bytes:
    """
    Return a workbook with a sheet for each (name, header, rows). Numbers stay numbers; text is stored as text, never as a formula,
    and is written as in CSV, so that a copy saved as CSV is as harmless.
    """
    book = Workbook(write_only=True)
    for name, header, rows in tables:
        sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", name)[:31])
        sheet.freeze_panes = "A2"
        for place, title in enumerate(header):
            sheet.column_dimensions[_letters(place)].width = max(12, min(len(str(title)) + 4, 40))
        sheet.append([_cell(sheet, title, is_head=True) for title in header])
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _cell(sheet: Any, value: object, *, is_head: bool = False) -> Any:
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        cell = WriteOnlyCell(sheet, value=value)
        if isinstance(value, Decimal):
            places = max(0, -int(value.as_tuple().exponent))
            cell.number_format = "0." + "0" * places if places else "0"
        return cell
    cell = WriteOnlyCell(sheet, value="")
    cell.value = _CONTROLS.sub("", safe_cell(value))[:_LONGEST]
    cell.data_type = "s"
    if is_head:
        cell.font = Font(bold=True)
    return cell


def _letters(place: int) -> str:
    """Return a column's letters: 0 is A, 26 is AA."""
    letters = ""
    while place >= 0:
        place, rest = divmod(place, 26)
        letters, place = chr(65 + rest) + letters, place - 1
    return letters
