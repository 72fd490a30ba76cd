"""Writes of buying. Lock order: deal, order, payment, voucher. Nothing here speaks to Stripe; `paying` does, outside of these."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.ids import random_id
from saas.kernel.locking import locked, locked_one
from saas.kernel.money import MAXIMUM_MINOR
from storefront.deals import queries as deals
from storefront.deals.models import Deal
from storefront.deals.policy import binding, withdrawal_days
from storefront.deals.wording import validity_of
from storefront.orders import queries as orders
from storefront.orders.models import Order, OrderLine
from storefront.payments import operations as payments
from storefront.payments.models import Payment
from storefront.promotions import claiming as promotions
from storefront.terms import queries as terms
from tenants.isolation import current
from tenants.registry.models import Tenant

from .refusals import (
    AmountTooLarge,
    DealUnavailable,
    OrderNotCancellable,
    OrderNotPayable,
    PersonalLimit,
    PriceChanged,
    RequestChanged,
    TooFewLeft,
    TooManyHolds,
)

State = Order.State
# A hold is extended with each new page to pay at, but never beyond this.
LONGEST_HOLD = timedelta(hours=3)
# Unpaid orders that one account, e-mail or phone may have open in a mall.
MAXIMUM_HOLDS = 6
# Stripe opens no page that expires within half an hour; a try that was cut off is repeated within the minutes above that.
SHORTEST_HOLD = timedelta(minutes=33)


def hold_length() -> timedelta:
    """Return how long units are held for a page to pay at: as the settings say, but no shorter than Stripe lets a page live."""
    return max(timedelta(minutes=settings.CHECKOUT_HOLD_MINUTES), SHORTEST_HOLD)


@dataclass(frozen=True)
class Purchase:
    """
    What a shopper wants to buy, as the form told it.

    `price_minor` is the unit price that the page showed; `request_key` is the form's own key, 26 characters; `email` in lower case
    and `phone` in E.164, at least one of them; `shopper_id` is the account's, None for a guest; `promotion_code` as it was typed, and
    `total_minor` what the page showed to pay with it, None when it showed nothing yet; `ip` the buyer's network address, empty if unknown.
    """

    deal_slug: str
    units: int
    price_minor: int
    request_key: str
    email: str = ""
    phone: str = ""
    name: str = ""
    language: str = "en"
    shopper_id: int | None = None
    promotion_code: str = ""
    total_minor: int | None = None
    ip: str = ""


@transaction.atomic
def reserve(*, purchase: Purchase, by: Actor, now: datetime) -> Order:
    """
    Hold units of a deal for a shopper and return the unpaid order. The same form sent again gets the same order.

    Locks: Deal, then the code's Promotion. Holds that have run out are given back first when they are needed (C8). The terms of the
    deal, of the commission and of the discount are frozen on the line (M3, M10). Never talks to Stripe; the view leads to the payment
    after this commits.

    :raises RequestChanged: the form was sent before with other contents; that order stands
    :raises DealUnavailable: not on sale at `now`, or its vouchers would be over before they are paid
    :raises TooFewLeft: fewer units are left than wanted
    :raises PersonalLimit: more than one person may buy, counted over account, e-mail and phone
    :raises TooManyHolds: the account, e-mail or phone has `MAXIMUM_HOLDS` unpaid orders open (A4, A5)
    :raises PriceChanged: another price than the page showed, or more to pay with the code
    :raises PromotionRefused: the code cannot be used for this; its kinds say why
    :raises AmountTooLarge: more than one payment can be
    :raises NoTerms: no commission rule covers the deal
    :raises Busy: another shopper held the lock for too long
    """
    if known := _known(purchase):
        return known
    try:
        deal = locked_one(Deal.objects.filter(slug=purchase.deal_slug))
    except Deal.DoesNotExist as error:
        raise DealUnavailable from error
    if known := _known(purchase):
        return known
    _refuse_unsellable(deal, purchase, now=now)
    if deal.units_left < purchase.units:
        deal = _give_back_stale(deal, now=now)
    _refuse_scarce(deal, purchase, now=now)
    _refuse_hoarding(purchase, now=now)
    quote = _claimed(deal, purchase, now=now)
    deal.units_held += purchase.units
    deal.save(update_fields=["units_held"])
    return _placed(deal, purchase, quote, by=by, now=now)


def basket_of(deal: Deal, purchase: Purchase) -> promotions.Basket:
    """Return what is bought as promotions price it."""
    category = deal.category.slug if deal.category else ""
    item = promotions.Item(deal.public_id, deal.kind, category, deal.price_minor * purchase.units)
    return promotions.Basket((item,), deal.currency, purchase.email, purchase.phone, purchase.shopper_id)


def _claimed(deal: Deal, purchase: Purchase, *, now: datetime) -> promotions.Quote | None:
    """Claim the code's use, None without a code. The shopper never pays more than the page showed."""
    if not purchase.promotion_code:
        return None
    quote = promotions.claim(purchase.promotion_code, basket=basket_of(deal, purchase), now=now)
    if purchase.total_minor is not None and quote.total_minor > purchase.total_minor:
        raise PriceChanged(price_minor=deal.price_minor)
    return quote


