"""Writes of the list of malls that are not about opening or ending one."""

from datetime import datetime

from django.db import transaction

from saas.kernel.locking import locked_one

from .models import Tenant


@transaction.atomic
def restrict(*, schema: str, reason: str, now: datetime) -> None:
    """Let a mall publish no new deals; all else goes on (M19). Locks: Tenant. Repeated it changes nothing."""
    tenant = locked_one(Tenant.objects.filter(schema_name=schema))
    if tenant.restricted_at is None:
        tenant.restricted_at, tenant.restricted_reason = now, reason[:200]
        tenant.save(update_fields=["restricted_at", "restricted_reason"])


@transaction.atomic
def lift_restriction(*, schema: str) -> None:
    """Let a mall publish deals again. Locks: Tenant. Repeated it changes nothing."""
    tenant = locked_one(Tenant.objects.filter(schema_name=schema))
    if tenant.restricted_at is not None:
        tenant.restricted_at, tenant.restricted_reason = None, ""
        tenant.save(update_fields=["restricted_at", "restricted_reason"])


@transaction.atomic
def set_language(*, schema: str, language: str) -> None:
    """Write the language of a mall, a code of `LANGUAGES`. Locks: Tenant. Repeated it changes nothing."""
    tenant = locked_one(Tenant.objects.filter(schema_name=schema))
    if tenant.language != language:
        tenant.language = language
        tenant.save(update_fields=["language"])
