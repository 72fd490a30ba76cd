"""What happens when a package is not paid: a notice with a date, then publishing deals stops; paid, all is as before."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM
from saas.kernel.locking import locked_one
from saas.kernel.tasks import enqueue
from tenants.registry import operations as registry

from .models import Invoice, Subscription

Standing = Subscription.Standing


def review(*, now: datetime) -> int:
    """Bring the standing of every package to what its invoices say; return how many changed."""
    candidates = Subscription.objects.exclude(begins_at=None).filter(
        state__in=[Subscription.State.ACTIVE, Subscription.State.ENDED]
    )
    return sum(_review(one, now=now) for one in candidates.values_list("pk", flat=True))


def lift(pk: int, *, now: datetime) -> bool:
    """
    Let a package that is past due or restricted be as before at once when its invoices are paid; tell whether that changed. The rest is
    for `review`.
    """
    behind = Subscription.objects.filter(pk=pk, state__in=[Subscription.State.ACTIVE, Subscription.State.ENDED])
    return behind.exclude(standing=Standing.GOOD).exists() and _review(pk, now=now)


@transaction.atomic
def _review(pk: int, *, now: datetime) -> bool:
    """Move one standing: good → past due (with notice) → restricted, or back to good. Locks: Subscription, then Tenant."""
    found = locked_one(Subscription.objects.filter(pk=pk))
    before = found.standing
    overdue = _is_overdue(found, now=now)
    if not overdue and before != Standing.GOOD:
        _move(found, Standing.GOOD, now=now)
        registry.lift_restriction(schema=found.tenant_schema)
    elif overdue and before == Standing.GOOD:
        found.restricts_at = now + timedelta(days=settings.PACKAGE_NOTICE_DAYS)
        _move(found, Standing.PAST_DUE, now=now)
    elif overdue and before == Standing.PAST_DUE and found.restricts_at and found.restricts_at <= now:
        _move(found, Standing.RESTRICTED, now=now)
        registry.restrict(schema=found.tenant_schema, reason=found.name, now=now)
    return found.standing != before


def _is_overdue(found: Subscription, *, now: datetime) -> bool:
    """Tell whether an invoice is open past its day; one that charges the card is due when it is issued, with a day for the card."""
    for invoice in Invoice.objects.filter(subscription=found, state=Invoice.State.OPEN, remaining_minor__gt=0):
        if (invoice.due_at or invoice.issued_at + timedelta(days=1)) < now:
            return True
    return False


def _move(found: Subscription, standing: Subscription.Standing, *, now: datetime) -> None:
    found.standing = standing
    if standing == Standing.GOOD:
        found.restricts_at = None
    found.save(update_fields=["standing", "restricts_at"])
    words = _("%(package)s: %(standing)s until %(day)s") if found.restricts_at else _("%(package)s: %(standing)s")
    audit.record(
        action=f"package.{standing.value}",
        subject=("subscription", found.public_id),
        summary=phrase(words, package=found.name, standing=standing.label, day=(found.restricts_at or now).date()),
        by=SYSTEM,
        now=now,
    )
    enqueue("billing.packages.tell_owner", subscription=found.public_id, what=standing.value)
