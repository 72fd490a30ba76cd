"""Asking for a mall's erasure, and thinking better of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked, locked_one
from saas.kernel.tasks import enqueue
from tenants.isolation.entrance import on_platform
from tenants.longwork import trail
from tenants.provisioning import operations as provisioning
from tenants.registry.models import Tenant

from . import queries
from .models import OF_THE_AGENCY, Erasure, Override


class WrongWord(DomainError):
    """What was typed is not the mall's address."""

    code = "erasure_word_wrong"
    message = _("That is not the mall's address. Type it exactly as it is shown. Nothing has changed.")


class AlreadyAsked(DomainError):
    """The mall is to be erased already, or was."""

    code = "erasure_already_asked"
    message = _("The erasure of this mall was asked for already.")


class NotErasable(DomainError):
    """The mall is not open."""

    code = "erasure_not_possible"
    message = _("Only a mall that is open or suspended can be erased.")


class TooLate(DomainError):
    """The erasure has begun."""

    code = "erasure_too_late"
    message = _("The erasure has begun and cannot be stopped any more.")


class NotYours(DomainError):
    """The agency asked for it, and the mall would take it back."""

    code = "erasure_not_yours"
    message = _(
        "The agency has asked for this erasure, so only the agency can take it back. Write to it if this is a mistake."
    )


class NothingAsked(DomainError):
    """No erasure of the mall waits."""

    code = "erasure_not_asked"
    message = _("No erasure of this mall waits. Look at it again.")


class SecondYesMissing(DomainError):
    """Who asked for the erasure would say too that the mall moves."""

    code = "erasure_second_yes"
    message = _(
        "You asked for this erasure. That the mall moves with its paid vouchers has to be said by another admin."
    )


class NoArchive(DomainError):
    """Nothing is there from which the mall could be made again with all that it owes."""

    code = "erasure_no_archive"
    message = _(
        "No archive that was downloaded knows all that was sold, used and refunded here. Make one now and download it first: the "
        "erasure removes what is on the storage, and of an older one a restore makes a copy, whose vouchers are void."
    )


def ask(*, tenant: Tenant, typed: str, reason: str, by: Actor, now: datetime, at_once: bool = False) -> Erasure:
    """
    Ask for a mall's erasure after the grace (or `at_once`); its sales stop now. `typed` is the mall's address, as a proof of intent.
    What the mall owes its shoppers (`owed`) delays it.

    From the platform or inside the mall. Locks: Tenant.

    :raises WrongWord: `typed` is another text
    :raises NotErasable: the mall is opening or closed
    :raises AlreadyAsked: it was asked for before
    """
    if typed.strip().lower() != tenant.slug:
        raise WrongWord
    due_at = now if at_once else now + timedelta(days=settings.ERASURE_GRACE_DAYS)
    with on_platform(), transaction.atomic():
        row = locked_one(Tenant.objects.filter(pk=tenant.pk))
        if row.status not in (Tenant.Status.OPEN, Tenant.Status.SUSPENDED):
            raise NotErasable
        try:
            with transaction.atomic():
                made = Erasure.objects.create(
                    tenant=row, schema_name=row.schema_name, reason=reason[:200], due_at=due_at, asked_at=now,
                    by_kind=by.kind, by_id=by.public_id, by_name=by.name[:160], stopped_sales=row.status == Tenant.Status.OPEN,
                )  # fmt: skip
        except IntegrityError as error:
            raise AlreadyAsked from error
        told = _("This mall is to be erased on %(day)s.") % {"day": f"{due_at:%Y-%m-%d}"}
        provisioning.suspend(tenant_id=row.pk, reason=str(told), by=by, now=now)
        summary = phrase(_("Asked for the erasure on %(at)s: %(reason)s"), at=due_at, reason=reason)
        trail.note(tenant=row, action="mall.erasure_asked", summary=summary, by=by, now=now)
        _tell(made)
        return made


def cancel(*, tenant: Tenant, by: Actor, now: datetime) -> None:
    """
    Take the request back; a mall whose sales it had stopped, and nobody stopped since, sells again. Owner and agency are told.

    Locks: Tenant, Erasure. Without a request nothing happens.

    :raises NotYours: the agency asked for it, and `by` is of the mall
    :raises TooLate: it has begun
    """
    with on_platform(), transaction.atomic():
        row = locked_one(Tenant.objects.filter(pk=tenant.pk))
        standing = Erasure.objects.filter(tenant=tenant).exclude(state__in=("cancelled", "failed"))
        if not standing.exists():
            return
        erasure = locked_one(standing)
        # Closed it has begun, though it waits for its next try.
        if erasure.state != Erasure.State.WAITING or row.status == Tenant.Status.CLOSED:
            raise TooLate
        if erasure.is_by_agency and by.kind not in OF_THE_AGENCY:
            raise NotYours
        Erasure.objects.filter(pk=erasure.pk).update(state=Erasure.State.CANCELLED, ended_at=now)
        if erasure.stopped_sales:
            provisioning.resume(tenant_id=tenant.pk, by=by, now=now)
        trail.note(
            tenant=tenant,
            action="mall.erasure_cancelled",
            summary=phrase(_("Took the request to erase back")),
            by=by,
            now=now,
        )
        _tell(erasure)


def say_it_moves(*, tenant: Tenant, by: Actor, now: datetime) -> None:
    """
    Say that the mall is erased because it moves: it is to be restored from its archive, with what it owes (ADR 0008), so its erasure
    does not wait for that. The caller has seen to it that `by` may; said again nothing happens. Locks: Tenant, Erasure.

    :raises NothingAsked: no erasure waits
    :raises SecondYesMissing: `by` asked for the erasure; who works at the machine itself may say both
    :raises NoArchive: no archive that was downloaded is as new as what was sold, used or refunded last
    """
    with on_platform(), transaction.atomic():
        row = locked_one(Tenant.objects.filter(pk=tenant.pk))
        waiting = locked(Erasure.objects.filter(tenant=row, state=Erasure.State.WAITING))
        if not waiting or row.status == Tenant.Status.CLOSED:
            raise NothingAsked
        erasure = waiting[0]
        if by.kind != "platform" and (by.kind, by.public_id) == (erasure.by_kind, erasure.by_id):
            raise SecondYesMissing
        if not queries.is_archived(row):
            raise NoArchive
        if erasure.moves_at is None:
            Erasure.objects.filter(pk=erasure.pk).update(moves_at=now)
            summary = phrase(
                _("Said that the mall moves: it is erased with what it owes, to be restored from its archive")
            )
            trail.note(tenant=row, action="mall.erasure_moves", summary=summary, by=by, now=now)


def _tell(erasure: Erasure) -> None:
    enqueue("ops_console.portfolio.tell_of_erasure", schema=settings.PUBLIC_SCHEMA_NAME, erasure=erasure.public_id)


@transaction.atomic
def note_override(*, schemas: Sequence[str], reason: str, by: Actor, now: datetime) -> None:
    """Keep in the register that an erased mall came back, and why. Where none of the schemas was erased nothing is kept."""
    erased = Erasure.objects.filter(schema_name__in=schemas, state=Erasure.State.DONE).order_by("-pk").first()
    if erased:
        Override.objects.create(erasure=erased, reason=reason[:200], by_kind=by.kind, by_id=by.public_id, at=now)
