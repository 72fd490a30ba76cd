"""Contracts whose people change: who answers for them, and to whom their tasks fall."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from ops_console.mandates import roles
from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked

from .models import Contract

State = Contract.State


class AccountNeeded(DomainError):
    """A contract always has somebody who answers for it."""

    code = "account_needed"
    message = _("Choose somebody who may answer for contracts.")


def lasting() -> "QuerySet[Contract]":
    """Return contracts that somebody must answer for: drafts, those that wait, run or are ending."""
    return Contract.objects.filter(state__in=[State.DRAFT, State.SENT, State.SIGNED, State.ACTIVE, State.ENDING])


@transaction.atomic
def pass_on(*, person: User, to: User | None, works: User | None, by: Actor, now: datetime) -> int:
    """
    Let `to` answer for a person's contracts, and tasks of amendments to come fall to `works`; return how many contracts. Locks: Contract.

    :raises AccountNeeded: there are some, and `to` is nobody, the person, or of a role that does not answer for contracts
    """
    lasting().filter(operator=person).update(operator=works)
    mine = locked(lasting().filter(account_manager=person))
    if not mine:
        return 0
    if to is None or to.pk == person.pk or not roles.has_role(to, roles.MAY_SELL):
        raise AccountNeeded(field="accounts_to")
    Contract.objects.filter(pk__in=[one.pk for one in mine]).update(account_manager=to)
    for one in mine:
        audit.record(
            action="contract.passed_on", subject=("contract", one.public_id), by=by, now=now, mall=one.tenant.public_id,
            summary=phrase(
                _("%(contract)s: %(taker)s answers for it after %(person)s"),
                contract=str(one), taker=to.get_full_name(), person=person.get_full_name(),
            ),
        )  # fmt: skip
    return len(mine)
