"""What the agency's people may do in a mall now: by which contracts, less what their role keeps from them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from saas.accounts.models import User
from tenants.entry import mandated
from tenants.entry.standing import Standing
from tenants.registry.models import Tenant

from . import roles
from .models import Mandate, Visit

OVER = Standing(is_open=False)
CLAUSES = 120
# Every contract's own clause of access, where none of its promises needs a permission.
ACCESS = "3.1"


@dataclass(frozen=True)
class Powers:
    """What contracts give in a mall: key -> numbers of clauses; the lowest limits; the newest contract's id."""

    contract: str
    permissions: dict[str, str]
    limits: dict[str, int]


def powers(tenant_id: int, *, at: datetime) -> Powers | None:
    """Return what the mandates that stand in a mall give together, None where none stands. Two queries."""
    standing = [one for one in lasting(tenant_id, at=at) if one.stands(at=at)]
    if not standing:
        return None
    by_key: defaultdict[str, list[str]] = defaultdict(list)
    for one in standing:
        for given in one.permissions.all():
            by_key[given.permission].append(given.clause)
    every = [clause for clauses in by_key.values() for clause in clauses]
    by_key[mandated.LOOK] = every or [ACCESS]
    limits: dict[str, int] = {}
    for one in standing:
        for name, value in one.limits.items():
            limits[name] = min(value, limits.get(name, value))
    permissions = {key: _numbers(clauses) for key, clauses in by_key.items()}
    return Powers(contract=standing[0].contract, permissions=permissions, limits=limits)


def _numbers(clauses: Iterable[str]) -> str:
    return ", ".join(mandated.in_order(clauses))[:CLAUSES]


def lasting(tenant_id: int, *, at: datetime) -> list[Mandate]:
    """Return the mandates of a mall that have begun and not ended, paused ones too, newest first, with their permissions."""
    rows = Mandate.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), tenant_id=tenant_id, starts_at__lte=at)
    return list(rows.prefetch_related("permissions"))


def is_own_person(*, schema: str, emails: Iterable[str], phones: Iterable[str], now: datetime) -> bool:
    """
    Tell whether one of the addresses is of somebody who works for the agency, and the agency hosts the mall: by a mandate that has begun
    and not ended, paused or not, or by auditing its deals. Called by the mall's checkout (`AGENCY_BUYERS`).
    """
    known = Q(email__in=list(emails)) | Q(phone__in=list(phones))
    if not User.objects.filter(known, kind=User.Kind.AGENCY, is_active=True).exists():
        return False
    tenant = Tenant.objects.get(schema_name=schema)
    return tenant.audited_at is not None or bool(lasting(tenant.pk, at=now))


def of_visit(*, visit: str, schema: str, now: datetime) -> Standing:
    """Say what a visit may do now. Called by the mall on each of its requests (`VISIT_STANDING`)."""
    rows = Visit.objects.filter(public_id=visit, tenant__schema_name=schema)
    found = rows.select_related("person", "tenant").first()
    return OVER if found is None else of_row(found, now=now)


def of_row(visit: Visit, *, now: datetime) -> Standing:
    """Say what stands behind a visit now."""
    if not visit.is_open(at=now) or not roles.has_role(visit.person, roles.MAY_VISIT):
        return OVER
    if not visit.contract:
        # Support from before a mandate: what has begun since decides, and its pause, so nobody stays in beside it.
        if lasting(visit.tenant_id, at=now):
            return OVER
        return Standing(is_open=True, role_keys=roles.keys_of(visit.person))
    given = powers(visit.tenant_id, at=now)
    if given is None:
        return OVER
    kept = roles.keys_of(visit.person)
    permissions = {key: clause for key, clause in given.permissions.items() if key in kept}
    return Standing(is_open=True, permissions=permissions, limits=given.limits)
