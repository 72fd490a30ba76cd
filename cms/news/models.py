"""What a mall tells its visitors: short notices with a date."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cms.media.models import MallImage
from saas.kernel.ids import public_id


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Filters of notices."""

    def shown(self) -> "NoticeQuerySet":
        """Keep notices that visitors see, newest first."""
        return self.filter(withdrawn_at__isnull=True).order_by("-published_at", "-pk")


class Notice(models.Model):
    """One notice: a title and plain text in paragraphs. `source` is the key of whoever wrote it, so that it is never there twice."""

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    source = models.CharField(max_length=26, unique=True)
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("text"))
    link = models.URLField(_("link"), max_length=500, blank=True)
    picture = models.ForeignKey(MallImage, on_delete=models.SET_NULL, null=True, related_name="+")
    author = models.CharField(max_length=160)
    published_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")

    def __str__(self) -> str:
        return self.title
