"""Each guard holds on a sound installation, and says so when the thing is broken. What a test breaks is rolled back with it."""

import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from wagtail.models import Site

from cms.media.models import MallImage
from ops_console.health import guards
from ops_console.health.findings import Ground, Reading, State
from ops_console.health.guards import database, machine
from ops_console.health.models import MallHealth, Pulse
from saas.kernel import keyspace
from saas.kernel.rates import forget, spend
from tenants.isolation import probes
from tenants.isolation.entrance import building, inside, on_platform
from tenants.isolation.roles import role_of
from tenants.registry.models import Domain, Tenant
from tenants.rollout.models import MallVersion

pytestmark = pytest.mark.django_db
BY_NAME = {guard.name: guard for guard in guards.ALL}


def look(name: str, **ground: Any) -> Reading:
    with on_platform():
        return BY_NAME[name].look(Ground(**{"now": datetime.now(UTC), **ground}))


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def redis() -> Iterator[Any]:
    """Valkey's own client, for keys that no code of ours would write, with nothing that other tests left; removed at the end."""
    client = keyspace._client()
    client.flushdb()
    yield client
    client.flushdb()


def test_a_sound_installation_holds(riverside: Any, hillside: Any) -> None:
    for name in ("migrations", "locks", "search-path", "clocks", "complete", "version", "twins", "roles", "functions", "addresses",
                 "file-rows", "ledger", "audit", "pulse-schedule", "settings"):  # fmt: skip
        reading = look(name)
        assert reading.state == State.OK, (name, reading)
    assert "2 malls" in look("complete").measured


def test_every_guard_has_a_name_of_its_own_and_advice() -> None:
    assert len(BY_NAME) == len(guards.ALL)
    assert all(str(guard.advice).strip() and str(guard.title).strip() for guard in guards.ALL)


def test_a_migration_that_is_not_applied_is_named(riverside: Any) -> None:
    run("DELETE FROM django_migrations WHERE app = 'health' AND name LIKE '0002%'")
    assert look("migrations") == Reading(State.FAILED, "not applied: health.0002_examinations")


def test_a_server_that_forgets_after_a_power_cut_is_told() -> None:
    """The servers of tests are such a server: fsync is off."""
    reading = look("server")
    assert reading.state == State.FAILED
    assert "fsync = off" in reading.measured


def test_statements_without_an_end_are_told() -> None:
    run("SET LOCAL lock_timeout = 0")
    assert "lock_timeout = 0" in look("server").measured


def test_a_lock_table_too_small_is_told(monkeypatch: pytest.MonkeyPatch, riverside: Any) -> None:
    monkeypatch.setattr(database, "SCHEMAS_AT_ONCE", 1_000_000)
    assert look("locks").state == State.FAILED


def test_sessions_that_somebody_else_may_use_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """C2: what a pooler in transaction mode does, one backend for both sessions."""
    shared = psycopg.connect(
        **{**connection.get_connection_params(), "cursor_factory": psycopg.ClientCursor}, autocommit=True
    )
    monkeypatch.setattr(probes, "_opened", lambda _parameters: nullcontext(shared))
    reading = look("search-path")
    shared.close()
    assert reading.state == State.FAILED
    assert reading.measured.startswith(
        "2 of 4 reads saw another session's search path, 2 another's role, on 1 backends"
    )


def test_a_clock_that_is_off_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyspace, "server_time", lambda: datetime.now(UTC) - timedelta(minutes=2))
    assert look("clocks").state == State.FAILED


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ('ALTER TABLE "{schema}".deals_deal DROP COLUMN slug CASCADE', "riverside: lacks "),
        ('DROP TABLE "{schema}".outbox_outboxevent', "riverside: lacks "),
        (
            'ALTER TABLE "{schema}".audit_auditentry DISABLE TRIGGER audit_rows_stay',
            "trigger audit_auditentry.audit_rows_stay",
        ),
        ('CREATE TABLE "{schema}".left_behind (id int)', "riverside: has left_behind.id"),
    ],
)
def test_a_mall_that_differs_from_the_template_is_named(damage: str, told: str, riverside: Any, hillside: Any) -> None:
    """T10, C23: of two malls only the damaged one is named, with what it lacks."""
    with building(riverside):
        run(damage.format(schema=riverside.schema_name))
    reading = look("complete")
    assert reading.state == State.FAILED
    assert told in reading.measured
    assert "1 of 2 malls" in reading.measured
    assert "hillside" not in reading.measured


def test_a_mall_left_behind_by_a_release_or_left_in_maintenance_is_named(riverside: Any) -> None:
    Tenant.objects.filter(pk=riverside.pk).update(parked=True)
    assert look("version") == Reading(State.FAILED, "at the release and still in maintenance: riverside")
    Tenant.objects.filter(pk=riverside.pk).update(parked=False)
    MallVersion.objects.filter(tenant=riverside).update(step=0)
    reading = look("version")
    assert reading.state == State.FAILED
    assert reading.measured.endswith(": riverside")


