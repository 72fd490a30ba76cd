"""What happens while a mall is exported, closed or erased is neither lost nor doubled, and nothing of it stays behind (I12, M8)."""

import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from saas.kernel import clock
from saas.kernel.outbox.models import OutboxEvent
from tenants.archives import exporting, reading
from tenants.archives.judging import judge
from tenants.archives.models import MallExport
from tenants.domains.models import Quarantine
from tenants.erasure import erasing
from tenants.erasure import operations as erasure
from tenants.erasure.models import Erasure
from tenants.isolation.entrance import inside
from tenants.longwork import lease as leases
from tenants.registry.models import Tenant
from tenants.relay import operations as relay
from tenants.relay.models import AppliedEvent

from .conftest import ADA
from .test_round_trip import restore, saved


@pytest.fixture
def riverside(committed: None, on_disk: Path, work_folder: Path) -> Tenant:
    """A mall that may be erased."""
    return Tenant.objects.get(slug="riverside")


def asked_for(tenant: Tenant) -> Erasure:
    return erasure.ask(
        tenant=tenant, typed=tenant.slug, reason="She asked for it", by=ADA, now=clock.now(), at_once=True
    )


def stands(schema: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema])
        return cursor.fetchone() is not None


def test_a_mall_that_is_closed_cannot_be_kept_any_more(riverside: Tenant, on_disk: Path, tmp_path: Path) -> None:
    """Its files could not be removed, so the erasure waits for its next try; half a mall must not come back."""
    (tmp_path / "elsewhere").mkdir()
    on_disk.mkdir(exist_ok=True)
    (on_disk / riverside.schema_name).symlink_to(tmp_path / "elsewhere")  # which is refused with an OSError
    asked = asked_for(riverside)
    assert not erasing.run(erasure=asked.public_id)
    asked.refresh_from_db()
    riverside.refresh_from_db()
    assert (asked.state, riverside.status) == ("waiting", "closed")

    with pytest.raises(erasure.TooLate):
        erasure.cancel(tenant=riverside, by=ADA, now=clock.now())

    (on_disk / riverside.schema_name).unlink()
    assert erasing.run(erasure=asked.public_id)


def test_an_erasure_waits_for_facts_that_were_parked(riverside: Tenant) -> None:
    now = clock.now()
    with inside(riverside):
        OutboxEvent.objects.create(kind="test.told", subject="1", payload={}, happened_at=now, parked_at=now)
    asked = asked_for(riverside)

    assert not erasing.run(erasure=asked.public_id)

    asked.refresh_from_db()
    assert (asked.state, stands(riverside.schema_name)) == ("waiting", True)
    assert asked.problem.startswith("Facts of this mall")


def test_a_fact_that_is_told_while_the_mall_closes_reaches_the_books(riverside: Tenant) -> None:
    """A redemption that began before the mall closed commits when its files are gone already."""
    database, ended = connection.settings_dict, list[bool]()
    asked = asked_for(riverside)

    def erase() -> None:
        try:
            ended.append(erasing.run(erasure=asked.public_id))
        finally:
            connection.close()

    with psycopg.connect(
        host=database["HOST"], port=database["PORT"], dbname=database["NAME"], user=database["USER"], password=database["PASSWORD"]
    ) as clerk:  # fmt: skip
        clerk.execute(
            f'INSERT INTO "{riverside.schema_name}".{OutboxEvent._meta.db_table} '  # noqa: S608
            "(event_id, kind, subject, payload, happened_at, tries, error) VALUES ('last', 'test.told', '1', '{}', now(), 0, '')"
        )
        thread = threading.Thread(target=erase)
        thread.start()
        until = time.monotonic() + 60
        with connection.cursor() as cursor:
            waits = False
            while not waits and time.monotonic() < until:
                cursor.execute(
                    "SELECT 1 FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))", [clerk.info.backend_pid]
                )
                waits = cursor.fetchone() is not None
                time.sleep(0.02)
        clerk.commit()
        thread.join()

    assert waits
    if not ended[0]:
        assert erasing.run(erasure=asked.public_id)
    assert not stands(riverside.schema_name)
    assert AppliedEvent.objects.filter(event_id="last").exists()


def test_an_export_that_is_at_work_when_its_mall_is_erased_leaves_no_archive(riverside: Tenant) -> None:
    work = MallExport.objects.create(
        tenant=riverside, asked_at=clock.now(), by_kind="agency", by_name="Ada", state=MallExport.State.WAITING
    )
    lease = leases.claim(MallExport, work.public_id)
    assert lease is not None

    assert erasing.run(erasure=asked_for(riverside).public_id)

    with pytest.raises(leases.Lost):
        exporting._finish(lease, key="x", size_bytes=1, sha256="", taken_at=clock.now())
    work.refresh_from_db()
    assert work.state == MallExport.State.CANCELLED


@pytest.mark.slow
def test_what_was_under_way_at_the_export_makes_a_copy_and_no_move(
    busy: Any, on_disk: Path, export: Any, tmp_path: Path
) -> None:
    """
    A clerk's request that began before the rows were read and committed after them has an earlier instant than the archive.
    Were it taken for the mall's last word, a voucher could be used twice (V5).
    """
    made = busy()
    relay.relay(schema=made.tenant.schema_name, now=clock.now())
    with inside(made.tenant):  # applied shortly before, and in the archive: no reason for a copy
        OutboxEvent.objects.create(kind="test.told", subject="0", payload={}, happened_at=clock.now())
    relay.relay(schema=made.tenant.schema_name, now=clock.now())
    path = saved(export(made.tenant), tmp_path / "one.zip")
    Tenant.objects.filter(pk=made.tenant.pk).update(status=Tenant.Status.CLOSED)
    archive = reading.open_archive(path)
    with archive.zip:
        assert judge(archive, override_reason="").mode == "moved"

        before = archive.taken_at - timedelta(milliseconds=5)
        with inside(made.tenant):
            OutboxEvent.objects.create(kind="test.told", subject="1", payload={}, happened_at=before)
        relay.relay(schema=made.tenant.schema_name, now=clock.now())

        assert judge(archive, override_reason="").mode == "copy"


@pytest.mark.slow
def test_a_mall_is_not_restored_to_an_address_that_another_mall_left_lately(
    busy: Any, on_disk: Path, export: Any, tmp_path: Path
) -> None:
    """T14: old links and mails of the mall that left lead nobody into another's."""
    made, now = busy(), clock.now()
    path = saved(export(made.tenant), tmp_path / "one.zip")
    other = Tenant.objects.get(slug="hillside")
    Quarantine.objects.create(domain="left.localhost", tenant=other, since_at=now, until_at=now + timedelta(days=1))

    done = restore(path, "left")

    assert (done.state, done.tenant) == ("failed", None)
    assert done.problem.startswith("That address is taken")
