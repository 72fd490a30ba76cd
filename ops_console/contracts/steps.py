"""What somebody has to do for a contract besides its tasks, for "My work": steps of hand-overs, cards that nobody entered."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from billing.packages import agreed
from billing.packages.models import Subscription
from saas.accounts.models import User

from .ending import BY_ITSELF, words_of
from .models import Contract, HandOverStep

MOST = 50


@dataclass(frozen=True)
class StepToDo:
    """A step with the mall, the page on which it is ticked, and the day on which the contract ends, or has ended; under a heading."""

    title: str
    mall: str
    href: str
    until: date | None
    heading: str


def to_do(*, person: User, whose: str, words: str) -> list[StepToDo]:
    """
    Return the open steps that a person does, the contracts that end first before others, at most `MOST`. One query.

    A step is the account manager's. `whose` is "me", "all", "nobody" or a public id; `words` are of its title or the mall's name.
    """
    ending = [Contract.State.ENDING, Contract.State.ENDED]
    rows = HandOverStep.objects.filter(done_at=None, contract__state__in=ending).exclude(key__in=BY_ITSELF)
    if whose == "nobody":
        return []
    if whose != "all":
        rows = rows.filter(contract__account_manager__public_id=_public_id(person, whose))
    for word in words.split():
        rows = rows.filter(Q(title__icontains=word) | Q(contract__tenant__name__icontains=word))
    rows = rows.select_related("contract__tenant").order_by("contract__ends_on", "contract", "position")
    return [
        StepToDo(
            title=str(words_of(step)),
            mall=step.contract.tenant.name,
            href=reverse("contracts:detail", args=[step.contract.public_id]),
            until=step.contract.ends_on,
            heading=_("Hand-overs"),
        )
        for step in rows[:MOST]
    ]


def without_card(*, person: User, whose: str, words: str) -> list[StepToDo]:
    """Return the contracts of a person that run though the card that pays them was not entered, as `to_do` does. Two queries."""
    if whose == "nobody":
        return []
    waiting = {one.contract: one for one in agreed.without_card()}
    rows: QuerySet[Contract] = Contract.objects.filter(public_id__in=waiting).select_related("tenant")
    if whose != "all":
        rows = rows.filter(account_manager__public_id=_public_id(person, whose))
    for word in words.split():
        rows = rows.filter(Q(title__icontains=word) | Q(tenant__name__icontains=word))
    return [
        StepToDo(
            title=_("%(contract)s: ask for the card. From %(day)s on invoices are sent")
            % {"contract": one.title, "day": _by_invoice(waiting[one.public_id])},
            mall=one.tenant.name,
            href=reverse("contracts:detail", args=[one.public_id]),
            until=None,
            heading=_("Work runs, and no card was entered"),
        )
        for one in rows.order_by("starts_on", "pk")[:MOST]
    ]


def _by_invoice(row: Subscription) -> str:
    return date_format(agreed.by_invoice_from(row), "DATE_FORMAT")


def _public_id(person: User, whose: str) -> str:
    return person.public_id if whose == "me" else whose
