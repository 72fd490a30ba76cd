"""Opening malls: complete, once, or not at all."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from django.core.management import CommandError, call_command
from django.db import connection

from saas.accounts.models import User
from saas.kernel import presence
from saas.kernel.actors import SYSTEM
from tenants.isolation.entrance import inside
from tenants.provisioning import operations
from tenants.provisioning.models import ReadySchema
from tenants.provisioning.operations import AddressTaken, Opening
from tenants.registry.models import Domain, Tenant
from tenants.registry.names import TEMPLATE_SCHEMA, AddressRefused
from tenants.rollout import template

pytestmark = pytest.mark.django_db
LANTERN = Opening(
    name="Lantern Tea",
    slug="lantern",
    trade="restaurant",
    owner_email="dora@lantern.example",
    owner_password="long-enough-9",
    key="k1",
)


def names_in(schema: str) -> set[tuple[str, str]]:
    """Return every table, index, sequence, constraint and trigger of a schema by name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relkind::text, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = %(s)s "
            "UNION SELECT 'constraint', conname FROM pg_constraint c JOIN pg_namespace n ON n.oid = connamespace WHERE nspname = %(s)s "
            "UNION SELECT 'trigger', tgname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid "
            "JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE nspname = %(s)s AND NOT tgisinternal",
            {"s": schema},
        )
        return set(cursor.fetchall())


def schemas() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'm\\_%%'")
        return {row[0] for row in cursor.fetchall()}


def test_a_mall_opens_with_its_owner_and_answers_at_its_address(now: datetime) -> None:
    tenant = operations.open_mall(LANTERN, by=SYSTEM, now=now)

    assert (tenant.status, tenant.opened_at) == (Tenant.Status.OPEN, now)
    assert Domain.objects.get(tenant=tenant).domain == "lantern.localhost"
    with inside(tenant):
        owner = User.objects.get()
        assert (owner.email, owner.kind, owner.check_password("long-enough-9")) == (
            "dora@lantern.example",
            "merchant",
            True,
        )


def test_a_new_mall_has_everything_of_the_template_by_the_same_names(now: datetime) -> None:
    tenant = operations.open_mall(LANTERN, by=SYSTEM, now=now)

    assert names_in(tenant.schema_name) == names_in(TEMPLATE_SCHEMA)
    assert len(names_in(TEMPLATE_SCHEMA)) > 200


def test_the_template_holds_no_person_session_or_order_c34() -> None:
    with inside(template.template_tenant()):
        for table in (
            "accounts_user",
            "django_session",
            "orders_order",
            "vouchers_voucher",
            "entry_ticket",
            "audit_auditentry",
        ):
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
                assert cursor.fetchone()[0] == 0, table


def test_a_function_of_the_recording_names_no_schema_c12() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace "
            "WHERE nspname LIKE 'm\\_%%' AND proconfig IS NOT NULL"
        )
        assert cursor.fetchall() == []


def test_the_same_request_twice_opens_one_mall(now: datetime) -> None:
    first = operations.open_mall(LANTERN, by=SYSTEM, now=now)
    again = operations.open_mall(LANTERN, by=SYSTEM, now=now)

    assert again.pk == first.pk
    assert Tenant.objects.filter(slug="lantern").count() == 1


def test_a_taken_address_is_refused_and_leaves_nothing(now: datetime) -> None:
    before, known = Tenant.objects.count(), schemas()

    with pytest.raises(AddressTaken):
        operations.open_mall(replace(LANTERN, slug="riverside"), by=SYSTEM, now=now)
    assert (Tenant.objects.count(), schemas()) == (before, known)


@pytest.mark.parametrize(
    "slug",
    ["www", "admin", "a", "ab", "-lantern", "lantern-", "Lantern", "lan tern", "xn--abc", "a" * 41, "läntern", ""],
)
def test_a_reserved_or_malformed_address_is_refused(slug: str, now: datetime) -> None:
    with pytest.raises(AddressRefused):
        operations.open_mall(replace(LANTERN, slug=slug), by=SYSTEM, now=now)
    assert not Tenant.objects.filter(name="Lantern Tea").exists()


def test_when_a_step_fails_nothing_is_left(now: datetime, settings: Any) -> None:
    known = schemas()
    settings.MALL_PLANTER = "tests.tenants.provisioning.test_operations.failing_planter"

    with pytest.raises(ZeroDivisionError):
        operations.open_mall(LANTERN, by=SYSTEM, now=now)
    assert not Tenant.objects.filter(slug="lantern").exists()
    assert schemas() == known


