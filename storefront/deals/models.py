"""Offers with conditions."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from saas.kernel.ids import public_id
from storefront.catalog.models import Category
from storefront.stores.models import Store


class DealQuerySet(models.QuerySet["Deal"]):
    """Named filters over deals."""

    def on_sale(self, *, at: datetime) -> "DealQuerySet":
        """Keep deals that a shopper may buy at `at`; the end of the window is exclusive. Sold-out ones stay: their page says so."""
        return self.filter(
            Q(sale_ends_at__isnull=True) | Q(sale_ends_at__gt=at), state=Deal.State.PUBLISHED, sale_starts_at__lte=at
        )


class Deal(models.Model):
    """
    An offer: price, quantity, window, limits, terms. `units_held` are in unpaid orders, `units_sold` in paid ones.

    A voucher of it is valid from its issue (or `valid_from_at`, if later) until `valid_until_at` or `valid_days` after its
    issue (X10). `contents` is a list of {name, quantity, value_minor}, `rules` a list of {label, text}.
    """

    class Kind(models.TextChoices):
        PREPAID_VOUCHER = "prepaid_voucher", _("Prepaid voucher")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", pgettext_lazy("deal", "Published")
        ENDED = "ended", _("Ended")

    class RefundPolicy(models.TextChoices):
        ANY_TIME = "any_time", _("Refundable any time before use, refunded by itself at expiry")
        UNTIL_EXPIRY = "until_expiry", _("Refundable before use until it expires")
        FINAL = "final", _("Final sale")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.PREPAID_VOUCHER)
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    slug = models.SlugField(max_length=120, unique=True)
    title = models.CharField(_("title"), max_length=140)
    summary = models.CharField(_("one sentence about it"), max_length=200, blank=True)
    picture = models.ForeignKey(
        settings.WAGTAILIMAGES_IMAGE_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    category = models.ForeignKey(Category, on_delete=models.SET_NULL, null=True, blank=True, related_name="deals")
    currency = models.CharField(max_length=3)
    price_minor = models.PositiveIntegerField(_("price"))
    was_price_minor = models.PositiveIntegerField(_("price before"), null=True, blank=True)
    units_total = models.PositiveIntegerField(_("units for sale"))
    units_held = models.PositiveIntegerField(default=0)
    units_sold = models.PositiveIntegerField(default=0)
    units_per_person = models.PositiveIntegerField(_("units for each person"), null=True, blank=True)
    sale_starts_at = models.DateTimeField(_("on sale from"))
    sale_ends_at = models.DateTimeField(_("on sale until"), null=True, blank=True)
    valid_from_at = models.DateTimeField(_("vouchers valid from"), null=True, blank=True)
    valid_until_at = models.DateTimeField(_("vouchers valid until"), null=True, blank=True)
    valid_days = models.PositiveIntegerField(_("or valid for days after purchase"), null=True, blank=True)
    refund_policy = models.CharField(max_length=16, choices=RefundPolicy.choices, default=RefundPolicy.ANY_TIME)
    # For the capacity and margin guard; shoppers never see them. Null: nobody has said.
    service_minutes = models.PositiveSmallIntegerField(_("minutes that one guest takes"), null=True, blank=True)
    cost_minor = models.PositiveIntegerField(_("what serving one unit costs"), null=True, blank=True)
    needs_booking = models.BooleanField(_("booking needed"), default=False)
    contents = models.JSONField(_("what you get"), default=list, blank=True)
    rules = models.JSONField(_("rules"), default=list, blank=True)
    stores = models.ManyToManyField(Store, verbose_name=_("stores"), related_name="deals", blank=True)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)

    objects = DealQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(price_minor__gt=0), name="deal_price_is_positive"),
            models.CheckConstraint(
                condition=Q(units_total__gte=F("units_held") + F("units_sold")), name="deal_never_oversold"
            ),
            models.CheckConstraint(
                condition=Q(sale_ends_at__isnull=True) | Q(sale_ends_at__gt=F("sale_starts_at")),
                name="deal_window_is_forward",
            ),
            models.CheckConstraint(
                condition=Q(valid_until_at__isnull=True, valid_days__gt=0)
                | Q(valid_until_at__isnull=False, valid_days__isnull=True),
                name="deal_validity_by_date_or_days",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def units_left(self) -> int:
        """Units that may still be held."""
        return self.units_total - self.units_held - self.units_sold


class DealReview(models.Model):
    """
    How a deal stands with the agency's audit, as far as this mall must know to sell or not to sell it; and an override of the guard.

    The case itself, with who passed which stage on what evidence, is the platform's. `fingerprint` is of what was submitted last,
    `approved_fingerprint` of what may be sold. `stages` is a list of {key, name, state}, `asked` of {stage, field, text}. `told_version`
    is the case's: older news change nothing. `proposed` is a change of a deal on sale that waits for the audit (see `reviews`).

    The same of the deal's page (see `pages`): `sent_page` is what it said in the last submission, `approved_page` in what was approved
    (null: approved before pages were audited), `proposed_page` the version of it that waits.
    """

    class State(models.TextChoices):
        NONE = "none", _("Not sent")
        SUBMITTED = "submitted", _("Being audited")
        ASKED = "asked", _("A change is asked for")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")

    deal = models.OneToOneField(Deal, on_delete=models.CASCADE, related_name="review")
    state = models.CharField(max_length=12, choices=State.choices, default=State.NONE)
    submission = models.CharField(max_length=26, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    approved_fingerprint = models.CharField(max_length=64, blank=True)
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.CharField(max_length=160, blank=True)
    told_version = models.PositiveIntegerField(default=0)
    told_at = models.DateTimeField(null=True)
    stages = models.JSONField(default=list, blank=True)
    asked = models.JSONField(default=list, blank=True)
    words = models.TextField(blank=True)
    proposed = models.JSONField(null=True)
    sent_page = models.JSONField(null=True)
    approved_page = models.JSONField(null=True)
    proposed_page = models.PositiveBigIntegerField(null=True)
    override_of = models.CharField(max_length=64, blank=True)
    override_reason = models.CharField(max_length=300, blank=True)
    override_by = models.CharField(max_length=160, blank=True)
    override_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.deal_id} {self.state}"
