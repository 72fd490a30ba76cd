"""A restaurant or café."""

from cms.kits.shape import Kit, SampleDeal

KIT = Kit(
    tagline="Cooked to order, every day",
    brand_colour="#a8321e",
    accent_colour="#e0a03a",
    pictures=tuple(
        ("restaurant", name)
        for name in (
            "noodle-counter",
            "noodle-bowl",
            "dumpling-basket",
            "lunch-for-two",
            "pulling-noodles",
            "tea-set",
            "side-dishes",
            "steaming-pot",
        )
    ),
    home=(
        (
            "hero",
            {
                "heading": "A seat at {mall} is a tap away",
                "text": "Choose a deal, pay on your phone, and show your voucher when you come. The kitchen does "
                "the rest.",
                "picture": "picture:noodle-counter",
                "link_label": "See the deals",
                "link_page": None,
            },
        ),
        ("deals", {"heading": "Deals", "show": "latest", "count": 6, "chosen": []}),
        (
            "picture_text",
            {
                "heading": "From our kitchen to your table",
                "text": "<p>At {mall} every bowl is cooked when you order it. Come hungry, come with friends, and "
                "tell us if there is something that you do not eat: we will find you something that you do.</p>",
                "picture": "picture:steaming-pot",
                "side": "end",
            },
        ),
        ("stores", {"heading": "Where to find us", "text": ""}),
    ),
    about=(
        (
            "picture_text",
            {
                "heading": "{mall}",
                "text": "<p>We cook the dishes that we like to eat ourselves, and we make them from scratch. Lunch "
                "is quick, dinner takes its time, and the tea is on the table either way.</p><p>If you plan "
                "something larger, a birthday or a team lunch, write to us and we will set the table for it.</p>",
                "picture": "picture:tea-set",
                "side": "start",
            },
        ),
        ("stores", {"heading": "Come by", "text": ""}),
    ),
    deals=(
        SampleDeal(
            slug="two-noodle-bowls-with-tea",
            title="Two bowls of hand-pulled noodles with tea",
            summary="Beef or vegetable broth, a soft egg, and a pot of jasmine tea to share.",
            description="<p>Two large bowls, pulled and cooked while you watch. Choose beef or vegetable broth for "
            "each; the egg is in both. A pot of jasmine tea stands on the table from the start and is filled up "
            "once.</p>",
            category="Lunch",
            picture="noodle-bowl",
            gallery=("pulling-noodles", "tea-set"),
            price=2400,
            was_price=3600,
            units=120,
            valid_days=90,
            units_per_person=6,
            contents=(("Large bowl of noodles", 2, 2900), ("Pot of jasmine tea", 1, 700)),
            rules=(
                ("Days", "Every day, lunch and dinner"),
                ("Eat in", "For eating in, not for take-away"),
            ),
        ),
        SampleDeal(
            slug="dumpling-basket-for-the-table",
            title="Dumpling basket for the table, 24 pieces",
            summary="Three kinds of dumplings, steamed, with two sauces. Enough for three or four.",
            description="<p>Eight pork and chive, eight chicken and ginger, eight mushroom. They come in the "
            "steamer, with black vinegar and chilli oil.</p>",
            category="To share",
            picture="dumpling-basket",
            gallery=("side-dishes",),
            price=1800,
            was_price=2400,
            units=80,
            valid_days=60,
            contents=(("Dumplings, three kinds", 24, None), ("Sauces", 2, None)),
            rules=(("Days", "Monday to Thursday"), ("Allergens", "Contains wheat, soy and sesame")),
        ),
        SampleDeal(
            slug="weekday-lunch-for-two",
            title="Weekday lunch for two: noodles, dumplings, side",
            summary="A quick, full lunch: a bowl each, dumplings to share, one small plate.",
            description="<p>On the table within fifteen minutes. One bowl of noodles for each of you, six dumplings "
            "between you, and a small plate of the day: cucumber, peanuts or tofu.</p>",
            category="Lunch",
            picture="lunch-for-two",
            gallery=("noodle-bowl", "side-dishes"),
            price=2900,
            was_price=4200,
            units=100,
            valid_days=60,
            units_per_person=4,
            contents=(("Bowl of noodles", 2, 2900), ("Dumplings", 6, 700), ("Small plate of the day", 1, 600)),
            rules=(("Days", "Monday to Friday, 11:30 to 14:30"), ("Not on", "Public holidays")),
        ),
        SampleDeal(
            slug="noodle-class",
            title="Noodle class: pull your own lunch",
            summary="Ninety minutes at the counter with our cook. You eat what you pull.",
            description="<p>You knead, rest, fold and pull, up to 512 strands if all goes well. Then the cook makes "
            "lunch of it, and you sit down together. Aprons are here; wear sleeves that roll up.</p>",
            category="Classes",
            picture="pulling-noodles",
            gallery=("noodle-counter",),
            price=5500,
            was_price=None,
            units=8,
            valid_days=120,
            units_per_person=4,
            needs_booking=True,
            refund_policy="until_expiry",
            contents=(("Class of ninety minutes", 1, None), ("Lunch of your own noodles", 1, None), ("Tea", 1, None)),
            rules=(("When", "Saturdays at 10:00"), ("Age", "From 10 years, with a grown-up")),
        ),
    ),
)
