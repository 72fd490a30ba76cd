"""The letters to the agency's finance. Run in a task, after the commit."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
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
from saas.kernel.tasks import enqueue
from saas.ui.formats import format_money, listed
from tenants.isolation.addresses import platform_url
from tenants.registry.models import Tenant

SUBJECTS = {
    "stopped": _("%(mall)s: Stripe does not pay out"),
    "failed": _("%(mall)s: the bank did not take %(amount)s"),
    "returned": _("%(mall)s: the bank sent %(amount)s back"),
}


def tell_of_payouts(*, schema: str, what: str, payout_id: str = "", person: str = "") -> int:
    """
    Write to everybody of Finance, or to the Admins where there is nobody, that a mall's payouts stop; return to how many. Without `person`
    it starts a task for each, so that a letter that fails is sent again alone.
    """
    people = _people()
    if not person:
        told = {"tenant_schema": schema, "what": what, "payout_id": payout_id}
        return _each("ops_console.finance.tell_of_payouts", people, told)
    tenant = Tenant.objects.get(schema_name=schema)
    payout = Payout.objects.filter(payout_id=payout_id).first() if payout_id else None
    amount = format_money(payout.amount_minor, payout.currency) if payout else ""
    for one in [one for one in people if one.public_id == person]:
        with override(one.language or "en"):
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
            send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [str(one.email)])
            return 1
    return 0


def ask_second(*, run: str, person: str = "") -> int:
    """
    Write to all who may give a settlement run its second approval, once it waits for one; return to how many. `person`: see
    `tell_of_payouts`.
    """
    found = SettlementRun.objects.get(public_id=run)
    if found.state != SettlementRun.State.SECOND:
        return 0
    of_agency = User.objects.filter(is_active=True, kind=User.Kind.AGENCY).exclude(email=None)
    may = of_agency.filter(groups__name__in=roles.MAY_SETTLE).exclude(public_id=found.approved_by_id).distinct()
    if not person:
        return _each("ops_console.finance.ask_second", may.order_by("pk"), {"run": run})
    link = platform_url(f"/ops/finance/runs/{found.public_id}/")
    for one in may.filter(public_id=person):
        with override(one.language or "en"):
            sums = listed([format_money(row.total_minor, row.currency) for row in sums_of([found]).get(found.pk, [])])
            text = render_to_string("finance/mail/second.txt", {"run": found, "sums": sums, "link": link})
            subject = " ".join((_("A settlement run waits for you: %(sums)s") % {"sums": sums}).split())
            send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [str(one.email)])
            return 1
    return 0


@transaction.atomic
def _each(task: str, people: Iterable[User], told: dict[str, Any]) -> int:
    found = list(people)
    for one in found:
        enqueue(task, **told, person=one.public_id)
    return len(found)


def _people() -> list[User]:
    of_agency = User.objects.filter(is_active=True, kind=User.Kind.AGENCY).exclude(email=None)
    for role in (roles.FINANCE, roles.ADMIN):
        if found := list(of_agency.filter(groups__name=role).order_by("pk")):
            return found
    return []
