"""The letter that tells the owners of an offer. Runs in a task, after the commit."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from cms.backoffice import roles
from saas.accounts.models import User
from tenants.isolation.addresses import mall_url
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform
from tenants.registry import queries as registry

from . import queries


def tell_of_proposal(public_id: str) -> None:
    """Tell each owner that an offer waits, with what it changes and where to answer. Not inside a transaction."""
    tenant, offer = mall(), queries.offer(public_id)
    if offer is None or not offer.is_open:
        return
    with on_platform():
        link = mall_url(registry.primary_domain(tenant), reverse("backoffice:terms"))
    owners = User.objects.filter(is_active=True, kind=User.Kind.MERCHANT, groups__name=roles.OWNER).exclude(email=None)
    for owner in owners:
        with override(owner.language or tenant.language):
            subject = _("New commission terms for %(mall)s wait for your answer") % {"mall": tenant.name}
            text = render_to_string("backoffice/mail/terms.txt", {"mall": tenant.name, "offer": offer, "link": link})
            send_mail(" ".join(subject.split()), text, settings.DEFAULT_FROM_EMAIL, [str(owner.email)])