@pytest.mark.parametrize("row", [{"hostname": "hillside.localhost"}, {"port": 81}, {"is_default_site": False}])
def test_a_site_row_that_names_another_address_is_named(riverside: Any, hillside: Any, row: dict[str, Any]) -> None:
    """T8: only the mall whose row was changed."""
    with inside(riverside):
        Site.objects.update(**row)
    reading = look("addresses")
    assert reading.state == State.FAILED
    assert reading.measured.startswith("1 site rows name another address: riverside: ")
    assert row.get("hostname", "riverside.localhost") in reading.measured


def test_a_registry_that_says_two_things_about_a_mall_is_named(riverside: Any, hillside: Any) -> None:
    """Wagtail's row follows the tenant; the domains' table says which host leads shoppers on."""
    Domain.objects.filter(tenant=riverside).update(is_primary=False)
    Domain.objects.create(tenant=riverside, domain="noodles.example.com", is_primary=True)
    reading = look("addresses")
    assert reading.state == State.FAILED
    assert "the registry says riverside.localhost and noodles.example.com" in reading.measured


def test_a_function_with_a_path_of_its_own_is_named(riverside: Any, hillside: Any) -> None:
    """C12: a copied function that still looks into the schema that it was copied from."""
    make = 'CREATE FUNCTION "{here}".probe() RETURNS int LANGUAGE sql SET search_path = "{there}" AS $$ SELECT 1 $$'
    with building(riverside):
        run(make.format(here=riverside.schema_name, there=riverside.schema_name))
    assert look("functions").state == State.OK
    with building(riverside):
        run(make.format(here=riverside.schema_name, there=hillside.schema_name).replace("probe", "other"))
    reading = look("functions")
    assert reading.state == State.FAILED
    assert f"{riverside.schema_name}.other" in reading.measured


def test_a_role_that_reaches_another_mall_is_named(riverside: Any, hillside: Any) -> None:
    """T13: somebody granted Riverside's role a look into Hillside."""
    assert look("roles").state == State.OK
    run(f'GRANT USAGE ON SCHEMA "{hillside.schema_name}" TO "r_{riverside.schema_name}"')
    told = f"r_{riverside.schema_name} → {hillside.schema_name}"
    assert look("roles") == Reading(State.FAILED, told)


def test_a_schema_that_everybody_may_use_is_named(riverside: Any) -> None:
    run(f'GRANT USAGE ON SCHEMA "{riverside.schema_name}" TO PUBLIC')
    assert look("roles") == Reading(State.FAILED, f"everybody may use {riverside.schema_name}")


def test_a_mall_without_a_role_of_its_own_is_counted(riverside: Any) -> None:
    Tenant.objects.filter(pk=riverside.pk).update(schema_name="m_0000000000000000")
    assert look("roles").measured.startswith("1 of 2 malls have no role of their own")


def test_a_key_without_its_mall_is_named(redis: Any, riverside: Any) -> None:
    """T7: cache, limits and broker are known; anything else is not."""
    with inside(riverside):
        cache.set("shelf", 1)
    spend("doctor", "me", rate="10/hour", everywhere=True)
    sound = look("cache-keys")
    assert sound.state == State.OK, sound.measured
    redis.set("c::1:shelf", 1)
    reading = look("cache-keys")
    assert reading == Reading(State.FAILED, "1 keys without a schema: c::1:shelf")
    forget("doctor", "me", rate="10/hour", everywhere=True)


def test_a_file_outside_every_mall_is_named(riverside: Any, settings: Any, tmp_path: Path) -> None:
    """T16: media has folders of malls at its top, and nothing else."""
    settings.MEDIA_ROOT = str(tmp_path)
    with inside(riverside):
        default_storage.save("images/a.txt", ContentFile(b"a"))
    assert look("file-prefixes").state == State.OK
    (tmp_path / "loose.txt").write_text("x")
    (tmp_path / "uploads").mkdir()
    reading = look("file-prefixes")
    assert reading == Reading(State.FAILED, "outside any mall's prefix: loose.txt, uploads/")


def test_a_row_that_names_a_foreign_file_is_counted(riverside: Any, hillside: Any) -> None:
    """C29: a picture of Riverside's whose file is Hillside's."""
    with inside(riverside):
        first = MallImage.objects.order_by("pk").values_list("pk", flat=True)[0]
        MallImage.objects.filter(pk=first).update(file=f"{hillside.schema_name}/images/theirs.webp")
    reading = look("file-rows")
    assert reading == Reading(State.FAILED, "foreign keys of files in riverside: cms_media_mallimage (1)")


def test_an_audit_trail_that_gives_way_is_named(riverside: Any, now: datetime) -> None:
    """M10: the trigger is gone in one mall; UPDATE and DELETE are tried on a real row and rolled back."""
    from saas.audit import operations as audit
    from saas.audit.models import AuditEntry
    from saas.kernel.actors import SYSTEM

    with inside(riverside):
        audit.record(action="mall.opened", subject=("mall", "x"), summary="x", by=SYSTEM, now=now)
        before = list(AuditEntry.objects.order_by("pk").values_list("pk", "summary"))
    with building(riverside):
        run("DROP TRIGGER audit_rows_stay ON audit_auditentry")
        run(f"GRANT DELETE ON audit_auditentry TO {role_of(riverside.schema_name)}")
    reading = look("audit")
    assert reading.state == State.FAILED
    assert "riverside: audit_auditentry: its trigger is missing or off" in reading.measured
    assert "audit_auditentry: DELETE went through" in reading.measured
    with inside(riverside):
        assert list(AuditEntry.objects.order_by("pk").values_list("pk", "summary")) == before


