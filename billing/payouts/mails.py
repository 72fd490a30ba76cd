"""The letters to a mall's owner about payouts that stop. Run in a task, after the commit."""

from collections.abc import Callable
from datetime import datetime, timedelta

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
from .models import OwnerLetter, Payout

# So long nobody else writes a letter that one process has claimed.
CLAIM = timedelta(minutes=5)

SUBJECTS = {
    "wanted": _("Stripe wants something, so that %(mall)s goes on being paid"),
    "stopped": _("Payouts of %(mall)s have stopped"),
    "failed": _("The bank did not take the payout of %(amount)s for %(mall)s"),
    "returned": _("The bank sent %(amount)s back, paid to %(mall)s"),
}


class LetterUnderWay(OSError):
    """Another process writes the letter just now; the task comes back and sees how that ended."""


def once(*, key: str, write: Callable[[], bool], now: datetime) -> bool:
    """
    Have a letter written by one process at a time, and not again once it went out; return what `write` did. Never inside a transaction.

    Without a key, as an older release's tasks come, it is written. Killed in between, it is written anew after `CLAIM`.

    :raises LetterUnderWay: another process has claimed it
    """
    if not key:
        return write()
    rows = OwnerLetter.objects.filter(key=key)
    _row, is_new = OwnerLetter.objects.get_or_create(key=key, defaults={"claimed_at": now})
    if not is_new and not rows.filter(sent_at=None, claimed_at__lte=now - CLAIM).update(claimed_at=now):
        if rows.filter(sent_at=None).exists():
            raise LetterUnderWay(key)
        return False
    try:
        is_written = write()
    except OSError:
        rows.update(claimed_at=now - CLAIM)
        raise
    rows.update(sent_at=now)
    return is_written


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
