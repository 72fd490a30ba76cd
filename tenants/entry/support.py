"""The merchant of a mall without a contract lets the agency's support change named things for some days."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor, refuse_all_but_merchant
from saas.kernel.errors import DomainError
from tenants.isolation import current

from . import gate, mandated
from .models import SupportInvitation

MOST_DAYS = 7
# What support can be let change: the keys of which something is written.
KEYS = tuple(key for key in mandated.KEYS if any(key in needed for needed in gate.WRITES.values()))


class DaysRefused(DomainError):
    """Support is let in for one to `MOST_DAYS` days."""

    code = "days_refused"
    message = _("Choose between one day and seven.")


class NothingNamed(DomainError):
    """An invitation says what support may change."""

    code = "nothing_named"
    message = _("Choose what support may change.")


def invitation(*, at: datetime) -> SupportInvitation | None:
    """Return what lets support change things at `at`, None when nothing does. One query."""
    newest = SupportInvitation.objects.first()
    if newest is None:
        return None
    _read(newest)
    return newest if at < newest.until_at and newest.permissions else None


def _read(row: SupportInvitation) -> None:
    """Put what `invite` writes for this release alone where it belongs. A row of names alone was written as it is."""
    if isinstance(row.permissions, dict):
        row.until_at, row.permissions = datetime.fromisoformat(row.permissions["until"]), row.permissions["keys"]


@transaction.atomic
def invite(*, days: int, permissions: Iterable[str] = (), by: Actor, now: datetime) -> SupportInvitation:
    """
    Let support change what is named (`KEYS`) for so many days from now, as far as each person's role goes; 0 days end it at once.

    The release before, which runs beside this one during a roll-out, knows no names: it takes whatever has not ended for everything. So the
    row's own end is its beginning, and the end stands beside the names.

    :raises OnlyTheMerchant: `by` is not the merchant in person
    :raises DaysRefused: not 0 to `MOST_DAYS`
    :raises NothingNamed: nothing, or what cannot be named
    """
    refuse_all_but_merchant(by)
    if not 0 <= days <= MOST_DAYS:
        raise DaysRefused
    named = sorted(set(permissions))
    if days and (not named or not set(named) <= set(KEYS)):
        raise NothingNamed(field="permissions")
    until = now + timedelta(days=days)
    made = SupportInvitation.objects.create(
        invited_by=by.name[:160], invited_at=now, until_at=now,
        permissions={"keys": named, "until": until.isoformat()} if days else [],
    )  # fmt: skip
    _read(made)
    audit.record(
        action="support.invited" if days else "support.ended",
        subject=("mall", current.mall().public_id),
        summary=phrase(
            _("Support may change until %(at)s: %(what)s"), at=made.until_at, what=[mandated.KEYS[one] for one in named]
        )
        if days
        else _("Support may look only"),
        by=by,
        now=now,
    )
    return made
