"""The form behind every upload of a picture in Wagtail's admin."""

from typing import Any

from django.forms import ValidationError
from django.utils.translation import gettext as _
from wagtail.images.forms import BaseImageForm

from cms.pages import audited
from saas.kernel.tasks import enqueue
from saas.ui.formats import listed

from . import operations
from .models import MallImage

# Wagtail's upload of several pictures stores each a moment after this form is done with it.
STORED_AFTER_S = 5


class PictureForm(BaseImageForm):
    """Has the renditions of what it saves made in the background. Under a picture that an audited deal shows no file is exchanged."""

    def clean(self) -> dict[str, Any]:
        """Refuse another file under a picture that shoppers see on a deal as its audit approved it."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk and "file" in self.changed_data and (titles := audited.showing(self.instance)):
            refused = _(
                "Deals on sale show this picture as the audit approved it: %(titles)s. Add the new file as another picture and choose it"
                " there; that goes to the audit."
            )
            self.add_error("file", ValidationError(refused % {"titles": listed(titles)}))
        return data

    def save(self, commit: bool = True) -> MallImage:
        """Save the picture and ask for its renditions."""
        image: MallImage = super().save(commit=commit)
        if image.pk:
            operations.prepare(image_ids=[image.pk])
        else:
            enqueue("cms.media.make_missing", delay_s=STORED_AFTER_S)
        return image
