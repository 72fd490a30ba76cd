"""What time changes between two steps of an export, a restore or an erasure is noticed; nothing is left without an owner (I5, I12, I14)."""

import stat
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.db import connection

from ops_console.mandates.models import Visit
from saas.accounts.models import User
from saas.audit.models import AuditEntry
from saas.kernel import clock
from saas.kernel.actors import SYSTEM, Actor
from tenants.archives import exporting, operations, reading, restoring, schemas
from tenants.archives.judging import judge, judge_again
from tenants.archives.layout import ArchiveRefused
from tenants.archives.models import MallExport, MallRestore
from tenants.domains import operations as domains
from tenants.erasure import erasing
from tenants.erasure import operations as erasure
from tenants.erasure.models import Erasure
from tenants.isolation.entrance import inside, on_platform
from tenants.isolation.storage import media
from tenants.longwork import lease as leases
from tenants.registry.models import Tenant
from tenants.rollout import template

from .conftest import ADA
from .test_round_trip import manifest, restore, saved


@pytest.fixture
def riverside(committed: None, on_disk: Path, work_folder: Path) -> Tenant:
    """A mall in a database where commits are real."""
    return Tenant.objects.get(slug="riverside")


def somebody() -> psycopg.Connection[Any]:
    """Return a connection as another process has it."""
    at = connection.settings_dict
    return psycopg.connect(
        host=at["HOST"], port=at["PORT"], dbname=at["NAME"], user=at["USER"], password=at["PASSWORD"]
    )


