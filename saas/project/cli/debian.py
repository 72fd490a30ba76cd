"""Installs what tests can use of the system, where root may: on Debian and its kin."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


def may_install() -> bool:
    """Say whether this is root on a system with apt."""
    return os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def install(package: str) -> None:
    """Install the package; whoever needs it looks whether it is there now."""
    settings = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package],
    ):
        subprocess.run(command, env=settings, stdout=subprocess.DEVNULL, check=False)
