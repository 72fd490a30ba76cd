"""Exhibits of tenant-schemas-celery, which carries the schema in a header, and of Wagtail's task queue, which carries none."""

from typing import Any

from celery.signals import before_task_publish
from django.db import connection, transaction
from django_tasks import default_task_backend
from django_tasks import task as wagtails_task
from django_tenants.utils import schema_context, tenant_context
from tenant_schemas_celery.app import CeleryApp

from tests.isolation.zoo.stock.exhibits import Seen, exhibit
from tests.isolation.zoo.stock.models import Note, Tenant

app = CeleryApp("stock", broker="memory://", set_as_current=True)
app.conf.task_tenant_cache_seconds = 60


@app.task
def read_note() -> str:
    """Read the note of the mall that the task runs in."""
    return str(Note.objects.get().text)


@app.task
def nest(within: str) -> None:
    """Run itself once more for another mall."""
    if within:
        nest.apply(kwargs={"within": ""}, headers={"_schema_name": within})


def run(task: Any, schema: str | None, **kwargs: Any) -> Any:
    """Run a task as a worker does, with a header that names the schema, and return its result."""
    return task.apply(kwargs=kwargs, headers={"_schema_name": schema}).get()


@exhibit("C10")
def a_task_sent_at_commit() -> Seen:
    """The header is read when the message leaves, which is at commit: in another schema."""
    headers: list[Any] = []

    def note(headers_sent: Any = None, **message: Any) -> None:
        headers.append(message["headers"]["_schema_name"])

    before_task_publish.connect(note)
    try:
        with transaction.atomic():
            with schema_context("alpha"):
                read_note.delay_on_commit()
            connection.set_schema("beta")
    finally:
        before_task_publish.disconnect(note)
    return Seen(headers == ["beta"], f"alpha's task was sent for {headers}")


@exhibit("C13")
def a_task_of_an_unknown_mall() -> Seen:
    """An error while the schema is looked up is logged and swallowed, and the body runs in `public`."""
    unknown, missing = run(read_note, "deleted"), run(read_note, "")
    return Seen({unknown, missing} == {"public's"}, f"unknown mall: {unknown}; no header: {missing}")


@exhibit("C14")
def a_nested_task() -> Seen:
    """What to return to is kept on the task, of which a process has one."""
    run(nest, "alpha", within="beta")
    return Seen(connection.schema_name == "alpha", f"left in {connection.schema_name}")


@exhibit("C15")
def a_task_of_a_mall_that_was_closed() -> Seen:
    """The tenant is remembered for a minute, although no row names it any more."""
    row = Tenant.objects.get(schema_name="beta")
    run(read_note, "beta")
    Tenant.objects.filter(pk=row.pk).update(schema_name="gone")
    try:
        text = run(read_note, "beta")
        return Seen(text == "beta's", f"a task of the deleted mall read {text}")
    finally:
        Tenant.objects.filter(pk=row.pk).update(schema_name="beta")


@exhibit("C16")
def a_tenant_that_is_none() -> Seen:
    """After a task the connection holds a stand-in with the schema's name only."""
    with tenant_context(Tenant.objects.get(schema_name="alpha")):
        run(read_note, "beta")
        return Seen(not isinstance(connection.tenant, Tenant), f"the tenant is a {type(connection.tenant).__name__}")


@wagtails_task()
def wagtails_work() -> None:
    """Stand for Wagtail's tasks, which are sent with an app, a model and a number."""


@exhibit("C27")
def a_task_of_wagtail() -> Seen:
    """A queued task of Wagtail says nothing of the mall that sent it: two malls' are the same."""
    for schema in ("alpha", "beta"):
        with schema_context(schema):
            wagtails_work.enqueue()
    first, second = default_task_backend.results
    carried = [str(result.args) + str(result.kwargs) + result.task.name for result in (first, second)]
    return Seen(carried[0] == carried[1], f"both malls sent {carried[0]}")
