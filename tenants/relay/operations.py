"""Carries a mall's outbox to the platform: at least once, in order for each subject, applied once."""

import logging
from datetime import datetime

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils.module_loading import import_string

from saas.kernel.errors import Busy
from saas.kernel.outbox.models import OutboxEvent
from tenants.isolation.entrance import inside, on_platform

from .events import Event
from .models import AppliedEvent

logger = logging.getLogger(__name__)
BATCH = 200
# After so many failures an event is parked: seen in the ops console, no longer in the way of other subjects.
MAXIMUM_TRIES = 20
# What heals by itself says nothing about the event, and counts for nothing.
_PASSING = (OperationalError, InterfaceError, Busy)


def waiting(schema: str, *, without: frozenset[str] = frozenset()) -> list[Event]:
    """Return the next unsent events of a mall, oldest first; those of the subjects in `without` stay behind."""
    with inside(schema):
        rows = (
            OutboxEvent.objects.filter(sent_at__isnull=True, parked_at__isnull=True)
            .exclude(subject__in=without)
            .order_by("pk")[:BATCH]
        )
        return [Event(row.event_id, schema, row.kind, row.subject, row.payload, row.happened_at) for row in rows]


def is_untold(schema: str) -> bool:
    """Tell whether a mall has facts that the platform was not told, parked ones too."""
    with inside(schema):
        found: bool = OutboxEvent.objects.filter(sent_at__isnull=True).exists()
        return found


def relay(*, schema: str, now: datetime) -> int:
    """
    Carry a mall's waiting events and return how many were applied. May run twice at once: an event is applied once.

    When one event cannot be applied, the later ones of its subject wait behind it; other subjects go on.
    """
    applied, blocked = 0, set[str]()
    while events := waiting(schema, without=frozenset(blocked)):
        done: list[str] = []
        for event in events:
            if event.subject in blocked:
                continue
            try:
                with on_platform():
                    apply(event, now=now)
                done.append(event.event_id)
            except Exception as error:
                logger.exception("event %s of %s could not be applied", event.event_id, schema)
                blocked.add(event.subject)
                _note_failure(event, error, now=now)
        with inside(schema):
            OutboxEvent.objects.filter(event_id__in=done).update(sent_at=now, error="")
        applied += len(done)
        if len(events) < BATCH:
            break
    return applied


@transaction.atomic
def apply(event: Event, *, now: datetime) -> bool:
    """
    Apply an event on the platform and tell whether this call did it.

    Locks: the unique event id; a second delivery waits for the first and then does nothing.
    """
    _row, created = AppliedEvent.objects.get_or_create(
        event_id=event.event_id,
        defaults={
            "schema_name": event.schema_name,
            "kind": event.kind,
            "subject": event.subject,
            "happened_at": event.happened_at,
            "applied_at": now,
        },
    )
    if created:
        for path in settings.OUTBOX_SUBSCRIBERS.get(event.kind, []):
            import_string(path)(event)
    return created


def _note_failure(event: Event, error: Exception, *, now: datetime) -> None:
    with inside(event.schema_name):
        rows = OutboxEvent.objects.filter(event_id=event.event_id)
        rows.update(error=repr(error)[:1000])
        if not isinstance(error, _PASSING):
            rows.update(tries=F("tries") + 1)
            rows.filter(tries__gte=MAXIMUM_TRIES).update(parked_at=now)
