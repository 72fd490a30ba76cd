"""
Makes many malls quickly, a process of its own, with settings: `_malls COUNT [--copy-of SCHEMA] [schema …]`.

A mall is a copy of the template, or, with `--copy-of`, of a mall with all its rows, with an address of its own and the mall's number
in the titles of its deals. Schemas that are named besides belong to nobody: bare copies of the template for what is measured beside.
"""

import argparse
import re
import threading
import time

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from psycopg import sql  # noqa: E402

from saas.kernel import clock  # noqa: E402
from tenants.registry.models import Domain, Tenant  # noqa: E402
from tenants.registry.names import TEMPLATE_SCHEMA, schema_name  # noqa: E402
from tenants.rollout import template  # noqa: E402
from tenants.rollout.models import MallVersion  # noqa: E402

OWN_WORDS = (
    "UPDATE {schema}.deals_deal SET title = left(title, 100) || {words}",
    "UPDATE {schema}.wagtailcore_site SET hostname = {host}",
)


def script_of(schema: str) -> str:
    """Return what makes a copy of a mall, rows and all, as `template.replay` takes it."""
    text = template.dump(schema, "--inserts", "--rows-per-insert=500")
    body = re.sub(r"^\\(un)?restrict .*\n", "", text[text.index("CREATE SCHEMA") :], flags=re.MULTILINE)
    return body.replace(schema, TEMPLATE_SCHEMA)


@transaction.atomic
def make(script: str, number: int, *, step: int, has_rows: bool) -> None:
    """Make one mall, in one transaction."""
    schema, slug = schema_name(), f"stall-{number}"
    template.replay(script, schema)
    values = {"trade": "salon", "status": "open", "created_at": clock.now()}
    tenant = Tenant.objects.create(schema_name=schema, name=f"Stall {number}", slug=slug, **values)
    Domain.objects.create(domain=f"{slug}.localhost", tenant=tenant, is_primary=True)
    MallVersion.objects.create(tenant=tenant, step=step, moved_at=clock.now())
    with connection.cursor() as cursor:
        for statement in OWN_WORDS if has_rows else ():
            words = {"words": sql.Literal(f" at stall {number}."), "host": sql.Literal(f"{slug}.localhost")}
            cursor.execute(sql.SQL(statement).format(schema=sql.Identifier(schema), **words))


def make_all(script: str, numbers: range, *, step: int, has_rows: bool, connections: int) -> None:
    """Make malls on some connections at once; say now and then how far it is."""
    left, lock, begun, failed = iter(numbers), threading.Lock(), time.monotonic(), list[BaseException]()

    def work() -> None:
        try:
            while not failed:
                with lock:
                    number = next(left, None)
                if number is None:
                    return
                make(script, number, step=step, has_rows=has_rows)
                done = number - numbers.start + 1
                if done % 100 == 0:
                    print(f"{done} of {len(numbers)} malls in {time.monotonic() - begun:.0f} s", flush=True)
        except BaseException as error:  # noqa: BLE001  told below, by the thread that waits
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def main() -> None:
    """Make what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--copy-of", default="")
    parser.add_argument("--connections", type=int, default=2)
    parser.add_argument("schemas", nargs="*")
    given = parser.parse_args()
    recording, first = template.current(), Tenant.objects.count()
    script = script_of(given.copy_of) if given.copy_of else recording.script
    numbers = range(first, first + given.count)
    make_all(script, numbers, step=recording.step, has_rows=bool(given.copy_of), connections=given.connections)
    for schema in given.schemas:
        template.replay(recording.script, schema)


if __name__ == "__main__":
    main()
