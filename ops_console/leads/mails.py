"""The letter to the owner of a mall that was opened for a lead."""

from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from tenants.isolation.addresses import mall_url
from tenants.registry import queries as registry
from tenants.registry.models import Tenant


def welcome(*, tenant: Tenant) -> None:
    """Say where the mall is and how to get in: by a code that comes by mail, so that no password travels."""
    address = mall_url(registry.primary_domain(tenant), "/account/login/?next=/manage/")
    with translation.override(tenant.language):
        text = render_to_string("leads/email/welcome.txt", {"tenant": tenant, "address": address})
        send_mail(_("%(mall)s is ready for you") % {"mall": tenant.name}, text, None, [tenant.owner_email])
