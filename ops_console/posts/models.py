"""What the agency publishes for malls, and where. Lives in `public`; names malls and people, holds no shopper."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from saas.kernel.ids import public_id
from tenants.registry.models import Tenant


class ChannelQuerySet(models.QuerySet["Channel"]):
    """Filters of channels."""

    def in_use(self) -> "ChannelQuerySet":
        """Keep channels that are not closed."""
        return self.filter(retired_at__isnull=True)


class Channel(models.Model):
    """A place where a mall's posts appear. `kind` names a connector; what is secret stands sealed in `sealed`."""

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="channels")
    kind = models.CharField(max_length=30)
    name = models.CharField(max_length=80)
    settings = models.JSONField(default=dict)
    sealed = models.TextField(blank=True)
    needs_merchant = models.BooleanField(default=False)
    answer_days = models.PositiveSmallIntegerField(default=3)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name"], condition=Q(retired_at__isnull=True), name="channel_name_once"
            ),
            models.CheckConstraint(condition=Q(answer_days__gte=1, answer_days__lte=60), name="channel_answer_days"),
        ]

    def __str__(self) -> str:
        return self.name


class PostQuerySet(models.QuerySet["Post"]):
    """Filters of posts."""

    def holding_slots(self) -> "PostQuerySet":
        """
        Keep posts that take one of their channel's places: all that are planned and may still appear, or have appeared; and those that
        failed without anybody knowing whether they are out.
        """
        may_be_out = Q(state=Post.State.FAILED, sending__is_unsure=True)
        return self.filter(Q(state__in=Post.HOLDING) | may_be_out, planned_at__isnull=False)


class Post(models.Model):
    """One post on one channel (R4). `version` counts edits of what shoppers read: an approval is of one version."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("With a colleague")
        WAITING = "waiting", _("Waits for the merchant")
        APPROVED = "approved", _("Approved")
        SCHEDULED = "scheduled", _("Scheduled")
        SENDING = "sending", _("Being published")
        PUBLISHED = "published", _("Published")
        FAILED = "failed", _("Failed")
        HANDED_OVER = "handed_over", _("Handed over")
        EXCUSED = "excused", _("No answer: handed back")
        DROPPED = "dropped", _("Dropped")

    HOLDING = (
        State.DRAFT,
        State.SUBMITTED,
        State.WAITING,
        State.APPROVED,
        State.SCHEDULED,
        State.SENDING,
        State.PUBLISHED,
        State.HANDED_OVER,
    )

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="posts")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="posts")
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    title = models.CharField(max_length=120)
    text = models.TextField()
    link = models.URLField(max_length=500, blank=True)
    picture = models.CharField(max_length=200, blank=True)
    picture_says = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    planned_at = models.DateTimeField(null=True)
    # The database refuses to delete an author. Django must not look: in a mall this table does not exist.
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="posts")
    needs_merchant = models.BooleanField()
    asked_at = models.DateTimeField(null=True)
    answer_until_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=160, blank=True)
    change_asked = models.TextField(blank=True)
    change_asked_by = models.CharField(max_length=160, blank=True)
    # What it is done for: public ids of contract and task, and the numbers of the clauses.
    contract = models.CharField(max_length=26, blank=True)
    clause = models.CharField(max_length=120, blank=True)
    task = models.CharField(max_length=26, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    url = models.URLField(max_length=500, blank=True)
    trouble = models.CharField(max_length=400, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering = ["planned_at", "pk"]
        indexes = [
            models.Index(fields=["planned_at"], name="post_by_time"),
            models.Index(fields=["tenant", "planned_at"], name="post_by_mall"),
            models.Index(fields=["channel", "planned_at"], name="post_by_channel"),
            models.Index(
                fields=["state", "planned_at"],
                name="post_open",
                condition=Q(state__in=["waiting", "scheduled", "sending"]),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["scheduled", "sending"]) | Q(planned_at__isnull=False),
                name="post_scheduled_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False), name="post_published_has_time"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Sending(models.Model):
    """
    A post's way out, kept so that it can be killed at any moment and is never posted twice.

    While `is_calling` a call may be under way until `lease_until_at`; found so later, nobody knows how it ended and the connector
    asks before it acts. `progress` holds what the channel gave us on the way.
    """

    post = models.OneToOneField(Post, on_delete=models.CASCADE, related_name="sending")
    attempt = models.CharField(max_length=26)
    tries = models.PositiveIntegerField(default=0)
    is_calling = models.BooleanField(default=False)
    is_unsure = models.BooleanField(default=False)
    lease_until_at = models.DateTimeField()
    next_at = models.DateTimeField()
    began_at = models.DateTimeField()
    progress = models.JSONField(default=dict)
    note = models.CharField(max_length=400, blank=True)

    def __str__(self) -> str:
        return f"{self.post_id}: {self.tries}"
