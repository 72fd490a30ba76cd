"""What the trail says can be read in every language: no sentence is put together in English where it is written down."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture import sources

# The trail's writers: `audit.record`, `trail.note`, and what slices put before them.
WRITERS = {"record", "note", "move", "_note", "_tell", "_trail", "_record", "_trouble"}
PLANTED = (
    "audit.record(action='a', summary=f'Opened {name}')",
    "audit.record(action='a', summary='Opened it')",
    "_note('a', found, f'{name} was changed', by=by)",
    "def f():\n    summary = f'{name}: opened'\n    audit.record(action='a', summary=summary)",
    "audit.record(summary='Done' if x else name)",
    "audit.record(summary=_('Refunded %s') % name)",
    "audit.record(summary=f'{name}: {state.label}')",
)
SOUND = (
    "audit.record(action='opened', summary=phrase(_('Opened %(name)s'), name=name), subject=('mall', x))",
    "audit.record(action='opened', summary=f'{method} {path} → {status}')",
    "_note(f'contract.{state}', found, _('Done'), by=by)",
    "audit.record(summary='')",
)


def _english(value: ast.expr) -> bool:
    """Tell whether an expression is a sentence: letters beside what is filled in, or a label, which is in the language of who writes."""
    if isinstance(value, ast.IfExp):
        return _english(value.body) or _english(value.orelse)
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mod):
        return True
    if isinstance(value, ast.JoinedStr):
        fixed = "".join(str(part.value) for part in value.values if isinstance(part, ast.Constant))
        filled = " ".join(ast.unparse(part) for part in value.values if isinstance(part, ast.FormattedValue))
        return any(letter.isalpha() for letter in fixed) or bool(re.search(r"\.label\b|_display\(", filled))
    return isinstance(value, ast.Constant) and isinstance(value.value, str) and bool(value.value)


def _said(call: ast.Call) -> Iterator[ast.expr]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in WRITERS:
        yield from (word.value for word in call.keywords if word.arg == "summary")
        # A wrapper's sentence comes last; before it stand the action and what it is about.
        if len(call.args) > 2:
            yield call.args[-1]


def found_in(text: str) -> list[int]:
    """Return the lines on which a sentence for the trail is in English for good."""
    tree = ast.parse(text)
    named = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in ("summary", "words")
    }
    said = [value for node in ast.walk(tree) if isinstance(node, ast.Call) for value in _said(node)]
    return [
        value.lineno for value in said if _english(named.get(value.id, value) if isinstance(value, ast.Name) else value)
    ]


@pytest.mark.parametrize("text", PLANTED)
def test_a_planted_english_sentence_is_found(text: str) -> None:
    assert found_in(text)


@pytest.mark.parametrize("text", SOUND)
def test_a_phrase_a_name_and_a_bare_pattern_pass(text: str) -> None:
    assert not found_in(text)


def test_the_trail_keeps_phrases() -> None:
    packages = ("billing", "cms", "ops_console", "saas", "storefront", "tenants")
    read, wrong = 0, []
    for path in sources.of_kind(".py", within=packages):
        if "migrations" in path.parts or "now=now" not in (text := sources.text(path)):
            continue
        read += 1
        wrong += [f"{path}:{line}" for line in found_in(text)]
    assert read > 80
    assert wrong == []
