"""The commission that the platform takes, as dated rows that are only added."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from saas.kernel.ids import public_id


class CommissionTerm(models.Model):
    """
    One rule: from `starts_at` until `ends_at` (null: open) the platform takes `rate_bp` basis points of a line, at least
    `minimum_minor` and at most `maximum_minor`; on top comes tax, `tax_rate_bp` of what it takes (M5), then the agency takes
    `agency_rate_bp` of the line (M6). The most specific scope wins: deal, category, deal kind, mall (M4). `replaces` names
    the rules whose time it overlaps, which step back while it runs: public ids; `agreed_by` is who of the merchant's people
    confirmed it ("" for the first terms of a mall).
    """

    class Scope(models.TextChoices):
        DEAL = "deal", _("One deal")
        CATEGORY = "category", _("A category")
        DEAL_KIND = "deal_kind", _("A kind of deal")
        MALL = "mall", _("The whole mall")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    name = models.CharField(max_length=120)
    scope = models.CharField(max_length=12, choices=Scope.choices, default=Scope.MALL)
    scope_id = models.CharField(max_length=40, blank=True)
    rate_bp = models.PositiveIntegerField()
    minimum_minor = models.PositiveIntegerField(default=0)
    maximum_minor = models.PositiveIntegerField(null=True)
    agency_rate_bp = models.PositiveIntegerField(default=0, db_default=0)
    tax_rate_bp = models.PositiveIntegerField(default=0, db_default=0)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    replaces = models.JSONField(default=list, db_default=[])
    agreed_by = models.CharField(max_length=160, blank=True, db_default="")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(rate_bp__lte=10_000), name="commission_rate_at_most_whole"),
            models.CheckConstraint(
                condition=models.Q(rate_bp__lte=10_000 - models.F("agency_rate_bp")),
                name="commission_rates_at_most_whole",
            ),
            models.CheckConstraint(condition=models.Q(tax_rate_bp__lte=10_000), name="commission_tax_at_most_whole"),
            models.UniqueConstraint(fields=["scope", "scope_id", "starts_at"], name="commission_term_without_tie"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.rate_bp / 100:g} %)"


class TermProposal(models.Model):
    """
    A rule that the agency offers; it becomes a `CommissionTerm` when the merchant confirms it (M7).

    `before` says in words which rules it would replace, as they were when it was offered.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Waits for the merchant")
        ACCEPTED = "accepted", _("Confirmed")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    name = models.CharField(max_length=120)
    scope = models.CharField(max_length=12, choices=CommissionTerm.Scope.choices)
    scope_id = models.CharField(max_length=40, blank=True)
    rate_bp = models.PositiveIntegerField()
    agency_rate_bp = models.PositiveIntegerField(default=0)
    tax_rate_bp = models.PositiveIntegerField(default=0, db_default=0)
    minimum_minor = models.PositiveIntegerField(default=0)
    maximum_minor = models.PositiveIntegerField(null=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    before = models.JSONField(default=list)
    reason = models.CharField(max_length=300)
    proposed_by = models.CharField(max_length=160)
    proposed_at = models.DateTimeField()
    answer = models.CharField(max_length=300, blank=True)
    decided_by = models.CharField(max_length=160, blank=True)
    decided_at = models.DateTimeField(null=True)
    term = models.OneToOneField(CommissionTerm, on_delete=models.PROTECT, null=True, related_name="proposal")

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "scope_id"],
                condition=models.Q(state="open"),
                name="term_proposal_one_open_for_a_scope",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_state_display()})"

    @property
    def answer_until(self) -> datetime:
        """Until when, exclusive, an open offer can be answered; then it is withdrawn."""
        until = self.proposed_at + timedelta(days=settings.OFFER_DAYS)
        return min(until, self.ends_at) if self.ends_at else until
