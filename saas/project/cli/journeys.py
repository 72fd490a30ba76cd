"""`./hutong journeys`: the browser journeys, from sign-up to ledger, slow ones included."""

from __future__ import annotations

from saas.project.cli.test import run_pytest, selection


def run(arguments: list[str]) -> int:
    """Run the journeys and return pytest's exit code."""
    return run_pytest(selection(["tests/journeys", *arguments]))
