"""`./hutong doctor`: the guards of an installation, on the running instance's servers or on ones started for it."""

from __future__ import annotations

import os

from infra.local.instance import Instance
from infra.local.servers import Servers
from infra.local.state import open_state
from infra.local.supervisor import say
from saas.project.cli.session import session

USAGE = """Usage: ./hutong doctor [--json]

One line for each guard: ok, failed or cannot tell, with what was measured, and what to do when it failed.
The exit code is 1 when a guard failed. With DATABASE_URL and REDIS_URL set it looks at the installation on
those servers, by the settings that DJANGO_SETTINGS_MODULE names; else at the one in HUTONG_STATE.
"""


def run(arguments: list[str]) -> int:
    """Run the management command `doctor` and return its exit code."""
    if any(argument in ("-h", "--help") for argument in arguments):
        say(USAGE)
        return 0
    state = open_state()
    record = Instance(state).running()
    is_up = record is not None and record.verb == "up"
    is_elsewhere = bool(os.environ.get("DATABASE_URL"))
    with session("doctor", Servers(state, os.environ)) as running:
        chosen = os.environ.get("DJANGO_SETTINGS_MODULE")
        if is_elsewhere and chosen:
            running.environment["DJANGO_SETTINGS_MODULE"] = chosen
        at_rest = [] if is_up or is_elsewhere else ["--at-rest"]
        return running.manage("doctor", *at_rest, *arguments)
