"""What becomes of what waits at Stripe when a package has ended and no invoice will come: a last invoice, or what is given back."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from billing.gateway import invoices as stripe
from billing.gateway import packages as stripe_packages
from billing.gateway.packages import SubscriptionState
from billing.ledger import operations as ledger
from billing.ledger import queries as books
from billing.ledger.models import Account
from saas.kernel.ids import public_id
from saas.kernel.locking import locked_one

from . import invoicing, receiving, usage
from .credited import CreditRefused, free_minor, lower
from .each import one_by_one
from .items import at_stripe
from .models import Credit, Invoice, Price, Subscription, Usage

State, Kind = Subscription.State, Account.Kind
# Single items that are put on in the last hours are on the last invoice.
SETTLES_AFTER = timedelta(days=1)
CARD_WITHIN = timedelta(days=7)


@dataclass(frozen=True)
class GivenBack:
    """What became of a credit, minor units: `invoice` is the first open one that became lower ("": none), `paid_minor` was paid back."""

    invoice: str
    paid_minor: int


def goes_on(schema: str, *, currency: str, now: datetime) -> Subscription | None:
    """
    Return the mall's package, running or soon to begin, whose invoices carry what waits; None where none will come. One that was taken
    without a contract, and whose card nobody has entered in a week, is not waited for.
    """
    rows = Subscription.objects.filter(tenant_schema=schema, currency=currency)
    running = rows.filter(state=State.ACTIVE).exclude(stripe_customer="").first()
    soon = rows.filter(~Q(contract="") | Q(answered_at__gt=now - CARD_WITHIN), state=State.BEGINNING)
    return running or soon.order_by("answered_at").first()


def settle_ended(*, now: datetime) -> int:
    """
    Make the last invoice of what waits at Stripe for packages that have ended, and give back what is a credit; return how many
    packages were settled. What the mall's next package will bill waits for that. Never inside a transaction.
    """
    rows = Subscription.objects.filter(state=State.ENDED, settled_at=None, ends_at__lte=now - SETTLES_AFTER)
    return one_by_one(rows, lambda row: _settle(row, now=now))


def _settle(found: Subscription, *, now: datetime) -> bool:
    later = goes_on(found.tenant_schema, currency=found.currency, now=now)
    if later is not None and found.stripe_customer:
        _settle_items(found, is_last=False, now=now)
    if later is not None and later.state != State.ACTIVE:
        return False
    if found.stripe_subscription:
        _bill_last_usage(found, now=now)
    if later is None and found.stripe_customer:
        _settle_items(found, is_last=True, now=now)
    Subscription.objects.filter(pk=found.pk, settled_at=None).update(settled_at=now)
    return True


def _bill_last_usage(found: Subscription, *, now: datetime) -> None:
    """
    Put what was used in the last period on the mall's next invoice, by our own rows: what ends in the middle of a period leaves Stripe's
    meter unbilled. What ended with its period was billed by Stripe as far as its meter knew: what was counted or told later is left.
    """
    state = stripe_packages.read_subscription(found.stripe_subscription)
    if found.ends_at is None:
        return
    usage.count_last(found, now=now)
    until, billed = found.ends_at, Counter[str]()
    if state.ends_at_period_end:
        until, billed = max(until, state.period_ends_at), _billed_units(found, state, now=now)
    for item in found.items:
        if item["kind"] != Price.Kind.PER_UNIT:
            continue
        used = Usage.objects.filter(subscription=found, price_id_public=item["price"])
        used = used.filter(used_at__gte=state.period_starts_at, used_at__lt=until)
        units = int(used.aggregate(total=Sum("units"))["total"] or 0) - billed[item["price"]]
        if units > 0:
            what = f"{units} × {item['module']}: {item['unit_name']}"
            key = f"{found.public_id}:used:{item['price']}"
            amount_minor = units * item["amount_minor"]
            invoicing.bill_once(subscription=found.public_id, amount_minor=amount_minor, what=what, key=key, now=now)


def _billed_units(found: Subscription, state: SubscriptionState, *, now: datetime) -> "Counter[str]":
    """Return how many units Stripe's last invoice has of the last period, by the public id of what a unit costs."""
    if not state.latest_invoice_id:
        return Counter()
    metered = [one["price"] for one in found.items if one["kind"] == Price.Kind.PER_UNIT]
    wanted = [one.price_id for one in at_stripe(found, now=now) if one.quantity is None]
    ours, billed = dict(zip(wanted, metered, strict=True)), Counter[str]()
    for line in stripe.read_invoice(state.latest_invoice_id).lines:
        if line.price_id in ours and line.starts_at >= state.period_starts_at:
            billed[ours[line.price_id]] += line.quantity or 0
    return billed


