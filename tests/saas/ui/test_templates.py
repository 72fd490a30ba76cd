"""Components are complete: documented, shown in the gallery, free of inline script and style, and small."""

import re
from pathlib import Path

import pytest

from saas.ui import bundle

TEMPLATES = bundle.STATIC.parents[1] / "templates"
COMPONENTS = sorted((TEMPLATES / "ui").glob("*.html"))
FRAMES = {"base", "mall", "platform", "ops", "bare", "error", "refused", "suspended", "maintenance", "unknown_host"}


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_no_template_has_inline_script_or_style(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*src=)|href=.javascript:", text)
    assert text.count("\n") <= 150


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.name)
def test_a_component_lists_its_variables_first(path: Path) -> None:
    head = "".join(path.read_text("utf-8").splitlines()[:2])
    assert "{% comment %}" in head


def test_every_component_is_in_the_gallery() -> None:
    shown = "".join(path.read_text("utf-8") for path in TEMPLATES.rglob("*.html"))
    by_tag = {"chart", "dialog", "state_panel"}
    missing = [
        path.stem
        for path in COMPONENTS
        if path.stem not in FRAMES and f'"ui/{path.name}"' not in shown and path.stem not in by_tag
    ]
    assert missing == []
