"""The letter that tells the owners of a promotion that waits for their yes. Runs in a task, after the commit."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from cms.backoffice import roles
from saas.accounts.models import User
from storefront.promotions.checks import bearer_words, words_of
from storefront.promotions.models import Promotion
from tenants.isolation.addresses import mall_url
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform
from tenants.registry import queries as registry


def tell_of_promotion(public_id: str) -> None:
    """Tell each owner that a promotion waits, who would bear it, and where to answer. Not inside a transaction."""
    tenant = mall()
    row = Promotion.objects.filter(public_id=public_id, state__in=Promotion.OPEN_STATES).first()
    if row is None or not row.waits_for_merchant:
        return
    with on_platform():
        link = mall_url(registry.primary_domain(tenant), reverse("backoffice:promotion", args=[public_id]))
    owners = User.objects.filter(is_active=True, kind=User.Kind.MERCHANT, groups__name=roles.OWNER).exclude(email=None)
    for owner in owners:
        with override(owner.language or tenant.language):
            subject = _("The promotion %(code)s for %(mall)s waits for your answer") % {
                "code": row.code,
                "mall": tenant.name,
            }
            words = {
                "mall": tenant.name,
                "promotion": row,
                "takes_off": words_of(row),
                "bearer": bearer_words(row.platform_share_bp),
                "link": link,
            }
            text = render_to_string("backoffice/mail/promotion.txt", words)
            send_mail(" ".join(subject.split()), text, settings.DEFAULT_FROM_EMAIL, [str(owner.email)])
