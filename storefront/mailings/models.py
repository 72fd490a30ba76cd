"""Members' consents, and mailings with one letter for each member."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q


def new_token() -> str:
    """Return the secret of a consent's link."""
    return secrets.token_urlsafe(24)


class Consent(models.Model):
    """A member's yes to the mall's news by e-mail; `token` stands in the link that takes it back."""

    member = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_consent")
    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.member_id}"


class Mailing(models.Model):
    """One text to all who consented. `source` is the key of whoever wrote it, so that there is never a second one."""

    source = models.CharField(max_length=26, unique=True)
    subject = models.CharField(max_length=120)
    text = models.TextField()
    link = models.URLField(max_length=500, blank=True)
    author = models.CharField(max_length=160)
    begun_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.subject


class Letter(models.Model):
    """A mailing's letter to one member."""

    class State(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        SKIPPED = "skipped"
        REFUSED = "refused"
        UNKNOWN = "unknown"

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="letters")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailing", "member"], name="letter_once_to_a_member")]
        indexes = [
            models.Index(fields=["mailing"], name="letter_open", condition=Q(state__in=["queued", "sending"])),
        ]

    def __str__(self) -> str:
        return f"{self.mailing_id} to {self.member_id}"
