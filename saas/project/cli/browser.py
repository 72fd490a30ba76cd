"""Finds the system's Chromium for browser tests, and installs Debian's where root may."""

from __future__ import annotations

import os
import shutil

from infra.local.errors import LaunchError
from infra.local.supervisor import say
from saas.project.cli import debian

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_or_install() -> str | None:
    """
    Return the path of a browser; None when there is none, which has then been said loudly.

    :raises LaunchError: there is none and CI is set, where browser tests must not be skipped
    """
    found = os.environ.get("HUTONG_BROWSER") or _find()
    if found is None and debian.may_install():
        say("No browser is installed; installing Debian's chromium for the browser tests …")
        debian.install("chromium")
        found = _find()
    if found is None and os.environ.get("CI"):
        raise LaunchError("No browser for the browser tests: install chromium, or name one with HUTONG_BROWSER.")
    if found is None:
        say("!" * 72)
        say("BROWSER TESTS ARE SKIPPED: no Chromium or Chrome is installed on this machine.")
        say("On Debian or Ubuntu:  apt install chromium     Elsewhere:  HUTONG_BROWSER=/path/to/chrome")
        say("!" * 72)
    return found


def _find() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)
