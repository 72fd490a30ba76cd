"""The catalogues of Simplified Chinese: each parses, keeps placeholders and tags, and is compiled when it changed and only then."""

import gettext
import os
from pathlib import Path

import pytest

from saas.project import catalogues

HEADER = 'msgid ""\nmsgstr ""\n"Language: zh_Hans\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def _catalogue(root: Path, text: str) -> Path:
    folder = root / "saas" / "locale" / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "django.po").write_text(HEADER + text, encoding="utf-8")
    return folder / "django.po"


@pytest.mark.parametrize("source", catalogues.sources(), ids=lambda path: path.parts[-5])
def test_a_catalogue_is_sound(source: Path) -> None:
    assert list(catalogues.faults(source)) == []


def test_every_package_has_one() -> None:
    assert {path.parts[-5] for path in catalogues.sources()} == set(catalogues.PACKAGES)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('msgid "Sign in"\nmsgstr ""\n', "no translation"),
        ('#, fuzzy\nmsgid "Sign in"\nmsgstr "登录"\n', "fuzzy"),
        ('msgid "to %(to)s"\nmsgstr "发给 %(who)s"\n', "placeholders"),
        ('msgid "{count} left"\nmsgstr "还剩"\n', "placeholders"),
        ('msgid "Read <a href=\\"/x/\\">this</a>"\nmsgstr "请看<a>这里</a>"\n', "tags"),
        ('msgid "%(n)s day"\nmsgid_plural "%(n)s days"\nmsgstr[0] "天"\n', "placeholders"),
        ('msgid "One\\n"\nmsgstr "一"\n', "line ends"),
        ('msgid "One"\nmsgstr "一"\n\nmsgid "One"\nmsgstr "一"\n', "twice"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, entry: str, said: str) -> None:
    (fault,) = catalogues.faults(_catalogue(tmp_path, entry))
    assert said in fault


def test_only_a_changed_catalogue_is_compiled(tmp_path: Path) -> None:
    source = _catalogue(tmp_path, 'msgid "Sign in"\nmsgstr "登录"\n')
    assert catalogues.compile_changed(tmp_path) == [source]
    assert catalogues.compile_changed(tmp_path) == []
    with source.with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Sign in") == "登录"
    os.utime(source, (2**32, 2**32))
    assert catalogues.compile_changed(tmp_path) == [source]
    assert sorted(path.name for path in source.parent.iterdir()) == ["django.mo", "django.po"]
