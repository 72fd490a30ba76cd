"""A cinema."""

from cms.kits.shape import Kit, SampleDeal

KIT = Kit(
    tagline="Big screen, good seats",
    brand_colour="#7a1f2e",
    accent_colour="#e0b04a",
    pictures=(("cinema", "seats"), ("cinema", "popcorn")),
    home=(
        (
            "hero",
            {
                "heading": "Tonight, somewhere dark and comfortable",
                "text": "Buy tickets for {mall} ahead and for less. Show your voucher at the box office and choose "
                "your seats.",
                "picture": "picture:seats",
                "link_label": "See the deals",
                "link_page": None,
            },
        ),
        ("deals", {"heading": "Tickets and treats", "show": "latest", "count": 6, "chosen": []}),
        ("stores", {"heading": "Where to find us", "text": ""}),
    ),
    about=(
        (
            "picture_text",
            {
                "heading": "{mall}",
                "text": "<p>We show films the way they were meant to be seen: lights down, phones off, sound up. "
                "Doors open half an hour before the first film.</p>",
                "picture": "picture:popcorn",
                "side": "start",
            },
        ),
        ("stores", {"heading": "Come by", "text": ""}),
    ),
    deals=(
        SampleDeal(
            slug="two-tickets-and-popcorn",
            title="Two tickets and a large popcorn",
            summary="Any film, any day, any seat that is free.",
            description="<p>Exchange the voucher for two tickets at the box office on the day. The popcorn waits at "
            "the counter, sweet or salted.</p>",
            category="Tickets",
            picture="popcorn",
            gallery=("seats",),
            price=2600,
            was_price=3400,
            units=200,
            valid_days=90,
            units_per_person=4,
            contents=(("Ticket", 2, 2600), ("Large popcorn", 1, 800)),
            rules=(("Films", "All, special events excepted"), ("Seats", "As long as there are free ones")),
        ),
        SampleDeal(
            slug="five-weekday-tickets",
            title="Five weekday tickets",
            summary="Five films from Monday to Thursday, alone or together.",
            description="<p>One voucher, five tickets. Use them all on one evening or one a week.</p>",
            category="Tickets",
            picture="seats",
            price=4900,
            was_price=6500,
            units=100,
            valid_days=180,
            refund_policy="until_expiry",
            contents=(("Weekday ticket", 5, 6500),),
            rules=(("Days", "Monday to Thursday"), ("Not on", "Public holidays")),
        ),
    ),
)
