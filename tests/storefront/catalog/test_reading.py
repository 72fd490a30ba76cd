"""How product files are written: encodings, delimiters, headers, broken ones. What is refused is refused in words."""

import io

import pytest

from saas.kernel.errors import DomainError
from storefront.catalog.imports import reading

from .making import HEADER, row, written

PRODUCTS = [row("cafe", title="Café crème"), row("noodles", title="Noodles")]


def titles(content: bytes) -> list[str]:
    """Return the titles that reading finds."""
    sheet = reading.open_sheet(io.BytesIO(content))
    return [one.get("title") for one in sheet.rows()]


def refusal(content: bytes) -> str:
    """Return why the file is refused."""
    with pytest.raises(DomainError) as caught:
        titles(content)
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_file_is_read_in_the_encodings_and_delimiters_of_spreadsheets(encoding: str, delimiter: str) -> None:
    assert titles(written(PRODUCTS, encoding=encoding, delimiter=delimiter)) == ["Café crème", "Noodles"]


def test_a_guessed_encoding_is_told() -> None:
    sheet = reading.open_sheet(io.BytesIO(written(PRODUCTS, encoding="cp1252")))
    assert sheet.writing.label == "Windows-1252"
    assert "please check accents" in sheet.writing.note


def test_an_encoding_that_cannot_be_told_is_refused() -> None:
    assert "encoding cannot be told" in refusal(written(PRODUCTS, encoding="utf-16-le"))
    assert "encoding cannot be told" in refusal(
        written([row("x", title="麵")], encoding="gb18030").replace(b"A", b"\x81")
    )


def test_a_workbook_is_refused_with_what_to_do() -> None:
    assert refusal(b"PK\x03\x04" + b"\x00" * 100).startswith("This is an Excel workbook")


def test_a_mark_that_lies_is_refused() -> None:
    assert "parts of it are not" in refusal(b"\xef\xbb\xbf" + written([row("x", title="é")], encoding="cp1252"))


def test_an_empty_file_is_refused() -> None:
    assert refusal(b"") == "The file is empty."
    assert refusal(b"  \n") == "The file is empty."


def test_a_wrong_header_is_refused_by_what_it_lacks_and_holds() -> None:
    assert refusal(b"Name,Cost\nNoodles,5\n") == (
        "This is not a Shopify product file: the first row lacks Handle, Title, Variant Price. It holds Name, Cost."
    )


def test_the_columns_of_newer_exports_are_known() -> None:
    header = ("Title", "URL handle", "Description", "Price")
    sheet = reading.open_sheet(io.BytesIO(written([["Pot", "pot", "Clay", "5"]], header=header)))
    assert [(one.get("handle"), one.get("body"), one.get("price")) for one in sheet.rows()] == [("pot", "Clay", "5")]


def test_quotes_and_line_breaks_in_cells_are_text_and_rows_count_as_in_a_spreadsheet() -> None:
    content = written([row("a", title='She said "noodles",\nand left'), row("b")])
    sheet = reading.open_sheet(io.BytesIO(content))
    assert [(one.number, one.get("title")) for one in sheet.rows()] == [
        (2, 'She said "noodles",\nand left'),
        (3, "A thing"),
    ]


def test_empty_rows_are_passed_over_and_still_count() -> None:
    content = written([row("a"), [""] * len(HEADER), row("b")])
    assert [one.number for one in reading.open_sheet(io.BytesIO(content)).rows()] == [2, 4]


def test_a_quotation_mark_that_is_not_closed_is_refused_with_its_row() -> None:
    content = written([row("a")]) + b'b,"never closed,10\nc,x,10\n'
    assert refusal(content).startswith("Row 3 cannot be read")


def test_a_nul_in_a_cell_is_dropped() -> None:
    content = written([row("a", title="Pot")]).replace(b"Pot", b"P\x00ot") + b" " * (300 * 1024)
    with pytest.raises(DomainError):
        titles(content)
    late = written(
        [row("a")] + [row(f"b{number}", title="x" * 200) for number in range(1500)] + [row("z", title="P\x01")]
    )
    assert titles(late.replace(b"P\x01", b"P\x00"))[-1] == "P"


def test_more_rows_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAXIMUM_ROWS", 2)
    assert titles(written([row("a"), row("b")])) == ["A thing", "A thing"]
    assert refusal(written([row("a"), row("b"), row("c")])).startswith("The file has more than 2 rows.")


def test_columns_that_are_not_read_are_named_when_they_hold_something() -> None:
    content = written([[*row("a"), "yes", ""]], header=(*HEADER, "Loyalty", "Gift Card"))
    sheet = reading.open_sheet(io.BytesIO(content))
    list(sheet.rows())
    assert sheet.used_ignored == {"Loyalty"}