def _known(purchase: Purchase) -> Order | None:
    """Return the order that this very form made before; another form under its key is refused."""
    order = Order.objects.filter(request_key=purchase.request_key).first()
    if order is None:
        return None
    line = order.lines.select_related("deal").get()
    made = (line.deal.slug, line.units, order.email, str(order.phone), order.shopper_id, line.promotion_code)
    code = promotions.bare(purchase.promotion_code)
    if made != (purchase.deal_slug, purchase.units, purchase.email, purchase.phone, purchase.shopper_id, code):
        raise RequestChanged(order=order.public_id)
    return order


def _refuse_unsellable(deal: Deal, purchase: Purchase, *, now: datetime) -> None:
    state = deals.sale_state(deal, at=now)
    if state not in (deals.SaleState.ON_SALE, deals.SaleState.SOLD_OUT):
        raise DealUnavailable(state=state)
    zone = current.mall().time_zone
    if not validity_of(deal).leaves_time(issued_at=now + hold_length(), zone=zone):
        raise DealUnavailable(state=deals.SaleState.ENDED)
    if deal.price_minor != purchase.price_minor:
        raise PriceChanged(price_minor=deal.price_minor)
    if deal.price_minor * purchase.units > MAXIMUM_MINOR:
        raise AmountTooLarge


def _refuse_scarce(deal: Deal, purchase: Purchase, *, now: datetime) -> None:
    left = deal.units_left
    if not 0 < purchase.units <= deals.MAXIMUM_UNITS_OF_ORDER or left < purchase.units:
        if left <= 0:
            raise TooFewLeft(
                _("Sold out while you were looking. Nothing was charged."), left=0, state=deals.SaleState.SOLD_OUT
            )
        text = ngettext(
            "Only %(count)d is left. Please choose a smaller quantity.",
            "Only %(count)d are left. Please choose a smaller quantity.",
            left,
        )
        raise TooFewLeft(text % {"count": left}, left=left)
    if deal.units_per_person is None:
        return
    taken = orders.units_taken(
        deal_id=deal.pk, email=purchase.email, phone=purchase.phone, shopper_id=purchase.shopper_id, at=now
    )
    if taken + purchase.units > deal.units_per_person:
        text = _("One person may buy %(limit)d of this deal; you have %(taken)d already.")
        raise PersonalLimit(
            text % {"limit": deal.units_per_person, "taken": taken}, limit=deal.units_per_person, taken=taken
        )


def _refuse_hoarding(purchase: Purchase, *, now: datetime) -> None:
    """Refuse one more hold to who has many open, over all deals; a few at once on several deals may slip through."""
    held = orders.open_holds(email=purchase.email, phone=purchase.phone, shopper_id=purchase.shopper_id, at=now)
    if held >= MAXIMUM_HOLDS:
        text = _("You have %(count)d unpaid orders. Pay or cancel one of them first.")
        raise TooManyHolds(text % {"count": held}, limit=MAXIMUM_HOLDS)


