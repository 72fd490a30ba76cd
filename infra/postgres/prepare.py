"""
Make the roles, the database, its schemas and extensions on a server of your own; repeated it completes what is missing.

    DATABASE_SUPERUSER_URL=postgres://postgres:…@host/postgres DATABASE_OWNER_PASSWORD=… DATABASE_APP_PASSWORD=… \
        python -m infra.postgres.prepare

The same code makes them for the embedded server, see infra/local/roles.py. New passwords are given to existing roles.
"""

from __future__ import annotations

import os
import sys

from infra.local import roles


def main() -> int:
    """Prepare the server that the environment names; say what is missing."""
    wanted = ("DATABASE_SUPERUSER_URL", "DATABASE_OWNER_PASSWORD", "DATABASE_APP_PASSWORD")
    missing = [name for name in wanted if not os.environ.get(name)]
    if missing:
        print(f"Set {', '.join(missing)}.", file=sys.stderr)
        return 2
    url = os.environ["DATABASE_SUPERUSER_URL"]
    passwords = {
        roles.OWNER: os.environ["DATABASE_OWNER_PASSWORD"],
        roles.APP: os.environ["DATABASE_APP_PASSWORD"],
    }
    roles.create_roles(url, passwords=passwords)
    roles.create_database(url, name=os.environ.get("DATABASE_NAME", "hutong"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
