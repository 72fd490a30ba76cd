"""Reads a product file row by row and gathers the rows of each product, in bounded memory."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from django.utils.translation import gettext as _

from . import columns, decoding
from .decoding import FileRefused

MAXIMUM_ROWS = 50_000
MAXIMUM_BYTES = 50 * 1024 * 1024
MAXIMUM_CELL = 500_000
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True)
class Row:
    """One row: `number` as a spreadsheet counts (the header is 1), `cells` by what they hold; `is_shifted`: longer than the header."""

    number: int
    cells: dict[str, str]
    is_shifted: bool = False

    def get(self, name: str) -> str:
        """Return the cell's text, "" where the column is missing."""
        return self.cells.get(name, "")


@dataclass
class Sheet:
    """An opened product file. `ignored` are the columns that are not read; those in `used_ignored` hold values somewhere."""

    writing: decoding.Writing
    delimiter: str
    mapping: dict[str, int]
    ignored: dict[int, str]
    records: "Iterator[tuple[int, list[str]]]"
    width: int
    used_ignored: set[str] = field(default_factory=set)

    def rows(self) -> Iterator[Row]:
        """
        Give the rows that hold anything.

        :raises FileRefused: too many rows, or broken quotation marks
        """
        count = 0
        for number, cells in self.records:
            if not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > MAXIMUM_ROWS:
                raise FileRefused(
                    _("The file has more than %(count)s rows. Split it and import the parts one after the other.")
                    % {"count": f"{MAXIMUM_ROWS:,}"}
                )
            for index, name in self.ignored.items():
                if index < len(cells) and cells[index].strip():
                    self.used_ignored.add(name)
            texts = {name: _clean(cells[index]) for name, index in self.mapping.items() if index < len(cells)}
            yield Row(number, texts, is_shifted=any(cell.strip() for cell in cells[self.width :]))

    def products(self) -> Iterator[list[Row]]:
        """Give the rows in groups: rows that follow one another with the same handle belong to one product."""
        group: list[Row] = []
        for row in self.rows():
            if group and (row.get("handle").lower() != group[0].get("handle").lower() or not row.get("handle")):
                yield group
                group = []
            group.append(row)
        if group:
            yield group


def open_sheet(file: BinaryIO) -> Sheet:
    """
    Open a product file: find its encoding and delimiter, and check its header.

    :raises FileRefused: it cannot be read
    :raises HeaderRefused: it is no Shopify product file
    """
    writing = decoding.detect(file)
    csv.field_size_limit(MAXIMUM_CELL)
    refusal: columns.HeaderRefused | None = None
    for delimiter in _DELIMITERS:
        records = _records(file, writing, delimiter)
        header = next(records, (1, []))[1]
        try:
            mapping = columns.map_header(header)
        except columns.HeaderRefused as error:
            refusal = refusal or error
            continue
        return Sheet(writing, delimiter, mapping, columns.ignored(header, mapping), records, len(header))
    raise refusal or FileRefused(_("The file is empty."))


def _records(file: BinaryIO, writing: decoding.Writing, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=writing.encoding, newline="")
    number = 0
    try:
        for number, cells in enumerate(csv.reader(text, delimiter=delimiter, strict=True), start=1):
            yield number, cells
    except csv.Error as error:
        raise FileRefused(
            _("Row %(row)d cannot be read (%(error)s). A quotation mark in it or before it is probably not closed.")
            % {"row": number + 1, "error": str(error)[:100]}
        ) from error
    finally:
        if not file.closed:  # who stops reading early closes the file first
            text.detach()


def _clean(text: str) -> str:
    """Drop what PostgreSQL cannot keep and white space around; everything else, formulas too, stays text."""
    return text.replace("\x00", "").strip()
