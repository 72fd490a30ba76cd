"""`./hutong messages`: collect the texts that the code marks for translation, and say which have none."""

from __future__ import annotations

import os
import re
import shutil
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import django
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import call_command
from django.core.management.commands.makemessages import Command

from infra.local.errors import LaunchError
from saas.project import catalogues

USAGE = (
    "Usage: ./hutong messages           bring every catalogue up to date and say what has no translation\n"
    "       ./hutong messages --check   write nothing; fail when a text has none"
)
# gettext writes the minute of the run, which would change every catalogue each time.
_NOISE = re.compile(r'^"(?:POT-Creation-Date|Report-Msgid-Bugs-To):.*\\n"\n', re.MULTILINE)


def run(arguments: list[str]) -> int:
    """Collect the texts of all packages; 1 when one has no sound translation."""
    if arguments not in ([], ["--check"]):
        print(USAGE, file=sys.stderr)
        return 0 if arguments[0] in ("-h", "--help") else 2
    if shutil.which("xgettext") is None:
        if arguments:
            print("Not checked: gettext's xgettext is not installed.")
            return 0
        raise LaunchError("This needs gettext's xgettext and msgmerge.\nOn Debian or Ubuntu:  apt install gettext")
    wanting = _lacking() if arguments else _brought_up_to_date()
    for text in wanting:
        print(text)
    if wanting:
        print(
            f"\n{len(wanting)} texts. Translate them in <package>/locale/{catalogues.LANGUAGE}/LC_MESSAGES/django.po."
        )
    else:
        print("Every text has a translation.")
    return 1 if wanting else 0


def _brought_up_to_date() -> list[str]:
    for package in catalogues.PACKAGES:
        _collect(_command(), package)
        source = _source(package)
        source.write_text(_NOISE.sub("", source.read_text(encoding="utf-8")), encoding="utf-8")
    catalogues.compile_changed()
    return _faults()


def _lacking() -> list[str]:
    wanting = _faults()
    for package in catalogues.PACKAGES:
        found: set[str] = set()
        command = _command()
        command.write_po_file = lambda template, locale, found=found: found.update(_texts(Path(template)))
        _collect(command, package)
        new = found - _texts(_source(package))
        wanting += [f"{package}: not in the catalogue: {text!r}" for text in sorted(new)]
    return wanting


def _texts(path: Path) -> set[str]:
    """Return what a catalogue or a template of one asks to translate; the context before, of a plural the singular."""
    # A template leaves the number of plurals open, which Babel does not read.
    lines = path.read_text(encoding="utf-8").replace(
        "nplurals=INTEGER; plural=EXPRESSION", "nplurals=2; plural=(n != 1)"
    )
    return {
        (f"{message.context}: " if message.context else "")
        + (message.id if isinstance(message.id, str) else message.id[0])
        for message in read_po(StringIO(lines))
    }


def _source(package: str) -> Path:
    return catalogues.PROJECT / package / "locale" / catalogues.LANGUAGE / "LC_MESSAGES" / "django.po"


def _faults() -> list[str]:
    return [f"{source.parts[-5]}: {fault}" for source in catalogues.sources() for fault in catalogues.faults(source)]


def _command() -> Any:
    """Return Django's collector, without the product's settings: no database is needed to read source."""
    if not settings.configured:
        settings.configure(USE_I18N=True, LOCALE_PATHS=[], SECRET_KEY="only to read source")  # noqa: S106
        django.setup()
    command = Command()
    # `gettext as said`, where a module calls its lazy texts `_`.
    command.xgettext_options = [*Command.xgettext_options, "--keyword=said"]
    return command


def _collect(command: Any, package: str) -> None:
    before = Path.cwd()
    os.chdir(catalogues.PROJECT / package)
    try:
        call_command(command, locale=[catalogues.LANGUAGE], no_location=True, no_obsolete=True, verbosity=0)
    finally:
        os.chdir(before)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
