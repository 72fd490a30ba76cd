"""Suspending and resuming from the console."""

from datetime import datetime

from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.tasks import enqueue
from tenants.erasure import queries as erasures
from tenants.provisioning import operations as provisioning
from tenants.registry.models import Tenant


class ToBeErased(DomainError):
    """The mall's erasure was asked for; that has to be taken back first."""

    code = "mall_to_be_erased"
    message = gettext_lazy("This mall is to be erased. Keep it first, under “Archives and end”.")


@transaction.atomic
def suspend(*, tenant: Tenant, reason: str, by: Actor, now: datetime) -> None:
    """Stop a mall's sales and tell its owner by mail. Locks: Tenant. Repeated it changes nothing."""
    was = tenant.status
    provisioning.suspend(tenant_id=tenant.pk, reason=reason, by=by, now=now)
    if was == Tenant.Status.OPEN:
        enqueue("ops_console.portfolio.tell_owner", mall=tenant.public_id)


@transaction.atomic
def resume(*, tenant: Tenant, by: Actor, now: datetime) -> None:
    """
    Let a mall sell again and tell its owner by mail. Locks: Tenant. Repeated it changes nothing.

    :raises ToBeErased: its erasure was asked for
    """
    if erasures.standing(tenant):
        raise ToBeErased
    was = tenant.status
    provisioning.resume(tenant_id=tenant.pk, by=by, now=now)
    if was == Tenant.Status.SUSPENDED:
        enqueue("ops_console.portfolio.tell_owner", mall=tenant.public_id)


def tell_owner(*, mall: str) -> None:
    """Tell the owner by mail whether the mall sells, as it is now."""
    tenant = Tenant.objects.get(public_id=mall)
    is_suspended = tenant.status == Tenant.Status.SUSPENDED
    with translation.override(tenant.language):
        subject = _("Sales at %(mall)s are stopped") if is_suspended else _("%(mall)s sells again")
        text = render_to_string("portfolio/email/mall_state.txt", {"tenant": tenant, "is_suspended": is_suspended})
        send_mail(subject % {"mall": tenant.name}, text, None, [tenant.owner_email])
