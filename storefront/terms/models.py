"""The commission that the platform takes, as dated rows that are only added."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from saas.kernel.ids import public_id


class CommissionTerm(models.Model):
    """
    One rule: from `starts_at` until `ends_at` (null: open) the platform takes `rate_bp` basis points of a line, at least
    `minimum_minor` and at most `maximum_minor`. The most specific scope wins: deal, category, deal kind, mall (M4).
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
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(rate_bp__lte=10_000), name="commission_rate_at_most_whole"),
            models.UniqueConstraint(fields=["scope", "scope_id", "starts_at"], name="commission_term_without_tie"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.rate_bp / 100:g} %)"
