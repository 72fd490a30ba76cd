"""Tables as files for spreadsheets."""

import re
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

from saas.ui import sheets


def csv_response(file_name: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """Answer with a CSV file in UTF-8 with its mark, made whole before it is sent: a stream would run outside of the mall."""
    return _file(sheets.as_csv(header, rows), "text/csv; charset=utf-8", file_name)


def sheet_response(file_name: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """Answer with a spreadsheet of one table."""
    return _file(sheets.as_xlsx([("Table", header, rows)]), sheets.XLSX, file_name)


def _file(content: bytes, kind: str, file_name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{re.sub(r"[^A-Za-z0-9._-]+", "-", file_name)[:100]}"'
    return response
