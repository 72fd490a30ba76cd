"""A mall with sales and files, in a database where commits are real; media on disk or in a bucket."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project

from saas.kernel import clock
from saas.kernel.actors import Actor
from storefront.checkout.settling import settle
from storefront.orders.models import Order
from storefront.vouchers import codes
from storefront.vouchers.models import Voucher
from tenants.archives import exporting, operations
from tenants.archives.models import MallExport
from tenants.isolation.entrance import inside
from tenants.isolation.storage import media
from tenants.registry.models import Tenant
from tests.cms.media.conftest import _s3_server, bucket  # noqa: F401  fixtures
from tests.factories import shop

ADA = Actor(kind="agency", name="Ada Okafor", public_id="a" * 26)
BEA = Actor(kind="agency", name="Bea", public_id="c" * 26)


@pytest.fixture
def work_folder(tmp_path: Path, settings: Any) -> Path:
    """The folder where archives are put together."""
    settings.ARCHIVE_WORK_FOLDER = str(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture(params=["disk", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> str:
    """Media in a folder of the test's own, and in a bucket."""
    if request.param == "s3":
        request.getfixturevalue("bucket")
    else:
        settings.MEDIA_ROOT = str(tmp_path / "media")
    return str(request.param)


@pytest.fixture
def on_disk(tmp_path: Path, settings: Any) -> Path:
    """Media in a folder of the test's own."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


@dataclass(frozen=True)
class Busy:
    """Riverside with an order of three vouchers, one of them used, and files; `code` opens an unused one."""

    tenant: Tenant
    voucher: str
    code: str
    files: frozenset[str]


def bring_media(tenant: Tenant, folder: Path) -> frozenset[str]:
    """Put the files that the mall's rows name, and a document, into the storage that the settings name now."""
    source = Path(project.STATE_DIR) / "test" / "media" / tenant.schema_name
    folder.mkdir(parents=True, exist_ok=True)
    with inside(tenant):
        for path in sorted(source.rglob("*")):
            if path.is_file():
                copy = shutil.copyfile(path, folder / "copy")
                media.put(f"{tenant.schema_name}/{path.relative_to(source).as_posix()}", Path(copy))
        (folder / "letter").write_bytes(b"%PDF-1.7 " + bytes(range(256)) * 5000)
        media.put(f"{tenant.schema_name}/documents/letter.pdf", folder / "letter")
        return frozenset(key.partition("/")[2] for key, _size in media.listing())


@pytest.fixture
def sell() -> Callable[[Tenant], tuple[str, str]]:
    """Return what sells three vouchers in a mall: the public id and the code of an unused one."""

    def do(tenant: Tenant) -> tuple[str, str]:
        now = clock.now()
        with inside(tenant):
            deal = shop.a_deal(now=now, title="Tab\tand\\slash, line\nbreak", summary="“quotes” ; 麵 =1+1")
            order = shop.an_order(deal, now=now, units=3)
            payment = shop.a_payment(order, now=now)
            settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)
            shop.an_order(deal, now=now)  # one that waits for its payment
            voucher = Voucher.objects.filter(line__order=Order.objects.get(pk=order.pk)).order_by("position")[0]
            return voucher.public_id, codes.bare_code_for(voucher)

    return do


@pytest.fixture
def busy(committed: None, work_folder: Path, tmp_path: Path, sell: Any) -> Iterator[Callable[[], Busy]]:
    """Return a maker of the busy mall; to be called when the storage is chosen."""

    def make() -> Busy:
        tenant = Tenant.objects.get(slug="riverside")
        files = bring_media(tenant, tmp_path / "bring")
        bring_media(Tenant.objects.get(slug="hillside"), tmp_path / "bring")
        voucher, code = sell(tenant)
        return Busy(tenant, voucher, code, files)

    return make


@pytest.fixture
def export() -> Callable[[Tenant], MallExport]:
    """Return what exports a mall to its end. In tests the background's task runs at the commit."""

    def do(tenant: Tenant, now: datetime | None = None) -> MallExport:
        work = operations.start_export(tenant=tenant, by=ADA, now=now or clock.now())
        exporting.run(export=work.public_id)
        return MallExport.objects.get(pk=work.pk)

    return do
