"""A release reaches every mall: by replay, verified, resumed, with broken and locked malls left aside."""

import random
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django_tenants.migration_executors import get_executor

from saas.audit.models import AuditEntry
from saas.kernel.actors import SYSTEM
from tenants.frontcache.generations import generations, page_key
from tenants.isolation.entrance import building
from tenants.provisioning import operations as provisioning
from tenants.provisioning.models import ReadySchema
from tenants.registry.models import Tenant
from tenants.registry.names import TEMPLATE_SCHEMA
from tenants.rollout import operations, queries, template
from tenants.rollout.executor import ReplayExecutor
from tenants.rollout.models import MallVersion, Recording, Step
from tenants.rollout.operations import ReleaseRefused
from tests.conftest import HostClient

from .conftest import Cutter, held

Roll = Callable[..., Any]
Stand = Callable[[int], list[Tenant]]


def sql(text: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(text)
        return cursor.fetchall() if cursor.description else []


def names_in(schema: str) -> set[tuple[str, str]]:
    found = sql(
        f"SELECT relkind::text, relname FROM pg_class WHERE relnamespace = '{schema}'::regnamespace "  # noqa: S608
        f"UNION SELECT 'constraint', conname FROM pg_constraint WHERE connamespace = '{schema}'::regnamespace"
    )
    return set(found)


def migrations_of(schema: str) -> set[tuple[str, str]]:
    return set(sql(f'SELECT app, name FROM "{schema}".django_migrations'))  # noqa: S608


def plant_nothing(**_given: object) -> None:
    """Stand for the planter, whose pictures take seconds."""


def get(slug: str) -> Any:
    return HostClient(f"{slug}.localhost").get("/")


def settled() -> bool:
    return queries.is_settled(template.fingerprint()) and not queries.drifted(
        [one.schema for one in queries.versions()]
    )


def test_a_release_reaches_every_mall_with_the_templates_names_rows_and_history(
    next_release: None, stand: Stand, roll: Roll
) -> None:
    """I10, T10: replayed SQL, Python in each mall, SQL again; the mall's own rows are what Python sees."""
    old, *_others = stand(2)
    MallVersion.objects.filter(tenant=old).delete()  # opened before there were steps: Django migrates it

    rolled = roll()

    assert (rolled.moved, rolled.parked, rolled.waiting) == (4, {}, [])
    template_names, history = names_in(TEMPLATE_SCHEMA), migrations_of(TEMPLATE_SCHEMA)
    assert ("constraint", "season_has_one_name") in template_names
    assert [step.kind for step in Step.objects.filter(app="deals")] == ["sql", "django", "sql"]
    for tenant in Tenant.objects.all():
        assert names_in(tenant.schema_name) == template_names
        assert migrations_of(tenant.schema_name) == history
        with building(tenant):
            seasons, titles = (
                sql("SELECT name FROM deals_season"),
                sql("SELECT title FROM deals_deal ORDER BY id LIMIT 1"),
            )
        assert seasons == [(title[:40],) for (title,) in titles]
    assert settled()
    with CaptureQueriesContext(connection) as captured:
        assert roll().nothing_to_do
    assert len([query for query in captured if "EXISTS" in query["sql"]]) == 1
    assert len([query for query in captured if not query["sql"].startswith(("SET", "BEGIN", "COMMIT"))]) == 1


def test_pages_kept_of_a_mall_are_not_current_any_more_when_a_release_came_to_it(
    next_release: None, stand: Stand, roll: Roll
) -> None:
    """C24: what a release writes goes around Django's own hooks, so the roll-out tells the page cache, mall by mall."""
    (moved,) = stand(1)

    def words() -> dict[str, object]:
        return {
            one.slug: generations.client.get(page_key(one.schema_name, "generation")) for one in Tenant.objects.all()
        }

    generations.change(*Tenant.objects.values_list("schema_name", flat=True))
    before = words()
    assert all(before.values())

    assert roll().moved == 3

    after = words()
    assert {slug for slug in after if after[slug] != before[slug]} == {"riverside", "hillside", moved.slug}
    assert len(set(after.values())) == 3


def test_a_broken_mall_is_parked_with_the_reason_and_the_others_go_on(
    next_release: None, stand: Stand, roll: Roll, capsys: Any
) -> None:
    """I11, T10: one mall refuses a statement, one takes all and is not like the template; shoppers are told; repaired, both return."""
    broken, drifted = stand(2)
    with building(broken):
        sql("ALTER TABLE deals_deal ADD COLUMN badge text")
    with building(drifted):
        sql("ALTER TABLE deals_deal ALTER COLUMN title TYPE varchar(400)")

    with pytest.raises(CommandError, match="In maintenance: 2;"):
        call_command("migrate_all")

    reasons = {version.slug: version.reason for version in queries.parked()}
    assert list(reasons) == [broken.slug, drifted.slug]
    assert "badge" in reasons[broken.slug]
    assert "deals.9001_season" in reasons[broken.slug]
    assert "deals_deal lacks column title" in reasons[drifted.slug]
    assert (get(broken.slug).status_code, get(broken.slug).headers["Retry-After"]) == (503, "600")
    assert f"{broken.name} will be back soon" in get(broken.slug).content.decode()
    assert get("riverside").status_code == 200
    assert AuditEntry.objects.filter(action="mall.parked").count() == 2
    with building(drifted):
        assert not sql("SELECT 1 FROM pg_tables WHERE tablename = 'deals_season' AND schemaname = current_schema()")
    call_command("migrate_all", "--report")
    assert "4 malls, 2 current, 2 behind, 2 in maintenance." in capsys.readouterr().out

    with building(broken):
        sql("ALTER TABLE deals_deal DROP COLUMN badge")
    with building(drifted):
        sql("ALTER TABLE deals_deal ALTER COLUMN title TYPE varchar(140)")
    again = roll()
    assert (again.moved, again.parked) == (2, {})
    assert get(broken.slug).status_code == 200
    Tenant.objects.filter(pk=broken.pk).update(parked=True)  # as if killed between the last step and this
    assert not settled()
    assert not roll().nothing_to_do
    assert get(broken.slug).status_code == 200
    assert settled()
    with building(broken):
        sql("DROP INDEX deal_by_badge")
    with pytest.raises(CommandError, match="differ from the template"):
        call_command("migrate_all", "--verify")
    assert "deals_deal lacks index" in capsys.readouterr().out


def test_a_release_that_no_mall_takes_parks_nobody(next_release: None, roll: Roll) -> None:
    for tenant in Tenant.objects.all():
        with building(tenant):
            sql("ALTER TABLE deals_deal ADD COLUMN badge text")

    step = Step.objects.latest("pk").pk
    with pytest.raises(ReleaseRefused, match="badge"):
        roll()
    assert not Tenant.objects.filter(parked=True).exists()
    assert set(MallVersion.objects.values_list("step", flat=True)) == {step}


def test_a_migration_that_fails_in_the_template_leaves_no_trace(next_release: None, roll: Roll) -> None:
    with building(template.template_tenant()):
        sql("ALTER TABLE deals_deal ADD COLUMN badge text")
    before, recording = names_in(TEMPLATE_SCHEMA), Recording.objects.get().fingerprint

    with pytest.raises(DatabaseError, match="badge"):
        roll()
    connection.close()
    assert names_in(TEMPLATE_SCHEMA) == before
    assert not Step.objects.filter(app="deals").exists()
    assert Recording.objects.get().fingerprint == recording


def test_a_locked_mall_is_tried_again_until_it_is_free(next_release: None, stand: Stand, roll: Roll) -> None:
    """I11: somebody's open transaction holds one mall; the others are through before it ends."""
    locked = stand(2)[0]
    with held(locked, "deals_deal"):
        rolled = roll(patience_s=0)
    assert (rolled.moved, rolled.waiting, rolled.parked) == (3, [locked.slug], {})
    assert not Tenant.objects.get(pk=locked.pk).parked

    ready, freed = threading.Event(), threading.Event()

    def hold_for_a_while() -> None:
        with held(locked, "deals_deal"):
            ready.set()
            freed.wait(1.5)

    holder = threading.Thread(target=hold_for_a_while)
    holder.start()
    ready.wait(10)
    assert roll().moved == 1
    holder.join()
    assert settled()


def test_a_roll_out_that_is_cut_again_and_again_ends_with_every_mall_at_one_version(
    next_release: None, stand: Stand, roll: Roll
) -> None:
    """I11: connections are cut at random points; each run goes on where the last one was."""
    stand(6)
    chance = random.Random(3)
    cutter = Cutter([chance.uniform(0.05, 0.5) for _cut in range(8)])
    cutter.start()
    failed, moved = 0, 0
    while cutter.is_alive() or not failed:
        try:
            moved += roll().moved
        except Exception:  # noqa: BLE001  whatever a cut connection raises
            failed += 1
        connection.close()
        if moved and not cutter.is_alive():
            break
        if queries_settled_quietly():
            cutter.over.set()
            break
    cutter.join()
    connection.close()
    roll()
    assert cutter.cut >= 1
    assert settled()
    for tenant in Tenant.objects.all():
        with building(tenant):
            assert len(sql("SELECT 1 FROM deals_season")) <= 1
        assert migrations_of(tenant.schema_name) == migrations_of(TEMPLATE_SCHEMA)


def queries_settled_quietly() -> bool:
    try:
        return queries.is_settled(template.fingerprint())
    except Exception:  # noqa: BLE001  cut as well
        connection.close()
        return False


def test_malls_open_from_the_new_recording_and_stale_ready_schemas_go(
    next_release: None, roll: Roll, now: datetime, settings: Any
) -> None:
    provisioning.refill_pool(size=1, now=now)
    stale = ReadySchema.objects.get().schema_name
    roll()
    settings.MALL_PLANTER = "tests.tenants.rollout.test_roll_out.plant_nothing"

    opening = provisioning.Opening(
        name="Lantern", slug="lantern", trade="salon", owner_email="d@lantern.example", owner_password=None
    )
    tenant = provisioning.open_mall(opening, by=SYSTEM, now=now)

    assert tenant.schema_name != stale
    assert MallVersion.objects.get(tenant=tenant).step == queries.latest_step()
    assert provisioning.refill_pool(size=1, now=now) == 1
    assert not ReadySchema.objects.filter(schema_name=stale).exists()
    assert settled()


def test_django_tenants_finds_the_executor_and_it_rolls_out(next_release: None, stand: Stand, capsys: Any) -> None:
    stand(1)
    assert get_executor("replay") is ReplayExecutor
    call_command("migrate_schemas", tenant=True, executor="replay", interactive=False, verbosity=0)
    assert settled()
    with pytest.raises(NotImplementedError):
        call_command("migrate_schemas", "deals", tenant=True, executor="replay", interactive=False, verbosity=0)


@pytest.mark.django_db
def test_a_mall_restored_by_the_release_before_stays_ahead_of_the_steps_that_it_lacks(
    riverside: Tenant, now: datetime
) -> None:
    """N-1: the new release has recorded a step already when a worker of the old one notes how far its restored mall is."""
    known = queries.latest_step()
    Step.objects.create(kind=Step.Kind.SQL, app="deals", name="9999_of_the_next_release", recorded_at=now)
    Step.objects.create(kind=Step.Kind.CALL, name="somewhere.refresh", recorded_at=now)

    operations.note_current(tenant_id=riverside.pk, now=now)

    assert MallVersion.objects.get(tenant=riverside).step == known
