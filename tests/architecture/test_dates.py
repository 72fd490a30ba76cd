"""
How a day or a time of day is written stands in one place for each language (`saas.ui.dates`); pages name a format and spell none.

Left are what machines read (ISO, `datetime-local`), and single parts such as a weekday or a day's number.
"""

import re

from saas.ui.dates.en import formats as english
from saas.ui.dates.zh_Hans import formats as chinese
from tests.architecture import sources

SPELLED = re.compile(r"""(?:\|(?:date|time):|\b(?:date|time)_format\([^\n]*?,\s*)(?:_\()?["']([^"'\n]+)["']""")
# An instant with its time of day, and what stands after it: the console is in UTC and says so, or on a mall's clock and names it.
TIMED = re.compile(r"""\|date:["'](?:[A-Z_]*TIME|EXACT)[A-Z_]*["'](?=([^\n]*))""")
CLOCK = re.compile(r"^(?:[^}%]*%}(?:[^{]|{{)*?|[^{]*?}}(?:</time>)?) UTC")
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


def _without_a_clock(text: str) -> list[str]:
    if "(UTC)" in text:
        return []
    return [after[:60] for after in TIMED.findall(text) if not CLOCK.match(after)]


def test_the_console_says_on_which_clock_a_time_is() -> None:
    merchants = {"hosting", "questions.html"}  # pages of the back office, which is on the mall's clock
    names = [name for name in sources.of_kind(".html", within=("ops_console",)) if not merchants & set(name.parts)]
    assert len(names) > 100
    found = [f"{name}: {said}" for name in names for said in _without_a_clock(sources.text(name))]
    assert found == []


def test_a_time_without_a_clock_is_seen() -> None:
    assert len(_without_a_clock('{{ at|date:"DATETIME_FORMAT" }}, {{ at|date:"EXACT_FORMAT" }} UTC')) == 1
    assert _without_a_clock('{% blocktranslate with at=at|date:"TIME_FORMAT" by=by %}{{ by }} at {{ at }}{% end') != []
    assert (
        _without_a_clock('{% blocktranslate with at=at|date:"TIME_FORMAT" by=by %}{{ by }} at {{ at }} UTC{% end') == []
    )
