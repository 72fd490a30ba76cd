"""Blocks that show the shop: deals and stores. Their facts are read when the page is shown, never copied into it."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from saas.kernel import clock
from storefront.deals import queries as deals
from storefront.deals.models import Deal
from storefront.stores import queries as stores

from . import shelf

MAXIMUM_DEALS = 12


class DealsBlock(blocks.StructBlock):
    """A shelf of deals: the latest on sale, or chosen ones."""

    heading = blocks.CharBlock(label=_("Heading"), required=False, max_length=90)
    show = blocks.ChoiceBlock(
        label=_("Show"),
        choices=[("latest", _("the latest deals")), ("chosen", _("the deals chosen below"))],
        default="latest",
    )
    count = blocks.IntegerBlock(label=_("How many at most"), default=6, min_value=1, max_value=MAXIMUM_DEALS)
    chosen = blocks.ListBlock(
        blocks.PageChooserBlock(page_type="cms_pages.DealPage"),
        label=_("Chosen deals"),
        default=[],
        max_num=MAXIMUM_DEALS,
    )

    def get_context(self, value: dict[str, Any], parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Add `cards` (`DrawnCard`s): the deals on sale."""
        context = super().get_context(value, parent_context=parent_context)
        now = clock.now()
        if value["show"] == "chosen":
            context["cards"] = _chosen([page.slug for page in value["chosen"] if page], at=now)
        else:
            context["cards"] = shelf.newest(at=now, limit=value["count"])
        return dict(context)

    class Meta:
        label = _("Deals")
        icon = "tag"
        template = "blocks/deals.html"
        description = _(
            "The latest deals on sale, or those that you choose. Prices and what is left are always current."
        )
        preview_value = {"heading": _("Deals of the week"), "show": "latest", "count": 6, "chosen": []}


def _chosen(slugs: list[str], *, at: datetime) -> tuple[shelf.DrawnCard, ...]:
    """Return the cards of the deals on sale among the slugs (a deal's page has the deal's slug), in their order."""
    found = {card.slug: card for card in deals.cards(Deal.objects.on_sale(at=at).filter(slug__in=slugs), at=at)}
    return shelf.drawn(found[slug] for slug in slugs if slug in found)


class StoresBlock(blocks.StructBlock):
    """Where the merchant is to be found, and when."""

    heading = blocks.CharBlock(label=_("Heading"), required=False, max_length=90)
    text = blocks.TextBlock(label=_("Text"), required=False, max_length=300)

    def get_context(self, value: dict[str, Any], parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Add `places`, the stores that serve people, as markup."""
        context = super().get_context(value, parent_context=parent_context)
        now = clock.now()
        context["places"] = shelf.places(stores.kept_views(at=now).values(), at=now)
        return dict(context)

    class Meta:
        label = _("Stores")
        icon = "home"
        template = "blocks/stores.html"
        description = _("All stores with address, opening hours and whether they are open now.")
        preview_value = {"heading": _("Where to find us"), "text": ""}
