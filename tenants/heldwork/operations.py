"""Holds work, sends it when its mall takes it, drops it by a person's word. All of it on the platform."""

import hashlib
import json
import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import Words, phrase
from saas.kernel import clock
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.tasks import SCHEMA_HEADER, known_tasks, runs_while_suspended, send
from tenants.archives import schemas
from tenants.isolation.entrance import on_platform
from tenants.isolation.tasks import refusal
from tenants.registry.models import Tenant

from .models import HeldTask

logger = logging.getLogger(__name__)
AT_ONCE = 500


class NotHeld(DomainError):
    """The work is not held any more."""

    code = "work_not_held"
    message = _("That work is not held any more: it was sent or dropped.")


class StillRefused(DomainError):
    """The mall does not take the work yet."""

    code = "work_still_refused"
    message = _("The mall does not take this work yet. Resume it or end its maintenance first, or drop the work.")


class NotKnown(DomainError):
    """This release has no such task."""

    code = "work_not_known"
    message = _(
        "This release does not know that work: it was renamed or removed. Drop it, or send it again with the release before."
    )


def hold(*, schema: str, task: str, arguments: dict[str, Any], reason: str) -> None:
    """
    Keep a task that its mall does not take. The kernel's `TASK_KEEPER`: called in a worker, outside transactions.

    The same task with the same arguments is one row, however often and by how many workers at once it comes. What was still under
    way when a mall was erased ended with it, and its arguments may name people; of an erased mall only what Stripe tells is kept.
    """
    if reason == HeldTask.Reason.CLOSED and task not in settings.STRIPE_EVENT_TASKS.values() and not _stands(schema):
        logger.info("%s of %s ended with its mall", task, schema)
        return
    now = clock.now()
    digest = hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()
    row = HeldTask(
        schema_name=schema, task=task, arguments=arguments, digest=digest, reason=reason, first_held_at=now, held_at=now
    )
    with on_platform():
        HeldTask.objects.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["schema_name", "task", "digest"],
            update_fields=["reason", "held_at"],
        )
    logger.warning("held %s of %s: %s", task, schema, reason)


def _stands(schema: str) -> bool:
    with on_platform():
        return schemas.stands(schema)


def release() -> int:
    """
    Send held work whose mall takes it now, oldest first, and return how much was sent. Never inside a transaction.

    What cannot be sent, such as a task that this release does not know any more, stays for a person and keeps nothing else back.
    """
    sent = 0
    with on_platform():
        schemas = list(HeldTask.objects.order_by().values_list("schema_name", flat=True).distinct())
        malls = {tenant.schema_name: tenant for tenant in Tenant.objects.filter(schema_name__in=schemas)}
        taken = [schema for schema, tenant in malls.items() if refusal(tenant, while_suspended=True) is None]
        rows = HeldTask.objects.filter(schema_name__in=taken).order_by("pk")
        for row in list(rows.iterator()):
            if sent < AT_ONCE and _is_taken(row, malls[row.schema_name]):
                sent += _is_sent(row)
    return sent


def _is_sent(row: HeldTask) -> bool:
    try:
        _send(row)
    except Exception:  # whatever a message raises: the work of other malls does not wait for it
        logger.exception("held work %s of %s could not be sent", row.task, row.schema_name)
        return False
    return True


def send_again(*, number: int, by: Actor, now: datetime) -> None:
    """
    Send one piece of held work by a person's word. Never inside a transaction.

    :raises NotHeld: it was sent or dropped
    :raises StillRefused: its mall would not take it
    :raises NotKnown: no task of this release has its name
    """
    row = _held(number)
    if row.task not in known_tasks():
        raise NotKnown
    if not _is_taken(row, Tenant.objects.filter(schema_name=row.schema_name).first()):
        raise StillRefused
    _send(row)
    _note(row, "work.sent_again", phrase(_("Sent the held work %(work)s again"), work=str(row)), by=by, now=now)


@transaction.atomic
def drop(*, number: int, by: Actor, now: datetime) -> None:
    """
    Forget one piece of held work by a person's word.

    :raises NotHeld: it was sent or dropped
    """
    row = _held(number)
    if not HeldTask.objects.filter(pk=number).delete()[0]:
        raise NotHeld
    _note(row, "work.dropped", phrase(_("Dropped the held work %(work)s"), work=str(row)), by=by, now=now)


def forget(*, schema_name: str) -> None:
    """Forget what is held of an erased mall."""
    HeldTask.objects.filter(schema_name=schema_name).delete()


def _held(number: int) -> HeldTask:
    row = HeldTask.objects.filter(pk=number).first()
    if row is None:
        raise NotHeld
    return row


def _is_taken(row: HeldTask, tenant: Tenant | None) -> bool:
    return refusal(tenant, while_suspended=runs_while_suspended(row.task)) is None


def _send(row: HeldTask) -> None:
    send(row.task, {SCHEMA_HEADER: row.schema_name}, 0, row.arguments)
    # Held anew since it was read, it stays: the message above may have come too early.
    HeldTask.objects.filter(pk=row.pk, held_at=row.held_at).delete()


def _note(row: HeldTask, action: str, summary: Words, *, by: Actor, now: datetime) -> None:
    subject = ("held work", str(row.pk))
    audit.record(action=action, subject=subject, summary=summary, by=by, now=now, mall_schema=row.schema_name)
