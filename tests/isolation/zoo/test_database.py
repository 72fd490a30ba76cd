"""The rows of the database wrapper and of what enters a mall: the stock part leaks, ours does not."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from saas.accounts.models import User
from storefront.stores.models import Store
from tenants.isolation.cache import make_key
from tenants.isolation.entrance import inside
from tenants.isolation.postgresql.base import TenantSwitchInTransaction
from tenants.registry.models import Tenant
from tenants.rollout.template import template_tenant
from tests import database
from tests.architecture import entrances
from tests.isolation.storm import reads_under_cancels
from tests.isolation.zoo.ours import here, people, rows

Leaks = Callable[[str], str]
ALMA, CLEO = "alma@riverside.example", "cleo@hillside.example"


@pytest.fixture
def schemas(committed: None) -> tuple[str, str]:
    """The two malls' schemas, in a database in which commits are real."""
    return (
        Tenant.objects.get(slug="riverside").schema_name,
        Tenant.objects.get(slug="hillside").schema_name,
    )


def test_c1_t4_a_cancelled_search_path_never_reads_another_mall(stock_leaks: Leaks, schemas: tuple[str, str]) -> None:
    stock_leaks("C1")
    tenants = {tenant.schema_name: tenant for tenant in Tenant.objects.filter(schema_name__in=schemas)}
    reads = reads_under_cancels(
        schemas, enter=lambda schema: connection.set_tenant(tenants[schema]), refusals=60, seconds=30
    )
    assert reads.wrong == 0
    assert reads.right > 100, reads
    assert reads.refused >= 60, reads


@pytest.mark.django_db
def test_c3_a_path_that_somebody_changed_is_not_believed(
    stock_leaks: Leaks, riverside: Tenant, hillside: Tenant
) -> None:
    stock_leaks("C3")
    assert not getattr(settings, "TENANT_LIMIT_SET_CALLS", False)
    with inside(riverside):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f'SET search_path = "{hillside.schema_name}"')
            found = people()
        except DatabaseError:
            return  # refused is as good
        assert ALMA in found
        assert CLEO not in found


@pytest.mark.django_db
def test_c4_a_decorator_that_enters_a_mall_comes_back_from_recursion_and_threads(
    stock_leaks: Leaks, riverside: Tenant
) -> None:
    stock_leaks("C4")
    seen: list[str] = []

    @inside(riverside)
    def visit(depth: int) -> None:
        seen.append(here())
        if depth:
            visit(depth - 1)

    visit(1)
    assert seen == [riverside.schema_name] * 2
    assert here() == "public"
    code = "from django_tenants.utils import schema_context"
    assert [found.rule for found in entrances.violations(entrances.PurePath("storefront/x.py"), code)] == ["context"]


@pytest.mark.django_db
def test_c5_a_tenant_is_no_context_manager(stock_leaks: Leaks, riverside: Tenant) -> None:
    stock_leaks("C5")
    with pytest.raises(RuntimeError, match="inside"), riverside:
        raise AssertionError("never entered")


def test_c6_a_thread_of_a_pool_keeps_nothing_of_the_job_before(stock_leaks: Leaks, schemas: tuple[str, str]) -> None:
    stock_leaks("C6")

    def fails_inside() -> None:
        with inside(schemas[0]):
            assert ALMA in people()
            raise ValueError("half-way")

    def second() -> tuple[str, list[str]]:
        try:
            return here(), people()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        assert isinstance(pool.submit(fails_inside).exception(), ValueError)
        schema, found = pool.submit(second).result()
    assert schema == "public"
    assert ALMA not in found


def test_c7_a_new_thread_reads_no_mall_before_it_enters_one(stock_leaks: Leaks, schemas: tuple[str, str]) -> None:
    stock_leaks("C7")
    seen: list[Any] = []

    def work() -> None:
        try:
            with transaction.atomic():
                seen.append(list(Store.objects.all()))
        except DatabaseError as error:
            seen.append(str(error))
        seen.append(people())
        connection.close()

    with inside(schemas[0]):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    refusal, found = seen
    assert "does not exist" in refusal
    assert not {ALMA, CLEO} & set(found)


@pytest.mark.django_db
def test_c8_a_queryset_that_leaves_its_mall_is_an_error(stock_leaks: Leaks, riverside: Tenant) -> None:
    stock_leaks("C8")
    with inside(riverside):
        Store.objects.create(name="Pier", street="1 Pier", city="Riverside")
        stores = Store.objects.all()
        assert stores.all().get().name == "Pier"
    with pytest.raises(DatabaseError, match="does not exist"), transaction.atomic():
        list(stores)


@pytest.mark.django_db
def test_c9_t9_a_commit_hook_stays_in_its_mall_and_a_transaction_cannot_change_it(
    stock_leaks: Leaks, riverside: Tenant, hillside: Tenant, django_capture_on_commit_callbacks: Any
) -> None:
    stock_leaks("C9")
    ran: list[str] = []
    with inside(hillside), django_capture_on_commit_callbacks(execute=True), inside(riverside):
        transaction.on_commit(lambda: ran.append(here()))
    assert ran == [riverside.schema_name]
    with (
        inside(riverside),
        transaction.atomic(),
        pytest.raises(TenantSwitchInTransaction),
        inside(hillside),
    ):
        raise AssertionError("never entered")


