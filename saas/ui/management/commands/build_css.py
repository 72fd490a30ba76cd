"""Join the design system's styles into the one file that pages load."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from saas.ui import bundle


class Command(BaseCommand):
    """Write `static/ui/ui.css`, or with `--check` only say whether it is current."""

    help = "Joins saas/ui/static/ui/css/ into static/ui/ui.css"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Accept `--check`."""
        parser.add_argument("--check", action="store_true", help="fail when the file is not current; write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Build or check."""
        if options["check"]:
            if bundle.TARGET.read_text("utf-8") != bundle.build():
                raise CommandError("static/ui/ui.css is not current: run manage.py build_css")
            return
        self.stdout.write(f"{bundle.TARGET.name}: {bundle.write()} bytes")
