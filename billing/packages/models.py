"""Service packages and their invoices. Lives in `public`."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from saas.kernel.ids import public_id


class Module(models.Model):
    """A service that the agency offers. A retired one is sold no more; who has it keeps it."""

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    name = models.CharField(max_length=80, unique=True)
    summary = models.CharField(max_length=300, blank=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """
    What a module costs, minor units: each month, for each unit used (`unit_name`), or once. Rows are never changed, only retired.

    In the first `intro_months` a monthly price is `intro_amount_minor`. Units are recorded by people, or counted by the system too:
    `counts` says what (settings.USAGE_COUNTERS).
    """

    class Kind(models.TextChoices):
        MONTHLY = "monthly", _("Each month")
        PER_UNIT = "per_unit", _("For each unit")
        ONE_OFF = "one_off", _("Once, at the start")

    class Counts(models.TextChoices):
        BY_HAND = "", pgettext_lazy("units", "By hand")
        POSTS = "posts", _("Posts published beside those that a task promises")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="prices")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    currency = models.CharField(max_length=3)
    amount_minor = models.PositiveIntegerField()
    unit_name = models.CharField(max_length=40, blank=True)
    counts = models.CharField(max_length=12, choices=Counts.choices, blank=True, db_default="")
    intro_amount_minor = models.PositiveIntegerField(null=True)
    intro_months = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["module__name", "created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(intro_months=0, intro_amount_minor=None)
                | Q(intro_months__gt=0, intro_amount_minor__lt=F("amount_minor"), kind="monthly"),
                name="price_introduction_is_lower_and_ends",
            ),
            models.CheckConstraint(condition=~Q(kind="per_unit") | ~Q(unit_name=""), name="price_names_its_unit"),
            models.CheckConstraint(condition=Q(counts="") | Q(kind="per_unit"), name="price_counts_units"),
        ]

    def __str__(self) -> str:
        return f"{self.module.name}: {self.amount_minor} {self.currency} {self.get_kind_display()}"


class Package(models.Model):
    """Modules at prices of one currency, with the months that a merchant stays at least and the notice to leave."""

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    name = models.CharField(max_length=80, unique=True)
    summary = models.CharField(max_length=300, blank=True)
    currency = models.CharField(max_length=3)
    minimum_months = models.PositiveIntegerField(default=3)
    notice_days = models.PositiveIntegerField(default=30)
    prices = models.ManyToManyField(Price, related_name="packages")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """
    A package as one mall was offered it and took it. `items` is what was offered, frozen: [{price, module, kind, amount_minor,
    unit_name, intro_amount_minor, intro_months}].

    What was taken by a signed contract follows that contract: see `agreed`. It begins at `begins_at`, can end at `minimum_until_at` at
    the earliest, and ends at `ends_at` once notice was given. `answered_at` is when it was taken; of a contract's, when its first month
    begins.
    """

    class State(models.TextChoices):
        OFFERED = "offered", _("Offered")
        BEGINNING = "beginning", _("Beginning")
        ACTIVE = "active", _("Active")
        ENDED = "ended", _("Ended")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class PaysBy(models.TextChoices):
        CARD = "card", _("By card, each month")
        INVOICE = "invoice", _("By invoice, 14 days")
        BALANCE = "balance", _("Out of the mall's available balance")

    class Standing(models.TextChoices):
        GOOD = "good", _("Paid")
        PAST_DUE = "past_due", _("Past due")
        RESTRICTED = "restricted", _("Restricted")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    tenant_schema = models.CharField(max_length=63)
    # `contract` is the public id of the contract that both sides signed, if there is one; of single modules it has no package.
    package = models.ForeignKey(Package, on_delete=models.PROTECT, null=True, related_name="subscriptions")
    contract = models.CharField(max_length=26, blank=True, db_default="")
    name = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    items = models.JSONField()
    minimum_months = models.PositiveIntegerField()
    notice_days = models.PositiveIntegerField()
    pays_by = models.CharField(max_length=12, choices=PaysBy.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OFFERED)
    standing = models.CharField(max_length=12, choices=Standing.choices, default=Standing.GOOD)
    offered_by = models.CharField(max_length=160)
    offered_at = models.DateTimeField()
    answered_by = models.CharField(max_length=160, blank=True)
    answered_at = models.DateTimeField(null=True)
    begins_at = models.DateTimeField(null=True)
    minimum_until_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    # When publishing stops if nothing is paid until then; set with the notice.
    restricts_at = models.DateTimeField(null=True)
    # When the merchant was asked for the card without which what was signed cannot be charged.
    card_asked_at = models.DateTimeField(null=True)
    # Since when an item is there that a contract's amendment added: its price -> the instant in ISO 8601. Introductions count from it.
    added = models.JSONField(default=dict, db_default={})
    # When nothing waited for an invoice any more after the end.
    settled_at = models.DateTimeField(null=True)
    stripe_customer = models.CharField(max_length=60, blank=True)
    stripe_subscription = models.CharField(max_length=60, blank=True)
    # The period that Stripe bills next, as it said last.
    period_starts_at = models.DateTimeField(null=True)
    period_ends_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-offered_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_schema"], condition=Q(state="active"), name="subscription_one_active_for_a_mall"
            ),
            # One that follows a contract may wait for the former contract's to end: contracts do not overlap.
            models.UniqueConstraint(
                fields=["tenant_schema"],
                condition=Q(state__in=["offered", "beginning", "active"], contract=""),
                name="subscription_one_open_without_contract",
            ),
            models.UniqueConstraint(
                fields=["contract"], condition=~Q(contract=""), name="subscription_once_for_a_contract"
            ),
            models.UniqueConstraint(
                fields=["stripe_subscription"], condition=~Q(stripe_subscription=""), name="subscription_once_at_stripe"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.get_state_display()}"

    @property
    def answer_until(self) -> datetime | None:
        """Until when, exclusive, an offer can be answered, then it is withdrawn; None for what is no open offer."""
        return self.offered_at + timedelta(days=settings.OFFER_DAYS) if self.state == self.State.OFFERED else None


class Invoice(models.Model):
    """
    An invoice of a subscription, as Stripe has it; `lines` is [{description, amount_minor, quantity, starts_at, ends_at}].

    `netted_at`: it was paid out of the mall's available balance. `elsewhere_minor` was paid past Stripe, to the platform's bank;
    `doubled_minor` came a second time, and went back. `marked_at`: netted, it was found marked as paid by hand at Stripe.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Being written")
        OPEN = "open", _("To be paid")
        PAID = "paid", _("Paid")
        VOID = "void", _("Taken back")
        UNCOLLECTIBLE = "uncollectible", _("Given up")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="invoices")
    stripe_invoice = models.CharField(max_length=60, unique=True)
    number = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=16, choices=State.choices)
    currency = models.CharField(max_length=3)
    total_minor = models.IntegerField()
    paid_minor = models.IntegerField(default=0)
    remaining_minor = models.IntegerField(default=0)
    elsewhere_minor = models.IntegerField(default=0, db_default=0)
    doubled_minor = models.IntegerField(default=0, db_default=0)
    lines = models.JSONField(default=list)
    url = models.CharField(max_length=500, blank=True)
    issued_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    netted_at = models.DateTimeField(null=True)
    marked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-issued_at", "-pk"]

    def __str__(self) -> str:
        return self.number or self.stripe_invoice


