"""The double-entry books. Lives in `public`. Transfers are only added; balances follow them in the same transaction."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KeyTransform
from django.utils.translation import gettext_lazy as _

from saas.kernel.ids import public_id


class Account(models.Model):
    """
    A place where money is counted, one for each kind, mall (empty for the platform's own) and currency.

    `balance_minor` is counted on the account's normal side: debit for assets and expenses, credit for liabilities and revenue.
    """

    class Kind(models.TextChoices):
        STRIPE_CASH = "stripe_cash", _("Held by Stripe")
        STRIPE_FEES = "stripe_fees", _("Stripe's fees")
        SHOPPER_PREPAID = "shopper_prepaid", _("Prepaid by shoppers")
        MERCHANT_PENDING = "merchant_pending", _("Earned, pending")
        MERCHANT_AVAILABLE = "merchant_available", _("Available")
        MERCHANT_RECEIVABLE = "merchant_receivable", _("Owed by the merchant")
        COMMISSION = "commission", _("Commission")
        COMMISSION_TAX = "commission_tax", _("Tax on commission")
        AGENCY_SHARE = "agency_share", _("Agency’s share")
        PACKAGE_FEES = "package_fees", _("Service packages")
        PAYOUTS_IN_TRANSIT = "payouts_in_transit", _("On its way to the bank")
        MERCHANT_STRIPE = "merchant_stripe", _("In the merchant’s Stripe account")
        DISPUTES = "disputes", _("Held back in disputes")
        GOING_BACK = "going_back", _("Going back to shoppers")
        GOODWILL = "goodwill", _("Borne by the platform")
        PROMOTIONS = "promotions", _("Discounts borne by the platform")
        BREAKAGE = "breakage", _("Expired, not refundable")
        BANK = "bank", _("Paid to the platform’s bank")
        TAX_PAID = "tax_paid", _("Tax paid to the tax office")

    # Normal on the debit side: assets and expenses.
    DEBIT_NORMAL = (
        Kind.STRIPE_CASH,
        Kind.STRIPE_FEES,
        Kind.MERCHANT_RECEIVABLE,
        Kind.MERCHANT_STRIPE,
        Kind.DISPUTES,
        Kind.GOODWILL,
        Kind.PROMOTIONS,
        Kind.BANK,
        Kind.TAX_PAID,
    )
    # May be below zero: our pot at Stripe, what Stripe takes and gives back, revenue that is taken back, and our bank, which Stripe debits.
    MAY_BE_NEGATIVE = (
        Kind.STRIPE_CASH,
        Kind.STRIPE_FEES,
        Kind.COMMISSION,
        Kind.AGENCY_SHARE,
        Kind.GOODWILL,
        Kind.BANK,
    )

    kind = models.CharField(max_length=24, choices=Kind.choices)
    tenant_schema = models.CharField(max_length=63, blank=True)
    currency = models.CharField(max_length=3)
    balance_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "tenant_schema", "currency"], name="account_once"),
            models.CheckConstraint(
                condition=Q(balance_minor__gte=0)
                | Q(kind__in=["stripe_cash", "stripe_fees", "commission", "agency_share", "goodwill", "bank"]),
                name="account_not_below_zero",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.tenant_schema or 'platform'}:{self.currency}"


class Transfer(models.Model):
    """
    An amount from the credit account to the debit account. Unbalanced is unrepresentable.

    Transfers of one event share `journal_id`; `key` is made from the event, so that nothing is booked twice.
    """

    key = models.CharField(max_length=120, unique=True)
    journal_id = models.CharField(max_length=26, db_index=True, default=public_id)
    kind = models.CharField(max_length=40)
    debit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="debits")
    credit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="credits")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    tenant_schema = models.CharField(max_length=63)
    order_public_id = models.CharField(max_length=26, blank=True)
    voucher_public_id = models.CharField(max_length=26, blank=True)
    # What a person needs to read the line: {order_number, title, units, rule, rate_bp, store}.
    details = models.JSONField(default=dict)
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversed_by")
    reason = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=160)
    happened_at = models.DateTimeField()
    booked_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["tenant_schema", "-happened_at"], name="transfer_by_mall"),
            models.Index(fields=["tenant_schema", "booked_at"], name="transfer_by_mall_booked"),
            # Rows are added in the order of booking, so that a few pages of this index tell where a day begins.
            BrinIndex(fields=["booked_at"], name="transfer_by_booking", autosummarize=True),
            models.Index(fields=["voucher_public_id"], name="transfer_by_voucher", condition=~Q(voucher_public_id="")),
            models.Index(fields=["order_public_id"], name="transfer_by_order", condition=~Q(order_public_id="")),
            # An order's number as people say it leads to its payment, and that to all else: one entry for each order, not for each line.
            models.Index(
                KeyTransform("order_number", "details"), name="transfer_by_number", condition=Q(kind="order_paid")
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="transfer_amount_is_positive"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="transfer_between_two_accounts"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor} {self.currency}"


class Correction(models.Model):
    """
    A journal that a person wants taken back because it is wrong, and what a second person said.

    Made, its transfers are reversed under `correcting_journal_id`; nothing is ever changed or removed.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for a second person")
        MADE = "made", _("Taken back")
        REFUSED = "refused", _("Not taken back")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    journal_id = models.CharField(max_length=26, db_index=True)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    asked_by = models.CharField(max_length=160)
    asked_by_id = models.CharField(max_length=26)
    asked_at = models.DateTimeField()
    decided_by = models.CharField(max_length=160, blank=True)
    decided_by_id = models.CharField(max_length=26, blank=True)
    decided_at = models.DateTimeField(null=True)
    correcting_journal_id = models.CharField(max_length=26, blank=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["journal_id"], condition=~Q(state="refused"), name="correction_once_for_a_journal"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="correction_has_a_reason"),
            models.CheckConstraint(
                condition=~Q(state="made") | (~Q(decided_by_id="") & ~Q(decided_by_id=F("asked_by_id"))),
                name="correction_made_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.journal_id} {self.state}"


class TaxPayment(models.Model):
    """
    A payment to the tax office that one person says was made, and what a second person said. `period` is the first day of its month.

    Booked, it is the journal `journal_id`; that is taken back like any other one, by a `Correction`.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for a second person")
        BOOKED = "booked", _("Booked")
        REFUSED = "refused", _("Not booked")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    currency = models.CharField(max_length=3)
    period = models.DateField()
    amount_minor = models.BigIntegerField()
    reference = models.CharField(max_length=80)
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    asked_by = models.CharField(max_length=160)
    asked_by_id = models.CharField(max_length=26)
    asked_at = models.DateTimeField()
    decided_by = models.CharField(max_length=160, blank=True)
    decided_by_id = models.CharField(max_length=26, blank=True)
    decided_at = models.DateTimeField(null=True)
    journal_id = models.CharField(max_length=26, blank=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="tax_payment_is_more_than_zero"),
            models.CheckConstraint(condition=~Q(reference=""), name="tax_payment_has_a_reference"),
            models.CheckConstraint(
                condition=~Q(state="booked") | (~Q(decided_by_id="") & ~Q(decided_by_id=F("asked_by_id"))),
                name="tax_payment_booked_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.amount_minor} {self.currency} {self.state}"
