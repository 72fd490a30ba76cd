"""Signing up: a mall opened, and its owner let in."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from saas.accounts import operations as accounts
from saas.accounts.models import User
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from tenants.entry import tickets
from tenants.entry.models import Ticket
from tenants.isolation.addresses import mall_url
from tenants.isolation.entrance import inside
from tenants.provisioning import operations as provisioning
from tenants.provisioning.operations import Opening
from tenants.registry import queries as registry
from tenants.registry.models import Tenant


class AlreadyOpened(DomainError):
    """The form was sent before and its mall is open; who sends it now does not know the owner's password."""

    code = "already_opened"
    message = _("This form was sent before, and its mall is open. Please sign in there.")


def open_and_enter(opening: Opening, *, now: datetime) -> str:
    """
    Open a mall and return the address that lets its owner in, once, within minutes. Never inside a transaction.

    Repeated with the same key it opens nothing more and lets the owner in again, who must give the same password.

    :raises AddressRefused: the address cannot be a mall's
    :raises AddressTaken: another mall has it
    :raises AlreadyOpened: the mall is open, and e-mail address or password are not its owner's
    :raises Busy: the first request with this key is still at work
    """
    by = Actor(kind=User.Kind.MERCHANT, name=opening.owner_email)
    tenant = provisioning.open_mall(opening, by=by, now=now)
    is_new = tenant.opened_at == now
    with inside(tenant):
        owner = User.objects.filter(email=opening.owner_email, is_active=True).first()
        if owner is None or not (is_new or owner.check_password(opening.owner_password or "")):
            raise AlreadyOpened(tenant=tenant.slug)
        if is_new:
            accounts.choose_language(user=owner, language=opening.language)
        token = tickets.issue(person=owner, purpose=Ticket.Purpose.SIGN_UP, now=now)
    return address_of(tenant, f"/enter/{token}/")


def address_of(tenant: Tenant, path: str) -> str:
    """Return the absolute address of a path in a mall."""
    return mall_url(registry.primary_domain(tenant), path)
