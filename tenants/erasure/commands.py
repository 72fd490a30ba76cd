"""`./hutong mall erase` and `./hutong mall keep`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError

from saas.kernel import clock
from saas.kernel.actors import Actor
from tenants.longwork import terminal
from tenants.registry.models import Tenant

from . import erasing, operations


def add_arguments(verbs: Any) -> None:
    """Declare the verbs."""
    erase: ArgumentParser = verbs.add_parser(
        "erase", help="erase a mall after the grace, with rows, media and archives"
    )
    erase.add_argument("slug")
    erase.add_argument(
        "--confirm", required=True, metavar="SLUG", help="the address once more, to prove that you mean this mall"
    )
    erase.add_argument("--reason", required=True)
    erase.add_argument("--now", action="store_true", dest="at_once", help="without the grace; it cannot be taken back")
    verbs.add_parser("keep", help="take the request to erase a mall back").add_argument("slug")


def erase(tenant: Tenant, *, typed: str, reason: str, at_once: bool, by: Actor, out: Any) -> None:
    """Ask for the erasure; carry it out when it is to be at once."""
    name = tenant.name
    work = operations.ask(tenant=tenant, typed=typed, reason=reason, by=by, now=clock.now(), at_once=at_once)
    if not at_once:
        out.write(f"{name} is suspended and will be erased on {work.due_at:%Y-%m-%d %H:%M} UTC.\n")
        out.write(f"Until then `./hutong mall keep {tenant.slug}` takes it back.\n")
        return
    done = terminal.watch(work, erasing.run, out=out, erasure=work.public_id, force=True)
    if done.state != done.State.DONE:
        raise CommandError(done.problem or "The erasure did not come to its end; it goes on by itself.")
    work.refresh_from_db()
    rows = sum(work.counts["rows"].values())
    out.write(f"Erased {name}: {rows:,} rows, {work.counts['files']:,} files, {work.counts['bytes']:,} bytes.\n")
