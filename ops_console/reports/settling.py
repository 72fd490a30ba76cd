"""A credit that no invoice takes and that the books cannot give back, settled by a person: paid by hand, or agreed otherwise."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import Amount, phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one

from .models import CreditLine

State = CreditLine.State


class SettlingRefused(DomainError):
    """The credit is given or goes on by itself, or nobody said how it was settled."""

    code = "settling_refused"


@transaction.atomic
def settle(*, credit: str, why: str, by: Actor, now: datetime) -> CreditLine:
    """
    Note that a credit which is held up was settled outside: it is not given any more. The same again changes nothing. Locks: CreditLine.

    :raises CreditLine.DoesNotExist: there is none
    :raises SettlingRefused: it is not held up, it was settled with other words, or `why` is empty
    """
    line = locked_one(CreditLine.objects.select_related("tenant").filter(public_id=credit))
    if line.state == State.SETTLED and line.settled_why == why.strip()[:200]:
        return line
    if line.state == State.SETTLED:
        raise SettlingRefused(_("Somebody has settled it already: %(why)s") % {"why": line.settled_why})
    if not line.is_held_up:
        raise SettlingRefused(_("This credit is not held up: it is given by itself. Look at the list again."))
    if not why.strip():
        raise SettlingRefused(_("Say how it was settled: what was paid, when, or what was agreed."), field="why")
    line.state, line.settled_at, line.settled_why, line.problem = State.SETTLED, now, why.strip()[:200], ""
    line.save()
    audit.record(
        action="credit.settled",
        subject=("credit", line.public_id),
        summary=phrase(_("%(amount)s settled by hand: %(why)s"), amount=Amount(line.amount_minor, line.currency), why=line.settled_why),
        by=by,
        now=now,
        mall=line.tenant.public_id,
        contract=line.contract,
    )  # fmt: skip
    return line
