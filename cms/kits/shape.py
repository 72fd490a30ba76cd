"""What a starter kit is made of. Texts may name the merchant as `{mall}`."""

from dataclasses import dataclass, field
from typing import Any

Stream = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class SampleDeal:
    """
    A deal to begin with, planted as a draft. Amounts in hundredths of the mall's currency, whole units where it has no smaller ones.

    `contents` are (name, quantity, worth of the whole row), `rules` are (label, text); `picture` and `gallery` name drawings of the kit.
    `category_slug` is for a category whose name makes no address.
    """

    slug: str
    title: str
    summary: str
    description: str
    category: str
    picture: str
    price: int
    was_price: int | None
    units: int
    valid_days: int
    contents: tuple[tuple[str, int, int | None], ...]
    rules: tuple[tuple[str, str], ...] = ()
    gallery: tuple[str, ...] = ()
    units_per_person: int | None = None
    needs_booking: bool = False
    refund_policy: str = "any_time"
    category_slug: str = ""


@dataclass(frozen=True)
class Kit:
    """
    A starter mall for a trade.

    `pictures` are (folder, name) of drawings; `home` and `about` are streams of (block, value) in which a value
    "picture:<name>" stands for a picture.
    """

    tagline: str
    brand_colour: str
    accent_colour: str
    pictures: tuple[tuple[str, str], ...]
    home: Stream
    about: Stream
    deals: tuple[SampleDeal, ...]
    deals_intro: str = field(default="Buy on your phone, show the code in the store.")
