"""
The prepared database that tests clone: both schemas migrated, the template recorded, two standing malls opened.

`python -m tests.database` makes it, and makes it anew when what it is built from has changed.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from infra.local.roles import create_database, drop_database, drop_unused_mall_roles

ROOT = Path(__file__).resolve().parents[1]
SOURCES = (
    "**/migrations/*.py",
    "cms/kits/**/*.py",
    "cms/backoffice/roles.py",
    "tenants/provisioning/*.py",
    "tenants/isolation/roles.py",
    "saas/project/settings/trimming.py",
    "infra/local/roles.py",
    "tenants/rollout/*.py",
    "tests/database.py",
    "saas/project/settings/base.py",
    "saas/project/settings/files.py",
    "saas/project/settings/wagtail.py",
)


def superuser_url() -> str:
    """Return the address of the test server's maintenance database, as its superuser."""
    try:
        return urlsplit(os.environ["DATABASE_SUPERUSER_URL"])._replace(path="/postgres").geturl()
    except KeyError:
        raise SystemExit("Run the tests by ./hutong test, which starts the servers that they need.") from None


def recordings() -> str:
    """Return the folder of recordings that the tests' databases share, and the products that journeys start."""
    return str(Path(os.environ["HUTONG_STATE"]) / "recordings")


def base_name() -> str:
    """Return the prepared database's name."""
    return urlsplit(os.environ["DATABASE_URL"]).path.lstrip("/")


def fingerprint() -> str:
    """Return a hash over everything that the prepared database is built from."""
    digest = hashlib.sha256()
    for pattern in SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            if ".hutong" not in path.parts:
                digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def ensure() -> None:
    """Make the prepared database unless it is there and current."""
    with psycopg.connect(superuser_url(), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(42)")
        row = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [base_name()]
        ).fetchone()
        wanted = fingerprint()
        if row and row[0] == wanted:
            return
        print("Preparing the test database …", flush=True)
        drop_database(superuser_url(), name=base_name())
        drop_unused_mall_roles(superuser_url())
        create_database(superuser_url(), name=base_name())
        environment = {**os.environ, "HUTONG_TEST_ON_BASE": "1", "HUTONG_LOG_LEVEL": "WARNING"}
        environment["HUTONG_RECORDINGS"] = recordings()
        command = [sys.executable, "-W", "ignore", "-m", "tests.database", "fill"]
        subprocess.run(command, check=True, cwd=ROOT, env=environment)
        connection.execute(f"COMMENT ON DATABASE \"{base_name()}\" IS '{wanted}'")


def fill() -> None:
    """Fill the prepared database: migrations, template, Riverside Noodles and Hillside Salon with their people."""
    import django

    django.setup()
    from django.db import connection

    from saas.accounts.models import User
    from saas.kernel import clock
    from saas.kernel.actors import SYSTEM
    from tenants.isolation.entrance import inside
    from tenants.provisioning import operations
    from tenants.rollout import operations as rollout

    rollout.roll_out(now=clock.now(), say=print)
    for slug, name, trade, owner in (
        ("riverside", "Riverside Noodles", "restaurant", "Alma"),
        ("hillside", "Hillside Salon", "salon", "Cleo"),
    ):
        opening = operations.Opening(
            name=name,
            slug=slug,
            trade=trade,
            owner_email=f"{owner.lower()}@{slug}.example",
            owner_password="correct-horse-battery",
            owner_name=owner,
            time_zone="America/Los_Angeles",
        )
        tenant = operations.open_mall(opening, by=SYSTEM, now=clock.now())
        if slug == "riverside":
            with inside(tenant):
                from django.contrib.auth.models import Group

                clerk = User.objects.create_user(
                    "bo@riverside.example", "correct-horse-battery", name="Bo", kind=User.Kind.MERCHANT
                )
                clerk.groups.set(Group.objects.filter(name="Clerk"))
    connection.close()


if __name__ == "__main__":
    fill() if "fill" in sys.argv else ensure()
