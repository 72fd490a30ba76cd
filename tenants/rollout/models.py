"""What a release changes in malls, recorded once, and how far each mall is. Lives in `public`."""

from django.db import models

from tenants.registry.models import Tenant


class Step(models.Model):
    """
    One change that every mall goes through, in the order of `id`.

    A mall opened later starts at the last step, because its schema is a copy of the template, which has gone through all of them.
    """

    class Kind(models.TextChoices):
        SQL = "sql", "SQL, replayed"
        DJANGO = "django", "one migration, by Django in each mall"
        CALL = "call", "a function, in each mall"
        MIGRATE = "migrate", "whatever migrations are missing, by Django in each mall"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    # The migration, or "" and the function's dotted path.
    app = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=255)
    statements = models.TextField(blank=True)
    # Tables that stood before and that the statements lock, with the lock's mode: {"deals_deal": "AccessExclusiveLock"}.
    locks = models.JSONField(default=dict)
    # The tables that it touched, with the fingerprint of each afterwards, "" when it is gone.
    tables = models.JSONField(default=dict)
    # What a later step is compared with: content types and permissions, or the source of the function.
    detail = models.JSONField(default=dict)
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.app}.{self.name}" if self.app else self.name


class Recording(models.Model):
    """The template schema as one SQL script, for one release."""

    # Of the release: every migration and what fills the template; see template.fingerprint.
    fingerprint = models.CharField(max_length=64, unique=True)
    # Of what fills the template alone.
    finish = models.CharField(max_length=64)
    script = models.TextField()
    # Its structure alone, for archives of malls that are like it: what stands before rows are loaded, and what comes after.
    before = models.TextField(default="", db_default="")
    after = models.TextField(default="", db_default="")
    # The last step that the script contains.
    step = models.PositiveBigIntegerField()
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.fingerprint[:12]


class MallVersion(models.Model):
    """The last step that a mall's schema has gone through. Changed in the transaction of the step itself."""

    tenant = models.OneToOneField(Tenant, models.CASCADE, primary_key=True, related_name="version")
    step = models.PositiveBigIntegerField()
    # Why the mall could not go further, with the step that refused; "" when it could.
    reason = models.TextField(blank=True)
    moved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.tenant_id} at {self.step}"