def _settle_items(found: Subscription, *, is_last: bool, now: datetime) -> None:
    """Where another package follows, everything waits for its invoice but a credit of which giving back was begun: it waits no more."""
    waiting = stripe.pending(customer_id=found.stripe_customer, currency=found.currency)
    is_credit = is_last and sum(one.amount_minor for one in waiting) < 0
    for one in waiting:
        if one.amount_minor < 0 and (is_credit or has_begun(one.item_id)):
            give_back(found, -one.amount_minor, why=one.description, key=one.item_id, now=now)
            stripe.take_off(one.item_id)
    if is_last and stripe.pending(customer_id=found.stripe_customer, currency=found.currency):
        invoicing.bill_now(subscription=found.public_id, key=f"{found.public_id}:last", now=now)


def give_back(found: Subscription, amount_minor: int, *, why: str, key: str, now: datetime) -> GivenBack:
    """
    Give a credit of a package that has ended, minor units, once for each key: its open invoices become lower, the oldest first, and what
    they do not take is paid into what the mall has earned, for the next settlement. Never inside a transaction.

    Cut off and called again it goes on where it began: it does not choose anew.

    :raises CreditRefused: less was paid than what is to be paid back; what was lowered stays so
    :raises GatewayUnavailable: unknown; call it again with the same key
    """
    booked_as = f"package_returned:{key}"
    lowered = _lowered(key)
    paid_back = amount_minor - sum(one.amount_minor for one in lowered)
    if not books.lines_of_keys([f"{booked_as}:"]):
        lowered = [one for one in lowered or _plan(found, amount_minor, key=key, now=now) if lower(one, why, now=now)]
        paid_back = amount_minor - sum(one.amount_minor for one in lowered)
        if paid_back:
            _pay_out(found, paid_back, why=why, key=booked_as, now=now)
    return GivenBack(lowered[0].invoice.public_id if lowered else "", paid_back)


def has_begun(key: str) -> bool:
    """Tell whether giving a credit back was begun under a key of `give_back`: then it goes on so, whatever package begins meanwhile."""
    in_books = books.lines_of_keys([f"package_returned:{key}:"])
    return Credit.objects.filter(given_for=key).exists() or bool(in_books) or _formerly_asked(key) is not None


def _formerly_asked(key: str) -> Invoice | None:
    """Return the invoice of which all of a credit was to come off, under a key that names both: so it was before `Credit` was written."""
    stem = f"{key}:"
    return Invoice.objects.filter(public_id__in=[one.removeprefix(stem) for one in stripe.credits_asked(stem)]).first()


def _lowered(key: str) -> list[Credit]:
    return list(Credit.objects.select_related("invoice__subscription").filter(given_for=key).order_by("pk"))


@transaction.atomic
def _plan(found: Subscription, amount_minor: int, *, key: str, now: datetime) -> list[Credit]:
    """Write down of which open invoices a credit comes off. Locks: Subscription, accounts of the books."""
    locked_one(Subscription.objects.filter(pk=found.pk))
    if known := _lowered(key):
        return known
    if former := _formerly_asked(key):  # it may be made: asked again under the same key, it is made once
        old_key = f"{key}:{former.public_id}"
        Credit.objects.create(
            key=old_key, invoice=former, amount_minor=amount_minor, lowers=True, given_for=key, made_at=now
        )
        return _lowered(key)
    rest_minor = amount_minor
    for invoice in Invoice.objects.filter(subscription=found, state=Invoice.State.OPEN).order_by("issued_at", "pk"):
        if part := min(rest_minor, free_minor(invoice)):
            Credit.objects.create(
                key=public_id(), invoice=invoice, amount_minor=part, lowers=True, given_for=key, made_at=now
            )
            rest_minor -= part
    if rest_minor:
        _refuse_more_than_paid(found, rest_minor)
    return _lowered(key)


def _refuse_more_than_paid(found: Subscription, amount_minor: int) -> None:
    """Locks: accounts of the books."""
    place = {"schema": found.tenant_schema, "currency": found.currency}
    if ledger.locked_balances(Kind.PACKAGE_FEES, Kind.MERCHANT_AVAILABLE, **place)[Kind.PACKAGE_FEES] < amount_minor:
        raise CreditRefused(_("Less was paid than this credit."))


@transaction.atomic
def _pay_out(found: Subscription, amount_minor: int, *, why: str, key: str, now: datetime) -> None:
    """Book a credit as available, out of what was paid, and note it for the next settlement. Locks: accounts of the books."""
    _refuse_more_than_paid(found, amount_minor)
    receiving.pay_out(found, amount_minor, why=why, key=key, now=now)
