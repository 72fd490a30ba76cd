"""Promotion codes, and the orders that used them."""

import hashlib
import json
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from saas.kernel.ids import public_id
from storefront.orders.models import Order

WHOLE_BP = 10_000
# What a yes is for: what is taken off, of what, for whom, how often and when.
_AGREED = (
    "code name kind rate_bp amount_minor most_minor scope targets minimum_minor starts_at ends_at uses_total uses_per_shopper "
    "budget_minor is_first_order_only platform_share_bp"
).split()


class PromotionQuerySet(models.QuerySet["Promotion"]):
    """Named filters over promotions."""

    def in_phase(self, phase: str, *, at: datetime) -> "PromotionQuerySet":
        """Keep promotions by what people call their state at `at`: waiting, coming, running, over; anything else keeps all."""
        agreed = Q(state=Promotion.State.ACTIVE)
        over = Q(ends_at__lte=at)
        phases = {
            "waiting": Q(state__in=[Promotion.State.SECOND, Promotion.State.PROPOSED]),
            "coming": agreed & Q(starts_at__gt=at),
            "running": agreed & Q(starts_at__lte=at) & ~over,
            "over": agreed & over
            | Q(state__in=[Promotion.State.STOPPED, Promotion.State.DECLINED, Promotion.State.WITHDRAWN]),
        }
        return self.filter(phases[phase]) if phase in phases else self.all()

    def waiting_for_merchant(self) -> "PromotionQuerySet":
        """Keep what the merchant may answer; see `Promotion.waits_for_merchant`."""
        own = Q(state=Promotion.State.SECOND, is_of_platform=False)
        return self.filter(own | Q(state=Promotion.State.PROPOSED))


class Promotion(models.Model):
    """
    A code that takes `rate_bp` basis points (at most `most_minor`) or `amount_minor` off an order, once for each order.

    `targets` says what of an order it is for: public ids of deals, kinds of deals, or slugs of categories; empty for the whole order.
    Of what it takes off, the platform bears `platform_share_bp`, the merchant the rest (M10); only what the platform's people made
    and the merchant confirmed may have such a share. `budget_minor` is the most that all its uses take off together. Nothing
    reaches back to orders: what they used is frozen on their lines (M3).
    """

    class State(models.TextChoices):
        SECOND = "second", _("Waits for a second person")
        PROPOSED = "proposed", _("Waits for the merchant")
        ACTIVE = "active", _("Agreed")
        STOPPED = "stopped", _("Stopped")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Kind(models.TextChoices):
        PERCENT = "percent", _("Percent off")
        AMOUNT = "amount", _("Amount off")

    class Scope(models.TextChoices):
        ORDER = "order", _("Everything")
        DEALS = "deals", _("Some deals")
        CATEGORIES = "categories", _("Some categories")
        DEAL_KINDS = "deal_kinds", _("Kinds of deals")

    OPEN_STATES = (State.SECOND, State.PROPOSED, State.ACTIVE)

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    state = models.CharField(max_length=10, choices=State.choices)
    code = models.CharField(max_length=24)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    rate_bp = models.PositiveIntegerField(default=0)
    amount_minor = models.PositiveIntegerField(default=0)
    most_minor = models.PositiveIntegerField(null=True)
    currency = models.CharField(max_length=3)
    scope = models.CharField(max_length=12, choices=Scope.choices, default=Scope.ORDER)
    targets = models.JSONField(default=list)
    minimum_minor = models.PositiveIntegerField(default=0)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    uses_total = models.PositiveIntegerField(null=True)
    uses_per_shopper = models.PositiveIntegerField(null=True)
    budget_minor = models.PositiveBigIntegerField(null=True)
    is_first_order_only = models.BooleanField(default=False)
    platform_share_bp = models.PositiveIntegerField(default=0)
    is_of_platform = models.BooleanField(default=False)
    reason = models.CharField(max_length=300, blank=True)
    made_by = models.CharField(max_length=160)
    made_by_id = models.CharField(max_length=26, blank=True)
    made_at = models.DateTimeField()
    seconded_by = models.CharField(max_length=160, blank=True)
    seconded_by_id = models.CharField(max_length=26, blank=True)
    agreed_by = models.CharField(max_length=160, blank=True)
    agreed_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=300, blank=True)
    closed_by = models.CharField(max_length=160, blank=True)
    closed_at = models.DateTimeField(null=True)

    objects = PromotionQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=Q(state__in=["second", "proposed", "active"]), name="promotion_code_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="percent", rate_bp__gt=0, rate_bp__lte=WHOLE_BP, amount_minor=0)
                | Q(kind="amount", amount_minor__gt=0, rate_bp=0, most_minor__isnull=True),
                name="promotion_takes_something_off",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="promotion_window_is_forward"
            ),
            models.CheckConstraint(
                condition=Q(platform_share_bp=0)
                | Q(platform_share_bp__lte=WHOLE_BP, is_of_platform=True, budget_minor__isnull=False),
                name="promotion_platform_bears_a_budget",
            ),
            models.CheckConstraint(
                condition=~Q(state="active") | ~Q(agreed_by="") & Q(agreed_at__isnull=False),
                name="promotion_is_agreed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(seconded_by_id="") | ~Q(seconded_by_id=F("made_by_id")),
                name="promotion_seconded_by_another",
            ),
            models.CheckConstraint(
                condition=(Q(uses_total__isnull=True) | Q(uses_total__gt=0))
                & (Q(uses_per_shopper__isnull=True) | Q(uses_per_shopper__gt=0))
                & (Q(budget_minor__isnull=True) | Q(budget_minor__gt=0))
                & (Q(most_minor__isnull=True) | Q(most_minor__gt=0)),
                name="promotion_limits_are_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of what a yes to it is for, as it was read from the database."""
        agreed = [getattr(self, name) for name in _AGREED]
        return hashlib.sha256(json.dumps(agreed, default=str).encode()).hexdigest()

    @property
    def waits_for_merchant(self) -> bool:
        """Whether the merchant may answer. For a code that they bear their yes is the second person's too (A4)."""
        return self.state == self.State.PROPOSED or (self.state == self.State.SECOND and not self.is_of_platform)

    def covers(self, *, deal: str, kind: str, category: str) -> bool:
        """Tell whether it takes something off a deal, by the deal's public id, its kind and its category's slug."""
        named = {self.Scope.DEALS: deal, self.Scope.DEAL_KINDS: kind, self.Scope.CATEGORIES: category}
        return self.scope == self.Scope.ORDER or named[self.Scope(self.scope)] in self.targets


class PromotionUse(models.Model):
    """
    One order's use of a promotion: claimed with the order, used when it is paid, released when it is not (X8, C7).

    A claim of an order whose time to pay is up may be released for others; a payment that comes then has to claim anew.
    """

    class State(models.TextChoices):
        CLAIMED = "claimed", _("Being paid for")
        USED = "used", _("Used")
        RELEASED = "released", _("Given back")

    LIVE = (State.CLAIMED, State.USED)

    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="uses")
    # One code for an order.
    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="promotion_use")
    state = models.CharField(max_length=10, choices=State.choices, default=State.CLAIMED)
    discount_minor = models.PositiveIntegerField()
    platform_minor = models.PositiveIntegerField(default=0)
    claimed_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-claimed_at", "-pk"]
        indexes = [models.Index(fields=["promotion", "state"], name="promotion_use_by_state")]
        constraints = [
            models.CheckConstraint(
                condition=Q(discount_minor__gt=0, platform_minor__lte=F("discount_minor")),
                name="promotion_use_shares_within_discount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.promotion} {self.order_id}"
