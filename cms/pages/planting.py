"""Brings many deal pages at once into a new mall, and indexes what came in without Wagtail's signals."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from wagtail.models import Locale, Page, ReferenceIndex
from wagtail.search import index

from cms.media.models import MallImage
from saas.kernel.tasks import enqueue

from .models import DealIndexPage, DealPage


@transaction.atomic
def plant_deal_pages(*, pages: Sequence[DealPage], now: datetime) -> None:
    """
    Insert unpublished deal pages, each with deal, title and slug, below the list of deals, which has none yet.

    Adding them one by one costs 40 queries each, most for indexes; these follow in the background.
    """
    shelf = DealIndexPage.objects.get()
    kind, locale = ContentType.objects.get_for_model(DealPage), Locale.get_default()
    rows = [
        Page(
            path=Page._get_path(shelf.path, shelf.depth + 1, place),  # noqa: SLF001 - how the tree numbers its pages is its own
            depth=shelf.depth + 1,
            title=page.title,
            draft_title=page.title,
            slug=page.slug,
            url_path=f"{shelf.url_path}{page.slug}/",
            content_type=kind,
            locale=locale,
            live=False,
            latest_revision_created_at=now,
        )
        for place, page in enumerate(pages, start=shelf.numchild + 1)
    ]
    for row, page in zip(Page.objects.bulk_create(rows), pages, strict=True):
        page.page_ptr_id = row.pk
        page.save_base(raw=True, force_insert=True)
    Page.objects.filter(pk=shelf.pk).update(numchild=shelf.numchild + len(rows))
    enqueue("cms.pages.index_everything")


def index_everything() -> None:
    """Bring all pages and pictures of the mall into the search index and the list of what uses what. May be repeated."""
    for page in Page.objects.filter(depth__gt=1).specific():
        index.insert_or_update_object(page)
        ReferenceIndex.create_or_update_for_object(page)
    for image in MallImage.objects.all():
        index.insert_or_update_object(image)
