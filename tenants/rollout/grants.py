"""Content types and permissions of new models: Django adds them after its own migrate; replayed malls get them from here."""

import json
from datetime import datetime

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.sql import emit_post_migrate_signal
from django.db import DEFAULT_DB_ALIAS

from saas.kernel.database import connection

from .capture import insert, rows
from .models import Step

NAME = "content types and permissions"


def present() -> dict[str, list[list[str]]]:
    """Return the content types and permissions of the schema that this code runs in, by their natural keys."""
    return {
        "types": [
            list(row) for row in ContentType.objects.order_by("app_label", "model").values_list("app_label", "model")
        ],
        "permissions": [
            list(row)
            for row in Permission.objects.order_by(
                "content_type__app_label", "content_type__model", "codename"
            ).values_list("content_type__app_label", "content_type__model", "codename", "name")
        ],
    }


def record_new(*, now: datetime) -> Step | None:
    """Let Django add what the template's models need, and record what came since the last step that says; None when nothing did."""
    emit_post_migrate_signal(verbosity=0, interactive=False, db=DEFAULT_DB_ALIAS)
    ContentType.objects.clear_cache()
    known = rows("SELECT detail::text FROM public.rollout_step WHERE detail ? 'types' ORDER BY id DESC LIMIT 1")
    before, after = (json.loads(known[0][0]) if known else {"types": [], "permissions": []}), present()
    new = {key: [one for one in after[key] if one not in before[key]] for key in after}
    if not new["types"] and not new["permissions"]:
        return None
    step = Step(kind=Step.Kind.SQL, name=NAME, statements=_statements(new), detail=after, recorded_at=now)
    insert(step)
    return step


def _statements(new: dict[str, list[list[str]]]) -> str:
    """Return statements that add the rows where they are missing; repeated they change nothing."""
    said = []
    if new["types"]:
        said.append(
            "INSERT INTO django_content_type (app_label, model) "  # noqa: S608  the driver composes the values
            f"SELECT v.app_label, v.model FROM (VALUES {_values(new['types'])}) AS v (app_label, model) "
            "WHERE NOT EXISTS (SELECT FROM django_content_type t WHERE t.app_label = v.app_label AND t.model = v.model)"
        )
    if new["permissions"]:
        said.append(
            "INSERT INTO auth_permission (name, content_type_id, codename) SELECT v.name, t.id, v.codename "  # noqa: S608
            f"FROM (VALUES {_values(new['permissions'])}) AS v (app_label, model, codename, name) "
            "JOIN django_content_type t ON t.app_label = v.app_label AND t.model = v.model "
            "WHERE NOT EXISTS (SELECT FROM auth_permission p WHERE p.content_type_id = t.id AND p.codename = v.codename)"
        )
    return ";\n".join(said)


def _values(given: list[list[str]]) -> str:
    return ", ".join(connection.ops.compose_sql(f"({', '.join(['%s'] * len(row))})", row) for row in given)
