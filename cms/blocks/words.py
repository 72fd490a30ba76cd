"""Blocks of words and pictures: hero, text, picture and text, notice."""

from typing import Any

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock
from wagtail.rich_text import RichText

from cms.media import queries
from cms.media.models import MallImage

PLAIN_FEATURES = ["h2", "h3", "bold", "italic", "ol", "ul", "link"]


class PictureBlock(ImageChooserBlock):
    """A picture, read together with its renditions: two queries for all pictures of a stream."""

    def bulk_to_python(self, values: list[int]) -> list[MallImage | None]:
        """Return the pictures of the ids, None for those that are gone."""
        found: list[MallImage | None] = super().bulk_to_python(values)
        prefetch_related_objects([image for image in found if image], "renditions")
        return found


def _any_picture() -> MallImage | None:
    """Return the mall's first picture, to fill a preview with."""
    return queries.with_renditions().order_by("pk").first()


def _sample_hero() -> dict[str, Any]:
    return {
        "heading": _("Hand-pulled noodles, five minutes from the station"),
        "text": _("Broth on the stove since six in the morning. Come for lunch, stay for tea."),
        "picture": _any_picture(),
        "link_label": _("See the deals"),
        "link_page": None,
    }


def _sample_story() -> dict[str, Any]:
    text = _("<p>Each bowl starts as one piece of dough. Nine folds later it is 512 noodles.</p>")
    return {"picture": _any_picture(), "heading": _("Pulled by hand"), "text": RichText(str(text)), "side": "start"}


class HeroBlock(blocks.StructBlock):
    """What a mall says first: a sentence, a picture, one way on."""

    heading = blocks.CharBlock(label=_("Heading"), max_length=90)
    text = blocks.TextBlock(label=_("One or two sentences"), required=False, max_length=300)
    picture = PictureBlock(label=_("Picture"), required=False)
    link_label = blocks.CharBlock(
        label=_("Button"), required=False, max_length=40, help_text=_("Leave empty for no button.")
    )
    link_page = blocks.PageChooserBlock(
        label=_("Button leads to"), required=False, help_text=_("Leave empty to lead to the list of deals.")
    )

    class Meta:
        label = _("Hero")
        icon = "image"
        template = "blocks/hero.html"
        description = _("A heading with a picture and one button, for the top of a page.")
        preview_value = staticmethod(_sample_hero)


class PictureTextBlock(blocks.StructBlock):
    """A picture beside a text."""

    picture = PictureBlock(label=_("Picture"))
    heading = blocks.CharBlock(label=_("Heading"), required=False, max_length=90)
    text = blocks.RichTextBlock(label=_("Text"), features=PLAIN_FEATURES[2:])
    side = blocks.ChoiceBlock(
        label=_("Picture stands"),
        choices=[("start", _("before the text")), ("end", _("after the text"))],
        default="start",
    )

    class Meta:
        label = _("Picture and text")
        icon = "doc-full"
        template = "blocks/picture_text.html"
        description = _("A picture beside a text; above it on a phone.")
        preview_value = staticmethod(_sample_story)


class NoticeBlock(blocks.StructBlock):
    """Something that people should know before they come."""

    kind = blocks.ChoiceBlock(
        label=_("Kind"),
        choices=[("info", _("For information")), ("warning", _("Important")), ("success", _("Good news"))],
        default="info",
    )
    title = blocks.CharBlock(label=_("Title"), max_length=90)
    text = blocks.TextBlock(label=_("Text"), required=False, max_length=400)

    class Meta:
        label = _("Notice")
        icon = "info-circle"
        template = "blocks/notice.html"
        description = _("A short notice in a coloured box: changed hours, a closed kitchen, a new store.")
        preview_value = {
            "kind": "info",
            "title": _("Closed on Monday"),
            "text": _("We rest on Monday and open again on Tuesday at eleven."),
        }


def _sample_text() -> RichText:
    return RichText(str(_("<h2>About us</h2><p>We cook what we like to eat ourselves, and we start early.</p>")))


class TextBlock(blocks.RichTextBlock):
    """Plain text with headings, lists and links."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"features": PLAIN_FEATURES, **options})

    class Meta:
        label = _("Text")
        icon = "pilcrow"
        template = "blocks/text.html"
        description = _("Text with headings, lists and links.")
        preview_value = staticmethod(_sample_text)
