"""Suspending and resuming from the console."""

from datetime import datetime

from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from ops_console.mandates import roles
from saas.accounts.models import User
from saas.kernel.actors import Actor
from saas.kernel.tasks import enqueue
from tenants.erasure import sales
from tenants.erasure.models import Erasure
from tenants.registry.models import Tenant


@transaction.atomic
def suspend(*, tenant: Tenant, reason: str, by: Actor, now: datetime) -> None:
    """Stop a mall's sales and tell its owner by mail. Locks: Tenant, Erasure. Repeated it changes nothing."""
    if sales.suspend(tenant=tenant, reason=reason, by=by, now=now):
        enqueue("ops_console.portfolio.tell_owner", mall=tenant.public_id)


@transaction.atomic
def resume(*, tenant: Tenant, by: Actor, now: datetime) -> None:
    """
    Let a mall sell again and tell its owner by mail. Locks: Tenant. Repeated it changes nothing.

    :raises ToBeErased: its erasure was asked for
    """
    if sales.resume(tenant=tenant, by=by, now=now):
        enqueue("ops_console.portfolio.tell_owner", mall=tenant.public_id)


def tell_owner(*, mall: str) -> None:
    """Tell the owner by mail whether the mall sells, as it is now."""
    tenant = Tenant.objects.get(public_id=mall)
    is_suspended = tenant.status == Tenant.Status.SUSPENDED
    with translation.override(tenant.language):
        subject = _("Sales at %(mall)s are stopped") if is_suspended else _("%(mall)s sells again")
        text = render_to_string("portfolio/email/mall_state.txt", {"tenant": tenant, "is_suspended": is_suspended})
        send_mail(subject % {"mall": tenant.name}, text, None, [tenant.owner_email])


def tell_of_erasure(*, erasure: str) -> None:
    """Tell the owner and the agency's admins by mail that an erasure was asked for, or taken back. A mall that is gone tells nobody."""
    work = Erasure.objects.select_related("tenant").get(public_id=erasure)
    tenant = work.tenant
    if tenant.status == Tenant.Status.CLOSED:
        return
    admins = User.objects.filter(kind=User.Kind.AGENCY, is_active=True, groups__name=roles.ADMIN)
    is_kept = work.state == Erasure.State.CANCELLED
    with translation.override(tenant.language):
        subject = _("%(mall)s stays") if is_kept else _("%(mall)s is to be erased")
        context = {"work": work, "tenant": tenant, "is_kept": is_kept}
        text = render_to_string("portfolio/email/erasure.txt", context)
        for address in [tenant.owner_email, *admins.values_list("email", flat=True)]:
            send_mail(subject % {"mall": tenant.name}, text, None, [address])
