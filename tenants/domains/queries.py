"""Reads of claims, of what rests, and whether a host is ours at all."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet

from tenants.registry.models import Domain, Tenant

from .models import DomainClaim, Quarantine


def is_ours(host: str) -> bool:
    """Tell whether the platform or a mall answers at a host, so that a certificate for it may be asked for."""
    name = host.strip().lower().removesuffix(".")
    if name == settings.BASE_DOMAIN or name in settings.PLATFORM_HOSTS:
        return True
    shown = (Tenant.Status.OPEN, Tenant.Status.SUSPENDED)
    found: bool = Domain.objects.filter(domain=name, tenant__status__in=shown).exists()
    return found


def proof_of(tenant: Tenant, host: str) -> str:
    """Return the proof of a domain at which the mall answers; "" for another host."""
    name = host.rsplit(":", 1)[0].removesuffix(".").lower()
    found = DomainClaim.objects.filter(tenant=tenant, domain=name, state__in=DomainClaim.HOLDING).first()
    return found.record_value if found else ""


def rests(host: str, *, now: datetime, left_by: Sequence[str] = ()) -> bool:
    """Tell whether a host was left so lately that nobody but the malls with the schemas `left_by` may have it."""
    resting = Quarantine.objects.filter(domain=host, until_at__gt=now)
    return resting.exclude(tenant__schema_name__in=left_by).exists()


def claims_of(tenant: Tenant) -> list[DomainClaim]:
    """Return the mall's claims that stand, and of each other domain the last one that ended."""
    rows = list(DomainClaim.objects.filter(tenant=tenant).order_by("domain", "-claimed_at"))
    live = [row for row in rows if row.state in DomainClaim.LIVE]
    names = {row.domain for row in live}
    ended: dict[str, DomainClaim] = {}
    for row in rows:
        if row.domain not in names:
            ended.setdefault(row.domain, row)
    return [*live, *ended.values()]


def all_claims(*, words: str, state: str) -> QuerySet[DomainClaim]:
    """Return claims of every mall whose domain or mall has the words, in one state or in any."""
    found = DomainClaim.objects.select_related("tenant").order_by("-claimed_at", "-pk")
    if state:
        found = found.filter(state=state)
    if words:
        found = found.filter(Q(domain__icontains=words) | Q(tenant__name__icontains=words))
    return found


def resting(*, words: str, now: datetime) -> QuerySet[Quarantine]:
    """Return the domains that rest at `now`."""
    found = Quarantine.objects.select_related("tenant").filter(until_at__gt=now).order_by("until_at")
    return found.filter(domain__icontains=words) if words else found
