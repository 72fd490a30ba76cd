"""The rows of background work: the stock part runs a body in the wrong schema, ours runs it in its own or not at all."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import current_app

from saas.kernel.database import connection
from saas.kernel.tasks import SCHEMA_HEADER, enqueue
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tests.isolation.zoo import ours

pytestmark = pytest.mark.django_db
Leaks = Callable[[str], str]


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    ours.ran_in.clear()


def test_c10_a_task_belongs_to_the_mall_that_asked_for_it_whenever_the_commit_comes(
    stock_leaks: Leaks, riverside: Tenant, hillside: Tenant, django_capture_on_commit_callbacks: Any
) -> None:
    stock_leaks("C10")
    with inside(hillside), django_capture_on_commit_callbacks(execute=True), inside(riverside):
        enqueue("zoo.tell_where")
    assert ours.ran_in == [riverside.schema_name]


@pytest.mark.parametrize("schema", ["m_0000000000nobody", "hutong", "PUBLIC", "m_x; DROP SCHEMA public", ""])
def test_c13_t6_a_task_without_a_mall_that_exists_does_not_run(stock_leaks: Leaks, schema: str) -> None:
    stock_leaks("C13")
    current_app.tasks["zoo.tell_where"].apply(headers={SCHEMA_HEADER: schema} if schema else {}, throw=False)
    assert ours.ran_in == []


def test_c14_a_task_within_a_task_comes_back_to_the_platform(
    stock_leaks: Leaks, riverside: Tenant, hillside: Tenant
) -> None:
    stock_leaks("C14")
    nest = current_app.tasks["zoo.nest"]
    nest.apply(kwargs={"within": hillside.schema_name}, headers={SCHEMA_HEADER: riverside.schema_name})
    assert ours.ran_in == [hillside.schema_name, riverside.schema_name]
    assert connection.schema_name == "public"


def test_c15_a_mall_that_is_gone_gets_no_task(stock_leaks: Leaks, riverside: Tenant) -> None:
    stock_leaks("C15")
    headers = {SCHEMA_HEADER: riverside.schema_name}
    current_app.tasks["zoo.tell_where"].apply(headers=headers)
    assert ours.ran_in == [riverside.schema_name]
    Tenant.objects.filter(pk=riverside.pk).update(schema_name="m_00000000000gone0")
    current_app.tasks["zoo.tell_where"].apply(headers=headers, throw=False)  # refused or parked: it must not run
    assert ours.ran_in == [riverside.schema_name]


def test_c16_after_a_task_the_connection_still_knows_its_mall(
    stock_leaks: Leaks, riverside: Tenant, hillside: Tenant
) -> None:
    stock_leaks("C16")
    with inside(riverside):
        current_app.tasks["zoo.tell_where"].apply(headers={SCHEMA_HEADER: hillside.schema_name})
        assert ours.ran_in == [hillside.schema_name]
        assert connection.schema_name == riverside.schema_name or not connection.is_in_mall
        assert isinstance(connection.tenant, Tenant) or not connection.is_in_mall


def test_c27_wagtails_own_tasks_run_at_once_in_the_mall_that_sends_them(stock_leaks: Leaks, riverside: Tenant) -> None:
    stock_leaks("C27")
    from django_tasks import task as wagtails_task
    from django_tasks import task_backends
    from django_tasks.backends.immediate import ImmediateBackend

    assert isinstance(task_backends["default"], ImmediateBackend), "a queue of Wagtail's tasks carries no mall"
    work = wagtails_task()(wagtails_work)
    with inside(riverside):
        work.enqueue()
    assert ours.ran_in == [riverside.schema_name]


def wagtails_work() -> None:
    """Stand for Wagtail's tasks."""
    ours.ran_in.append(ours.here())
