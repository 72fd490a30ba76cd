"""A convenience store."""

from cms.kits.shape import Kit, SampleDeal

KIT = Kit(
    tagline="Round the corner, open late",
    brand_colour="#1f5f8b",
    accent_colour="#f0a92e",
    pictures=(("convenience", "shop-front"), ("convenience", "full-basket"), ("convenience", "shelves")),
    home=(
        (
            "hero",
            {
                "heading": "Everything you forgot, round the corner",
                "text": "Buy a basket at {mall} on your phone and pick it up on your way home.",
                "picture": "picture:shop-front",
                "link_label": "See the deals",
                "link_page": None,
            },
        ),
        ("deals", {"heading": "Ready to pick up", "show": "latest", "count": 6, "chosen": []}),
        ("stores", {"heading": "Where to find us", "text": ""}),
    ),
    about=(
        (
            "picture_text",
            {
                "heading": "{mall}",
                "text": "<p>Bread in the morning, milk at midnight, and somebody behind the counter who knows where "
                "the batteries are.</p>",
                "picture": "picture:shelves",
                "side": "start",
            },
        ),
        ("stores", {"heading": "Come by", "text": ""}),
    ),
    deals=(
        SampleDeal(
            slug="supper-basket",
            title="Supper basket for two",
            summary="Bread, cheese, tomatoes, leek and milk: a soup and toast away.",
            description="<p>We pack the basket in the morning. Pick it up from four o'clock, until we close.</p>",
            category="Baskets",
            picture="full-basket",
            gallery=("shelves",),
            price=1400,
            was_price=1900,
            units=60,
            valid_days=30,
            contents=(
                ("Loaf of bread", 1, None),
                ("Cheese, 200 g", 1, None),
                ("Vegetables for a soup", 1, None),
                ("Milk, 1 l", 1, None),
            ),
            rules=(("Pick up", "From 16:00"), ("Bag", "Bring your own")),
        ),
        SampleDeal(
            slug="ten-coffees",
            title="Ten coffees to go",
            summary="One voucher for two working weeks.",
            description="<p>Any coffee from the machine, in your own cup or ours. We count them for you.</p>",
            category="Coffee",
            picture="shop-front",
            price=1800,
            was_price=2500,
            units=150,
            valid_days=90,
            contents=(("Coffee", 10, 2500),),
        ),
    ),
)
