"""Guards over background work: beat, workers, queues, outboxes."""

from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from ops_console.health.findings import Ground, Guard, Reading, failed, ok, some, unknown
from ops_console.health.models import MallHealth, Pulse
from saas.kernel import keyspace
from saas.kernel.tasks import answering, queues
from tenants.heldwork import queries as heldwork
from tenants.heldwork.models import HeldTask
from tenants.registry.models import Tenant

BEAT_LATE = timedelta(minutes=3)
OUTBOX_LATE = timedelta(minutes=5)
SURVEY_LATE = timedelta(minutes=10)
ANSWER_WITHIN_S = 2.0
MOST_WAITING = 5_000


def _resting() -> Reading:
    return unknown(said("Hutong's own processes are not running"))


def beat(ground: Ground) -> Reading:
    """Beat's pulse arrived lately in some queue."""
    if ground.at_rest:
        return _resting()
    newest = Pulse.objects.order_by("-seen_at").first()
    if newest is None:
        return failed(said("no pulse was ever seen"))
    age = ground.now - newest.seen_at
    text = said("last pulse %(seconds)d s ago") % {"seconds": age.total_seconds()}
    return failed(text) if age > BEAT_LATE else ok(text)


def workers(ground: Ground) -> Reading:
    """Each queue has a worker that answers, and what waits in it is little."""
    if ground.at_rest:
        return _resting()
    found = answering(within_s=ANSWER_WITHIN_S)
    waiting = {name: keyspace.backlog(name) for name in found}
    told = [f"{name}: {len(names)} ({waiting[name]} waiting)" for name, names in sorted(found.items())]
    if any(not names for names in found.values()) or max(waiting.values()) > MOST_WAITING:
        return failed(", ".join(told))
    return ok(", ".join(told))


def pulses(ground: Ground) -> Reading:
    """What beat sends into each queue is done by its worker."""
    if ground.at_rest:
        return _resting()
    seen = dict(Pulse.objects.values_list("queue", "seen_at"))
    ages = {name: (ground.now - seen[name]).total_seconds() if name in seen else None for name in queues()}
    told = [f"{name}: {said('never') if age is None else f'{age:.0f} s'}" for name, age in ages.items()]
    late = [name for name, age in ages.items() if age is None or age > BEAT_LATE.total_seconds()]
    return failed(", ".join(told)) if late else ok(", ".join(told))


def outboxes(ground: Ground) -> Reading:
    """What malls tell the platform arrives within minutes, and nothing is parked."""
    health = MallHealth.objects.filter(tenant__in=Tenant.objects.served()).select_related("tenant")
    newest = health.order_by("-checked_at").first()
    if newest is None or ground.now - newest.checked_at > SURVEY_LATE:
        return unknown(said("the malls were not looked into lately"))
    late = [
        row.tenant.slug for row in health if row.oldest_waiting_at and ground.now - row.oldest_waiting_at > OUTBOX_LATE
    ]
    parked = [row.tenant.slug for row in health if row.parked_count]
    if parked:
        return failed(said("parked events in %(names)s") % {"names": some(parked)})
    if late and not ground.at_rest:
        return failed(said("events older than 5 minutes in %(names)s") % {"names": some(late)})
    return ok(said("%(malls)d malls, nothing old or parked") % {"malls": health.count()})


def held_work(_ground: Ground) -> Reading:
    """No task is held that only a person can decide on: one of a mall that is unknown or closed, or unknown to the release."""
    found = heldwork.counts()
    if not found:
        return ok(said("nothing is held"))
    told = ", ".join(f"{HeldTask.Reason(reason).label}: {count}" for reason, count in sorted(found.items()))
    if gone := heldwork.unknown_tasks():
        return failed(told + said("; not known to this release: %(names)s") % {"names": some(gone)})
    return failed(told) if {HeldTask.Reason.UNKNOWN, HeldTask.Reason.CLOSED} & set(found) else ok(told)


def schedule(_ground: Ground) -> Reading:
    """Each queue gets a pulse from beat, so that the guards above can see it."""
    pulsed = {
        entry.get("kwargs", {}).get("queue")
        for entry in settings.CELERY_BEAT_SCHEDULE.values()
        if entry["task"] == "ops_console.health.pulse"
    }
    missing = sorted(set(queues()) - pulsed)
    if missing:
        return failed(said("no pulse in %(names)s") % {"names": some(missing)})
    return ok(said("%(count)d queues have a pulse") % {"count": len(pulsed)})


_DEAD = _("See docs/runbooks/beat-or-worker-dead.md.")
GUARDS = (
    Guard("beat", _("Beat is alive"), _DEAD, beat),
    Guard("workers", _("Workers answer for each queue"), _DEAD, workers),
    Guard("pulses", _("Work is done in each queue"), _DEAD, pulses),
    Guard(
        "pulse-schedule",
        _("Each queue is watched"),
        _("Add an entry for the queue to CELERY_BEAT_SCHEDULE, beside the other pulses."),
        schedule,
    ),
    Guard(
        "outboxes",
        _("Outboxes drain"),
        _("Open Health in the console: each event says why it failed. Mend the cause, then send it again."),
        outboxes,
    ),
    Guard(
        "held-work",
        _("No work is held for malls that are gone"),
        _("Open Health in the console: drop what nobody wants done, or send it again once its mall is back."),
        held_work,
    ),
)