def test_a_storage_that_is_away_is_said_with_what_to_do_and_leaves_nothing(now: datetime, settings: Any) -> None:
    """At the command line no traceback; to a merchant no name of a machine."""
    known, usual = schemas(), settings.STORAGES
    options = {
        "bucket_name": "malls",
        "endpoint_url": "http://127.0.0.1:9",
        "access_key": "a",
        "secret_key": "s",
        "region_name": "us-east-1",
        "client_config": Config(retries={"max_attempts": 0}, connect_timeout=1),
    }
    settings.STORAGES = {**usual, "default": {"BACKEND": "tenants.isolation.storage.MallS3Storage", "OPTIONS": options}}
    with pytest.raises(CommandError, match=r"“malls” at http://127\.0\.0\.1:9\.(?s:.)*HUTONG_S3_ENDPOINT"):
        call_command("mall", "create", "Lantern Tea", "--email", "dora@lantern.example", "--slug", "lantern")
    with pytest.raises(operations.StorageAway) as refused:
        operations.open_mall(LANTERN, by=SYSTEM, now=now)
    assert "127.0.0.1" not in str(refused.value)
    assert not Tenant.objects.filter(slug="lantern").exists()
    assert schemas() == known
    assert operations.remove_left_files() == [], "asked again later"
    settings.STORAGES = usual
    assert len(operations.remove_left_files()) == 2
    assert operations.open_mall(LANTERN, by=SYSTEM, now=now).status == "open"


def failing_planter(**_given: object) -> None:
    raise ZeroDivisionError


def test_the_pool_is_filled_claimed_from_filled_again_and_cleaned_of_older_templates(
    now: datetime, settings: Any, run_tasks: Any
) -> None:
    ReadySchema.objects.all().delete()
    assert operations.refill_pool(size=2, now=now) == 2
    assert operations.refill_pool(size=2, now=now) == 0
    ready = list(ReadySchema.objects.order_by("pk").values_list("schema_name", flat=True))

    tenant = operations.open_mall(LANTERN, by=SYSTEM, now=now)
    assert tenant.schema_name == ready[0]
    assert list(ReadySchema.objects.values_list("schema_name", flat=True)) == ready[1:]

    ReadySchema.objects.update(fingerprint="of-an-older-release")
    assert operations.claim(template.current()) == ""
    assert operations.refill_pool(size=1, now=now) == 1
    assert ready[1] not in schemas()

    settings.MALL_POOL_SIZE, before = 1, ReadySchema.objects.get().schema_name
    with run_tasks():
        assert operations.open_mall(replace(LANTERN, slug="next", key="next"), by=SYSTEM, now=now).schema_name == before
    assert ReadySchema.objects.get().schema_name != before, "an opening has the next schema built, where nobody waits"


def test_suspending_and_resuming_twice_changes_nothing_more(riverside: Tenant, now: datetime) -> None:
    for _time in range(2):
        assert (
            operations.suspend(tenant_id=riverside.pk, reason="unpaid", by=SYSTEM, now=now).status
            == Tenant.Status.SUSPENDED
        )
    for _time in range(2):
        assert operations.resume(tenant_id=riverside.pk, by=SYSTEM, now=now).status == Tenant.Status.OPEN


def test_what_a_dead_request_left_is_cleared_with_its_files_but_never_a_mall_that_opened(
    now: datetime, tmp_path: Path, settings: Any
) -> None:
    """The request that was held for dead opens its mall between the look and the clearing."""
    settings.MEDIA_ROOT = str(tmp_path)
    tenant = operations.open_mall(LANTERN, by=SYSTEM, now=now)
    assert (tmp_path / tenant.schema_name).is_dir()
    with connection.cursor() as cursor:  # as after the commit that there is outside of tests
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    operations._take_back(tenant)

    assert Tenant.objects.filter(slug="lantern", status="open").exists()
    Tenant.objects.filter(pk=tenant.pk).update(status=Tenant.Status.OPENING)
    operations._take_back(tenant)
    assert not Tenant.objects.filter(slug="lantern").exists()
    assert tenant.schema_name not in schemas()
    assert not (tmp_path / tenant.schema_name).exists()


def test_files_that_outlived_the_rows_of_a_mall_that_never_opened_are_swept(
    now: datetime, tmp_path: Path, settings: Any
) -> None:
    """I14: cut off between rows and files (here by a storage that refuses). A process that lives keeps its work; others' files stay."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    other = operations.open_mall(replace(LANTERN, slug="other", key=None), by=SYSTEM, now=now)
    tenant = operations.open_mall(LANTERN, by=SYSTEM, now=now)
    folder, aside = tmp_path / "media" / tenant.schema_name, tmp_path / "aside"
    folder.rename(aside)
    folder.symlink_to(aside)  # a link is not removed as a folder is
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    Tenant.objects.filter(pk=tenant.pk).update(status=Tenant.Status.OPENING)
    with pytest.raises(OSError, match="symbolic link"):
        operations._take_back(tenant)
    assert tenant.schema_name not in schemas()
    assert operations.remove_left_files() == []
    folder.unlink()
    aside.rename(folder)
    alive = presence.Presence(f"opening:{tenant.schema_name}")
    assert alive.take()
    assert operations.remove_left_files() == []
    assert folder.is_dir()
    alive.let_go()

    assert operations.remove_left_files() == [tenant.schema_name]

    assert not folder.exists()
    assert (tmp_path / "media" / other.schema_name).is_dir()
    assert operations.remove_left_files() == []
