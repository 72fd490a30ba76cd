"""Stopping a mall's sales and letting it sell, with regard to an erasure that waits."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one
from tenants.provisioning import operations as provisioning
from tenants.registry.models import Tenant

from . import queries
from .models import Erasure


class ToBeErased(DomainError):
    """The mall's erasure was asked for; that has to be taken back first."""

    code = "mall_to_be_erased"
    message = _("This mall is to be erased. Keep it first, under “Archives and end” or with `./hutong mall keep`.")


@transaction.atomic
def suspend(*, tenant: Tenant, reason: str, by: Actor, now: datetime) -> bool:
    """
    Stop a mall's sales for a reason and tell whether that is news. Locks: Tenant, Erasure.

    In an erasure's grace the sales stand already; then the reason is kept, and taking the erasure back does not let the mall sell.
    """
    row = locked_one(Tenant.objects.filter(pk=tenant.pk))
    if row.status == Tenant.Status.OPEN:
        provisioning.suspend(tenant_id=row.pk, reason=reason, by=by, now=now)
        return True
    waiting = Erasure.objects.filter(tenant=row, state=Erasure.State.WAITING, stopped_sales=True)
    if row.status != Tenant.Status.SUSPENDED or not waiting.update(stopped_sales=False):
        return False
    provisioning.give_reason(tenant_id=row.pk, reason=reason, by=by, now=now)
    return True


@transaction.atomic
def resume(*, tenant: Tenant, by: Actor, now: datetime) -> bool:
    """
    Let a mall sell again and tell whether it did not before. Locks: Tenant.

    :raises ToBeErased: its erasure was asked for
    """
    row = locked_one(Tenant.objects.filter(pk=tenant.pk))
    if queries.standing(row):
        raise ToBeErased
    provisioning.resume(tenant_id=row.pk, by=by, now=now)
    return bool(row.status == Tenant.Status.SUSPENDED)
