"""
A process that opens malls in children of its own, which can be killed: Django is loaded once, each child begins at once.

Reads orders from its input, one JSON object a line: `{"slug": …, "key": …}` opens a mall; `{"claim": file}` takes ready schemas
until none is left and writes their names. Says `{"pid": …, "slug": …}` when a child has begun and `{"slug": …, "end": …}` of one
that came to its end.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any


def say(**told: Any) -> None:
    """Write one line, whole."""
    os.write(1, (json.dumps(told) + "\n").encode())


def act(order: dict[str, Any]) -> str:
    """Carry one order out and return what became of it."""
    from django.db import connection, transaction

    from saas.kernel import clock
    from saas.kernel.actors import SYSTEM
    from saas.kernel.errors import DomainError
    from tenants.provisioning import operations
    from tenants.rollout import template

    if "claim" in order:
        recording, names = template.current(), []
        while True:
            with transaction.atomic():
                name = operations.claim(recording)
            if not name:
                break
            names.append(name)
        Path(order["claim"]).write_text("\n".join(names))
        return "claimed"
    opening = operations.Opening(
        name="Cut Off", slug=order["slug"], trade="salon", owner_email="dora@cut.example", owner_password="long-enough-9",
        key=order.get("key"),
    )  # fmt: skip
    try:
        return str(operations.open_mall(opening, by=SYSTEM, now=clock.now()).status)
    except DomainError as refusal:
        return refusal.code
    finally:
        connection.close()


def main() -> None:
    """Serve until the input ends."""
    import django

    django.setup()
    from django.urls import get_resolver

    _ = get_resolver().url_patterns  # what a web process has loaded when it opens a mall
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if not pid:
            code = 1
            try:
                say(slug=order.get("slug"), end=act(order))
                code = 0
            except BaseException as error:  # noqa: BLE001  a child has nobody above it
                say(slug=order.get("slug"), end=f"{type(error).__name__}: {error}"[:400])
            os._exit(code)
        say(pid=pid, slug=order.get("slug"))
        threading.Thread(target=os.waitpid, args=(pid, 0), daemon=True).start()


if __name__ == "__main__":
    main()
