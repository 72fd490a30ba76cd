"""
A process that does work of money and is killed (SIGKILL) at a marked point: `python -m tests.dying`, what to do as JSON on its input,
{"database", "stripe", "schema", "deaths": [[point, payment's reference or voucher's public id], …]}. For each it prints by which signal.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

# Where each dies: module, function, and whether the function has done its work by then.
POINTS = {
    "stripe has answered": ("billing.gateway.operations", "read_checkout", True),
    "vouchers are issued, not committed": ("storefront.vouchers.operations", "issue", True),
    "the platform is told, not committed": ("saas.kernel.outbox.operations", "tell", True),
    "committed, no message sent": ("saas.kernel.tasks", "send", False),
    "booked, not committed": ("billing.ledger.subscribers", "order_paid", True),
    "the shopper's message taken on, not sent": ("storefront.checkout.telling", "claim", True),
    "stripe has refunded, not noted": ("billing.gateway.operations", "refund", True),
}


def arm(point: str) -> None:
    """Let this process die at a point."""
    name, attribute, is_after = POINTS[point]
    module = import_module(name)
    work: Callable[..., Any] = getattr(module, attribute)

    def dies(*args: Any, **kwargs: Any) -> None:
        if is_after:
            work(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(module, attribute, dies)


def act(schema: str, point: str, subject: str) -> None:
    """Settle a payment, or refund a voucher, until death."""
    from saas.kernel import clock
    from saas.kernel.actors import GUEST
    from storefront.checkout import paying
    from storefront.refunds import operations as refunds
    from tenants.isolation.entrance import inside

    arm(point)
    with inside(schema):
        if point == "stripe has refunded, not noted":
            refunds.request(voucher_public_id=subject, reason="Cannot come", by=GUEST, now=clock.now())
        else:
            paying.look_at(payment_reference=subject, now=clock.now())


def main() -> None:
    """Do each work in a process of its own, and say how it ended."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connections

    wanted = json.load(sys.stdin)
    connections.settings["default"]["NAME"] = wanted["database"]
    settings.STRIPE_API_BASE = wanted["stripe"]
    ended = {}
    for point, subject in wanted["deaths"]:
        child = os.fork()
        if not child:
            act(wanted["schema"], point, subject)
            os._exit(0)  # it lived
        _pid, status = os.waitpid(child, 0)
        ended[point] = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    print(json.dumps(ended))


if __name__ == "__main__":
    main()
