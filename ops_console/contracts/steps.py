"""Steps of hand-overs that somebody has to do, for "My work"."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.urls import reverse

from saas.accounts.models import User

from .ending import BY_ITSELF
from .models import Contract, HandOverStep

MOST = 50


@dataclass(frozen=True)
class StepToDo:
    """A step with the mall, the page on which it is ticked, and the day on which the contract ends, or has ended."""

    title: str
    mall: str
    href: str
    until: date | None


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
        rows = rows.filter(contract__account_manager__public_id=person.public_id if whose == "me" else whose)
    for word in words.split():
        rows = rows.filter(Q(title__icontains=word) | Q(contract__tenant__name__icontains=word))
    rows = rows.select_related("contract__tenant").order_by("contract__ends_on", "contract", "position")
    return [
        StepToDo(
            title=step.title,
            mall=step.contract.tenant.name,
            href=reverse("contracts:detail", args=[step.contract.public_id]),
            until=step.contract.ends_on,
        )
        for step in rows[:MOST]
    ]
