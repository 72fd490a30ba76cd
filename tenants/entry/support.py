"""The merchant of a mall without a contract lets the agency's support change things for some days."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.kernel.actors import Actor, refuse_all_but_merchant
from saas.kernel.errors import DomainError
from tenants.isolation import current

from .models import SupportInvitation

MOST_DAYS = 7


class DaysRefused(DomainError):
    """Support is let in for one to `MOST_DAYS` days."""

    code = "days_refused"
    message = _("Choose between one day and seven.")


def invited_until(*, at: datetime) -> datetime | None:
    """Return until when support may change things, None when it may not at `at`. One query."""
    newest = SupportInvitation.objects.first()
    return newest.until_at if newest is not None and at < newest.until_at else None


@transaction.atomic
def invite(*, days: int, by: Actor, now: datetime) -> SupportInvitation:
    """
    Let support change things for so many days from now; 0 ends it at once.

    :raises OnlyTheMerchant: `by` is not the merchant in person
    :raises DaysRefused: not 0 to `MOST_DAYS`
    """
    refuse_all_but_merchant(by)
    if not 0 <= days <= MOST_DAYS:
        raise DaysRefused
    made = SupportInvitation.objects.create(
        invited_by=by.name[:160], invited_at=now, until_at=now + timedelta(days=days)
    )
    audit.record(
        action="support.invited" if days else "support.ended",
        subject=("mall", current.mall().public_id),
        summary=f"Support may change things until {made.until_at:%Y-%m-%d %H:%M} UTC"
        if days
        else "Support may look only",
        by=by,
        now=now,
    )
    return made
