"""`./hutong mall`: what an operator does with malls, on the running instance's servers or on ones started for it."""

from __future__ import annotations

import os

from infra.local.servers import Servers
from infra.local.state import open_state
from saas.project.cli.session import session


def run(arguments: list[str]) -> int:
    """Run the management command `mall` and return its exit code."""
    with session("mall", Servers(open_state(), os.environ)) as running:
        return running.manage("mall", *arguments)
