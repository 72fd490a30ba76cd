"""Finds the system's PgBouncer for the tests of poolers, and installs Debian's where root may."""

from __future__ import annotations

import os
import shutil

from infra.local.supervisor import say
from saas.project.cli import debian


def find_or_install() -> str | None:
    """Return the path of a PgBouncer; None when there is none, which has then been said."""
    found = find()
    if found is None and debian.may_install():
        say("No PgBouncer is installed; installing Debian's for the tests of poolers …")
        debian.install("pgbouncer")
        found = find()
    if found is None:
        say("The tests of poolers are skipped: no pgbouncer is installed. On Debian or Ubuntu:  apt install pgbouncer")
    return found


def find() -> str | None:
    """Return the path of a PgBouncer, also where the system keeps it from users' paths."""
    return shutil.which("pgbouncer", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"]))
