"""Small pictures in lists."""

from cms.media import queries as media
from cms.media.models import MallImage


def thumb(image: MallImage | None) -> str:
    """Return the address of the picture in its smallest size, "" for none. No query where renditions were fetched along."""
    return media.shown(image, "thumb").main.url if image else ""
