"""The letters to a mall's owner about payouts that stop. Run in a task, after the commit."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from billing.gateway import accounts
from saas.ui.formats import format_money
from tenants.isolation.addresses import mall_url
from tenants.registry import queries as registry
from tenants.registry.models import Tenant

from . import standing
from .models import Payout

SUBJECTS = {
    "wanted": _("Stripe wants something, so that %(mall)s goes on being paid"),
    "stopped": _("Payouts of %(mall)s have stopped"),
    "failed": _("The bank did not take the payout of %(amount)s for %(mall)s"),
    "returned": _("The bank sent %(amount)s back, paid to %(mall)s"),
}


def tell_owner(*, schema: str, what: str, payout_id: str = "") -> bool:
    """
    Write to the mall's owner what stops the money (a key of `SUBJECTS`) and what to do; False when the mall is gone or all is well again.

    "stopped" and "wanted" say how the account stands now; "failed" and "returned" name the payout.
    """
    tenant = Tenant.objects.filter(schema_name=schema).first()
    account = accounts.known_account(schema)
    if tenant is None or (what == "stopped" and account is not None and account.is_ready):
        return False
    payout = Payout.objects.filter(payout_id=payout_id).first() if payout_id else None
    with override(tenant.language):
        words = {
            "mall": tenant.name,
            "amount": format_money(payout.amount_minor, payout.currency) if payout else "",
        }
        context = {
            **words,
            "what": what,
            "standing": standing.standing_of(account),
            "said": payout.detail if payout else "",
            "link": mall_url(registry.primary_domain(tenant), "/manage/money/payouts/"),
        }
        subject = " ".join((str(SUBJECTS[what]) % words).split())
        text = render_to_string("payouts/mail.txt", context)
        send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [tenant.owner_email])
    return True