def test_structure_and_rows_of_an_archive_are_of_one_state(
    riverside: Tenant, export: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A release that adds a column when the structure was read and the rows were not: between the two it gets no lock.

    The mall has a column by hand, so that its structure is read and not taken from the recording.
    """
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{riverside.schema_name}".stores_store ADD COLUMN by_hand integer')
    at, tried = connection.settings_dict, tmp_path / "tried"
    dump = tmp_path / "pg_dump"
    dump.write_text(
        f"""#!/bin/sh
{template._pg_dump()} "$@" || exit 1
PGOPTIONS="-c lock_timeout=300ms" PGPASSWORD='{at["PASSWORD"]}' {Path(template._pg_dump()).with_name("psql")} -qAt -h {at["HOST"]} \
 -p {at["PORT"]} -U {at["USER"]} -d {at["NAME"]} \
 -c 'ALTER TABLE "{riverside.schema_name}".deals_deal ADD COLUMN IF NOT EXISTS of_a_release integer' 2>>{tried} >>{tried}
echo tried >>{tried}
"""
    )
    dump.chmod(dump.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(template, "_pg_dump", lambda: str(dump))

    found = export(riverside)

    assert found.state == "done", found.problem
    path = saved(found, tmp_path / "one.zip")
    archive = reading.open_archive(path)
    with archive.zip:
        is_in_structure = "of_a_release" in archive.text(exporting.layout.BEFORE)
    assert ("of_a_release" in manifest(path)["tables"]["deals_deal"]["columns"]) == is_in_structure
    assert tried.read_text().count("tried") == 2
    assert "lock timeout" in tried.read_text()


def test_a_mall_from_an_older_archive_gets_the_roles_of_this_release(riverside: Tenant) -> None:
    with inside(riverside):
        owner = Group.objects.get(name="Owner")
        wanted = owner.permissions.count()
        owner.permissions.clear()
        Group.objects.get(name="Editor").delete()

    schemas.roll_forward(riverside)

    with inside(riverside):
        assert Group.objects.get(name="Owner").permissions.count() == wanted > 20
        assert Group.objects.filter(name="Editor").exists()


@pytest.mark.slow
def test_what_happens_while_a_mall_is_made_anew_is_judged_again_before_it_opens(
    busy: Any, on_disk: Path, export: Any, tmp_path: Path, sell: Any
) -> None:
    """V5: a voucher of an archive is used in its own mall after the verdict; were the new mall opened, it could be used twice."""
    made = busy()
    path = saved(export(made.tenant), tmp_path / "one.zip")
    Tenant.objects.filter(pk=made.tenant.pk).update(status=Tenant.Status.CLOSED)
    archive = reading.open_archive(path)
    with archive.zip:
        from tenants.relay import operations as relay

        relay.relay(schema=made.tenant.schema_name, now=clock.now())
        first = judge(archive, override_reason="")
        new = Tenant.objects.create(
            schema_name="m_0000000000000new", slug="new", name="New", trade="salon", owner_email="a@b.example",
            code_realm=first.realm, created_at=clock.now(),
        )  # fmt: skip
        judge_again(archive, first, override_reason="", new=new)  # the control: nothing has changed

        sell(made.tenant)
        relay.relay(schema=made.tenant.schema_name, now=clock.now())
        with pytest.raises(ArchiveRefused, match="has changed"):
            judge_again(archive, first, override_reason="", new=new)
        Tenant.objects.filter(pk=made.tenant.pk).update(status=Tenant.Status.OPEN)
        with pytest.raises(ArchiveRefused, match="still there"):
            judge_again(archive, first, override_reason="", new=new)


def test_an_archive_of_a_mall_whose_erasure_waits_for_its_books_is_not_restored(
    riverside: Tenant, export: Any, tmp_path: Path
) -> None:
    """Closed, and with facts that the ledger has not got: what the archive says of its vouchers may be untrue (V5, M8)."""
    path = saved(export(riverside), tmp_path / "one.zip")
    asked = erasure.ask(tenant=riverside, typed="riverside", reason="Gone", by=ADA, now=clock.now(), at_once=True)
    Tenant.objects.filter(pk=riverside.pk).update(status=Tenant.Status.CLOSED)
    assert Erasure.objects.get(pk=asked.pk).state == "waiting"
    archive = reading.open_archive(path)
    with archive.zip, pytest.raises(ArchiveRefused, match="is being erased"):
        judge(archive, override_reason="She asked")


def test_a_mall_that_sells_again_when_its_grace_is_over_is_not_erased(riverside: Tenant) -> None:
    asked = erasure.ask(tenant=riverside, typed="riverside", reason="Gone", by=ADA, now=clock.now(), at_once=True)
    Tenant.objects.filter(pk=riverside.pk).update(status=Tenant.Status.OPEN, suspended_reason="")

    assert not erasing.run(erasure=asked.public_id)

    asked.refresh_from_db()
    riverside.refresh_from_db()
    assert (asked.state, riverside.status) == ("failed", "open")
    assert "sells again" in asked.problem
    with inside(riverside):
        assert Group.objects.count() == 4


def test_who_removed_an_archive_stands_in_both_trails(riverside: Tenant, export: Any) -> None:
    found = export(riverside)

    operations.remove_archive(export=found, by=ADA, now=clock.now())
    operations.remove_archive(export=found, by=ADA, now=clock.now())  # repeated nothing changes

    entry = AuditEntry.objects.get(action="mall.archive_removed")
    assert (entry.subject_id, entry.actor_name) == (riverside.public_id, ADA.name)
    with inside(riverside):
        assert AuditEntry.objects.filter(action="mall.archive_removed").count() == 1

    late = export(riverside)
    MallExport.objects.filter(pk=late.pk).update(expires_at=clock.now() - timedelta(days=1))
    assert operations.remove_expired(now=clock.now()) == 1
    assert AuditEntry.objects.filter(action="mall.archive_removed").latest("pk").actor_name == SYSTEM.name


def test_an_archive_that_a_killed_export_had_stored_and_not_noted_is_removed_by_the_next_try(
    riverside: Tenant, export: Any, tmp_path: Path
) -> None:
    """I14."""
    work = MallExport.objects.create(
        tenant=riverside, asked_at=clock.now() - timedelta(hours=1), by_kind="agency", by_name="Ada"
    )
    stored = tmp_path / "stored.zip"
    stored.write_bytes(b"whole, and nobody knows of it")
    half = f"{riverside.schema_name}/{exporting.FOLDER}/riverside-20261101-000000-{work.public_id}.zip"
    other = half.replace(work.public_id, "z" * 26)
    with inside(riverside):
        media.put(half, stored)
        stored.write_bytes(b"another work's")
        media.put(other, stored)

    assert exporting.run(export=work.public_id)

    work.refresh_from_db()
    with inside(riverside):
        kept = {key for key, _size in media.listing() if f"/{exporting.FOLDER}/" in key}
    assert kept == {work.key, other}


def test_an_upload_whose_process_dies_has_a_row_that_ends_and_takes_it_along(riverside: Tenant, tmp_path: Path) -> None:
    """K. The kill is after the upload and before anything was sent; then one before the upload."""
    for has_arrived in (True, False):
        work = MallRestore(
            key_schema="public", key=f"public/restores/{'a' * 25}{int(has_arrived)}.zip", slug="late", file_name="x.zip",
            asked_at=clock.now() - timedelta(hours=1), by_kind="agency", by_name="Ada",
        )  # fmt: skip
        operations._note_restore(work, by=ADA, now=clock.now())
        if has_arrived:
            source = tmp_path / "upload.zip"
            source.write_bytes(b"no archive")
            with on_platform():
                media.put(work.key, source)
        assert leases.due(MallRestore) == [work.public_id]

        assert not restoring.run(restore=work.public_id)

        work.refresh_from_db()
        assert work.state == "failed"
        assert ("broke off" in work.problem) is not has_arrived
        operations.remove_expired(now=clock.now())
        with on_platform():
            assert not media.exists(f"public/restores/{'a' * 25}{int(has_arrived)}.zip")


def test_nobody_begins_a_restore_whose_upload_goes_on(riverside: Tenant) -> None:
    work = MallRestore(
        key_schema="public", key="public/restores/x.zip", slug="late", file_name="x.zip",
        asked_at=clock.now() - timedelta(hours=1), by_kind="agency", by_name="Ada",
    )  # fmt: skip
    uploading = leases.presence_of(MallRestore, work.public_id)
    uploading.take()
    operations._note_restore(work, by=ADA, now=clock.now())

    assert not restoring.run(restore=work.public_id)
    work.refresh_from_db()
    assert (work.state, work.attempt) == ("waiting", 0)

    uploading.let_go()
    assert wait_for(lambda: leases.claim(MallRestore, work.public_id)).work.attempt == 1


def test_an_upload_that_the_storage_refuses_ends_its_restore_with_the_reason(riverside: Tenant, tmp_path: Path) -> None:
    """I5."""
    made = operations.start_restore(
        source=tmp_path / "gone.zip", slug="late", override_reason="", file_name="x.zip", by=ADA, now=clock.now()
    )

    made.refresh_from_db()
    assert (made.state, made.attempt) == ("failed", 0)
    assert "Free some space or repair the storage" in made.problem


def test_of_two_who_ask_for_the_last_export_of_the_day_one_is_refused(riverside: Tenant) -> None:
    """Both ask at once, eight times over; each that is let through is done at once, as by a quick worker."""
    today = clock.now()
    for _number in range(operations.MAXIMUM_A_DAY - 1):
        MallExport.objects.create(
            tenant=riverside, asked_at=today, by_kind="agency", by_name="Ada", state=MallExport.State.DONE
        )
    let_through, refused, barrier = [], [], threading.Barrier(8)

    def ask() -> None:
        try:
            barrier.wait()
            made = operations.start_export(tenant=riverside, by=ADA, now=today)
            let_through.append(made)
        except (operations.TooManyExports, operations.ExportUnderWay) as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(let_through), len(refused)) == (1, 7)
    done = MallExport.objects.filter(tenant=riverside, state=MallExport.State.DONE).count()
    assert done <= operations.MAXIMUM_A_DAY


# Where a name may stand after the erasure: the trail cannot be changed, and an address rests before another mall may have it.
KEPT = {"audit_auditentry", "domains_quarantine"}


def tables_that_name(*words: str) -> set[str]:
    """Return the platform's tables of which any row has one of the words in it."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT EXISTS (SELECT FROM public."{table}" t WHERE t::text ~* %s)', ["|".join(words)])  # noqa: S608
            if cursor.fetchone()[0]:
                found.add(table)
    return found


