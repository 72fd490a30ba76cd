"""What the import pages say while the mall takes no such work (M19)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from saas.accounts.models import User
from saas.kernel import clock
from storefront.catalog.models import CatalogImport
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def importing(riverside: Tenant, now: datetime) -> CatalogImport:
    """An import that is at work."""
    with inside(riverside):
        return CatalogImport.objects.create(
            file_name="products.csv", state=CatalogImport.State.APPLYING, rows_total=10, rows_done=3, created_at=now,
            progressed_at=clock.now(), started_by="Alma",
        )  # fmt: skip


@pytest.mark.parametrize("is_suspended", [True, False])
def test_the_import_pages_say_that_the_work_waits_while_sales_are_stopped(
    riverside: Tenant, alma: User, client_for: Callable[..., Client], importing: CatalogImport, is_suspended: bool
) -> None:
    if is_suspended:
        Tenant.objects.filter(pk=riverside.pk).update(status=Tenant.Status.SUSPENDED)
    client = client_for(riverside, alma)
    pages: dict[str, Any] = {
        name: client.get(f"/manage/products/{name}").content.decode()
        for name in (
            "imports/",
            f"imports/{importing.public_id}/",
            f"imports/{importing.public_id}/progress/?state=applying",
        )
    }
    for name, page in pages.items():
        assert ("our sales are stopped" in page) is is_suspended, name
    assert "Nothing has moved" not in pages[f"imports/{importing.public_id}/"]
