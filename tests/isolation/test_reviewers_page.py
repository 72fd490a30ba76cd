"""docs/isolation.md tells a reviewer the truth: each row is there, and each test that it names exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "isolation.md"
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")


def rows() -> dict[str, str]:
    """Return the page's rows by their number."""
    lines = [line for line in PAGE.read_text().splitlines() if re.match(r"\| [CT]\d+ \|", line)]
    return {line.split("|")[1].strip(): line for line in lines}


def test_every_path_and_every_attack_has_a_row() -> None:
    wanted = [*(f"C{number}" for number in range(1, 43)), *(f"T{number}" for number in range(1, 18))]
    assert sorted(rows()) == sorted(wanted)


@pytest.mark.parametrize(("number", "line"), rows().items())
def test_each_row_names_tests_and_guards_that_exist(number: str, line: str) -> None:
    for name, target in LINK.findall(line):
        path = (PAGE.parent / target).resolve()
        assert path.exists(), target
        if name.startswith("test_") and not name.endswith(".py"):
            assert f"def {name}(" in path.read_text(), f"{name} is not in {target}"
            assert number[0] != "C" or f"{number.lower()}_" in name, f"{name} does not carry {number}"
    tests = line.rstrip("|").rsplit("|", 1)[-1]
    assert LINK.search(tests)


def test_what_the_page_says_to_leak_on_the_stock_part_is_shown_to_leak() -> None:
    shown = "".join(path.read_text() for path in (ROOT / "tests/isolation/zoo").glob("test_*.py"))
    for number, line in rows().items():
        if number.startswith("C"):
            assert ("| yes |" in line) == (f'stock_leaks("{number}")' in shown), number
    assert shown.count("stock_leaks(") >= 25
