"""
The catalogues of texts in other languages: compiled where they changed, and what is wrong with one.

A package's texts stand in `<package>/locale/zh_Hans/LC_MESSAGES/django.po`. Django reads the compiled `.mo` beside it, which nobody
commits: the command line, the tests and the image call `compile_changed`. No tool of the operating system is needed for that.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("billing", "cms", "ops_console", "saas", "storefront", "tenants")
LANGUAGE = "zh_Hans"
_ENTRY = re.compile(r"^msgid ", re.MULTILINE)
# What a translation must carry over as it stands: %(name)s, %s, {name}, and tags with all that is in them.
_KEPT = re.compile(r"%\(\w+\)[sd]|(?<!%)%[sd]|\{\w*\}|</?[a-z][^>]*>")


def sources(root: Path = PROJECT) -> list[Path]:
    """Return the catalogues, one for each package that has texts."""
    return sorted(path for name in PACKAGES for path in root.glob(f"{name}/locale/*/LC_MESSAGES/django.po"))


def compile_changed(root: Path = PROJECT) -> list[Path]:
    """
    Compile each catalogue that is newer than what was compiled from it, and return those.

    Two processes may do so at once: each writes a file of its own and moves it into place. Where nothing may be written a line says so
    and pages stay in English.
    """
    changed = [source for source in sources(root) if _is_stale(source)]
    for source in changed:
        try:
            _compile(source)
        except OSError as error:
            print(
                f"{source.with_suffix('.mo')} cannot be written ({error.strerror}): texts stay in English.",
                file=sys.stderr,
            )
    return changed


def _is_stale(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime_ns < source.stat().st_mtime_ns


def _read(source: Path) -> Catalog:
    from babel.messages.pofile import read_po  # noqa: PLC0415  most runs read none

    with source.open("rb") as file:
        return read_po(file, locale=LANGUAGE, abort_invalid=True)


def _compile(source: Path) -> None:
    from babel.messages.mofile import write_mo  # noqa: PLC0415  most runs compile nothing

    catalog = _read(source)
    with tempfile.NamedTemporaryFile(dir=source.parent, prefix=".django-", suffix=".new", delete=False) as draft:
        write_mo(draft, catalog)
    unfinished = Path(draft.name)
    unfinished.chmod(0o644)
    unfinished.replace(source.with_suffix(".mo"))


def faults(source: Path) -> Iterator[str]:
    """Say what is wrong with one catalogue: no translation, one to look over, or one that lost or gained a placeholder or a tag; twins."""
    catalog = _read(source)
    # Babel keeps the last of two alike; gettext's tools refuse the file.
    if (twins := len(_ENTRY.findall(source.read_text(encoding="utf-8"))) - len(catalog) - 1) > 0:
        yield f"{twins} texts stand twice: msguniq --use-first takes the second out"
    for message in catalog:
        if not message.id:
            continue
        asked = message.id if isinstance(message.id, str) else message.id[-1]
        given = message.string if isinstance(message.string, str) else (message.string or ("",))[0]
        if not given:
            yield f"no translation: {asked!r}"
        elif message.fuzzy:
            yield f"to be looked over (fuzzy): {asked!r}"
        elif Counter(_KEPT.findall(asked)) != Counter(_KEPT.findall(given)):
            yield f"not the same placeholders and tags: {asked!r} and {given!r}"
        elif asked.startswith("\n") != given.startswith("\n") or asked.endswith("\n") != given.endswith("\n"):
            yield f"not the same line ends: {asked!r} and {given!r}"
