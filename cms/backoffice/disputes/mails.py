"""The letters to a mall's owners about a dispute. Run in a task, after the commit."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from cms.backoffice import roles
from saas.accounts.models import User
from saas.ui.formats import format_money
from storefront.disputes import queries, wording
from storefront.disputes.models import Dispute
from storefront.stores import moments
from tenants.isolation.addresses import mall_url
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform
from tenants.registry import queries as registry


def tell(public_id: str, what: str) -> None:
    """Tell each owner that a payment is disputed, or how that ended (`what` is the state). Not inside a transaction."""
    tenant, dispute = mall(), queries.by_public_id(public_id)
    with on_platform():
        link = mall_url(registry.primary_domain(tenant), reverse("backoffice:dispute", args=[public_id]))
    owners = User.objects.filter(is_active=True, kind=User.Kind.MERCHANT, groups__name=roles.OWNER).exclude(email=None)
    for owner in owners:
        with override(owner.language or tenant.language):
            words = {"number": dispute.order.number, "mall": tenant.name}
            subject = " ".join((_subject(what) % words).split())
            text = render_to_string("backoffice/mail/dispute.txt", _context(dispute, what) | {"link": link, **words})
            send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [str(owner.email)])


def _subject(what: str) -> str:
    if what == Dispute.State.OPEN:
        return _("A buyer's bank disputes order %(number)s")
    return _("The dispute about order %(number)s is over")


def _context(dispute: Dispute, what: str) -> dict[str, object]:
    cost_minor = queries.merchant_minor(dispute)
    return {
        "dispute": dispute,
        "what": what,
        "amount": format_money(dispute.amount_minor, dispute.currency),
        "reason": wording.reason(dispute.reason),
        "until": moments.when(dispute.answer_until_at) if dispute.answer_until_at else "",
        "cost_minor": cost_minor,
        "cost": format_money(cost_minor, dispute.currency),
    }
