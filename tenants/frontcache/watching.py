"""
Notices what changes pages: any write to a table of `FRONT_CACHE_APPS` in a mall, and of the registry on the platform.

Statements are watched and not acts, because the same row is written by forms, imports, purchases, Wagtail and plain SQL, and
one that forgot to say so would leave a wrong price on a page. A generation is replaced after the commit, once for each
transaction.
"""

import re
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

from .generations import REGISTRY, generations

_READS = ("SELECT", "SAVEPO", "RELEAS", "SET se", "ROLLBA")
_WRITES = ("INSERT", "UPDATE", "DELETE")
_SEARCHED = 20_000
_REGISTRY_APP = "registry"


def watch(*, connection: Any, **_later: object) -> None:
    """Watch a new connection. Called by Django's `connection_created`."""
    if watched not in connection.execute_wrappers:
        connection.execute_wrappers.append(watched)


def watched(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Run a statement, and see to it that the pages that it changes are made anew."""
    result = execute(sql, params, many, context)
    if isinstance(sql, str) and sql[:6] not in _READS:
        connection = context["connection"]
        schema = connection.schema_name
        is_platform = schema == settings.PUBLIC_SCHEMA_NAME
        if _changes_pages(sql, _writes(_REGISTRY_APP if is_platform else "")):
            _after_commit(connection, REGISTRY if is_platform else schema)
    return result


def _changes_pages(sql: str, writes: re.Pattern[str]) -> bool:
    """What Django writes begins with its verb; what is written by hand may begin with anything and is searched."""
    return bool(writes.match(sql) if sql[:6] in _WRITES else writes.search(sql, 0, _SEARCHED))


@cache
def _writes(app: str) -> re.Pattern[str]:
    """Return what finds a write to a table of `app`, or of the apps that pages show. Tables are the code's, not the database's."""
    labels = {app} if app else set(settings.FRONT_CACHE_APPS)
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in labels]
    tables = "|".join(sorted({re.escape(model._meta.db_table) for model in models}))
    return re.compile(
        rf"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE(?:\s+TABLE)?|COPY)\s+(?:ONLY\s+)?"
        rf'(?:"?\w+"?\.)?"?(?:{tables})"?(?!\w)',
        re.IGNORECASE,
    )


def _after_commit(connection: BaseDatabaseWrapper, schema: str) -> None:
    if not connection.in_atomic_block:
        generations.change(schema)
        return
    # Django replaces the list of hooks at each commit and rollback, of savepoints too: the same list still holds our hook.
    hooks = connection.run_on_commit
    if getattr(connection, "_front_cache_hooks", None) is hooks:
        return
    connection.on_commit(partial(generations.change, schema), robust=True)
    connection._front_cache_hooks = connection.run_on_commit  # type: ignore[attr-defined]  # noqa: SLF001  a mark of our own
