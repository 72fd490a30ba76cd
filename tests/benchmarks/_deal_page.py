"""
Prints a published deal of Riverside Noodles, how many statements its page and the home page need, and all malls' hosts and names; a
process of its own, with settings. With a number it first opens so many malls.
"""

import json
import sys

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from saas.kernel import clock  # noqa: E402
from saas.kernel.actors import SYSTEM  # noqa: E402
from storefront.deals.models import Deal  # noqa: E402
from tenants.isolation.entrance import inside  # noqa: E402
from tenants.provisioning.operations import Opening, open_mall  # noqa: E402
from tenants.registry.models import Tenant  # noqa: E402


def queries_of(path: str) -> int:
    """Return how many statements a page needs when warm, without the setting of the search path."""
    client = Client(SERVER_NAME="riverside.localhost")
    assert client.get(path).status_code == 200
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len([one for one in captured.captured_queries if "search_path" not in one["sql"]])


for number in range(int(sys.argv[1]) if len(sys.argv) > 1 else 0):
    slug = f"lantern-{number}"
    opening = Opening(f"Lantern House {number}", slug, "restaurant", f"owner@{slug}.example", None)
    open_mall(opening, by=SYSTEM, now=clock.now())
riverside = Tenant.objects.get(slug="riverside")
with inside(riverside):
    deal = Deal.objects.on_sale(at=clock.now()).order_by("pk")[0]
path, title = f"/deals/{deal.slug}/", deal.title
told = {
    "path": path,
    "title": title,
    "schema": riverside.schema_name,
    "queries": queries_of(path),
    "home_queries": queries_of("/"),
    "malls": [[f"{one.slug}.localhost", one.name] for one in Tenant.objects.served().order_by("pk")],
}
print(json.dumps(told))
