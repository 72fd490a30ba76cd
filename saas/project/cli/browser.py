"""Finds the system's Chromium for browser tests, and installs Debian's where root may."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from infra.local.errors import LaunchError
from infra.local.supervisor import say

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_or_install() -> str | None:
    """
    Return the path of a browser; None when there is none, which has then been said loudly.

    :raises LaunchError: there is none and CI is set, where browser tests must not be skipped
    """
    found = os.environ.get("HUTONG_BROWSER") or _find()
    if found is None and _is_debian_root():
        say("No browser is installed; installing Debian's chromium for the browser tests …")
        _install()
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


def _is_debian_root() -> bool:
    return os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def _install() -> None:
    settings = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
    ):
        subprocess.run(command, env=settings, stdout=subprocess.DEVNULL, check=False)
