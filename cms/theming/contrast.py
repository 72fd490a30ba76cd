"""Which brand colours may be saved."""

from dataclasses import dataclass

from saas.ui import colour

# A button's face must stand out from both grounds that it is seen on. On the dark one it is lightened by itself (see
# `colour.theme_properties`); on the light one the merchant's own colour is shown, so that one is checked.
GROUND = colour.PAPER_LIGHT


@dataclass(frozen=True)
class Verdict:
    """
    What is said of a pair of colours before it is saved.

    `is_readable` is whether it may be saved; `ratio` is the brand colour's contrast with the light page, `needed` the least;
    `brand` and `accent` are the nearest pair that may be saved (the same one when it may); `text_colour` is how the brand colour
    is written on the light page.
    """

    is_readable: bool
    ratio: float
    needed: float
    brand: str
    accent: str
    text_colour: str


def judge(*, brand: str, accent: str) -> Verdict:
    """
    Judge a brand colour and an accent. Text on either, and either as text, is made readable by computing, whatever they are.

    :raises BadColour: one of the texts is not `#rrggbb`
    """
    ratio = colour.contrast(brand, GROUND)
    colour.rgb_from_hex(accent)
    return Verdict(
        is_readable=ratio >= colour.AA_PART,
        ratio=int(ratio * 10) / 10,
        needed=colour.AA_PART,
        brand=colour.readable(brand, on=GROUND, ratio=colour.AA_PART),
        accent=accent,
        text_colour=colour.readable(brand, on=GROUND),
    )
