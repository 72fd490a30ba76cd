"""Reads the demo malls in the storm and prints what came of it; a process of its own, with settings:
`_readers READS CONNECTIONS WRONG_WANTED URL`."""

import json
import sys
import time

import django

django.setup()

from tenants.registry.models import Tenant  # noqa: E402
from tests.isolation.gale import Gale, rage  # noqa: E402

(reads, connections, wrong_wanted), url = map(int, sys.argv[1:4]), sys.argv[4]
begun = time.monotonic()
told = [begun]


def tell(gale: Gale) -> None:
    """Say how far it is, twice a minute."""
    if time.monotonic() - told[-1] > 30:
        told.append(time.monotonic())
        print(f"{gale.reads} of {reads} reads, {gale.wrong} wrong, {gale.cancelled} cancelled", file=sys.stderr)


malls = list(Tenant.objects.filter(slug__in=["riverside", "hillside"]).order_by("pk"))
gale = rage(malls, storm_url=url, reads=reads, connections=connections, wrong_wanted=wrong_wanted, tell=tell)
print(
    json.dumps(
        {
            "reads": gale.reads,
            "wrong": gale.wrong,
            "cancelled": gale.cancelled,
            "ended": gale.ended,
            "otherwise": dict(gale.otherwise.most_common(5)),
            "seconds": round(time.monotonic() - begun, 1),
        }
    )
)
