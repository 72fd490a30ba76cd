"""`./hutong test`: PostgreSQL and Valkey for tests, a browser, a pooler, and pytest."""

from __future__ import annotations

import os

from infra.local.servers import TESTING, Servers
from infra.local.state import PROJECT, open_state
from infra.local.supervisor import say
from saas.project.cli import browser, pooler
from saas.project.cli.session import session

USAGE = """Usage: ./hutong test [--all] [pytest arguments]

Without arguments: the quick tests, all that are not marked slow, two at a time.
--all adds the slow ones. Anything else goes to pytest as it is:
  ./hutong test tests/billing -k refund -x
"""


def run(arguments: list[str]) -> int:
    """Run the tests and return pytest's exit code."""
    if arguments[:1] in (["-h"], ["--help"]):
        say(USAGE)
        return 0
    return run_pytest(selection(arguments))


def selection(arguments: list[str]) -> list[str]:
    """Return pytest's arguments: the given ones, and what they leave open."""
    everything = "--all" in arguments
    chosen = [argument for argument in arguments if argument != "--all"]
    if not chosen and not everything:
        chosen = ["-m", "not slow"]
    if not _names_tests(chosen):
        chosen = ["tests", *chosen]
    if not any(argument.startswith(("-n", "--numprocesses")) or argument == "--pdb" for argument in chosen):
        # Tests of one running product stay in one process.
        chosen = ["-n", "2", "--dist", "loadgroup", *chosen]
    return chosen


def run_pytest(arguments: list[str]) -> int:
    """Start the test servers, run pytest, stop them."""
    found = browser.find_or_install()
    pooler.find_or_install()
    servers = Servers(open_state().nested("test"), os.environ, settings=TESTING, durable=False)
    with session("test", servers) as running:
        if found:
            running.environment["HUTONG_BROWSER"] = found
        return running.python("-m", "pytest", *arguments)


def _names_tests(arguments: list[str]) -> bool:
    return any(PROJECT.joinpath(argument.split("::")[0]).exists() for argument in arguments if argument[:1] != "-")
