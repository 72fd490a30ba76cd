"""The letters about a package. Run in a task, after the commit."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from tenants.isolation.addresses import mall_url
from tenants.registry import queries as registry
from tenants.registry.models import Tenant

from . import queries
from .models import Subscription

SUBJECTS = {
    "offered": _("A service package for %(mall)s waits for your answer"),
    "ending": _("Your service package for %(mall)s ends"),
    "card": _("Enter a card for what you signed for %(mall)s"),
    "by_invoice": _("You get invoices for what you signed for %(mall)s"),
    "past_due": _("An invoice for %(mall)s is past due"),
    "restricted": _("%(mall)s cannot publish deals until an invoice is paid"),
    "paid_twice": _("An invoice of %(mall)s was paid twice: one payment goes back"),
    "good": _("Thank you: %(mall)s owes nothing"),
}


def tell_owner(*, subscription: str, what: str) -> None:
    """Tell the mall's owner what happened with the package (a key of `SUBJECTS`), and where to look."""
    found = Subscription.objects.get(public_id=subscription)
    tenant = Tenant.objects.get(schema_name=found.tenant_schema)
    row = next(one for one in queries.of_mall(found.tenant_schema) if one.public_id == subscription)
    with override(tenant.language):
        link = mall_url(registry.primary_domain(tenant), "/manage/services/")
        subject = " ".join((str(SUBJECTS[what]) % {"mall": tenant.name}).split())
        text = render_to_string("packages/mail.txt", {"mall": tenant.name, "what": what, "row": row, "link": link})
        send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [tenant.owner_email])
