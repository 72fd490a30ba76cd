"""Reads of disputes."""

from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from .models import Dispute
from .refusals import UnknownDispute

State = Dispute.State
# An open dispute is asked about so often, besides Stripe's own news of it (X12).
ASK_EVERY = timedelta(hours=6)
BATCH = 200


def by_public_id(public_id: str) -> Dispute:
    """
    Return a dispute with its order.

    :raises UnknownDispute: no such dispute in this mall
    """
    found = Dispute.objects.select_related("order").filter(public_id=public_id).first()
    if found is None:
        raise UnknownDispute
    return found


def to_look_at(*, at: datetime) -> list[str]:
    """Return the public ids of disputes that are not over, or won without the money, and were not asked about for a while."""
    waits = Q(state__in=[State.OPEN, State.SENT]) | Q(state=State.WON, given_back_minor__lt=F("taken_minor"))
    rows = Dispute.objects.filter(waits, checked_at__lte=at - ASK_EVERY)
    return list(rows.order_by("checked_at").values_list("public_id", flat=True)[:BATCH])


def matching(*, state: str, words: str) -> "QuerySet[Dispute]":
    """Return disputes for a list, the next deadline first: `state` is open, sent, over or empty; `words` an order's number or e-mail."""
    rows = Dispute.objects.select_related("order").order_by(
        F("answer_until_at").asc(nulls_last=True), "-opened_at", "-pk"
    )
    states = {"open": (State.OPEN,), "sent": (State.SENT,), "over": (State.WON, State.LOST, State.CLOSED)}.get(state)
    if states:
        rows = rows.filter(state__in=states)
    if state == "over":
        rows = rows.order_by("-closed_at", "-pk")
    if words:
        rows = rows.filter(
            Q(order__number__iexact=words) | Q(order__email__iexact=words) | Q(order__lines__title__icontains=words)
        ).distinct()
    return rows


def of_order(order_public_id: str) -> list[Dispute]:
    """Return an order's disputes, oldest first."""
    return list(Dispute.objects.filter(order__public_id=order_public_id).order_by("opened_at", "pk"))


def is_held_by_another(dispute: Dispute) -> bool:
    """Return whether another open dispute of the order, for which money was taken, freezes what was sold."""
    others = Dispute.objects.filter(order_id=dispute.order_id, is_inquiry=False, state__in=[State.OPEN, State.SENT])
    return others.exclude(stripe_dispute=dispute.stripe_dispute).exists()


def merchant_minor(dispute: Dispute) -> int:
    """Return what a lost dispute costs the merchant: the earnings of the used vouchers that it took, minor units."""
    return sum(
        row["price_minor"]
        + row.get("platform_discount_minor", 0)
        - row["commission_minor"]
        - row.get("commission_tax_minor", 0)
        - row["agency_minor"]
        for row in dispute.lost_vouchers
        if row["redemption"]
    )
