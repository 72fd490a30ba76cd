"""The form behind every upload of a picture in Wagtail's admin."""

from wagtail.images.forms import BaseImageForm

from saas.kernel.tasks import enqueue

from . import operations
from .models import MallImage

# Wagtail's upload of several pictures stores each a moment after this form is done with it.
STORED_AFTER_S = 5


class PictureForm(BaseImageForm):
    """Has the renditions of what it saves made in the background."""

    def save(self, commit: bool = True) -> MallImage:
        """Save the picture and ask for its renditions."""
        image: MallImage = super().save(commit=commit)
        if image.pk:
            operations.prepare(image_ids=[image.pk])
        else:
            enqueue("cms.media.make_missing", delay_s=STORED_AFTER_S)
        return image
