"""Export, erase, restore, export again: nothing missing, nothing doubled, no neighbour touched (I12, A8)."""

import json
import re
import shutil
import zipfile
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from billing.gateway import refunds as gateway
from billing.gateway.models import PaymentReference
from billing.gateway.operations import PaymentRefused
from billing.gateway.refunds import RefundRequest
from billing.ledger import queries as ledger
from billing.settlements import recovering
from saas.accounts.models import User
from saas.kernel import clock
from saas.kernel.database import connection as schema_connection
from storefront.home import leaving
from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.refunds import operations as refunds
from storefront.refunds.refusals import NotDecidable
from storefront.stores.models import Store
from storefront.vouchers import codes
from storefront.vouchers import operations as vouchers
from storefront.vouchers.models import Redemption, Voucher
from storefront.vouchers.refusals import Void
from tenants.archives import layout, operations, restoring, rows
from tenants.archives.models import MallExport, MallRestore
from tenants.erasure import operations as erasure
from tenants.erasure.models import Erasure, Override
from tenants.isolation import current
from tenants.isolation.entrance import inside, on_platform
from tenants.isolation.storage import media
from tenants.registry.models import Tenant
from tenants.relay import operations as relay
from tenants.relay.models import AppliedEvent
from tenants.rollout import template
from tenants.rollout.models import Recording

from .conftest import ADA, BEA


def saved(export: MallExport, to: Path) -> Path:
    """Take an archive off the storage, as a merchant does who leaves."""
    assert export.state == MallExport.State.DONE, export.problem
    with inside(export.tenant), media.reader(export.key) as source, to.open("wb") as target:
        shutil.copyfileobj(source, target)
    operations.note_taken(export=export, by=ADA, now=clock.now())
    return to


def manifest(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as opened:
        return json.loads(opened.read(layout.MANIFEST))


def restore(path: Path, slug: str, override: str = "") -> MallRestore:
    copy = Path(shutil.copyfile(path, path.with_suffix(".copy")))
    work = operations.start_restore(
        source=copy, slug=slug, override_reason=override, file_name=path.name, by=ADA, now=clock.now()
    )
    restoring.run(restore=work.public_id)
    return MallRestore.objects.select_related("tenant").get(pk=work.pk)


def contents(tenant: Tenant) -> dict[str, object]:
    """Return a hash over every row, file and cached value of a mall."""
    found: dict[str, object] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [tenant.schema_name])
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{tenant.schema_name}"."{table}" t'  # noqa: S608  names out of the catalogue
            )
            found[table] = cursor.fetchone()
    with inside(tenant):
        from django.core.cache import cache

        found["files"] = sorted(media.listing())
        found["cached"] = cache.get("canary")
    return found


def test_a_mall_that_was_exported_erased_and_restored_exports_the_same(
    storage: str, busy: Any, export: Any, tmp_path: Path
) -> None:
    made, neighbour = busy(), Tenant.objects.get(slug="hillside")
    for tenant in (made.tenant, neighbour):
        with inside(tenant):
            from django.core.cache import cache

            cache.set("canary", tenant.slug)
    before = contents(neighbour)
    with inside(made.tenant):
        owner_hash = User.objects.get(email="alma@riverside.example").password
    relay.relay(schema=made.tenant.schema_name, now=clock.now())
    balances = ledger.mall_balances(made.tenant.schema_name, currency="usd")
    first = saved(export(made.tenant), tmp_path / "first.zip")

    asked = erasure.ask(
        tenant=made.tenant, typed="riverside", reason="She asked", by=ADA, now=clock.now(), at_once=True
    )
    erasure.say_it_moves(tenant=made.tenant, by=BEA, now=clock.now())
    from tenants.erasure import erasing

    assert erasing.run(erasure=asked.public_id)
    assert contents(neighbour) == before
    assert restore(first, "riverside", "").problem.startswith("This mall was erased")
    back = restore(first, "riverside", "Alma changed her mind")

    assert (back.state, back.mode, back.problem) == ("done", "moved", "")
    tenant = back.tenant
    assert tenant is not None
    assert tenant.schema_name != made.tenant.schema_name
    second = manifest(saved(export(tenant), tmp_path / "second.zip"))
    one = manifest(first)
    # The site has the new mall's name and port; the trails of mall and outbox tell of the move itself.
    own = {"wagtailcore_site", "audit_auditentry"}
    members = {f"rows/{table}.copy" for table in one["tables"] if table not in own}
    assert {name: one["members"][name] for name in members} == {name: second["members"][name] for name in members}
    files = {name for name in one["members"] if name.startswith("files/")}
    assert files == {f"files/{name}" for name in made.files}
    assert {name: one["members"][name] for name in files} == {name: second["members"][name] for name in files}
    assert one["members"][layout.BEFORE] == second["members"][layout.BEFORE]
    assert one["members"][layout.AFTER] == second["members"][layout.AFTER]
    assert sum(table["rows"] for table in one["tables"].values()) > 800
    with inside(tenant):
        found = Voucher.objects.get(code_hash__in=codes.hashes(made.code))
        assert (found.public_id, codes.bare_code_for(found)) == (made.voucher, made.code)
        assert User.objects.get(email="alma@riverside.example").password == owner_hash
    assert ledger.mall_balances(tenant.schema_name, currency="usd") == balances
    assert contents(neighbour) == before
    assert Override.objects.get().reason == "Alma changed her mind"


