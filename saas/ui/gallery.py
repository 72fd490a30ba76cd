"""Sample data for the gallery. Not product text: nothing here is translated."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.templatetags.static import static

from saas.ui.charts import Chart
from saas.ui.formats import format_money

MALL = {"name": "Riverside Noodles", "phone": "+1 202 555 0117", "email": "hello@riverside.example", "logo_url": ""}
WEEK = ("Mon 16", "Tue 17", "Wed 18", "Thu 19", "Fri 20", "Sat 21", "Sun 22")
TAKINGS = (18200, 21400, 19800, 26600, 41200, 58000, 45800)
LAST_WEEK = (16100, 20300, 22000, 21500, 36800, 49000, 41900)


class SampleForm(forms.Form):
    """One field of each sort; bound with nothing it shows every error."""

    name = forms.CharField(label="Business name", help_text="As it hangs over the door.", max_length=60)
    trade = forms.ChoiceField(label="Trade", choices=[("restaurant", "Restaurant"), ("salon", "Salon")])
    price = forms.DecimalField(label="Price", min_value=1)
    about = forms.CharField(label="What they get", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    payout = forms.ChoiceField(
        label="Paid out",
        widget=forms.RadioSelect,
        choices=[("d", "Every day"), ("w", "Every week")],
        help_text="You can change it.",
    )
    terms = forms.BooleanField(label="I agree to the terms")
    picture = forms.FileField(label="Picture", required=False)


class CodeForm(forms.Form):
    """The counter's field."""

    code = forms.CharField(
        label="Voucher code", widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"})
    )


class FilterForm(forms.Form):
    """A filter bar."""

    category = forms.ChoiceField(choices=[("", "All"), ("lunch", "Lunch")], required=False)
    sort = forms.ChoiceField(choices=[("near", "Nearest"), ("new", "Newest")], required=False)


def deals() -> list[dict[str, Any]]:
    """Give cards: urgent, plain, without a former price, gone."""
    cards = [
        (
            "Two bowls of hand-pulled noodles with tea",
            "Riverside, Mill Lane",
            "350 m",
            2400,
            3600,
            "Ends tonight at 22:00",
            "clock",
            "urgent",
            "sell",
        ),
        (
            "Dumpling basket for the table, 24 pieces",
            "Riverside, Mill Lane",
            "350 m",
            1800,
            2400,
            "6 left",
            "tag",
            "urgent",
            "open",
        ),
        (
            "Noodle class: pull your own lunch",
            "Riverside, Station Road",
            "1.2 km",
            5500,
            0,
            "Book ahead",
            "calendar-check",
            "",
            "redeem",
        ),
        ("Weekday lunch for two", "Riverside, Station Road", "1.2 km", 2900, 4200, "", "", "", "lane"),
    ]
    names = ("title", "place", "distance", "price_minor", "was_minor", "fact", "fact_icon", "fact_kind", "picture")
    made = [dict(zip(names, card, strict=True)) for card in cards]
    return [{**card, "picture_url": static(f"signup/{card['picture']}.svg"), "gone": card is made[-1]} for card in made]


def charts() -> dict[str, Chart]:
    """Give a bar chart, a line chart with a comparison, and an empty one."""
    shown = [format_money(value, "USD") for value in TAKINGS]
    before = [format_money(value, "USD") for value in LAST_WEEK]
    return {
        "bar": Chart(
            title="Sold, by day",
            labels=WEEK,
            values=TAKINGS,
            shown=shown,
            names=("Day", "Sold"),
            axis_divisor=100,
            last_name="Today",
        ),
        "line": Chart(
            title="Sold, against the week before",
            kind="line",
            labels=WEEK,
            values=TAKINGS,
            shown=shown,
            names=("Day", "This week"),
            second=LAST_WEEK,
            second_shown=before,
            second_name="Week before",
            axis_divisor=100,
        ),
        "empty": Chart(
            title="Redeemed, by day",
            labels=WEEK,
            values=(0,) * 7,
            shown=("0",) * 7,
            empty="Each redeemed voucher will add to its day here.",
        ),
    }


def records() -> dict[str, Any]:
    """Give rows for tables and timelines."""
    badge = {"paid": "success", "pending": "warning", "refunded": ""}
    orders = [
        ("R-1042", "Today 12:40", "2 × Noodles with tea", "$48.00", "paid"),
        ("R-1041", "Today 12:11", "Dumpling basket", "$18.00", "pending"),
        ("R-1039", "Yesterday", "Lunch for two", "$29.00", "refunded"),
    ]
    return {
        "columns": [
            {"label": "Order"},
            {"label": "When"},
            {"label": "What"},
            {"label": "Total", "end": True},
            {"label": "State"},
        ],
        "rows": [
            [{"text": a, "href": "#"}, b, c, d, {"text": e.title(), "badge": badge[e] or "none"}]
            for a, b, c, d, e in orders
        ],
        "foot": ["All", "", "", "$95.00", ""],
        "events": [
            {"title": "Paid $48.00", "at": "12:40", "by": "Visa ending 4242", "kind": "success", "icon": "check"},
            {"title": "Two vouchers issued", "at": "12:40", "icon": "ticket"},
            {
                "title": "One voucher redeemed",
                "at": "18:02",
                "by": "Bo, Mill Lane",
                "kind": "success",
                "icon": "scan-line",
            },
            {
                "title": "Refund asked for",
                "at": "Tomorrow",
                "kind": "warning",
                "icon": "undo-2",
                "text": "$24.00 goes back to the card within 5 days.",
            },
        ],
    }


