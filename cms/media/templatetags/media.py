"""Pictures in templates: `{% load media %}{% picture image "card" %}`."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from cms.media import queries
from cms.media.models import MallImage
from cms.media.sizes import SIZES

register = template.Library()
FIRST, LATER = mark_safe('fetchpriority="high"'), mark_safe('loading="lazy"')


@register.simple_tag
def picture(
    image: MallImage | None, size: str = "card", alt: str | None = None, *, eager: bool = False
) -> SafeString | str:
    """
    Draw a picture in a size of `sizes.SIZES`, from the renditions that exist; nothing for None.

    `alt` replaces the picture's own description ("" for decoration beside a text that says the same). The first picture
    of a page is `eager`; the size "hero" always is.
    """
    if image is None:
        return ""
    place, files = SIZES[size], queries.shown(image, size)
    sources = format_html_join(
        "",
        '<source type="image/{}" srcset="{}" sizes="{}">',
        (
            (extension, ", ".join(f"{file.url} {file.width}w" for file in found), place.sizes)
            for extension, found in files.by_format.items()
            if found
        ),
    )
    return format_html(
        '<picture>{}<img src="{}" alt="{}" width="{}" height="{}" {} decoding="async"></picture>',
        sources,
        files.main.url,
        image.default_alt_text if alt is None else alt,
        files.main.width,
        files.main.height,
        FIRST if eager or place.is_first_sight else LATER,
    )


@register.simple_tag
def pictures_being_prepared() -> int:
    """Count the pictures whose sizes are still being made."""
    return queries.unprepared().count()
