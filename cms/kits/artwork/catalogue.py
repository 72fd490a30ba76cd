"""What is drawn: names, descriptions for those who cannot see, and the function that draws each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cms.kits.artwork import brand, more, restaurant, restaurant_scenes, salon

# A drawing reads as a list of shapes, back to front.
# fmt: off


@dataclass(frozen=True)
class Drawing:
    """One picture of a trade; `alt` is what its page says to those who cannot see it (English)."""

    trade: str
    name: str
    alt: str
    draw: Callable[[], str]

    @property
    def path(self) -> Path:
        """Where the raster lies, from this folder."""
        return Path("pictures", self.trade, f"{self.name}.webp")


PICTURES = (
    Drawing("restaurant", "noodle-bowl", "A red bowl of beef noodles with greens, half an egg and spring onions",
        restaurant.noodle_bowl),
    Drawing("restaurant", "dumpling-basket", "Dumplings in a bamboo steamer, one held in chopsticks",
        restaurant.dumpling_basket),
    Drawing("restaurant", "side-dishes", "Four plates: cucumber, peanuts, chillies and tofu in sauce",
        restaurant.side_dishes),
    Drawing("restaurant", "lunch-for-two", "A table laid for two with noodles, dumplings and tea",
        restaurant.lunch_for_two),
    Drawing("restaurant", "steaming-pot", "A big red pot steaming on the stove", restaurant_scenes.steaming_pot),
    Drawing("restaurant", "pulling-noodles", "A cook pulling noodles by hand over a floured board",
        restaurant_scenes.pulling_noodles),
    Drawing("restaurant", "shop-front", "The restaurant at dusk, lanterns lit and guests at the window",
        restaurant_scenes.shop_front),
    Drawing("restaurant", "tea-set", "A red teapot and two cups before a round window with the moon",
        restaurant_scenes.tea_set),
    Drawing("restaurant", "noodle-counter", "The noodle counter with stools, hanging lamps and two steaming bowls",
        restaurant_scenes.noodle_counter),
    Drawing("salon", "scissors-and-comb", "Scissors, a comb, clips and a bottle on a marble table",
        salon.scissors_and_comb),
    Drawing("salon", "shop-front", "The salon at dusk with two chairs behind the window", salon.shop_front),
    Drawing("salon", "wash-basin", "A basin for washing hair, foam and running water", salon.wash_basin),
    Drawing("salon", "mirror-and-chair", "A rose chair before a mirror with lamps around it", salon.mirror_and_chair),
    Drawing("salon", "polish-row", "Six bottles of nail polish in a row, painted nails above them", salon.polish_row),
    Drawing("salon", "bob-cut", "A woman in profile with a dark bob", salon.hair_silhouette),
    Drawing("salon", "dryer-and-brush", "A hair dryer and a round brush", salon.dryer_and_brush),
    Drawing("convenience", "shelves", "Shelves full of bottles, tins and packets", more.shelves),
    Drawing("convenience", "shop-front", "The corner shop, open late, with crates of fruit outside",
        more.corner_shop),
    Drawing("convenience", "full-basket", "A shopping basket with bread, leek, milk and a tomato", more.basket),
    Drawing("cinema", "seats", "Rows of red seats before a lit screen", more.cinema_seats),
    Drawing("cinema", "popcorn", "A tub of popcorn, two tickets and a reel of film", more.popcorn),
    Drawing("home-improvement", "tools", "A hammer, a saw, a wrench and a screwdriver on a board", more.tools),
    Drawing("home-improvement", "paint", "Two tins of paint and a roller before a wall half painted", more.paint),
)
LOGOS = (
    Drawing("logos", "riverside", "Riverside Noodles", brand.riverside),
    Drawing("logos", "hillside", "Hillside Salon", brand.hillside),
    Drawing("logos", "default", "", brand.neutral),
)
SIGNUP = (
    Drawing("signup", "lane", "A lane of small shops at dusk, their signs lit", brand.lane),
    Drawing("signup", "open", "A shop raises its shutter", brand.open_shop),
    Drawing("signup", "sell", "A phone shows a deal and its voucher", brand.sell_deal),
    Drawing("signup", "redeem", "A phone reads the voucher on another phone at the counter", brand.redeem_voucher),
)
ALT = {str(drawing.path.relative_to("pictures")): drawing.alt for drawing in (*PICTURES, *LOGOS)}
"""Descriptions by path inside `pictures/`: `ALT["restaurant/noodle-bowl.webp"]`."""


def picture(trade: str, name: str) -> Path:
    """
    Give the file of a picture, or of a logo (`picture("logos", "riverside")`).

    :raises KeyError: there is no such picture
    """
    ALT[f"{trade}/{name}.webp"]
    return Path(__file__).parent / "pictures" / trade / f"{name}.webp"
