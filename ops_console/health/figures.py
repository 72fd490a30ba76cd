"""The figures that Prometheus reads: what all processes counted, and what the platform's rows say now."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Max, Min, Q, Sum
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from billing.gateway.models import StripeEvent
from saas.kernel import keyspace, metrics
from saas.kernel.metrics import BUCKETS
from saas.kernel.tasks import queues
from tenants.provisioning.models import ReadySchema
from tenants.registry.models import Tenant

from .models import Examination, MallHealth, Pulse

OTHER = "other"
_BOUNDS = [*(str(bound) for bound in BUCKETS[:-1]), "+Inf"]
_TEXTS = {
    "requests": "Requests by view and class of answer",
    "kept_pages": "Requests answered from the page cache (hit, stale), and pages made for it (miss)",
    "request_seconds": "Time of requests, by view",
    "tasks": "Background tasks by name and outcome",
    "held_tasks": "Tasks that their mall did not take, by name and reason",
    "task_seconds": "Time of background tasks, by name",
    "mall_requests": "Requests by mall: the busiest by name, the rest as other",
}


def exposition(*, now: datetime) -> bytes:
    """
    Return the text that Prometheus reads. One address tells all processes' figures: scrape one, not each.

    :raises RedisError: Valkey does not answer
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(now))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        yield from _counted()
        yield from _standing(self._now)


def _counted() -> Iterator[Metric]:
    """Yield what the processes counted, as counters and histograms."""
    by_name: dict[str, dict[tuple[tuple[str, str], ...], float]] = defaultdict(dict)
    for series, amount in metrics.everybodys():
        by_name[series.name][series.labels] = amount
    by_name["mall_requests"] = _bounded(by_name["mall_requests"])
    for name, rows in by_name.items():
        base, _underscore, part = name.rpartition("_")
        if part == "bucket":
            yield _histogram(base, rows, by_name.get(f"{base}_sum", {}))
        elif part != "sum" and rows:
            keys = [key for key, _value in next(iter(rows))]
            family = CounterMetricFamily(f"hutong_{name}", _TEXTS.get(name, name), labels=keys)
            for labels, amount in rows.items():
                family.add_metric([value for _key, value in labels], amount)
            yield family


def _histogram(
    name: str, buckets: dict[tuple[tuple[str, str], ...], float], sums: dict[tuple[tuple[str, str], ...], float]
) -> HistogramMetricFamily:
    """Return a histogram from the counts of each bucket alone, which Prometheus wants added up."""
    split: dict[tuple[tuple[str, str], ...], dict[str, float]] = defaultdict(dict)
    for labels, amount in buckets.items():
        split[labels[:-1]][labels[-1][1]] = amount
    keys = [key for key, _value in next(iter(split))]
    family = HistogramMetricFamily(f"hutong_{name}", _TEXTS.get(name, name), labels=keys)
    for labels, alone in split.items():
        total, together = 0.0, []
        for bound in _BOUNDS:
            total += alone.get(bound, 0.0)
            together.append((bound, total))
        family.add_metric([value for _key, value in labels], together, sums.get(labels, 0.0))
    return family


def _bounded(
    rows: dict[tuple[tuple[str, str], ...], float],
) -> dict[tuple[tuple[str, str], ...], float]:
    """Name the busiest malls and add the rest up as `other`, so that the number of series does not grow with the malls."""
    totals: dict[str, float] = defaultdict(float)
    for labels, amount in rows.items():
        totals[dict(labels)["mall"]] += amount
    busiest = sorted(totals, key=lambda schema: (-totals[schema], schema))[: settings.METRICS_MALLS]
    names = dict(Tenant.objects.filter(schema_name__in=busiest).values_list("schema_name", "slug"))
    names[settings.PUBLIC_SCHEMA_NAME] = "platform"
    added: dict[tuple[tuple[str, str], ...], float] = defaultdict(float)
    for labels, amount in rows.items():
        mall = dict(labels)["mall"]
        shown = names.get(mall, OTHER) if mall in busiest else OTHER
        added[(("mall", shown), *labels[1:])] += amount
    return dict(added)


def _standing(now: datetime) -> Iterator[Metric]:
    """Yield what the platform's rows say at this moment. Looks into no mall: the survey did, within the minute."""
    malls = GaugeMetricFamily("hutong_malls", "Malls by state", labels=["state"])
    counted = dict(Tenant.objects.values_list("status").annotate(Count("pk")))
    for state in Tenant.Status.values:
        malls.add_metric([state], counted.get(state, 0))
    yield malls
    yield GaugeMetricFamily("hutong_pool_schemas", "Schemas ready for the next malls", ReadySchema.objects.count())
    yield from _outboxes(now)
    events = GaugeMetricFamily(
        "hutong_payment_events", "Payment events that wait for somebody, by state", labels=["state"]
    )
    waiting = (StripeEvent.State.RECEIVED, StripeEvent.State.FAILED, StripeEvent.State.QUARANTINED)
    found = dict(StripeEvent.objects.filter(state__in=waiting).values_list("state").annotate(Count("pk")))
    for kind in waiting:
        events.add_metric([kind], found.get(kind, 0))
    yield events
    yield from _work(now)


def _outboxes(now: datetime) -> Iterator[Metric]:
    found = MallHealth.objects.filter(tenant__in=Tenant.objects.served()).aggregate(
        waiting=Sum("waiting_count"),
        parked=Sum("parked_count"),
        oldest=Min("oldest_waiting_at", filter=Q(waiting_count__gt=0)),
        looked=Max("checked_at"),
    )
    yield GaugeMetricFamily(
        "hutong_outbox_waiting", "Events of malls on their way to the platform", found["waiting"] or 0
    )
    yield GaugeMetricFamily("hutong_outbox_parked", "Events of malls that nobody could apply", found["parked"] or 0)
    age = (now - found["oldest"]).total_seconds() if found["oldest"] else 0.0
    yield GaugeMetricFamily("hutong_outbox_age_seconds", "Age of the oldest event on its way", max(0.0, age))
    if found["looked"]:
        looked = (now - found["looked"]).total_seconds()
        yield GaugeMetricFamily("hutong_survey_age_seconds", "Time since malls were last looked into", max(0.0, looked))


def _work(now: datetime) -> Iterator[Metric]:
    backlog = GaugeMetricFamily("hutong_queue_waiting", "Messages that wait in a queue", labels=["queue"])
    for queue in queues():
        backlog.add_metric([queue], keyspace.backlog(queue))
    yield backlog
    pulses = GaugeMetricFamily("hutong_pulse_age_seconds", "Time since a queue did what beat sent", labels=["queue"])
    for queue, seen_at in Pulse.objects.values_list("queue", "seen_at"):
        pulses.add_metric([queue], max(0.0, (now - seen_at).total_seconds()))
    yield pulses
    last = Examination.objects.order_by("-examined_at").defer("findings").first()
    if last is not None:
        yield GaugeMetricFamily("hutong_guards_failed", "Guards that failed at the last examination", last.failed_count)
        age = (now - last.examined_at).total_seconds()
        yield GaugeMetricFamily("hutong_examination_age_seconds", "Time since the guards were asked", max(0.0, age))
