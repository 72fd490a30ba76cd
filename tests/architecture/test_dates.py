"""
How a day or a time of day is written stands in one place for each language (`saas.ui.dates`); pages name a format and spell none.

Left are what machines read (ISO, `datetime-local`), and single parts such as a weekday or a day's number.
"""

import re

from saas.ui.dates.en import formats as english
from saas.ui.dates.zh_Hans import formats as chinese
from tests.architecture import sources

SPELLED = re.compile(r"""(?:\|(?:date|time):|\b(?:date|time)_format\([^\n]*?,\s*)(?:_\()?["']([^"'\n]+)["']""")
MACHINES = {"c", "U", "e", "D", "j", "Y-m-d", "Y-m-d\\TH:i", "H:i:s.u"}
DJANGOS = {"YEAR_MONTH_FORMAT"}


def _names(module: object) -> set[str]:
    return {name for name in vars(module) if name.endswith("_FORMAT")}


def _unknown(text: str) -> list[str]:
    return [said for said in SPELLED.findall(text) if said not in MACHINES | DJANGOS | _names(english)]


def test_both_languages_have_the_same_formats() -> None:
    assert _names(english) == _names(chinese)


def test_no_page_spells_a_format() -> None:
    found = [
        f"{name}: {said}"
        for name in sources.of_kind(".html", ".txt", ".py", within=sources.PRODUCT)
        for said in _unknown(sources.text(name))
    ]
    assert found == []


def test_a_spelled_format_is_seen() -> None:
    assert _unknown('{{ at|date:_("j M Y H:i") }}{{ at|date:"H:i" }}{{ at|date:"DATE_FORMAT" }}') == [
        "j M Y H:i",
        "H:i",
    ]
    assert _unknown('date_format(there(at), "NO_FORMAT")') == ["NO_FORMAT"]
