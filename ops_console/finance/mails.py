"""The letters to the agency's finance. Run in a task, after the commit."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from billing.gateway import accounts
from billing.payouts import standing
from billing.payouts.models import Payout
from billing.settlements.models import SettlementRun
from billing.settlements.preview import sums_of
from ops_console.mandates import roles
from saas.accounts.models import User
from saas.ui.formats import format_money, listed
from tenants.isolation.addresses import platform_url
from tenants.registry.models import Tenant

SUBJECTS = {
    "stopped": _("%(mall)s: Stripe does not pay out"),
    "failed": _("%(mall)s: the bank did not take %(amount)s"),
    "returned": _("%(mall)s: the bank sent %(amount)s back"),
}


def tell_of_payouts(*, schema: str, what: str, payout_id: str = "") -> int:
    """Write to everybody of Finance, or to the Admins where there is nobody, that a mall's payouts stop; return to how many."""
    tenant = Tenant.objects.get(schema_name=schema)
    payout = Payout.objects.filter(payout_id=payout_id).first() if payout_id else None
    amount = format_money(payout.amount_minor, payout.currency) if payout else ""
    people = _people()
    for person in people:
        with override(person.language or "en"):
            words = {"mall": tenant.name, "amount": amount}
            context = {
                **words,
                "what": what,
                "owner": tenant.owner_email,
                "standing": standing.standing_of(accounts.known_account(schema)),
                "said": payout.detail if payout else "",
                "link": platform_url(f"/ops/finance/payouts/malls/{tenant.public_id}/"),
            }
            text = render_to_string("finance/mail/payouts.txt", context)
            subject = " ".join((str(SUBJECTS[what]) % words).split())
            send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [str(person.email)])
    return len(people)


def ask_second(*, run: str) -> int:
    """Write to all who may give a settlement run its second approval, once it waits for one; return to how many."""
    found = SettlementRun.objects.get(public_id=run)
    if found.state != SettlementRun.State.SECOND:
        return 0
    of_agency = User.objects.filter(is_active=True, kind=User.Kind.AGENCY).exclude(email=None)
    may = of_agency.filter(groups__name__in=roles.MAY_SETTLE).exclude(public_id=found.approved_by_id).distinct()
    people = list(may.order_by("pk"))
    link = platform_url(f"/ops/finance/runs/{found.public_id}/")
    for person in people:
        with override(person.language or "en"):
            sums = listed([format_money(one.total_minor, one.currency) for one in sums_of([found]).get(found.pk, [])])
            text = render_to_string("finance/mail/second.txt", {"run": found, "sums": sums, "link": link})
            subject = " ".join((_("A settlement run waits for you: %(sums)s") % {"sums": sums}).split())
            send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [str(person.email)])
    return len(people)


def _people() -> list[User]:
    of_agency = User.objects.filter(is_active=True, kind=User.Kind.AGENCY).exclude(email=None)
    for role in (roles.FINANCE, roles.ADMIN):
        if found := list(of_agency.filter(groups__name=role).order_by("pk")):
            return found
    return []
