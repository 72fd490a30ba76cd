"""Pictures of a mall and their renditions."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.images.models import AbstractImage, AbstractRendition, Image


class MallImage(AbstractImage):
    """A picture. `description` (alt text) comes from Wagtail; `source_url` is where an import found it."""

    source_url = models.URLField(_("imported from"), max_length=1000, blank=True)

    admin_form_fields = Image.admin_form_fields

    class Meta(AbstractImage.Meta):
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")


class MallRendition(AbstractRendition):
    """A picture in one size and format."""

    image = models.ForeignKey(MallImage, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["image", "filter_spec", "focal_point_key"], name="rendition_once"),
        ]