class Credit(models.Model):
    """
    What was given back of an invoice, minor units, written before Stripe is asked: all of one invoice together never exceed it.

    `key` is what Stripe is asked under. `given_for` is the credit that it is a part of, where one is spread over several invoices.
    """

    key = models.CharField(max_length=80, unique=True)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="credits")
    amount_minor = models.IntegerField()
    # It lowers an open invoice by a credit note; else it comes off what follows.
    lowers = models.BooleanField()
    given_for = models.CharField(max_length=120, blank=True, db_index=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gt=0), name="credit_is_more_than_zero")]

    def __str__(self) -> str:
        return f"{self.amount_minor} of {self.invoice}"


class Usage(models.Model):
    """
    Units of a module that a mall used, told to Stripe's meter. `key` is the caller's: the same use is counted once.

    What was recorded wrongly stays; units are taken off by a row of its own, below zero, that `corrects` it. `what` is what it was for,
    or why it is taken off. `is_counted`: by the system.
    """

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="usages")
    price_id_public = models.CharField(max_length=26)
    key = models.CharField(max_length=80, unique=True)
    units = models.IntegerField()
    what = models.CharField(max_length=200, blank=True, db_default="")
    by = models.CharField(max_length=160, blank=True, db_default="")
    is_counted = models.BooleanField(default=False, db_default=False)
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="corrections")
    used_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(corrects=None, units__gte=0) | Q(corrects__isnull=False, units__lt=0),
                name="usage_below_zero_corrects",
            )
        ]

    def __str__(self) -> str:
        return f"{self.units} × {self.price_id_public}"
