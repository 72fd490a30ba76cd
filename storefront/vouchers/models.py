"""Redeemable units and what happened to them."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from saas.kernel.ids import public_id
from storefront.deals.models import Deal
from storefront.orders.models import OrderLine
from storefront.stores.models import Store


class Voucher(models.Model):
    """
    One unit (V10). Its code is derived from the platform's secret and `public_id`, so the database holds only the keyed hash
    by which a typed code is found. `price_minor` is what was paid for it, and what goes back; `discount_minor` was taken off, of which
    the platform bears `platform_discount_minor` (M10). `commission_minor` is this unit's part of its line's commission,
    `commission_tax_minor` of the tax on it (M5), `agency_minor` of the agency's share (M6).
    """

    class State(models.TextChoices):
        ISSUED = "issued", _("Ready to use")
        REDEEMED = "redeemed", _("Used")
        REFUND_PENDING = "refund_pending", _("Refund under way")
        REFUNDED = "refunded", _("Refunded")
        VOID = "void", _("Void")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    code_hash = models.CharField(max_length=64, unique=True)
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="vouchers")
    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="vouchers")
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.ISSUED)
    price_minor = models.PositiveIntegerField()
    commission_minor = models.PositiveIntegerField()
    commission_tax_minor = models.PositiveIntegerField(default=0, db_default=0)
    agency_minor = models.PositiveIntegerField(default=0, db_default=0)
    discount_minor = models.PositiveIntegerField(default=0, db_default=0)
    platform_discount_minor = models.PositiveIntegerField(default=0, db_default=0)
    currency = models.CharField(max_length=3)
    issued_at = models.DateTimeField()
    valid_from_at = models.DateTimeField()
    valid_until_at = models.DateTimeField()
    refunded_at = models.DateTimeField(null=True)
    # When what was paid for it was given up: it ended unused and is not refundable.
    lapsed_at = models.DateTimeField(null=True)
    # Since when the payment is disputed at the buyer's bank: frozen until that has decided.
    disputed_at = models.DateTimeField(null=True)
    # When the buyer's bank took the money back for good: an unused voucher is void, a used one stays used.
    charged_back_at = models.DateTimeField(null=True)
    # The refund's public id: the same refund told twice is one refund.
    refund_reference = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["line", "position"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="refunded") | Q(refunded_at__isnull=False) & ~Q(refund_reference=""),
                name="voucher_refund_is_dated",
            ),
            models.UniqueConstraint(fields=["line", "position"], name="voucher_once_for_each_unit"),
            models.CheckConstraint(
                condition=Q(
                    agency_minor__lte=models.F("price_minor")
                    + models.F("platform_discount_minor")
                    - models.F("commission_minor")
                    - models.F("commission_tax_minor")
                ),
                name="voucher_parts_within_worth",
            ),
            models.CheckConstraint(
                condition=Q(platform_discount_minor__lte=models.F("discount_minor")),
                name="voucher_platform_within_discount",
            ),
            models.CheckConstraint(
                condition=Q(charged_back_at__isnull=True) | Q(state__in=["redeemed", "void"]),
                name="voucher_charged_back_is_over",
            ),
            models.CheckConstraint(
                condition=Q(valid_until_at__gt=models.F("valid_from_at")), name="voucher_validity_is_forward"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line.title} #{self.position}"

    @property
    def worth_minor(self) -> int:
        """What is divided when it is used: the price, with what the platform bears of the discount."""
        return self.price_minor + self.platform_discount_minor

    def is_expired(self, *, at: datetime) -> bool:
        """Tell whether the voucher can no longer be used at `at`; its end is exclusive (X11)."""
        return at >= self.valid_until_at


class Redemption(models.Model):
    """
    The act that turned a voucher into service, and its undoing. Never deleted (V12, V14).

    `request_key` is chosen by the caller: the same key gets the same answer (V5).
    """

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="redemptions")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="redemptions")
    request_key = models.CharField(max_length=64, unique=True)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="redemptions")
    staff_name = models.CharField(max_length=160)
    redeemed_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=160, blank=True)
    undo_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-redeemed_at"]
        indexes = [models.Index(fields=["redeemed_at"], name="redemption_by_time")]
        constraints = [
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True) | ~Q(undo_reason=""), name="redemption_undone_for_a_reason"
            ),
            models.UniqueConstraint(
                fields=["voucher"], condition=Q(undone_at__isnull=True), name="voucher_redeemed_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.voucher_id} {self.redeemed_at:%Y-%m-%d %H:%M}"
