"""Prints a published deal of Riverside Noodles and how many statements its page needs; a process of its own, with settings."""

import json

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from saas.kernel import clock  # noqa: E402
from storefront.deals.models import Deal  # noqa: E402
from tenants.isolation.entrance import inside  # noqa: E402
from tenants.registry.models import Tenant  # noqa: E402

with inside(Tenant.objects.get(slug="riverside")):
    deal = Deal.objects.on_sale(at=clock.now()).order_by("pk")[0]
path, title = f"/deals/{deal.slug}/", deal.title
client = Client(SERVER_NAME="riverside.localhost")
assert client.get(path).status_code == 200
with CaptureQueriesContext(connection) as captured:
    assert client.get(path).status_code == 200
counted = [one for one in captured.captured_queries if not one["sql"].startswith("SET search_path")]
print(json.dumps({"path": path, "title": title, "queries": len(counted)}))