def facts() -> dict[str, Any]:
    """Give tabs, rules, opening hours and a split of money."""
    return {
        "tabs": [
            {"label": "All", "href": "#", "current": True, "count": 58},
            {"label": "Paid", "href": "#", "count": 51},
            {"label": "Refunded", "href": "#", "count": 7},
        ],
        "rules": [
            {"label": "Valid", "text": "Monday to Friday, 11:00–15:00", "icon": "calendar-clock"},
            {"label": "Not valid", "text": "Public holidays", "icon": "ban", "kind": "warning"},
            {"label": "Booking", "text": "Not needed", "icon": "calendar-check"},
            {"label": "Refund", "text": "Until it is used; the full price goes back to your card", "icon": "undo-2"},
            {"label": "Per person", "text": "Up to 4", "icon": "users"},
        ],
        "days": [
            {"day": day, "text": "11:00–14:30, 17:00–22:00", "today": day == "Thursday"}
            for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
        ]
        + [{"day": "Saturday", "text": "11:00–23:00"}, {"day": "Sunday", "text": "Closed", "closed": True}],
        "split": [
            {"label": "Price", "amount_minor": 4800, "note": "2 vouchers"},
            {"label": "Discount", "amount_minor": -480, "kind": "minus", "note": "SPRING10"},
            {"label": "Commission", "amount_minor": -432, "kind": "minus", "note": "10% of 43.20"},
            {"label": "Card fee", "amount_minor": -155, "kind": "minus"},
            {"label": "You get", "amount_minor": 3733, "kind": "total"},
        ],
    }


def choices() -> dict[str, Any]:
    """Give steps, checklists, options and what else one chooses from."""
    return {
        "steps": [
            {"label": "Your vouchers", "state": "done"},
            {"label": "Contact", "state": "current"},
            {"label": "Pay", "state": "todo"},
        ],
        "checklist": [
            {"title": "Name your mall", "state": "done"},
            {
                "title": "Add a store",
                "text": "Address, hours and where it stands on the map.",
                "state": "todo",
                "href": "#",
                "action": "Add a store",
            },
            {
                "title": "Connect payouts",
                "state": "blocked",
                "why": "Stripe asks for a photo of your ID.",
                "href": "#",
                "action": "Continue",
            },
        ],
        "options": [
            {"value": "2", "title": "For two", "text": "Two bowls, two teas", "price_minor": 2400, "checked": True},
            {"value": "4", "title": "For four", "text": "Four bowls, a pot of tea", "price_minor": 4400},
            {"value": "8", "title": "The long table", "text": "Sold out", "price_minor": 8000, "disabled": True},
        ],
        "chips": [
            {"label": "All", "href": "#", "current": True},
            {"label": "Lunch", "href": "#", "icon": "clock"},
            {"label": "Dinner", "href": "#"},
            {"label": "Near me", "href": "#", "icon": "map-pin"},
            {"label": "Ends today", "href": "#"},
        ],
        "crumbs": [{"label": "Deals", "href": "#"}, {"label": "Lunch", "href": "#"}],
        "spark": (4, 6, 5, 9, 8, 12, 14),
    }


def samples(*, page: str) -> dict[str, Any]:
    """Give the gallery's whole context; `page` is the page of the sample pagination."""
    bound = SampleForm({"name": "", "trade": "restaurant", "price": "0"})
    return {
        "mall": MALL,
        "deals": deals(),
        "photos": [{"url": deal["picture_url"], "alt": deal["title"]} for deal in deals()],
        "form": SampleForm(initial={"payout": "d"}),
        "bad_form": bound,
        "code_form": CodeForm(),
        "filter_form": FilterForm(),
        "charts": charts(),
        "page": Paginator(range(1, 59), 12).get_page(page),
        "faces_of_ticket": [
            ("unused", "", "2 of 4 left"),
            ("used", "Thu 19 Nov 18:02, Mill Lane, by Bo", ""),
            ("expired", "On 31 Oct 2026", ""),
            ("refunded", "On 18 Nov, $24.00", ""),
            ("frozen", "Payment is disputed", ""),
        ],
        "kinds": ("info", "success", "warning", "danger"),
        "badges": ("", "success", "warning", "danger", "info", "brand", "accent"),
        **records(),
        **facts(),
        **choices(),
    }
