"""
A form in a template that is included `only` with what is named gets no token by itself: the browser's post would be refused, and a test's
client, which asks for no token, would not notice. Such an include names `csrf_token`.
"""

import re

from tests.architecture import sources

INCLUDE = re.compile(r'{%\s*include\s+"([^"]+)"([^%]*)%}')


def _templates() -> dict[str, str]:
    found = (path for path in sources.of_kind(".html", within=sources.PRODUCT) if "templates" in path.parts)
    return {path.as_posix().split("/templates/", 1)[1]: sources.text(path) for path in found}


def _has_form(name: str, templates: dict[str, str]) -> bool:
    text = templates.get(name, "")
    return "{% csrf_token %}" in text or any(_has_form(inner, templates) for inner, _rest in INCLUDE.findall(text))


def _without_token(templates: dict[str, str]) -> list[str]:
    return [
        f"{name}: {inner}"
        for name, text in templates.items()
        for inner, rest in INCLUDE.findall(text)
        if re.search(r"\bonly\b", rest) and "csrf_token=csrf_token" not in rest and _has_form(inner, templates)
    ]


def test_a_form_that_is_included_alone_gets_its_token() -> None:
    assert _without_token(_templates()) == []


def test_a_missing_token_is_seen_through_a_second_include() -> None:
    inner = {"form.html": "<form>{% csrf_token %}</form>", "card.html": '{% include "form.html" %}'}
    assert _without_token(inner | {"page.html": '{% include "card.html" with a=b only %}'}) == ["page.html: card.html"]
    assert _without_token(inner | {"page.html": '{% include "card.html" with csrf_token=csrf_token only %}'}) == []
