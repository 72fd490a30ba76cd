"""Breaks that an act of the books settles, in one transaction with closing them."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.packages import marked
from saas.kernel.actors import Actor

from . import operations
from .models import Break

MARKED = "package_marked_paid"


@transaction.atomic
def paid_twice(*, break_public_id: str, by: Actor, now: datetime) -> Break:
    """
    Close the break of a package's invoice that was netted and paid by hand too: what was netted goes back. The money may come days after
    somebody closed it because nothing had come. Locks: Subscription, Invoice, accounts of the books, the break.

    :raises NotMarked: the break is of another class, or the money went back already
    :raises BreakClosed: it is not open, nor closed by words alone
    """
    found = Break.objects.get(public_id=break_public_id)
    if found.kind != MARKED:
        raise marked.NotMarked
    journal = marked.received(stripe_invoice=found.subject, now=now)
    said = _("The money is in the platform’s bank too. What was kept of the mall’s earnings went back to them.")
    return operations.explain(
        break_public_id=break_public_id, explanation=said, journal_id=journal, by=by, now=now, is_anew=True
    )


def may_give_back(found: Break) -> bool:
    """Tell whether `paid_twice` can be said of a break."""
    return found.kind == MARKED and (found.state == Break.State.OPEN or operations.is_by_words(found))
