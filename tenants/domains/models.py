"""Who says that a domain is theirs, who has proved it, and which domains rest. Lives in `public`."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from saas.kernel.ids import public_id, random_id
from tenants.registry.models import Tenant

PROOF_LABEL, PROOF_PREFIX = "_hutong", "hutong-domain="


def new_token() -> str:
    """Return what the DNS record has to say: 160 random bits."""
    return random_id(32)


class DomainClaim(models.Model):
    """A mall's claim to a domain, with the text that only who controls its DNS can publish."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for proof")
        PROVED = "proved", _("In use")
        FAILING = "failing", _("Proof is missing")
        OFF = "off", _("Turned off")
        RELEASED = "released", _("Given up")

    HOLDING = (State.PROVED, State.FAILING)
    LIVE = (State.WAITING, *HOLDING)

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="domain_claims")
    # As DNS has it: lower case, punycode, no port, no trailing dot.
    domain = models.CharField(max_length=253)
    token = models.CharField(max_length=40, default=new_token, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    # What a person should look at: letters that look like others, a name like another mall's.
    warning = models.CharField(max_length=200, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    claimed_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    proved_at = models.DateTimeField(null=True)
    failing_since_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["domain", "-claimed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["domain"], condition=models.Q(state__in=["proved", "failing"]), name="domain_held_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "domain"],
                condition=models.Q(state__in=["waiting", "proved", "failing"]),
                name="domain_claimed_once_by_a_mall",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.domain} ({self.state})"

    @property
    def shown(self) -> str:
        """The domain in its own letters."""
        try:
            return self.domain.encode("ascii").decode("idna")
        except UnicodeError:
            return self.domain

    @property
    def record_name(self) -> str:
        """Where the proof has to stand."""
        return f"{PROOF_LABEL}.{self.domain}"

    @property
    def record_value(self) -> str:
        """What the proof has to say."""
        return PROOF_PREFIX + self.token

    @property
    def file_address(self) -> str:
        """Where the proof may stand as a file instead."""
        return f"http://{self.domain}/.well-known/hutong-domain"

    @property
    def is_holding(self) -> bool:
        """Whether the mall answers at it."""
        return self.state in self.HOLDING


class Quarantine(models.Model):
    """A domain that a mall left: until `until_at` no other mall may take it, so that old links and mails lead nobody astray."""

    domain = models.CharField(max_length=253, unique=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="quarantined_domains")
    since_at = models.DateTimeField()
    until_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.domain} until {self.until_at:%Y-%m-%d}"

    def is_over(self, *, at: datetime) -> bool:
        """Tell whether anybody may have it again; the end is exclusive."""
        return at >= self.until_at
