"""
A credit that no invoice takes and that the books cannot give back, settled by two persons: it was paid by hand, or agreed otherwise. The
merchant gets a letter, and reads it with the credits and in the next report.
"""

from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from billing.packages.trade import named
from saas.audit import operations as audit
from saas.audit.phrases import Amount, phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one
from saas.kernel.tasks import enqueue
from saas.ui.formats import format_money
from tenants.isolation.addresses import mall_url
from tenants.registry import queries as registry

from .models import CreditLine

State = CreditLine.State


class SettlingRefused(DomainError):
    """The credit is given or goes on by itself, nobody said how it was settled, or a second person is needed."""

    code = "settling_refused"


@transaction.atomic
def propose(*, credit: str, why: str, by: Actor, now: datetime) -> CreditLine:
    """
    Say how a credit which is held up was settled outside; it holds when a second person says so too. The same words again change nothing,
    other words take their place. Locks: CreditLine.

    :raises CreditLine.DoesNotExist: there is none
    :raises SettlingRefused: it is not held up, it was settled, or `why` is empty
    """
    line, why = _held_up(credit), why.strip()[:200]
    if not why:
        raise SettlingRefused(_("Say how it was settled: what was paid, when, or what was agreed."), field="why")
    if line.is_proposed and line.settled_why == why:
        return line
    line.settled_why, line.proposed_at = why, now
    line.proposed_by, line.proposed_by_id = by.name[:160], by.public_id
    line.save()
    _note("credit.settling_proposed", line, by=by, now=now)
    return line


@transaction.atomic
def answer(*, credit: str, accept: bool, seen: str, by: Actor, now: datetime) -> CreditLine:
    """
    Answer as the second person: with a yes it is settled and not given any more, and the merchant is told. The same yes again changes
    nothing. Locks: CreditLine.

    :param seen: the words that the person has read
    :raises CreditLine.DoesNotExist: there is none
    :raises SettlingRefused: it is not held up, nothing was said, it says something else by now, or `by` said it
    """
    line = locked_one(CreditLine.objects.filter(public_id=credit))
    if accept and line.state == State.SETTLED and (line.settled_by_id, line.settled_why) == (by.public_id, seen):
        return line
    line = _held_up(credit)
    if line.proposed_at is None or line.settled_why != seen:
        raise SettlingRefused(_("What was said is another thing by now. Read it again."))
    if not by.public_id or by.public_id == line.proposed_by_id:
        raise SettlingRefused(_("Who said how it was settled cannot say yes to it. It takes a second person."))
    if not accept:
        _note("credit.settling_declined", line, by=by, now=now)
        line.settled_why, line.proposed_at, line.proposed_by, line.proposed_by_id = "", None, "", ""
        line.save()
        return line
    line.state, line.settled_at, line.problem = State.SETTLED, now, ""
    line.settled_by, line.settled_by_id = by.name[:160], by.public_id
    line.save()
    _note("credit.settled", line, by=by, now=now)
    enqueue("ops_console.reports.tell_settled", credit=line.public_id)
    return line


def tell(*, credit: str) -> bool:
    """Write to the merchant how a credit was settled; return whether there was anybody to write to. Never inside a transaction."""
    line = CreditLine.objects.select_related("tenant").get(public_id=credit)
    if line.state != State.SETTLED or not line.tenant.owner_email:
        return False
    with override(line.tenant.language or "en"):
        day = date_format(line.occurs_on)
        facts = {
            "mall": line.tenant.name, "amount": format_money(line.amount_minor, line.currency), "title": named(line.title),
            "why": line.settled_why, "day": day,
            "link": mall_url(registry.primary_domain(line.tenant), "/manage/hosting/credits/"),
        }  # fmt: skip
        subject = gettext("%(mall)s: your credit of %(amount)s was settled") % facts
        text = gettext(
            "For missed work (%(title)s, %(day)s) the agency owed you %(amount)s. It could stand on no invoice, so it does not come off "
            "one. The agency has noted that it was settled in this way:\n\n%(why)s\n\nIf that is not so, write to who looks after your "
            "mall. All credits:\n%(link)s"
        ) % facts  # fmt: skip
        send_mail(" ".join(subject.split()), text, settings.DEFAULT_FROM_EMAIL, [line.tenant.owner_email])
    return True


def _held_up(credit: str) -> CreditLine:
    line = locked_one(CreditLine.objects.select_related("tenant").filter(public_id=credit))
    if line.state == State.SETTLED:
        raise SettlingRefused(_("Somebody has settled it already: %(why)s") % {"why": line.settled_why})
    if not line.is_held_up:
        raise SettlingRefused(_("This credit is not held up: it is given by itself. Look at the list again."))
    return line


def _note(action: str, line: CreditLine, *, by: Actor, now: datetime) -> None:
    amount = Amount(line.amount_minor, line.currency)
    audit.record(
        action=action, subject=("credit", line.public_id), by=by, now=now, mall=line.tenant.public_id, contract=line.contract,
        summary=phrase(_("%(amount)s settled by hand: %(why)s"), amount=amount, why=line.settled_why),
    )  # fmt: skip