def test_after_an_erasure_no_table_of_the_platform_names_the_mall_or_its_people(
    riverside: Tenant, export: Any, tmp_path: Path
) -> None:
    """A8. Every table is looked through; before the erasure ten of them name somebody."""
    now, alma = clock.now(), Actor(kind="merchant", name="Alma Canary", public_id="b" * 26)
    path = saved(export(riverside), tmp_path / "one.zip")
    MallExport.objects.filter(tenant=riverside).update(by_name=alma.name)
    operations.remove_archive(export=MallExport.objects.get(tenant=riverside), by=alma, now=now)
    assert restore(path, "canary-copy").state == "done"
    MallRestore.objects.update(by_name=alma.name)
    claim = domains.claim(tenant=riverside, typed="canary.example.com", by=alma, now=now)
    domains.release(claim_id=claim.public_id, by=alma, now=now)
    erasure.ask(tenant=riverside, typed="riverside", reason="Alma Canary moves", by=alma, now=now)
    erasure.cancel(tenant=riverside, by=alma, now=now)
    ada = User.objects.create_user("ada@agency.example", kind=User.Kind.AGENCY, name="Ada")
    Visit.objects.create(
        person=ada, tenant=riverside, reason="Alma Canary called", started_at=now, ends_at=now + timedelta(hours=1), ended_at=now,
        ended_by=alma.name,
    )  # fmt: skip
    words = ("riverside", "noodles", "alma@", "canary.example", "alma canary")
    before = tables_that_name(*words)
    assert before - KEPT >= {
        "registry_tenant", "registry_domain", "archives_mallexport", "archives_mallrestore", "domains_domainclaim", "erasure_erasure",
        "mandates_visit",
    }  # fmt: skip
    Tenant.objects.filter(slug="canary-copy").update(name="Another", owner_email="x@example.com")  # a mall of its own

    asked = erasure.ask(tenant=riverside, typed="riverside", reason="Alma Canary left", by=alma, now=now, at_once=True)
    assert erasing.run(erasure=asked.public_id)

    assert tables_that_name(*words) - KEPT == set()
    assert (
        Erasure.objects.get(pk=asked.pk).by_id == alma.public_id
    )  # the register knows who, by an id that names nobody
    domains.check_again(now=now + timedelta(days=31))
    assert tables_that_name(*words) == {"audit_auditentry"}


def wait_for(found: Callable[[], Any]) -> Any:
    """Ask until there is an answer."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if answer := found():
            return answer
        time.sleep(0.02)
    raise AssertionError("it did not come")
