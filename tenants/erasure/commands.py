"""`./hutong mall erase` and `./hutong mall keep`."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management import CommandError

from saas.kernel import clock
from saas.kernel.actors import Actor
from saas.ui.formats import format_money
from tenants.longwork import terminal
from tenants.registry.models import Tenant

from . import erasing, operations, owed, queries


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
    erase.add_argument(
        "--move", action="store_true", dest="moves",
        help="the mall moves: erase it with paid vouchers and refunds under way, to be restored from its archive",
    )  # fmt: skip
    verbs.add_parser("keep", help="take the request to erase a mall back").add_argument("slug")


def erase(tenant: Tenant, options: dict[str, Any], *, by: Actor, out: Any) -> None:
    """Ask for the erasure; carry it out when it is to be at once. Asked for before, `--move` says that the mall moves."""
    name, at_once, now = tenant.name, bool(options["at_once"]), clock.now()
    standing = queries.standing(tenant)
    work = standing if standing and options["moves"] else None
    if work and options["confirm"].strip().lower() != tenant.slug:
        raise operations.WrongWord
    if work is None:
        work = operations.ask(
            tenant=tenant, typed=options["confirm"], reason=options["reason"], by=by, now=now, at_once=at_once
        )
    if options["moves"]:
        operations.say_it_moves(tenant=tenant, by=by, now=now)
    elif found := owed.of_mall(tenant):
        out.write(_told(found))
    if not at_once or work.due_at > now:
        out.write(f"{name} is suspended and will be erased on {work.due_at:%Y-%m-%d %H:%M} UTC.\n")
        out.write(f"Until then `./hutong mall keep {tenant.slug}` takes it back.\n")
        return
    done = terminal.watch(work, erasing.run, out=out, erasure=work.public_id, force=True)
    if done.state != done.State.DONE:
        raise CommandError(done.problem or "The erasure did not come to its end; it goes on by itself.")
    work.refresh_from_db()
    rows = sum(work.counts["rows"].values())
    out.write(f"Erased {name}: {rows:,} rows, {work.counts['files']:,} files, {work.counts['bytes']:,} bytes.\n")


def _told(found: Sequence[owed.Owed]) -> str:
    """Return what the mall owes, a line for each currency, and what can be done about it."""
    lines = [
        f"It owes its shoppers {format_money(one.amount_minor, one.currency)}: "
        f"{one.vouchers:,} paid vouchers unused, {one.refunds:,} refunds not back.\n"
        for one in found
    ]
    return (
        "".join(lines)
        + "The erasure waits for that. Refund them in the console; or, if the mall moves, `./hutong mall export SLUG --to FILE`,\n"
        + "which the erasure leaves alone, then say --move, and restore it from that file.\n"
    )
