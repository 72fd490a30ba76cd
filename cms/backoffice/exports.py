"""Tables as files for spreadsheets."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def safe_cell(value: object) -> str:
    """
    Return a cell that no spreadsheet runs as a formula (A7): one that begins with a sign of a formula gets an apostrophe before it.

    Plain numbers stay numbers, negative ones too.
    """
    text = "" if value is None else str(value)
    if text and (text.lstrip()[:1] in ("=", "+", "-", "@", "＝", "＋", "－", "＠") or text[0] in "\t\r\n|%"):
        return text if _NUMBER.fullmatch(text) else f"'{text}"
    return text


def csv_response(file_name: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """Answer with a CSV file in UTF-8 with its mark, made whole before it is sent: a stream would run outside of the mall."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([safe_cell(cell) for cell in header])
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{re.sub(r"[^A-Za-z0-9._-]+", "-", file_name)[:100]}"'
    return response
