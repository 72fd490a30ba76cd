"""The permission to act in a mall. Lives in `public`; the mall holds its own copy of a visit."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _

from saas.audit import phrases
from saas.kernel.ids import public_id
from storefront.promotions import seconding
from tenants.entry.models import Approval, answer_until
from tenants.registry.models import Tenant


class Mandate(models.Model):
    """
    What a version of a contract lets the agency do in one mall, from when until when. Contracts outlive malls and are known by id.

    `limits` has keys of `tenants.entry.mandated.LIMITS`; above them a second person must agree.
    """

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="mandates")
    contract = models.CharField(max_length=26, db_index=True)
    version = models.PositiveIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    paused_by = models.CharField(max_length=160, blank=True)
    is_paused_by_merchant = models.BooleanField(default=False)
    limits = models.JSONField(default=dict)
    granted_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-starts_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contract", "version"], name="mandate_once_for_each_version"),
            # A mandate that was taken back before it began is empty, not turned round.
            models.CheckConstraint(
                condition=models.Q(ends_at=None) | models.Q(ends_at__gte=models.F("starts_at")),
                name="mandate_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} {self.version} in {self.tenant_id}"

    def stands(self, *, at: datetime) -> bool:
        """Tell whether the agency may act by it at `at`; its end is exclusive."""
        return self.paused_at is None and self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


class MandatePermission(models.Model):
    """One key of `tenants.entry.mandated.KEYS` that a mandate gives, and the number of the clause that gives it."""

    mandate = models.ForeignKey(Mandate, on_delete=models.CASCADE, related_name="permissions")
    permission = models.CharField(max_length=40)
    clause = models.CharField(max_length=20)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mandate", "permission", "clause"], name="mandate_gives_once_for_each_clause"
            )
        ]

    def __str__(self) -> str:
        return f"{self.permission} by {self.clause}"


class Asked(models.Model):
    """
    The platform's copy of what a second person is asked for in a mall (`tenants.entry.models.Approval`), told by the outbox; also of codes
    for many uses, which are answered under the mall's promotions.
    """

    approval = models.CharField(max_length=26, unique=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="asked")
    kind = models.CharField(max_length=12)
    label = models.CharField(max_length=200)
    # What the label says, as a phrase, for the reader's language; empty where it was told as a plain string.
    said = models.JSONField(default=dict, db_default={})
    amount = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10)
    asked_by = models.CharField(max_length=160)
    asked_by_id = models.CharField(max_length=26)
    reason = models.CharField(max_length=300, blank=True)
    told_by = models.CharField(max_length=160)
    asked_at = models.DateTimeField()
    told_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.label}: {self.state}"

    @property
    def sentence(self) -> str:
        """What was asked for, in the active language; as it was told where it is in none."""
        return phrases.read({"said": self.said or None}, self.label)

    @property
    def word(self) -> str:
        """What was asked for, in a word."""
        return _("Promotion code") if self.is_code else str(dict(Approval.Kind.choices).get(self.kind, self.kind))

    @property
    def is_code(self) -> bool:
        """Whether it is a promotion code, known by the promotion's public id."""
        return self.kind == seconding.KIND

    @property
    def answer_until(self) -> datetime:
        """Until when, exclusive, it can be answered."""
        return answer_until(self.asked_at)


class Visit(models.Model):
    """A stay of one person of the agency in one mall, with a reason and an end."""

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    # The database refuses to delete a visitor. Django must not look: in a mall this table does not exist.
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="mall_visits")
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="visits")
    reason = models.CharField(max_length=300)
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=160, blank=True)
    requests_count = models.PositiveIntegerField(default=0)
    # By right of which contract, for which task; empty where the mall has no contract. `permissions` are those of the beginning:
    # key -> numbers of clauses.
    contract = models.CharField(max_length=26, blank=True, default="", db_default="")
    task = models.CharField(max_length=26, blank=True, default="", db_default="")
    permissions = models.JSONField(default=dict, db_default={})

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("started_at")), name="visit_ends_after_start"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.tenant_id}: {self.reason}"

    def is_open(self, *, at: datetime) -> bool:
        """Tell whether the visit lasts at `at`; its end is exclusive."""
        return self.ended_at is None and at < self.ends_at
