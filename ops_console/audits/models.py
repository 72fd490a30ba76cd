"""Audits of malls' deals: pipelines, and a case for each deal with its stages, visits and evidence. Lives in `public`."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from billing.packages.models import Package
from ops_console.mandates.roles import words as role_words
from saas.kernel.ids import public_id
from tenants.registry.models import Tenant, Trade


def person(**options: Any) -> Any:
    """Return a column for one of the agency's people. The database refuses to delete who decided; Django must not look for it in malls."""
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+", **options)


def _known(text: str) -> str:
    """Return a text that the product wrote itself in the reader's language; what somebody else wrote as it stands."""
    return gettext(text) if text else ""


class Pipeline(models.Model):
    """Named stages for the deals of a trade, of who has a package, or of everybody else (`is_default`)."""

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    name = models.CharField(max_length=80)
    trade = models.CharField(max_length=20, choices=Trade.choices, blank=True)
    package = models.ForeignKey(Package, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-is_default", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True, retired_at=None), name="pipeline_one_default"
            ),
            models.UniqueConstraint(
                fields=["trade"], condition=~Q(trade="") & Q(retired_at=None), name="pipeline_one_for_a_trade"
            ),
            models.UniqueConstraint(
                fields=["package"],
                condition=Q(retired_at=None, package__isnull=False),
                name="pipeline_one_for_a_package",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """Its name; the product's own in the reader's language, another as its writer wrote it."""
        return _known(self.name)


class StageFields(models.Model):
    """
    What a stage asks. `roles` names who may pass it, `evidence` the kinds it needs (picture, text, scores), `fields` the audited fields
    whose change reopens it. Of a deal nobody passes two guarded stages. The final stage comes after all others.
    """

    key = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    checks = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField()
    is_guarded = models.BooleanField(default=False)
    is_final = models.BooleanField(default=False)
    roles = models.JSONField(default=list)
    evidence = models.JSONField(default=list, blank=True)
    fields = models.JSONField(default=list)
    # People who must have been in the shop, and the mean of their scores in tenths that is enough.
    visits_needed = models.PositiveSmallIntegerField(default=0)
    least_score = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True

    @property
    def asked(self) -> list[str]:
        """What is to be checked, line by line."""
        return [line.strip() for line in _known(self.checks).splitlines() if line.strip()]

    @property
    def label(self) -> str:
        """Its name; one of the product's own in the reader's language, another as its writer wrote it."""
        return _known(self.name)

    @property
    def holders(self) -> str:
        """Who may pass it, in the reader's language."""
        return role_words(self.roles)


class Stage(StageFields):
    """A stage of a pipeline. Cases that are open keep the stages that they began with."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="stages")

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["pipeline", "key"], name="stage_once_in_a_pipeline")]

    def __str__(self) -> str:
        return self.name


class MallAudit(models.Model):
    """A mall whose deals the agency audits. `pipeline` null: by its package, its trade, or the default. Mirrored in `Tenant.audited_at`."""

    tenant = models.OneToOneField(Tenant, on_delete=models.CASCADE, related_name="audit")
    pipeline = models.ForeignKey(Pipeline, on_delete=models.PROTECT, null=True, blank=True, related_name="malls")
    since_at = models.DateTimeField()
    since_by = models.CharField(max_length=160)

    def __str__(self) -> str:
        return str(self.tenant)


class AuditCase(models.Model):
    """
    One deal on its way through the audit. `snapshot` is what was sent last, `approved` what passed last (null: never).

    `version` counts what the mall must be told, `told_version` what it was. `round` counts submissions. `page` is a digest of what the
    deal's page said (`storefront.deals.pages.digest`), "" for nothing and from a release that told nothing of pages.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Being audited")
        ASKED = "asked", pgettext_lazy("audit", "Waits for the merchant")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        CLOSED = "closed", _("Deal ended")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="audit_cases")
    pipeline = models.ForeignKey(Pipeline, on_delete=models.PROTECT, related_name="cases")
    deal = models.CharField(max_length=26)
    title = models.CharField(max_length=140)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    is_on_sale = models.BooleanField(default=False)
    round = models.PositiveIntegerField(default=1)
    submission = models.CharField(max_length=26)
    fingerprint = models.CharField(max_length=64)
    page = models.CharField(max_length=64, blank=True, default="", db_default="")
    snapshot = models.JSONField()
    before = models.JSONField(null=True)
    approved = models.JSONField(null=True)
    guard = models.JSONField(default=dict)
    submitted_at = models.DateTimeField()
    submitted_by = models.CharField(max_length=160, blank=True)
    submitted_by_id = models.CharField(max_length=26, blank=True)
    # Public ids of the agency's people who wrote, changed or sent the deal in any round: they pass no guarded stage of it.
    writers = models.JSONField(default=list, db_default=[], blank=True)
    words = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    told_version = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["submitted_at"]
        constraints = [models.UniqueConstraint(fields=["tenant", "deal"], name="audit_case_once_for_a_deal")]
        indexes = [
            models.Index(fields=["submitted_at"], name="audit_case_waiting", condition=Q(state="open")),
            models.Index(fields=["id"], name="audit_case_untold", condition=Q(version__gt=F("told_version"))),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def exact(self) -> str:
        """What a person who decides has seen: the deal and its page."""
        return f"{self.fingerprint}{self.page}"

    def is_written_by(self, person: str) -> bool:
        """Tell whether the person with a public id had a hand in the deal."""
        return bool(person) and person in (self.submitted_by_id, *self.writers)


class CaseStage(StageFields):
    """A stage of one case, frozen when the case began, and how it stands."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        PASSED = "passed", _("Passed")
        ASKED = "asked", _("Asks for a change")
        REFUSED = "refused", _("Refused")

    case = models.ForeignKey(AuditCase, on_delete=models.CASCADE, related_name="stages")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    decided_by = person(null=True)
    decided_name = models.CharField(max_length=160, blank=True)
    decided_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)
    # [{field, text}]: what the merchant shall change.
    wishes = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["case", "key"], name="case_stage_once"),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None) | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="case_stage_decided_has_instant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.state}"


class GuardedPass(models.Model):
    """
    The one guarded stage of a deal that a person passes, for the whole life of the deal; the same stage again after a change.

    The constraint is what keeps two at once from both passing when every other check was read too early.
    """

    case = models.ForeignKey(AuditCase, on_delete=models.CASCADE, related_name="guarded_passes")
    person = person()
    stage = models.SlugField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "person"], name="nobody_passes_two_guarded_stages")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.stage}"


class ShopVisit(models.Model):
    """
    Somebody of the agency was in the shop: `scores` maps a key of `scoring.SCORES` to 1 … 5, `words` say what was seen.

    A second visitor adds a row of their own.
    """

    case = models.ForeignKey(AuditCase, on_delete=models.CASCADE, related_name="visits")
    person = person()
    person_name = models.CharField(max_length=160)
    visited_at = models.DateTimeField()
    scores = models.JSONField()
    words = models.TextField()
    recommends = models.BooleanField()

    class Meta:
        ordering = ["visited_at"]
        constraints = [models.UniqueConstraint(fields=["case", "person"], name="shop_visit_once_for_a_person")]

    def __str__(self) -> str:
        return f"{self.person_name} {self.visited_at:%Y-%m-%d}"

    @property
    def mean_tenths(self) -> int:
        """The mean of the scores in tenths, rounded down."""
        return sum(self.scores.values()) * 10 // max(len(self.scores), 1)


class StageEvidence(models.Model):
    """A picture or a text that a stage was decided on. The picture's file is in the mall's own storage."""

    class Kind(models.TextChoices):
        PICTURE = "picture", _("Picture")
        TEXT = "text", _("Text")

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    case = models.ForeignKey(AuditCase, on_delete=models.CASCADE, related_name="evidence")
    stage = models.SlugField(max_length=40)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    text = models.TextField(blank=True)
    file_key = models.CharField(max_length=200, blank=True)
    content_type = models.CharField(max_length=40, blank=True)
    size_bytes = models.PositiveIntegerField(default=0)
    added_by = person()
    added_name = models.CharField(max_length=160)
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["added_at"]

    def __str__(self) -> str:
        return f"{self.stage} {self.kind}"


class Step(models.Model):
    """What happened in a case, in order; never changed. `changes` is a list of audited fields."""

    class Kind(models.TextChoices):
        SUBMITTED = "submitted", pgettext_lazy("audit", "Sent")
        REOPENED = "reopened", _("Reopened")
        PASSED = "passed", _("Passed")
        ASKED = "asked", _("Change asked for")
        REFUSED = "refused", _("Refused")
        VISITED = "visited", _("Shop visited")
        APPROVED = "approved", _("Approved")
        CLOSED = "closed", _("Deal ended")

    case = models.ForeignKey(AuditCase, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    stage = models.SlugField(max_length=40, blank=True)
    name = models.CharField(max_length=80, blank=True)
    by = models.CharField(max_length=160)
    at = models.DateTimeField()
    round = models.PositiveIntegerField()
    note = models.TextField(blank=True)
    changes = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.stage}"
