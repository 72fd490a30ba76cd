"""Where each mall stands. All of it runs on the platform, unless it says otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import ProgrammingError, transaction
from psycopg import sql

from saas.kernel.database import connection
from tenants.registry.models import Tenant
from tenants.registry.names import TEMPLATE_SCHEMA

from . import structure
from .models import MallVersion, Recording, Step


@dataclass(frozen=True)
class Version:
    """One mall's version: the last step that it took, and how many are ahead of it."""

    slug: str
    name: str
    schema: str
    status: str
    step: int
    step_name: str
    behind_by: int
    is_parked: bool
    reason: str
    moved_at: datetime


@dataclass(frozen=True)
class Drift:
    """What a mall's schema has otherwise than the template, in words."""

    schema: str
    differences: list[str]


def is_settled(fingerprint: str) -> bool:
    """
    Tell, by one query, whether the release is recorded and every mall has its role and has taken the last step.

    A mall that has taken it and is in maintenance still was left so by a killed roll-out: that is not settled.
    """
    query = """
        SELECT EXISTS (SELECT FROM public.rollout_recording WHERE fingerprint = %s) AND NOT EXISTS (
            SELECT FROM public.registry_tenant t LEFT JOIN public.rollout_mallversion v ON v.tenant_id = t.id
            WHERE t.status <> 'closed' AND (v.step < (SELECT max(id) FROM public.rollout_step)
                OR t.parked OR v.step IS NULL AND t.status IN ('open', 'suspended')
                OR NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'r_' || t.schema_name))
        )
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(query, [fingerprint])
            row = cursor.fetchone()
    except ProgrammingError:  # a database that has no tables yet, or those of an older release
        return False
    return bool(row and row[0])


def versions() -> list[Version]:
    """Return every mall's version, parked ones first, then those behind, then by name."""
    names = {step.pk: str(step) for step in Step.objects.only("app", "name")}
    order = sorted(names)
    rows = MallVersion.objects.select_related("tenant").exclude(tenant__status=Tenant.Status.CLOSED)
    found = [
        Version(
            slug=row.tenant.slug,
            name=row.tenant.name,
            schema=str(row.tenant.schema_name),
            status=row.tenant.status,
            step=row.step,
            step_name=names.get(row.step, "before the first step"),
            behind_by=sum(1 for step in order if step > row.step),
            is_parked=row.tenant.parked,
            reason=row.reason,
            moved_at=row.moved_at,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (not one.is_parked, -one.behind_by, one.name))


def in_brief(reason: str) -> str:
    """Return what may be shown of a refusal where anybody of the agency reads: below its first line PostgreSQL quotes rows."""
    return reason.partition("\n")[0]


def parked() -> list[Version]:
    """Return the malls in maintenance, with the reasons."""
    return [one for one in versions() if one.is_parked]


def latest_step() -> int:
    """Return the last step that there is; 0 when nothing was recorded."""
    return Step.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def step_of(schema: str) -> int:
    """Return the last step before the first one whose migration the schema has not gone through; 0 before the first step."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT app, name FROM {}").format(sql.Identifier(schema, "django_migrations")))
        applied = set(cursor.fetchall())
    found = 0
    for step in Step.objects.only("app", "name").order_by("pk"):
        if step.app and (step.app, step.name) not in applied:
            break
        found = step.pk
    return found


def release() -> Recording | None:
    """Return the newest recording of the template."""
    return Recording.objects.order_by("-pk").first()


def standing_schemas() -> set[str]:
    """Return the names of all malls' schemas that there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^m_[0-9a-z]{16}$'")
        return {str(row[0]) for row in cursor.fetchall()}


def drifted(schemas: Sequence[str], *, at_once: int = 50) -> list[Drift]:
    """
    Compare every table, index, constraint, trigger, sequence, function and privilege of the schemas with the template's.

    Costs about 10 ms a mall. Malls that are behind differ, of course.
    """
    found = []
    for begin in range(0, len(schemas), at_once):
        part = list(schemas[begin : begin + at_once])
        with transaction.atomic(), connection.cursor() as cursor:
            digests = structure.of_tables(cursor, schemas=[TEMPLATE_SCHEMA, *part], tables=None)
            for schema in part:
                if digests[schema] != digests[TEMPLATE_SCHEMA]:
                    told = structure.difference(cursor, schema=schema, template=TEMPLATE_SCHEMA)
                    found.append(Drift(schema, told))
    return found
