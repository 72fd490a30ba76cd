"""
Helping a refund that does not get through. Each enters the mall for one act; none runs inside a transaction.

Who bought is personal: it is shown on a person's word, and the mall's trail says to whom.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit import queries as trails
from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor
from storefront.refunds import elsewhere
from storefront.refunds import operations as refunds
from storefront.refunds.models import Refund
from storefront.refunds.queries import TROUBLE
from storefront.refunds.refusals import NotDecidable
from tenants.isolation.entrance import inside

from .models import HeldRefund


@dataclass(frozen=True)
class Buyer:
    """How to reach who bought."""

    name: str
    email: str
    phone: str


@dataclass(frozen=True)
class Shown:
    """A refund as its mall has it now, with its voucher, line and order; `trail` is who did what with the order."""

    refund: Refund
    trail: list[AuditEntry]

    @property
    def is_held(self) -> bool:
        """Whether it waits for a person."""
        return self.refund.state in TROUBLE

    @property
    def may_come_back(self) -> bool:
        """Whether it was paid another way, from which it can come back."""
        return self.refund.state == Refund.State.BACK and self.refund.is_elsewhere


def shown(row: HeldRefund) -> Shown:
    """
    Return a held refund with its order's trail.

    :raises Refund.DoesNotExist: the mall has it no more
    """
    with inside(row.tenant_schema):
        found = Refund.objects.select_related("voucher__line__order").get(public_id=row.public_id)
        return Shown(found, trails.of_subject("order", found.voucher.line.order.public_id))


def buyer(row: HeldRefund, *, by: Actor, now: datetime) -> Buyer:
    """
    Return how to reach who bought; the mall's trail keeps that `by` looked.

    :raises NotDecidable: the refund is not held up, so nobody has to be reached
    """
    with inside(row.tenant_schema), transaction.atomic():
        refund = Refund.objects.select_related("voucher__line__order").get(public_id=row.public_id)
        if refund.state not in TROUBLE:
            raise NotDecidable
        order = refund.voucher.line.order
        text = _("Looked at how to reach the buyer, to pay a refund another way")
        subject = ("order", order.public_id)
        audit.record(action="voucher.buyer_shown", subject=subject, summary=text, by=by, now=now, refund=row.public_id)
        return Buyer(order.name, order.email, str(order.phone))


def pay(row: HeldRefund, *, way: str, by: Actor, now: datetime) -> None:
    """
    Note that a held refund was paid out of the platform's bank; `way` says how.

    :raises DomainError: see `storefront.refunds.elsewhere.pay`
    """
    with inside(row.tenant_schema):
        elsewhere.pay(refund_public_id=row.public_id, way=way, by=by, now=now)


def came_back(row: HeldRefund, *, reason: str, by: Actor, now: datetime) -> None:
    """
    Note that what was paid another way did not arrive.

    :raises DomainError: see `storefront.refunds.elsewhere.came_back`
    """
    with inside(row.tenant_schema):
        elsewhere.came_back(refund_public_id=row.public_id, reason=reason, by=by, now=now)


def send_again(row: HeldRefund, *, by: Actor, now: datetime) -> None:
    """
    Ask Stripe for it again.

    :raises DomainError: see `storefront.refunds.operations.send_again`
    """
    with inside(row.tenant_schema):
        refunds.send_again(refund_public_id=row.public_id, by=by, now=now)
