"""`./hutong fix`: what a machine can mend by itself."""

from __future__ import annotations

import os

from infra.local.servers import Servers
from infra.local.state import open_state
from infra.local.supervisor import say
from saas.project.cli.session import session


def run(arguments: list[str]) -> int:
    """Lint with mending, format, build the style sheet; `arguments` narrow the first two to these paths."""
    paths = arguments or ["."]
    steps = [
        ["-m", "ruff", "check", "--fix-only", "--exit-zero", *paths],
        ["-m", "ruff", "format", *paths],
        ["manage.py", "build_css"],
    ]
    with session("fix", Servers(open_state().nested("check"), os.environ, durable=False)) as running:
        worst = 0
        for step in steps:
            say(f"> {' '.join(step)}")
            worst = max(worst, running.python(*step))
    return worst