def test_erasing_leaves_nothing_of_the_mall_but_the_books_and_the_register(
    on_disk: Path, busy: Any, export: Any, tmp_path: Path
) -> None:
    made = busy()
    export(made.tenant)
    schema = made.tenant.schema_name
    with inside(made.tenant):
        from django.core.cache import cache

        cache.set("canary", "left")
    asked = erasure.ask(tenant=made.tenant, typed="riverside", reason="Left", by=ADA, now=clock.now(), at_once=True)
    from tenants.erasure import erasing

    assert not erasing.run(erasure=asked.public_id)  # X2, M20: what shoppers have paid for is there still
    waits = Erasure.objects.get()
    assert (waits.state, Tenant.objects.get(schema_name=schema).status) == ("waiting", "suspended")
    assert waits.problem.startswith("Paid vouchers unused: 3; refunds not back: 0; together ")
    with pytest.raises(erasure.NoArchive, match="download it first"):  # it lies where the erasure removes it
        erasure.say_it_moves(tenant=made.tenant, by=BEA, now=clock.now())
    call_command("mall", "export", "riverside", to=str(tmp_path / "home.zip"), stdout=StringIO())
    erasure.say_it_moves(tenant=made.tenant, by=BEA, now=clock.now())
    now = clock.now()
    facts = {"schema_name": schema, "subject": "person:one", "happened_at": now, "applied_at": now}
    AppliedEvent.objects.create(event_id="ended", kind="person.ended", **facts)  # changes no sale
    assert operations.remove_expired(now=now + timedelta(days=90)) == 0  # a move that waits keeps its archives
    assert erasing.run(erasure=asked.public_id)

    assert not (on_disk / schema).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", [schema])
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM ledger_transfer WHERE tenant_schema = %s", [schema])
        assert cursor.fetchone()[0] > 0
    gone = Tenant.objects.get(schema_name=schema)
    assert (gone.status, gone.name, gone.owner_email) == ("closed", "Erased mall", "erased@erased.invalid")
    kept = Erasure.objects.get()
    assert (kept.state, kept.by_name, kept.by_id) == ("done", "", "a" * 26)
    assert kept.counts["rows"]["vouchers_voucher"] == 3
    assert kept.counts["files"] == len(made.files) + 2  # and its archives
    import redis
    from django.conf import settings

    assert not list(redis.Redis.from_url(settings.REDIS_URL).scan_iter(match=f"*{schema}*"))


def test_a_copy_of_a_living_mall_sells_nothing_twice(on_disk: Path, busy: Any, export: Any, tmp_path: Path) -> None:
    """
    A voucher is redeemable in the mall that sold it and not in the copy; what waits to be told is told once; who ended their account
    after the export is not brought back (I12).
    """
    made = busy()
    used, wish = use_one_and_ask(made.tenant)
    with inside(made.tenant):
        leaves, stays = (User.objects.create_user(f"{name}@example.com", name=name) for name in ("ola", "ida"))
    archive = saved(export(made.tenant), tmp_path / "one.zip")
    with inside(made.tenant):
        leaving.end(user=leaves, now=clock.now())
    done = restore(archive, "second")

    assert (done.state, done.mode) == ("done", "copy")
    assert done.tenant is not None
    with inside(done.tenant):
        assert_nothing_goes_back(used, wish)
        ended = User.objects.get(public_id=leaves.public_id)
        assert (ended.email, ended.name, ended.is_active) == (None, "", False)
        assert User.objects.get(public_id=stays.public_id).email == "ida@example.com"
        assert not Voucher.objects.filter(code_hash__in=codes.hashes(made.code)).exists()
        copied = Voucher.objects.get(public_id=made.voucher)
        assert copied.state == Voucher.State.VOID
        assert codes.bare_code_for(copied) != made.code
        assert set(Order.objects.values_list("state", flat=True)) == {"paid", "expired"}
    assert relay.waiting(done.tenant.schema_name) == []
    with inside(made.tenant):
        assert Voucher.objects.get(code_hash__in=codes.hashes(made.code)).state == Voucher.State.ISSUED
        refunds.decide(refund_public_id=wish, accept=False, answer="It was hot", by=ADA, now=clock.now())


