"""A salon or barber."""

from cms.kits.shape import Kit, SampleDeal

KIT = Kit(
    tagline="Hair and nails, without the wait",
    brand_colour="#8c3b5e",
    accent_colour="#d8a15c",
    pictures=tuple(
        ("salon", name)
        for name in ("mirror-and-chair", "bob-cut", "scissors-and-comb", "wash-basin", "polish-row", "dryer-and-brush")
    ),
    home=(
        (
            "hero",
            {
                "heading": "Sit down, we take it from here",
                "text": "Buy your visit to {mall} on your phone, book a time that suits you, and show your voucher "
                "when you come.",
                "picture": "picture:mirror-and-chair",
                "link_label": "See the deals",
                "link_page": None,
            },
        ),
        ("deals", {"heading": "This season at {mall}", "show": "latest", "count": 6, "chosen": []}),
        (
            "picture_text",
            {
                "heading": "We listen first",
                "text": "<p>Every cut begins with ten minutes in the chair and no scissors. Tell us how you wear "
                "your hair on a bad day; that is the one we cut for.</p>",
                "picture": "picture:scissors-and-comb",
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
                "text": "<p>We are a small salon and like it that way: the person who washes your hair also cuts "
                "it, and remembers you the next time.</p><p>We book one guest an hour for each chair, so nobody "
                "waits and nobody is rushed.</p>",
                "picture": "picture:wash-basin",
                "side": "start",
            },
        ),
        ("stores", {"heading": "Come by", "text": ""}),
    ),
    deals=(
        SampleDeal(
            slug="cut-wash-and-blow-dry",
            title="Cut, wash and blow-dry",
            summary="An hour in the chair, from the first look to the last brush stroke.",
            description="<p>We look, talk, wash, cut and dry. A short head massage comes with the wash. Any length "
            "of hair.</p>",
            category="Hair",
            picture="bob-cut",
            gallery=("scissors-and-comb", "wash-basin"),
            price=5200,
            was_price=7000,
            units=60,
            valid_days=90,
            units_per_person=2,
            needs_booking=True,
            contents=(("Consultation", 1, None), ("Wash with head massage", 1, 1500), ("Cut and blow-dry", 1, 5500)),
            rules=(
                ("Days", "Tuesday to Friday"),
                ("Cancel", "Up to 24 hours before; later the voucher counts as used"),
            ),
        ),
        SampleDeal(
            slug="manicure-with-polish",
            title="Manicure with the polish of your choice",
            summary="Shape, care and colour in forty-five minutes. Six new colours on the shelf.",
            description="<p>We file, soak, tidy and massage, then paint two coats of the colour that you choose. It "
            "is dry when you leave.</p>",
            category="Nails",
            picture="polish-row",
            price=2800,
            was_price=3800,
            units=80,
            valid_days=60,
            needs_booking=True,
            contents=(("Manicure", 1, 2600), ("Polish, two coats", 1, 1200)),
            rules=(("Days", "Every day that we are open"),),
        ),
        SampleDeal(
            slug="three-blow-dries",
            title="Three blow-dries, use them when you like",
            summary="For the week with a wedding in it, or three weeks without.",
            description="<p>Each visit is a wash and a blow-dry, half an hour in all. Come alone or give one to a "
            "friend: each voucher holds all three, and we note how many are left.</p>",
            category="Hair",
            picture="dryer-and-brush",
            gallery=("mirror-and-chair",),
            price=7500,
            was_price=9900,
            units=40,
            valid_days=180,
            refund_policy="until_expiry",
            contents=(("Wash and blow-dry", 3, 9900),),
            rules=(("Days", "Tuesday to Thursday"),),
        ),
    ),
)