def _placed(deal: Deal, purchase: Purchase, quote: promotions.Quote | None, *, by: Actor, now: datetime) -> Order:
    try:
        with transaction.atomic():
            order = Order.objects.create(
                number=_free_number(),
                request_key=purchase.request_key,
                shopper_id=purchase.shopper_id,
                email=purchase.email,
                phone=purchase.phone,
                name=purchase.name,
                language=purchase.language,
                currency=deal.currency,
                total_minor=quote.total_minor if quote else deal.price_minor * purchase.units,
                held_until_at=now + hold_length(),
                placed_at=now,
                buyer_ip=_address(purchase.ip),
            )
    except IntegrityError as error:  # the same key came for two deals at once
        raise RequestChanged from error
    line = _frozen(order, deal, units=purchase.units, now=now)
    if quote:
        _discount(line, quote)
        promotions.note(quote, order=order, now=now)
    line.save()
    audit.record(
        action="order.placed",
        subject=("order", order.public_id),
        summary=f"{purchase.units} × {deal.title}",
        by=by,
        now=now,
    )
    return order


def _address(text: str) -> str | None:
    """Return a network address as it is kept; None for what is none, as behind a local socket."""
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return None


def _discount(line: OrderLine, quote: promotions.Quote) -> None:
    """Freeze what the promotion takes off the order's one line, and who bears it (M10)."""
    cut = quote.cuts[0]
    line.discount_minor, line.platform_discount_minor = cut.discount_minor, cut.platform_minor
    line.platform_share_bp = quote.promotion.platform_share_bp
    line.promotion_code, line.promotion_id = quote.promotion.code, quote.promotion.public_id
    if quote.promotion.minimum_minor:
        line.offer["promotion_minimum_minor"] = quote.promotion.minimum_minor


def _frozen(order: Order, deal: Deal, *, units: int, now: datetime) -> OrderLine:
    term = terms.winning_term(deal=deal, at=now)
    return OrderLine(
        order=order,
        deal=deal,
        title=deal.title,
        offer={
            "summary": deal.summary,
            "contents": deal.contents,
            "rules": deal.rules,
            "refund_policy": binding(deal),
            "withdrawal_days": withdrawal_days(deal),
            "stores": sorted(deal.stores.values_list("public_id", flat=True)),
            **validity_of(deal).as_json(),
        },
        units=units,
        unit_price_minor=deal.price_minor,
        total_minor=deal.price_minor * units,
        commission_rate_bp=term.rate_bp,
        commission_minimum_minor=term.minimum_minor,
        commission_maximum_minor=term.maximum_minor,
        commission_rule=terms.explanation(term),
        commission_rule_id=term.public_id,
        agency_rate_bp=term.agency_rate_bp,
        commission_tax_bp=term.tax_rate_bp,
    )


def _free_number() -> str:
    """Return a number that people can say on the phone: 8 characters without look-alikes."""
    while Order.objects.filter(number=(number := random_id(8).upper())).exists():
        continue
    return number


def _give_back_stale(deal: Deal, *, now: datetime) -> Deal:
    """Close the orders that hold this deal's units beyond their time. The deal is locked; an order has one line."""
    late = OrderLine.objects.filter(deal=deal, order__state=State.PENDING, order__held_until_at__lte=now)
    for order in locked(Order.objects.filter(pk__in=late.values("order"), state=State.PENDING, held_until_at__lte=now)):
        _close(order, State.EXPIRED, by=SYSTEM, now=now)
    deal.refresh_from_db(fields=["units_held", "units_sold"])
    return deal


