"""Ways to look at our own parts from a test: the schema that SQL runs in, and tasks that tell where they ran."""

from typing import Any

from django.db import connection

from saas.kernel.tasks import task

ran_in: list[str] = []


def here() -> str:
    """Return the schema that SQL runs in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


def people() -> list[str]:
    """Return the addresses of the people of the schema that SQL runs in; platform and malls all have such a table."""
    from saas.accounts.models import User

    return sorted(str(email) for email in User.objects.values_list("email", flat=True))


def rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Return what a query over the catalog or the current schema finds."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [tuple(row) for row in cursor.fetchall()]


@task("zoo.tell_where")
def tell_where(**_later: Any) -> None:
    """Note the schema that the task's SQL runs in."""
    ran_in.append(here())


@task("zoo.nest")
def nest(*, within: str = "", **_later: Any) -> None:
    """Run once more for another mall, eagerly, as a worker never does."""
    from saas.kernel.tasks import SCHEMA_HEADER

    if within:
        nest.apply(kwargs={"within": ""}, headers={SCHEMA_HEADER: within})
    ran_in.append(here())
