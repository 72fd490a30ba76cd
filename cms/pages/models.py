"""The pages of a mall."""

from typing import Any

from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, ObjectList, TabbedInterface
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page

from cms.blocks.streams import PageStream, TextStream
from cms.blocks.words import PLAIN_FEATURES, PictureBlock
from cms.news import queries as news
from saas.kernel import clock
from storefront.deals.models import Deal
from tenants.frontcache.everybody import share

from . import audited, offers

# So many of the mall's news stand at the end of its front.
NOTICES = 3
_SEARCH_PANELS = [FieldPanel("seo_title"), FieldPanel("search_description")]


class HomePage(Page):
    """The mall's front. There is one. Like all pages of a mall it is for everybody: there is no private mode."""

    body = StreamField(PageStream(), verbose_name=_("blocks"), blank=True)

    content_panels = [FieldPanel("body")]
    edit_handler = TabbedInterface(
        [ObjectList(content_panels, heading=_("Content")), ObjectList(_SEARCH_PANELS, heading=_("Search engines"))]
    )
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["cms_pages.DealIndexPage", "cms_pages.PlainPage"]
    max_count = 1
    private_page_options: list[str] = []
    template = "pages/home.html"

    class Meta:
        verbose_name = _("home page")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the newest notices."""
        return {**super().get_context(request, *args, **kwargs), "notices": news.latest(NOTICES)}


class DealIndexPage(Page):
    """The list of all deals on sale, at /deals/. There is one."""

    intro = models.CharField(_("introduction"), max_length=300, blank=True)

    content_panels = [FieldPanel("title"), FieldPanel("intro")]
    edit_handler = TabbedInterface(
        [ObjectList(content_panels, heading=_("Content")), ObjectList(_SEARCH_PANELS, heading=_("Search engines"))]
    )
    parent_page_types = ["cms_pages.HomePage"]
    subpage_types = ["cms_pages.DealPage"]
    max_count = 1
    private_page_options: list[str] = []
    template = "pages/deal_index.html"

    class Meta:
        verbose_name = _("list of deals")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the list that the request asks for."""
        return {**super().get_context(request, *args, **kwargs), **offers.deal_list(request, at=clock.now())}


class DealPage(Page):
    """
    What a merchant tells about one deal, at /deals/<the deal's slug>/. Every fact, such as price, rules, stores and what is
    left, is the deal's; title and slug are copies of the deal's, kept by `operations.ensure_deal_page`.
    """

    deal = models.OneToOneField(Deal, on_delete=models.PROTECT, related_name="page", verbose_name=_("deal"))
    gallery = StreamField(
        [("picture", PictureBlock(label=_("Picture")))],
        verbose_name=_("more pictures"),
        blank=True,
        help_text=_("The deal's own picture comes first."),
    )
    description = RichTextField(_("description"), features=PLAIN_FEATURES, blank=True)
    steps = StreamField(
        [("step", blocks.CharBlock(label=_("Step"), max_length=200))],
        verbose_name=_("how to use it"),
        blank=True,
        max_num=6,
        help_text=_("Leave empty for the usual three steps."),
    )

    content_panels = [FieldPanel("description"), FieldPanel("gallery"), FieldPanel("steps")]
    edit_handler = TabbedInterface(
        [ObjectList(content_panels, heading=_("Content")), ObjectList(_SEARCH_PANELS, heading=_("Search engines"))]
    )
    parent_page_types = ["cms_pages.DealIndexPage"]
    subpage_types: list[str] = []
    private_page_options: list[str] = []
    template = "pages/deal.html"

    class Meta:
        verbose_name = _("deal page")

    @classmethod
    def can_create_at(cls, parent: Page) -> bool:
        """A deal's page is made with the deal, never by itself."""
        return False

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the offer with its facts as they are now."""
        return {**super().get_context(request, *args, **kwargs), **offers.deal_page(self, at=clock.now())}

    def with_content_json(self, content: Any) -> "DealPage":
        """Read a revision; title, slug and deal stay as they are now, so that an old revision cannot bring back old ones."""
        page: DealPage = super().with_content_json(content)
        page.title, page.draft_title, page.slug, page.deal_id = self.title, self.title, self.slug, self.deal_id
        return page

    def publish(self, revision: Any, user: Any = None, **options: Any) -> None:
        """Show a version, as Wagtail does on every way; what the deal's audit must pass first goes there instead, see `audited`."""
        if not audited.holds(self, revision.pk, by=audited.person(user), now=clock.now()):
            super().publish(revision, user=user, **options)

    def save(self, *args: Any, **options: Any) -> None:
        """
        Save the page.

        :raises PageWaits: shoppers would read what the deal's audit has not passed, whoever saves it
        """
        with transaction.atomic():
            audited.refuse_unaudited(self, options.get("update_fields"))
            if not self.live:
                audited.keep_what_was_shown(self)
            super().save(*args, **options)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the deal; one that has ended answers 410, with alternatives; a draft is not shown, whatever the page's state."""
        if self.deal.state == Deal.State.DRAFT:
            raise Http404
        response: HttpResponse = super().serve(request, *args, **kwargs)
        response.status_code = response.context_data["offer_status"]  # type: ignore[attr-defined]
        return response


class PlainPage(Page):
    """A page of words: about, help, terms."""

    body = StreamField(TextStream(), verbose_name=_("blocks"), blank=True)

    content_panels = [FieldPanel("title"), FieldPanel("body")]
    edit_handler = TabbedInterface(
        [
            ObjectList(content_panels, heading=_("Content")),
            ObjectList(
                [FieldPanel("slug"), FieldPanel("show_in_menus"), *_SEARCH_PANELS],
                heading=_("Address and search engines"),
            ),
        ]
    )
    parent_page_types = ["cms_pages.HomePage"]
    subpage_types: list[str] = []
    private_page_options: list[str] = []
    template = "pages/plain.html"

    class Meta:
        verbose_name = _("plain page")

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page, which is the same for everybody."""
        share(request)
        response: HttpResponse = super().serve(request, *args, **kwargs)
        return response