@pytest.fixture
def pulse(db: None) -> Callable[..., None]:
    """Return what sets a queue's last pulse."""

    def at(queue: str, *, seconds_ago: float) -> None:
        moment = datetime.now(UTC) - timedelta(seconds=seconds_ago)
        Pulse.objects.update_or_create(queue=queue, defaults={"seen_at": moment})

    return at


def test_a_stopped_beat_is_told(pulse: Callable[..., None]) -> None:
    assert look("beat") == Reading(State.FAILED, "no pulse was ever seen")
    pulse("celery", seconds_ago=10)
    assert look("beat").state == State.OK
    pulse("celery", seconds_ago=600)
    assert look("beat") == Reading(State.FAILED, "last pulse 600 s ago")


def test_a_queue_that_nobody_works_on_is_told(pulse: Callable[..., None]) -> None:
    pulse("celery", seconds_ago=10)
    assert look("pulses") == Reading(State.FAILED, "background: never, celery: 10 s")
    pulse("background", seconds_ago=20)
    assert look("pulses").state == State.OK


def test_queues_without_a_worker_are_told(redis: Any) -> None:
    reading = look("workers")
    assert reading == Reading(State.FAILED, "background: 0 (0 waiting), celery: 0 (0 waiting)")


def test_at_rest_nobody_expects_beat_and_workers() -> None:
    assert {look(name, at_rest=True).state for name in ("beat", "workers", "pulses")} == {State.UNKNOWN}


def test_a_queue_that_beat_does_not_watch_is_named(settings: Any) -> None:
    settings.CELERY_TASK_ROUTES = {**settings.CELERY_TASK_ROUTES, "billing.*": {"queue": "money"}}
    assert look("pulse-schedule") == Reading(State.FAILED, "no pulse in money")


def test_outboxes_that_do_not_drain_are_named(riverside: Any, hillside: Any) -> None:
    now = datetime.now(UTC)
    assert look("outboxes").state == State.UNKNOWN
    rows = {tenant: MallHealth.objects.create(tenant=tenant, checked_at=now) for tenant in (riverside, hillside)}
    assert look("outboxes").state == State.OK
    rows[riverside].oldest_waiting_at = now - timedelta(minutes=9)
    rows[riverside].save()
    assert look("outboxes") == Reading(State.FAILED, "events older than 5 minutes in riverside")
    rows[hillside].parked_count = 1
    rows[hillside].save()
    assert look("outboxes") == Reading(State.FAILED, "parked events in hillside")


def test_settings_that_are_not_for_the_open_are_named(settings: Any) -> None:
    settings.DEBUG = True
    settings.SECRET_KEY = "short"
    assert look("settings") == Reading(State.FAILED, "DEBUG is on, SECRET_KEY is short or simple")
    settings.DEBUG, settings.SECRET_KEY, settings.DEVELOPMENT_PAGES = False, os.urandom(30).hex(), False
    told = look("settings").measured
    assert "HUTONG_BASE_DOMAIN is not set" in told
    assert "cookies go over plain HTTP" in told
    assert "static files are not collected" in told


def test_a_disk_that_is_nearly_full_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """I5."""
    monkeypatch.setattr(machine, "LEAST_FREE_BYTES", 10**18)
    assert look("disk").state == State.FAILED
    monkeypatch.setattr(machine, "LEAST_FREE_BYTES", 1)
    monkeypatch.setattr(machine, "LEAST_FREE_SHARE", 0.0)
    assert look("disk").state == State.OK


def test_an_old_backup_is_told(settings: Any, tmp_path: Path) -> None:
    assert look("backup").state == State.UNKNOWN
    settings.BACKUP_DIR = str(tmp_path)
    assert look("backup").state == State.FAILED
    manifest = tmp_path / "20261120T0000" / "backup_manifest"
    manifest.parent.mkdir()
    manifest.write_text("{}")
    assert look("backup").state == State.OK
    long_ago = (datetime.now(UTC) - timedelta(hours=40)).timestamp()
    os.utime(manifest, (long_ago, long_ago))
    assert look("backup") == Reading(State.FAILED, "1 backups, the newest 40 hours old")


def test_an_archive_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    monkeypatch.setattr(machine, "setting", lambda _name: "on")
    monkeypatch.setattr(machine, "rows", lambda _sql: [(7, now - timedelta(minutes=5), 0, None)])
    assert look("wal-archive").state == State.OK
    monkeypatch.setattr(machine, "rows", lambda _sql: [(7, now - timedelta(minutes=50), 0, None)])
    assert look("wal-archive").state == State.FAILED
    monkeypatch.setattr(machine, "rows", lambda _sql: [(7, now - timedelta(minutes=5), 3, now)])
    assert look("wal-archive").state == State.FAILED
