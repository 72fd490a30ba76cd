"""What shoppers bought."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from saas.kernel.ids import public_id
from storefront.deals.models import Deal


class Order(models.Model):
    """
    A purchase by a shopper or a guest. Units are held until `held_until_at`; `number` is what people say on the phone.

    `request_key` is the checkout form's key: a second click finds the order that the first one made.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for payment")
        PAID = "paid", _("Paid")
        EXPIRED = "expired", _("Not paid in time")
        CANCELLED = "cancelled", _("Cancelled")
        REFUNDED = "refunded", _("Refunded")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    number = models.CharField(max_length=12, unique=True)
    request_key = models.CharField(max_length=40, unique=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PENDING)
    shopper = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="orders"
    )
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = PhoneNumberField(_("phone number"), blank=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(max_length=12, default="en")
    currency = models.CharField(max_length=3)
    total_minor = models.PositiveIntegerField()
    held_until_at = models.DateTimeField()
    placed_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    # When its buyer ended their account: name and ways to answer are empty since then (`operations.forget_buyer`).
    forgotten_at = models.DateTimeField(null=True)
    # The message with the vouchers: from when it may be sent, and when it was. See checkout's `telling`.
    tell_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    # The network address that it was bought from, for a bank that asks who paid. Shown in a dispute's evidence only,
    # and forgotten when no dispute can come any more (disputes' `forgetting`).
    buyer_ip = models.GenericIPAddressField(null=True)

    class Meta:
        ordering = ["-placed_at"]
        indexes = [
            models.Index(fields=["held_until_at"], name="order_holds", condition=Q(state="pending")),
            models.Index(
                fields=["tell_at"], name="order_to_tell", condition=Q(told_at__isnull=True, tell_at__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(email="") | ~Q(phone="") | Q(forgotten_at__isnull=False),
                name="order_can_be_answered_or_is_forgotten",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """
    Units of one deal, with everything that was promised and agreed frozen as it was (M3): title, rules, commission and its tax (M5).

    `offer` is what the deal said: {summary, contents, rules, refund_policy, withdrawal_days, valid_from_at, valid_until_at, valid_days},
    and `promotion_minimum_minor`, what the order had to come to for its code, where that has a minimum (X9).
    `total_minor` is before the discount; of `discount_minor` the platform bears `platform_discount_minor`, the merchant the rest (M10).
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="order_lines")
    title = models.CharField(max_length=140)
    offer = models.JSONField()
    units = models.PositiveIntegerField()
    unit_price_minor = models.PositiveIntegerField()
    total_minor = models.PositiveIntegerField()
    commission_rate_bp = models.PositiveIntegerField()
    commission_minimum_minor = models.PositiveIntegerField(default=0)
    commission_maximum_minor = models.PositiveIntegerField(null=True)
    commission_rule = models.CharField(max_length=120)
    commission_rule_id = models.CharField(max_length=26)
    agency_rate_bp = models.PositiveIntegerField(default=0, db_default=0)
    commission_tax_bp = models.PositiveIntegerField(default=0, db_default=0)
    discount_minor = models.PositiveIntegerField(default=0, db_default=0)
    platform_discount_minor = models.PositiveIntegerField(default=0, db_default=0)
    platform_share_bp = models.PositiveIntegerField(default=0, db_default=0)
    promotion_code = models.CharField(max_length=24, blank=True, default="", db_default="")
    promotion_id = models.CharField(max_length=26, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(units__gt=0), name="order_line_has_units"),
            models.CheckConstraint(
                condition=Q(total_minor=models.F("units") * models.F("unit_price_minor")), name="order_line_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(discount_minor__lte=models.F("total_minor"))
                & Q(platform_discount_minor__lte=models.F("discount_minor")),
                name="order_line_discount_within_total",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.units} × {self.title}"

    @property
    def paid_minor(self) -> int:
        """What the shopper pays for the line."""
        return self.total_minor - self.discount_minor

    @property
    def base_minor(self) -> int:
        """What the commission is taken of: what is paid, with what the platform bears of the discount."""
        return self.paid_minor + self.platform_discount_minor


class SpentLimit(models.Model):
    """
    What an ended account had used up of a limit for each person, kept without saying whose; see `spent`.

    Rows of one order share `part`. `subject` is the deal's or promotion's number in this mall, 0 where it is about none.
    """

    class Kind(models.TextChoices):
        UNITS = "units"
        USES = "uses"
        ORDERED = "ordered"

    mark = models.CharField(max_length=64)
    part = models.CharField(max_length=26)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    subject = models.PositiveBigIntegerField(default=0)
    units = models.PositiveIntegerField(default=1)
    until_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mark", "kind", "subject", "part"], name="spent_limit_once_for_an_order"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}: {self.units}"
