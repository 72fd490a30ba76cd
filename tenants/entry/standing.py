"""What a visit may do now. The platform knows; the mall asks on each request of a visit, by the name in the settings."""

from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string

from tenants.isolation.entrance import on_platform


@dataclass(frozen=True)
class Standing:
    """
    What stands behind a visit now.

    `is_open` is false when nothing does: ended, role taken, mandate over or paused. `permissions` are a mandate's, key of
    `mandated.KEYS` -> numbers of the clauses that give it; None where the mall has no contract: then `role_keys` are what the person's
    role could use of an invitation. `limits` have keys of `mandated.LIMITS`.
    """

    is_open: bool
    permissions: dict[str, str] | None = None
    limits: dict[str, int] = field(default_factory=dict)
    role_keys: frozenset[str] = frozenset()


def of_visit(*, visit: str, schema: str, now: datetime) -> Standing:
    """Ask the platform about a visit of the mall with the schema. Three queries, there."""
    with on_platform():
        found: Standing = import_string(settings.VISIT_STANDING)(visit=visit, schema=schema, now=now)
    return found