def use_one_and_ask(tenant: Tenant) -> tuple[Redemption, str]:
    """Use a voucher, let the buyer ask for its money, and let the platform know; return the use and the wish."""
    now = clock.now()
    with inside(tenant):
        voucher = Voucher.objects.exclude(state="void").order_by("-pk")[0]
        used = vouchers.redeem(
            voucher_public_id=voucher.public_id,
            store_id=Store.objects.serving()[0].pk,
            request_key="once",
            by=ADA,
            staff=User.objects.get(email="bo@riverside.example"),
            now=now,
        )
        wish = refunds.ask(voucher_public_id=voucher.public_id, reason="cold", by=ADA, now=now)
        payment = Payment.objects.get(state=Payment.State.PAID)
    PaymentReference.objects.create(
        reference=payment.reference,
        tenant_schema=tenant.schema_name,
        order_public_id=payment.order_public_id,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        payment_intent_id=payment.payment_intent_id,
        created_at=now,
    )
    relay.relay(schema=tenant.schema_name, now=now)
    return used, wish.public_id


def assert_nothing_goes_back(used: Redemption, wish: str) -> None:
    """A copy gives back no use, decides no wish, and asks Stripe for nothing of another mall's payment (M6)."""
    now, payment = clock.now(), Payment.objects.get(state=Payment.State.PAID)
    with pytest.raises(Void):
        vouchers.undo(redemption_public_id=used.public_id, reason="wrong guest", by=ADA, now=now)
    with pytest.raises(NotDecidable):
        refunds.decide(refund_public_id=wish, accept=True, answer="", by=ADA, now=now)
    schema = current.mall().schema_name
    with on_platform():
        assert recovering.begin(redemption=used.public_id, schema=schema, now=now) is None
    of_another = RefundRequest("copied", schema, payment.payment_intent_id, 100, "no")
    with pytest.raises(PaymentRefused) as refused:
        gateway.refund(of_another, now=now)
    assert "another mall" in refused.value.data["stripe_message"]


@pytest.mark.slow
def test_an_archive_that_is_older_than_the_last_sale_becomes_a_copy(
    on_disk: Path, busy: Any, export: Any, sell: Any, tmp_path: Path
) -> None:
    made = busy()
    relay.relay(schema=made.tenant.schema_name, now=clock.now())
    old = saved(export(made.tenant), tmp_path / "old.zip")
    sell(made.tenant)
    relay.relay(schema=made.tenant.schema_name, now=clock.now())
    asked = erasure.ask(tenant=made.tenant, typed="riverside", reason="Left", by=ADA, now=clock.now(), at_once=True)
    with pytest.raises(erasure.NoArchive):  # the only one does not know the last sale
        erasure.say_it_moves(tenant=made.tenant, by=BEA, now=clock.now())
    saved(export(made.tenant), tmp_path / "new.zip")
    erasure.say_it_moves(tenant=made.tenant, by=BEA, now=clock.now())
    from tenants.erasure import erasing

    assert erasing.run(erasure=asked.public_id)

    assert restore(old, "riverside", "She asked").mode == "copy"


@pytest.mark.slow
def test_sequences_go_on_where_they_stood(on_disk: Path, busy: Any, export: Any, sell: Any, tmp_path: Path) -> None:
    made = busy()
    done = restore(saved(export(made.tenant), tmp_path / "one.zip"), "second")

    assert done.tenant is not None
    sell(done.tenant)  # new rows in a dozen tables; a sequence set back would collide
    with inside(done.tenant):
        assert Voucher.objects.count() == 6
    assert schema_connection.schema_name == "public"


@pytest.mark.parametrize("table", sorted(layout.LEFT_OUT))
def test_what_lets_people_in_is_not_in_the_archive(table: str) -> None:
    """Sessions, tickets, tokens: each name is that of a real table, so that a rename is noticed."""
    from django.apps import apps

    assert table in {model._meta.db_table for model in apps.get_models(include_auto_created=True)}


def test_the_structure_that_was_recorded_with_the_release_is_the_one_that_pg_dump_writes_of_a_mall(
    committed: None,
) -> None:
    schema = Tenant.objects.get(slug="riverside").schema_name
    with rows.snapshot(schema) as (raw, seen_as):
        recorded = [_facts(text) for text in rows.structure(raw, schema, seen_as=seen_as)]
    dumped = [_facts(text.replace(schema, layout.NEUTRAL)) for text in template.sections(schema)]
    assert len(recorded[0]) > 200
    assert len(recorded[1]) > 200
    assert recorded == dumped


def test_a_mall_that_was_changed_by_hand_is_archived_as_it_is(committed: None) -> None:
    schema = Tenant.objects.get(slug="riverside").schema_name
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{schema}".stores_store ADD COLUMN by_hand text')
    with rows.snapshot(schema) as (raw, seen_as):
        before, _after = rows.structure(raw, schema, seen_as=seen_as)
    assert "by_hand text" in before
    assert "by_hand" not in Recording.objects.get().before


def _facts(text: str) -> list[str]:
    """
    Return a script's lines in an order of their own, because schemas' names differ; without brackets and casts between texts, which
    PostgreSQL writes otherwise after a dump than before.
    """
    return sorted(re.sub(r"::(character varying|text)(\[\])?|[()]", "", line) for line in text.splitlines() if line)