def locked_order(public_id: str) -> tuple[list[Deal], Order, list[OrderLine]]:
    """
    Lock an order's deals, then the order, and return them with its lines.

    :raises Order.DoesNotExist: there is none
    """
    lines = list(OrderLine.objects.filter(order__public_id=public_id).order_by("pk"))
    held = locked(Deal.objects.filter(pk__in=[line.deal_id for line in lines]))
    return held, locked_one(Order.objects.filter(public_id=public_id)), lines


def _close(order: Order, state: State, *, by: Actor, now: datetime) -> None:
    """End an unpaid order, give its units back and its promotion's use (X8). Its deals and the order are locked."""
    order.state, order.closed_at = state, now
    order.save(update_fields=["state", "closed_at"])
    for line in order.lines.all():
        Deal.objects.filter(pk=line.deal_id).update(units_held=F("units_held") - line.units)
    promotions.release(order=order, now=now)
    audit.record(
        action=f"order.{state.value}",
        subject=("order", order.public_id),
        summary=phrase(gettext_lazy("%(order)s: %(state)s"), order=order.number, state=state.label),
        by=by,
        now=now,
    )


@transaction.atomic
def prepare_payment(*, order_public_id: str, now: datetime) -> Payment:
    """
    Return the try to pay that is under way, or begin one, and hold the units as long as its page lives (at most `LONGEST_HOLD`).

    Locks: Order.

    :raises OrderNotPayable: not waiting for a payment at `now`, a bank is confirming one, or the mall's sales are stopped (M19)
    """
    order = locked_one(Order.objects.filter(public_id=order_public_id))
    if order.state != State.PENDING or order.held_until_at <= now or current.mall().status == Tenant.Status.SUSPENDED:
        raise OrderNotPayable(state=order.state)
    if Payment.objects.filter(
        order_public_id=order.public_id, state__in=[Payment.State.PENDING, Payment.State.QUARANTINED]
    ).exists():
        raise OrderNotPayable(
            _("A payment for this order is being confirmed. Please do not pay again."), state=order.state
        )
    payment = payments.begin(
        order_public_id=order.public_id,
        amount_minor=order.total_minor,
        currency=order.currency,
        expires_at=now + hold_length(),
        now=now,
    )
    held_until_at = max(order.held_until_at, min(payment.expires_at, order.placed_at + LONGEST_HOLD))
    if payment.expires_at > held_until_at:
        raise OrderNotPayable(state=order.state)
    order.held_until_at = held_until_at
    order.save(update_fields=["held_until_at"])
    return payment


def expired_holds(*, at: datetime) -> list[str]:
    """Return the public ids of unpaid orders whose time to pay was up before `at`, oldest first."""
    rows = Order.objects.filter(state=State.PENDING, held_until_at__lte=at).order_by("held_until_at")
    return list(rows.values_list("public_id", flat=True)[:500])


@transaction.atomic
def release(*, order_public_id: str, now: datetime) -> bool:
    """
    Give back the units of an order whose time to pay is up at `now`; tell whether this call did it.

    Locks: Deal, Order. Close the pages to pay at first; what is paid all the same is met by `settle`.
    """
    _deals, order, _lines = locked_order(order_public_id)
    if order.state != State.PENDING or order.held_until_at > now:
        return False
    _close(order, State.EXPIRED, by=SYSTEM, now=now)
    return True


@transaction.atomic
def cancel(*, order_public_id: str, by: Actor, now: datetime) -> Order:
    """
    End an unpaid order on the shopper's word and give its units back. Repeated it changes nothing.

    Locks: Deal, Order. Close the pages to pay at first.

    :raises OrderNotCancellable: it is paid or closed, or a bank is confirming its payment
    """
    _deals, order, _lines = locked_order(order_public_id)
    if order.state == State.CANCELLED:
        return order
    waits = Payment.objects.filter(order_public_id=order.public_id, state=Payment.State.PENDING).exists()
    if order.state != State.PENDING or waits:
        raise OrderNotCancellable(state=order.state)
    _close(order, State.CANCELLED, by=by, now=now)
    return order
