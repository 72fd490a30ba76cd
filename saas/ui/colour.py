"""
Colour arithmetic: sRGB and OKLCH, contrast, and the custom properties that a mall's theme sets.

Everything here is pure. Colours are passed as `#rrggbb` text; OKLCH triples are (lightness 0–1, chroma, hue in degrees).
"""

import math
import re
from dataclasses import dataclass

Triple = tuple[float, float, float]

AA_TEXT = 4.5
"""Least contrast of text with its ground (WCAG 2.2, 1.4.3)."""
AA_PART = 3.0
"""Least contrast of a part, such as a button's face, with its ground (WCAG 2.2, 1.4.11)."""

PAPER_LIGHT = "#f7f6fa"
"""The mall face's ground in light mode; `--paper` in tokens.css."""
PAPER_DARK = "#212130"
"""The lightest ground that text stands on in dark mode; `--raised` in tokens.css."""
INK = "#1c1b26"
WHITE = "#ffffff"

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


class BadColour(ValueError):
    """The text is not a colour of the form `#rrggbb`."""


def rgb_from_hex(text: str) -> Triple:
    """
    Give red, green and blue, each 0–1, gamma-encoded.

    :raises BadColour: the text is not `#rrggbb`
    """
    if not _HEX.fullmatch(text):
        raise BadColour(text)
    red, green, blue = (int(text[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def hex_from_rgb(rgb: Triple) -> str:
    """Give `#rrggbb` for gamma-encoded parts; parts outside 0–1 are clipped."""
    return "#" + "".join(f"{round(min(1.0, max(0.0, part)) * 255):02x}" for part in rgb)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _encoded(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def luminance(colour: str) -> float:
    """Give the relative luminance (WCAG) of `#rrggbb`, 0 for black to 1 for white."""
    red, green, blue = (_linear(part) for part in rgb_from_hex(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Give the contrast ratio (WCAG) of two colours, 1 to 21; the order does not matter."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def oklch_from_hex(colour: str) -> Triple:
    """Give lightness (0–1), chroma and hue (degrees, 0–360) of `#rrggbb`."""
    red, green, blue = (_linear(part) for part in rgb_from_hex(colour))
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def _rgb_from_oklch(oklch: Triple) -> Triple:
    lightness, chroma, hue = oklch
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    red, green, blue = (_encoded(part) if part > 0 else part for part in linear)
    return red, green, blue


def hex_from_oklch(oklch: Triple) -> str:
    """Give `#rrggbb`; a colour that a screen cannot show loses chroma, never lightness or hue."""
    lightness, chroma, hue = oklch
    for step in range(41):
        rgb = _rgb_from_oklch((lightness, chroma * (1 - step / 40), hue))
        if all(-0.002 <= part <= 1.002 for part in rgb):
            return hex_from_rgb(rgb)
    return hex_from_rgb((lightness, lightness, lightness))


def on_colour(ground: str) -> str:
    """
    Give the text colour, white or ink, that reads best on `ground`.

    White is kept while it holds 4.5:1, because a lit sign has white letters; one of white and black always holds 4.5:1.
    """
    if contrast(WHITE, ground) >= AA_TEXT:
        return WHITE
    return INK if contrast(INK, ground) >= AA_TEXT else "#000000"


def readable(colour: str, *, on: str, ratio: float = AA_TEXT) -> str:
    """Give `colour`, moved in lightness only as far as needed, so that it has `ratio` against `on`."""
    lightness, chroma, hue = oklch_from_hex(colour)
    step = -0.01 if luminance(on) > 0.18 else 0.01
    moved = colour
    while contrast(moved, on) < ratio and 0 <= lightness + step <= 1:
        lightness += step
        moved = hex_from_oklch((lightness, chroma, hue))
    return moved


@dataclass(frozen=True)
class Check:
    """What a merchant is told about a colour before it is saved."""

    colour: str
    on_colour: str
    ratio: float
    """Contrast of the text that will stand on the colour, at least 4.5."""
    changed_on_paper: bool
    """True when text in this colour had to be darkened to be read on light paper."""


def check(colour: str) -> Check:
    """
    Tell how a brand colour will be used.

    :raises BadColour: the text is not `#rrggbb`
    """
    on = on_colour(colour)
    return Check(
        colour=colour,
        on_colour=on,
        ratio=round(contrast(colour, on), 2),
        changed_on_paper=readable(colour, on=PAPER_LIGHT) != colour,
    )


def theme_properties(*, brand: str, accent: str) -> dict[str, str]:
    """
    Give the eight custom properties that a mall's `/theme.css` sets, for light and dark at once.

    `--brand`, `--accent` fill buttons and signs, `--on-…` is the text on them; `--brand-strong`, `--accent-strong` are
    the same hues as text on paper; `--sign`, `--on-sign` are the mall's sign on the dark band, alike in both schemes.

    :raises BadColour: one of the texts is not `#rrggbb`
    """
    properties: dict[str, str] = {}
    for name, colour in (("brand", brand), ("accent", accent)):
        dark = readable(colour, on=PAPER_DARK, ratio=AA_PART)
        properties[f"--{name}"] = f"light-dark({colour}, {dark})"
        properties[f"--on-{name}"] = f"light-dark({on_colour(colour)}, {on_colour(dark)})"
        on_light, on_dark = readable(colour, on=PAPER_LIGHT), readable(colour, on=PAPER_DARK)
        properties[f"--{name}-strong"] = f"light-dark({on_light}, {on_dark})"
    properties["--sign"] = readable(brand, on=INK, ratio=AA_PART)
    properties["--on-sign"] = on_colour(properties["--sign"])
    return properties


def theme_css(*, brand: str, accent: str) -> str:
    """
    Give the text of a mall's `/theme.css`: one rule that sets custom properties and nothing else.

    :raises BadColour: one of the texts is not `#rrggbb`
    """
    lines = "".join(f"{name}:{value};" for name, value in theme_properties(brand=brand, accent=accent).items())
    return f":root{{{lines}}}\n"
