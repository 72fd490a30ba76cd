"""`./hutong migrate`: bring every schema to this version, on the running instance's servers or on ones started for it."""

from __future__ import annotations

import os

from infra.local.servers import Servers
from infra.local.state import open_state
from saas.project.cli.session import session


def run(arguments: list[str]) -> int:
    """Run the management command `migrate_all` and return its exit code."""
    with session("migrate", Servers(open_state(), os.environ)) as running:
        return running.manage("migrate_all", *arguments)
