"""Units of what is paid for each unit: recorded by people or counted by the system, corrected, told to Stripe's meter."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from billing.gateway import packages as stripe
from billing.gateway.client import GatewayUnavailable
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one

from .each import one_by_one
from .items import meter_name, month_of
from .models import Price, Subscription, Usage
from .selling import note
from .trade import told

MOST_UNITS = 100_000
PER_UNIT = Price.Kind.PER_UNIT


class NotMetered(DomainError):
    """The package has no price for units of this, or does not run."""

    code = "not_metered"
    message = _("This package has no price for units of this, or does not run.")


class UsageRefused(DomainError):
    """A use or a correction that makes no sense."""

    code = "usage_refused"


@dataclass(frozen=True)
class UseDraft:
    """
    Units to record or take off, and for what; the same `key` is recorded once. `price` is the public id of what a unit costs, `at` when
    it was used (None: now).
    """

    price: str
    units: int
    what: str
    key: str
    at: datetime | None = None


@dataclass(frozen=True)
class Counted:
    """One unit that the system counted: `key` names what it was, once and for all; `what` says it to people."""

    key: str
    what: str
    at: datetime


# settings.USAGE_COUNTERS: what of a mall happened from an instant to before another.
Counter = Callable[[str, datetime, datetime], Iterable[Counted]]


def period_of(found: Subscription, *, now: datetime) -> tuple[datetime, datetime]:
    """Return the period that is billed next, as Stripe told it last; before it did, by the day on which the package began."""
    if found.period_starts_at and found.period_ends_at:
        return found.period_starts_at, found.period_ends_at
    begins_at, months = found.begins_at or now, month_of(found, "", now=now - timedelta(days=1))
    return begins_at + relativedelta(months=months), begins_at + relativedelta(months=months + 1)


def record(*, subscription: str, draft: UseDraft, by: Actor, now: datetime) -> Usage:
    """
    Record units that a mall used, once for each key, and tell Stripe's meter; the trail says who. Locks: Subscription.
    Never inside a transaction.

    :raises NotMetered: the package has no such unit price, or does not run
    :raises UsageRefused: no units, or more than `MOST_UNITS`
    :raises GatewayUnavailable: the use is kept, and told again by `tell`
    """
    _follow_period(subscription)
    usage = _write(subscription, draft, by=by, now=now)
    _tell(usage, now=now)
    return usage


def correct(*, usage: int, schema: str, draft: UseDraft, by: Actor, now: datetime) -> Usage:
    """
    Take units off that were recorded wrongly in the running period, once for each key: a row of its own, with the reason. Locks:
    Subscription. Never inside a transaction.

    :raises UsageRefused: more than is left of it, or it stands on an invoice by now: that one is credited
    :raises GatewayUnavailable: the correction is kept, and told again by `tell`
    """
    found = Usage.objects.select_related("subscription").get(pk=usage, subscription__tenant_schema=schema)
    _follow_period(found.subscription.public_id)
    row = _write(
        found.subscription.public_id, replace(draft, price=found.price_id_public), corrects=found, by=by, now=now
    )
    _tell(row, now=now)
    return row


def _follow_period(subscription: str) -> None:
    """Read the running period at Stripe; without an answer what is known stays."""
    found = Subscription.objects.get(public_id=subscription)
    if found.state != Subscription.State.ACTIVE or not found.stripe_subscription:
        return
    try:
        keep_period(stripe.read_subscription(found.stripe_subscription))
    except GatewayUnavailable:
        return


def keep_period(state: stripe.SubscriptionState) -> None:
    """Keep which period Stripe bills; it never goes back."""
    known = Subscription.objects.filter(stripe_subscription=state.subscription_id)
    known.exclude(period_starts_at__gt=state.period_starts_at).update(
        period_starts_at=state.period_starts_at, period_ends_at=state.period_ends_at
    )


@transaction.atomic
def _write(
    subscription: str,
    draft: UseDraft,
    *,
    by: Actor,
    now: datetime,
    corrects: Usage | None = None,
    may_have_ended: bool = False,
) -> Usage:
    found = locked_one(Subscription.objects.filter(public_id=subscription))
    if known := Usage.objects.select_related("subscription").filter(key=draft.key).first():
        return known
    item = next((one for one in found.items if one["price"] == draft.price and one["kind"] == PER_UNIT), None)
    if item is None or not (may_have_ended or found.state == Subscription.State.ACTIVE):
        raise NotMetered(price=draft.price)
    starts_at = period_of(found, now=now)[0]
    _refuse(draft.units, corrects, starts_at=starts_at)
    row = Usage.objects.create(
        subscription=found, price_id_public=draft.price, key=draft.key, units=-draft.units if corrects else draft.units,
        what=draft.what[:200], by=by.name[:160], is_counted=by.kind == SYSTEM.kind, corrects=corrects,
        # What is told later than its period's end counts in the next one: the ended one is billed.
        used_at=max(draft.at or now, starts_at),
    )  # fmt: skip
    row.subscription = found
    words = (
        _("Taken off: %(units)d × %(module)s: %(what)s") if corrects else _("Used: %(units)d × %(module)s: %(what)s")
    )
    summary = phrase(words, units=draft.units, module=told(item["module"]), what=draft.what)
    note("package.use_corrected" if corrects else "package.used", found, summary, by=by, now=now, key=draft.key)
    return row


def _refuse(units: int, corrects: Usage | None, *, starts_at: datetime) -> None:
    if not 0 < units <= MOST_UNITS:
        raise UsageRefused(_("Units are a whole number from 1 to 100,000."), field="units")
    if corrects is None:
        return
    if corrects.corrects_id is not None:
        raise UsageRefused(_("A correction is not corrected: record the units again."))
    if corrects.used_at < starts_at:
        raise UsageRefused(_("This stands on an invoice by now. Credit part of that invoice instead."))
    if units > left_of(corrects):
        raise UsageRefused(_("No more can be taken off than was recorded."), field="units")


def left_of(row: Usage) -> int:
    """Return how many units of a record no correction took off."""
    return row.units + int(Usage.objects.filter(corrects=row).aggregate(total=Sum("units"))["total"] or 0)


def count(*, now: datetime) -> int:
    """
    Record what the system counts itself, by the prices that say so, since each package began; return how much was new. Safe to repeat.
    Never inside a transaction.
    """
    counters = dict(Price.objects.exclude(counts="").values_list("public_id", "counts"))
    running = Subscription.objects.filter(state=Subscription.State.ACTIVE)
    due = [
        (row, one["price"], counters[one["price"]]) for row in running for one in row.items if one["price"] in counters
    ]
    new: list[int] = []

    def act(pair: tuple[Subscription, str, str]) -> bool:
        new.append(_count(*pair, now=now))
        return bool(new[-1])

    one_by_one(due, act)
    return sum(new)


def count_last(found: Subscription, *, now: datetime) -> int:
    """
    Record what the system counts of a package that has ended, up to its end, if nobody counted it before; return how much was new. Safe to
    repeat. Never inside a transaction.
    """
    counters = dict(Price.objects.exclude(counts="").values_list("public_id", "counts"))
    until = min(now, found.ends_at or now)
    due = [one["price"] for one in found.items if one["price"] in counters]
    return sum(_count(found, price, counters[price], now=until) for price in due)


def _count(found: Subscription, price: str, kind: str, *, now: datetime) -> int:
    path = settings.USAGE_COUNTERS.get(kind)
    if path is None:
        return 0
    counter: Counter = import_string(path)
    since = max(found.begins_at or now, period_of(found, now=now)[0] - relativedelta(days=1))
    counted = {f"{kind}:{one.key}": one for one in counter(found.tenant_schema, since, now)}
    known = set(Usage.objects.filter(key__in=counted).values_list("key", flat=True))
    for key in (new := [key for key in counted if key not in known]):
        draft = UseDraft(price, 1, counted[key].what, key, counted[key].at)
        _write(found.public_id, draft, by=SYSTEM, now=now, may_have_ended=True)
    return len(new)


def tell(*, now: datetime) -> int:
    """Tell Stripe of the uses that it does not know yet; return how many."""
    rows = list(Usage.objects.select_related("subscription").filter(told_at=None).order_by("pk")[:500])
    return one_by_one(rows, lambda usage: _tell(usage, now=now))


def _tell(usage: Usage, *, now: datetime) -> bool:
    if usage.told_at is not None:
        return False
    stripe.tell_usage(
        event_name=meter_name(usage.price_id_public),
        customer_id=usage.subscription.stripe_customer,
        units=usage.units,
        identifier=f"use:{usage.key}"[:100],
        at=usage.used_at,
    )
    return bool(Usage.objects.filter(pk=usage.pk, told_at=None).update(told_at=now))
