"""`./hutong docs`: the pictures of the README, taken from a running product."""

from __future__ import annotations

import os
import subprocess
import sys

from infra.local.errors import LaunchError
from infra.local.state import PROJECT
from saas.project.cli import browser


def run(_arguments: list[str]) -> int:
    """Take the pictures and return the exit code."""
    found = browser.find_or_install()
    if not found:
        raise LaunchError("The pictures need a browser; see above.")
    command = [sys.executable, "-m", "tests.journeys.pictures"]
    return subprocess.run(command, cwd=PROJECT, env=os.environ | {"HUTONG_BROWSER": found}, check=False).returncode
