"""A shop and workshop for home improvement."""

from cms.kits.shape import Kit, SampleDeal

KIT = Kit(
    tagline="Tools, paint and a second pair of hands",
    brand_colour="#2f5d50",
    accent_colour="#e39a3b",
    pictures=(("home-improvement", "tools"), ("home-improvement", "paint")),
    home=(
        (
            "hero",
            {
                "heading": "The weekend project starts here",
                "text": "Fixed prices for work at your home and for what you need to do it yourself. Buy on your "
                "phone, the rest we arrange.",
                "picture": "picture:tools",
                "link_label": "See the deals",
                "link_page": None,
            },
        ),
        ("deals", {"heading": "Ready to book", "show": "latest", "count": 6, "chosen": []}),
        ("stores", {"heading": "Where to find us", "text": ""}),
    ),
    about=(
        (
            "picture_text",
            {
                "heading": "{mall}",
                "text": "<p>Ask us before you buy. We would rather sell you one right screw than a box of wrong "
                "ones, and if a job is better left to us, we say so and name the price.</p>",
                "picture": "picture:paint",
                "side": "start",
            },
        ),
        ("stores", {"heading": "Come by", "text": ""}),
    ),
    deals=(
        SampleDeal(
            slug="one-room-painted",
            title="One room painted, up to 20 m²",
            summary="Two coats on four walls, floor covered, furniture moved and moved back.",
            description="<p>We come, measure and agree on a day. Paint in white or one of twelve colours is "
            "included. Most rooms are done in one day.</p>",
            category="At your home",
            picture="paint",
            gallery=("tools",),
            price=32000,
            was_price=39000,
            units=15,
            valid_days=120,
            needs_booking=True,
            refund_policy="until_expiry",
            contents=(("Painter's day", 1, 29000), ("Paint, two coats", 1, 10000)),
            rules=(("Area", "Within 15 km of the store"), ("Ceiling", "Not included; ask for a price")),
        ),
        SampleDeal(
            slug="an-hour-with-the-handyman",
            title="An hour with the handyman",
            summary="Shelves, lamps, doors that stick: as much as fits into an hour at your home.",
            description="<p>Write down what is to be done; the handyman brings the tools and starts at the top of "
            "the list.</p>",
            category="At your home",
            picture="tools",
            price=5900,
            was_price=7500,
            units=40,
            valid_days=90,
            needs_booking=True,
            contents=(("Hour of work", 1, 6500), ("Way to you", 1, 1000)),
            rules=(("Area", "Within 15 km of the store"), ("Material", "Not included")),
        ),
    ),
)
