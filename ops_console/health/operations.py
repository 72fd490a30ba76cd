"""Looks into malls, sends parked events again, and keeps what the doctor says."""

import time
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Min, Q
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.outbox.models import OutboxEvent
from saas.kernel.tasks import enqueue
from tenants.isolation.entrance import inside, on_platform
from tenants.registry.models import Tenant

from . import doctor
from .findings import Ground, State
from .models import Examination, MallHealth, Pulse

KEPT_EXAMINATIONS = 200
_WAITING = Q(sent_at__isnull=True, parked_at__isnull=True)


class NothingParked(DomainError):
    """The event is not parked any more."""

    code = "nothing_parked"


def survey(*, now: datetime) -> int:
    """Look into every mall in use and keep what was found; return how many were looked into. Never inside a transaction."""
    with on_platform():
        tenants = list(Tenant.objects.served().order_by("pk"))
    for tenant in tenants:
        with inside(tenant):
            found = OutboxEvent.objects.filter(sent_at__isnull=True).aggregate(
                waiting=Count("pk", filter=_WAITING),
                parked=Count("pk", filter=Q(parked_at__isnull=False)),
                oldest=Min("happened_at", filter=_WAITING),
            )
        with on_platform():
            MallHealth.objects.update_or_create(
                tenant=tenant,
                defaults={
                    "waiting_count": found["waiting"],
                    "parked_count": found["parked"],
                    "oldest_waiting_at": found["oldest"],
                    "checked_at": now,
                },
            )
    return len(tenants)


def send_again(*, tenant: Tenant, event_id: str, by: Actor, now: datetime) -> None:
    """
    Let the relay try a parked event again. Never inside a transaction.

    :raises NothingParked: the event is not parked
    """
    with inside(tenant), transaction.atomic():
        parked = OutboxEvent.objects.filter(event_id=event_id, parked_at__isnull=False, sent_at__isnull=True)
        if not parked.update(parked_at=None, tries=0):
            raise NothingParked
        enqueue("tenants.relay.relay")
    with transaction.atomic():
        MallHealth.objects.filter(tenant=tenant, parked_count__gt=0).update(checked_at=now)
        audit.record(
            action="event.sent_again",
            subject=("event", event_id),
            summary=phrase(_("Sent a parked event of %(mall)s again"), mall=tenant.name),
            by=by,
            now=now,
            mall=tenant.public_id,
        )


@transaction.atomic
def note_pulse(*, queue: str, now: datetime) -> None:
    """Keep when a queue last did what beat sent. Repeated it changes nothing but the instant."""
    Pulse.objects.update_or_create(queue=queue, defaults={"seen_at": now})


def examine(*, now: datetime, by: Actor) -> Examination:
    """
    Ask every guard and keep what they say; older examinations than the last 200 are forgotten. Never inside a transaction.
    """
    begin = time.monotonic()
    findings = doctor.look(Ground(now=now))
    with transaction.atomic():
        row, _created = Examination.objects.update_or_create(
            examined_at=now,
            defaults={
                "by": by.name,
                "took_ms": round((time.monotonic() - begin) * 1000),
                "failed_count": sum(finding.state == State.FAILED for finding in findings),
                "unknown_count": sum(finding.state == State.UNKNOWN for finding in findings),
                "findings": [finding.as_dict() for finding in findings],
            },
        )
        kept = Examination.objects.order_by("-examined_at").values("pk")[:KEPT_EXAMINATIONS]
        Examination.objects.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
    return row
