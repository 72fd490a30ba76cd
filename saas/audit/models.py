"""The trail: who did what, to which thing, on whose behalf, when. Rows are only added; a trigger refuses the rest."""

from django.db import models

from . import phrases


class AuditEntry(models.Model):
    """One act."""

    at = models.DateTimeField(db_index=True)
    action = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=12)
    actor_public_id = models.CharField(max_length=26, blank=True)
    actor_name = models.CharField(max_length=160)
    on_behalf_of = models.CharField(max_length=160, blank=True)
    clause = models.CharField(max_length=120, blank=True)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=40)
    summary = models.CharField(max_length=300)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["subject_kind", "subject_id", "at"], name="audit_by_subject")]
        verbose_name_plural = "audit entries"

    @property
    def sentence(self) -> str:
        """What was done, in the active language."""
        return phrases.read(self.data, self.summary)

    @property
    def told(self) -> "str | phrases.Phrase":
        """The same for another row about it."""
        return phrases.from_json(self.data["said"]) if "said" in self.data else self.summary

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name}: {self.summary}"
