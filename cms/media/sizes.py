"""The sizes and formats in which pictures are shown. All photographs share one shape, so that few files serve every place."""

from dataclasses import dataclass

RATIO = (4, 3)
# Their qualities are settings: WAGTAILIMAGES_AVIF_QUALITY, WAGTAILIMAGES_WEBP_QUALITY.
FORMATS = ("avif", "webp")


@dataclass(frozen=True)
class Size:
    """A place for pictures: which `widths` (pixels) it may take, and `sizes`, how wide it stands on the page."""

    widths: tuple[int, ...]
    sizes: str
    is_first_sight: bool = False


SIZES = {
    "card": Size(widths=(400, 800), sizes="(min-width: 75rem) 17.5rem, (min-width: 40rem) 45vw, 92vw"),
    "hero": Size(widths=(400, 800, 1200), sizes="(min-width: 60rem) 44rem, 100vw", is_first_sight=True),
    "wide": Size(widths=(400, 800, 1200), sizes="(min-width: 60rem) 35rem, 100vw"),
    "thumb": Size(widths=(400,), sizes="6rem"),
}
PHOTO_WIDTHS = (400, 800, 1200)
LOGO_SPEC = "max-160x160|format-webp"


def spec(width: int, extension: str) -> str:
    """Return Wagtail's filter for a photograph `width` pixels wide in the format (avif, webp)."""
    return f"fill-{width}x{width * RATIO[1] // RATIO[0]}|format-{extension}"


def file_name(width: int, extension: str) -> str:
    """Return the name that the product's own renditions have in `settings.DRAWN_RENDITIONS/<SHA-1 of the drawing>/`."""
    return f"{width}.{extension}"


def photo_specs() -> list[str]:
    """Return every filter that a photograph needs, the smallest first."""
    return [spec(width, extension) for width in PHOTO_WIDTHS for extension in FORMATS]