@pytest.mark.django_db
def test_c11_no_check_waits_for_a_commit_in_another_mall(
    stock_leaks: Leaks, riverside: Tenant, hillside: Tenant
) -> None:
    stock_leaks("C11")
    deferred = rows(
        "SELECT c.relnamespace::regnamespace::text, t.tgname, p.prosrc FROM pg_trigger t "
        "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
        "WHERE NOT t.tgisinternal AND t.tgdeferrable"
    )
    assert [name for _schema, name, source in deferred if "TG_TABLE_SCHEMA" not in source] == []
    with inside(riverside), transaction.atomic():
        Store.objects.create(name="Pier", street="1 Pier", city="Riverside")
        with pytest.raises(TenantSwitchInTransaction):
            connection.set_tenant(hillside)
        assert here() == riverside.schema_name


@pytest.mark.django_db
def test_c12_no_function_carries_another_schemas_path(stock_leaks: Leaks, riverside: Tenant) -> None:
    stock_leaks("C12")
    functions = rows(
        "SELECT n.nspname, p.proname, p.proconfig::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE n.nspname = 'public' OR n.nspname LIKE 'm\\_%%'"
    )
    assert any(schema == riverside.schema_name for schema, _name, _path in functions)
    foreign = [
        (schema, name, path)
        for schema, name, path in functions
        if path and "search_path" in path and schema not in path and "pg_catalog" not in path
    ]
    assert foreign == []


def test_c23_t10_a_table_that_a_mall_lacks_is_an_error_although_public_has_one(
    stock_leaks: Leaks, schemas: tuple[str, str]
) -> None:
    stock_leaks("C23")
    url = f"{database.superuser_url().rsplit('/', 1)[0]}/{connection.settings_dict['NAME']}"
    with psycopg.connect(url, autocommit=True) as superuser:
        superuser.execute(f'ALTER TABLE "{schemas[0]}".accounts_user RENAME TO accounts_gone')
    assert User.objects.count() >= 0, "the platform has a table of the name"
    with inside(schemas[0]):
        with pytest.raises(DatabaseError, match="does not exist"):
            people()
        with pytest.raises(DatabaseError, match="does not exist"), transaction.atomic():
            User.objects.create(email="stray@riverside.example")
    with inside(schemas[1]):
        assert CLEO in people()


@pytest.mark.django_db
def test_c24_there_is_one_alias_so_none_stays_behind(stock_leaks: Leaks, riverside: Tenant) -> None:
    stock_leaks("C24")
    assert list(settings.DATABASES) == ["default"]
    with inside(riverside):
        assert ALMA in User.objects.using("default").values_list("email", flat=True)


@pytest.mark.parametrize(
    "code",
    [
        "from django.db import connection\nconnection.connection.execute('SELECT 1')",
        "connections['default'].connection.cursor()",
        "with connection.connection as raw: raw.execute('SELECT 1')",
    ],
)
def test_c25_the_drivers_own_cursor_is_found_by_the_rule_of_entrances(stock_leaks: Leaks, code: str) -> None:
    stock_leaks("C25")
    found = [violation.rule for violation in entrances.violations(entrances.PurePath("storefront/orders/x.py"), code)]
    assert found == ["raw-cursor"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["alpha::1", "m_0123456789ABCDEF", "m_x", "public", 'm_"; DROP', "m_0123456789abcde."])
def test_c33_a_schemas_name_from_outside_is_refused(stock_leaks: Leaks, name: str, now: Any) -> None:
    stock_leaks("C33")
    with pytest.raises(Exception, match=r"opaque|schema name|too long"), transaction.atomic():
        Tenant.objects.create(schema_name=name, name="Evil", slug="evil", trade="salon", created_at=now)


@pytest.mark.django_db
def test_c33_cache_keys_of_two_malls_never_meet(riverside: Tenant, hillside: Tenant) -> None:
    with inside(riverside):
        first = make_key(":1:secret", "c", 1)
    with inside(hillside):
        assert make_key(":1:secret", "c", 1) != first


@pytest.mark.django_db
def test_c34_what_a_mall_is_made_from_holds_no_person_no_token_and_no_sale(stock_leaks: Leaks) -> None:
    stock_leaks("C34")
    private = ("accounts_user", "django_session", "account_", "mfa_", "orders_", "payments_", "vouchers_", "outbox_")
    with inside(template_tenant()):
        tables = [name for (name,) in rows("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")]
        watched = [name for name in tables if name.startswith(private) or "audit" in name or "token" in name]
        assert len(watched) >= 8, watched
        filled = [name for name in watched if rows(f'SELECT 1 FROM "{name}" LIMIT 1')]  # noqa: S608  catalog names
    assert filled == []


@pytest.mark.django_db
def test_c40_work_that_stops_half_way_leaves_its_process_on_the_platform(stock_leaks: Leaks, riverside: Tenant) -> None:
    stock_leaks("C40")
    from django.core.management import CommandError, call_command

    with pytest.raises(CommandError), inside(riverside):
        call_command("migrate", "no_such_app", verbosity=0)
    assert here() == "public"
