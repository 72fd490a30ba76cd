"""Which blocks may stand on which page."""

from wagtail.blocks import StreamBlock

from .shop import DealsBlock, StoresBlock
from .words import HeroBlock, NoticeBlock, PictureTextBlock, TextBlock


class PageStream(StreamBlock):
    """Any block, in any order."""

    hero = HeroBlock()
    notice = NoticeBlock()
    deals = DealsBlock()
    stores = StoresBlock()
    picture_text = PictureTextBlock()
    text = TextBlock()

    class Meta:
        required = False


class TextStream(StreamBlock):
    """What a page of words needs."""

    text = TextBlock()
    picture_text = PictureTextBlock()
    notice = NoticeBlock()
    stores = StoresBlock()

    class Meta:
        required = False
