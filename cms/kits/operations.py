"""Plants a starter kit into a new mall."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.text import slugify
from wagtail.models import Collection

from billing.jurisdictions import rules as jurisdictions
from cms.backoffice import roles
from cms.backoffice.staff import operations as staff
from cms.media import operations as media
from cms.media.models import MallImage
from cms.pages import planting
from cms.pages.models import DealIndexPage, DealPage, HomePage, PlainPage
from cms.theming.models import Theme
from saas.accounts.models import User
from saas.kernel import money
from saas.kernel.actors import SYSTEM
from storefront.catalog.models import Category
from storefront.deals.checks import DealDraft
from storefront.deals.models import Deal
from storefront.terms import operations as terms
from tenants.registry.models import Tenant

from . import chinese, common, sites
from .artwork import catalogue
from .shape import Kit, SampleDeal
from .trades import KITS
from .trades.chinese import KITS as CHINESE_KITS

if TYPE_CHECKING:
    from tenants.provisioning.operations import Opening

PICTURE_SIZE, LOGO_SIZE = (1200, 900), (512, 512)
INTRODUCTORY_RATE_BP, INTRODUCTORY_DAYS = 300, 182
STANDARD_RATE_BP = 800
CHINESE = "zh-hans"


@transaction.atomic
def plant(*, tenant: Tenant, opening: "Opening", now: datetime) -> None:
    """
    Give the new mall its owner, terms, looks, and the pages, pictures and sample deals of its trade's kit. Runs inside the mall.

    The template brought the tree of pages and the roles. Deals are drafts: nothing is on sale until the owner says so.
    """
    kit = kit_for(trade=tenant.trade, language=tenant.language)
    owner = User.objects.create_user(
        opening.owner_email, opening.owner_password, kind=User.Kind.MERCHANT, name=opening.owner_name, joined_at=now
    )
    staff.give_role(user=owner, role=roles.OWNER)
    _agree_terms(currency=tenant.currency, now=now)
    Theme.objects.create(
        name=tenant.name, tagline=kit.tagline, brand_colour=kit.brand_colour, accent_colour=kit.accent_colour,
        email=opening.owner_email, updated_at=now,
    )  # fmt: skip
    sites.point(tenant)
    is_chinese = tenant.language == CHINESE
    pictures = hang_pictures(kit.pictures, now=now, alt=chinese.ALT if is_chinese else catalogue.ALT)
    try:
        write_pages(kit, mall=tenant.name, pictures=pictures, now=now)
        if is_chinese:
            _write_plain_pages_in_chinese()
        plant_deals(kit, pictures=pictures, currency=tenant.currency, now=now)
    except BaseException:
        media.take_down(images=pictures.values())
        raise
    media.prepare(image_ids=[image.pk for image in pictures.values()])


def kit_for(*, trade: str, language: str) -> Kit:
    """Return the starter kit of a trade in a mall's language."""
    return (CHINESE_KITS if language == CHINESE else KITS)[trade]


def _agree_terms(*, currency: str, now: datetime) -> None:
    until, tax_rate_bp = now + timedelta(days=INTRODUCTORY_DAYS), jurisdictions.commission_tax_bp(currency)
    for draft in (
        terms.TermDraft(
            name="Introductory", rate_bp=INTRODUCTORY_RATE_BP, starts_at=now, ends_at=until, tax_rate_bp=tax_rate_bp
        ),
        terms.TermDraft(name="Standard", rate_bp=STANDARD_RATE_BP, starts_at=until, tax_rate_bp=tax_rate_bp),
    ):
        terms.add_term(draft=draft, by=SYSTEM, now=now)


def settle_restored(*, tenant: Tenant, **_later: object) -> None:
    """In a mall that was made from an archive, let Wagtail's site follow the mall's new address."""
    sites.point(tenant)


def hang_pictures(
    names: tuple[tuple[str, str], ...],
    *,
    now: datetime,
    size: tuple[int, int] = PICTURE_SIZE,
    alt: Mapping[str, str] = catalogue.ALT,
) -> dict[str, MallImage]:
    """Copy drawings into the mall's media and return their rows by name; `alt` says by path what each shows."""
    drawings = [
        media.Drawing(
            path=catalogue.picture(folder, name),
            width=size[0],
            height=size[1],
            title=name.replace("-", " ").capitalize(),
            description=alt[f"{folder}/{name}.webp"],
        )
        for folder, name in names
    ]
    rows = media.hang(
        drawings=drawings, collection_id=Collection.objects.values_list("pk", flat=True).get(depth=1), now=now
    )
    return dict(zip((name for _folder, name in names), rows, strict=True))


def write_pages(kit: Kit, *, mall: str, pictures: Mapping[str, MallImage], now: datetime) -> None:
    """Write the kit's texts into the pages that the template brought."""
    words, ids = {"mall": mall}, {name: image.pk for name, image in pictures.items()}
    shown = {"first_published_at": now, "last_published_at": now, "latest_revision_created_at": now}
    HomePage.objects.update(title=mall, draft_title=mall, body=common.stream(kit.home, words, ids), **shown)
    DealIndexPage.objects.update(intro=common.fill(kit.deals_intro, words), **shown)
    PlainPage.objects.filter(slug="about").update(body=common.stream(kit.about, words, ids))
    PlainPage.objects.update(**shown)


def _write_plain_pages_in_chinese() -> None:
    """Put the pages that every mall has into Chinese; the template brought them in English."""
    DealIndexPage.objects.update(title=chinese.DEALS, draft_title=chinese.DEALS)
    for slug, (title, text) in chinese.PLAIN_PAGES.items():
        page = PlainPage.objects.filter(slug=slug)
        page.update(title=title, draft_title=title)
        if text:
            page.update(body=common.stream([("text", text)], {}))


def plant_deals(kit: Kit, *, pictures: Mapping[str, MallImage], currency: str, now: datetime) -> None:
    """Write the kit's sample deals as drafts, with their categories and unpublished pages."""
    names = {sample.category: sample.category_slug or slugify(sample.category) for sample in kit.deals}
    rows = [Category(name=name, slug=slug, position=place) for place, (name, slug) in enumerate(names.items())]
    categories = {row.name: row for row in Category.objects.bulk_create(rows)}
    ids = {name: image.pk for name, image in pictures.items()}
    deals = Deal.objects.bulk_create(
        Deal(
            **_fields(draft_of(sample, picture_id=ids[sample.picture], currency=currency, now=now)),
            category=categories[sample.category],
            currency=currency,
            created_at=now,
        )
        for sample in kit.deals
    )
    pages = [
        DealPage(
            deal=deal,
            title=deal.title,
            slug=deal.slug,
            description=sample.description,
            gallery=common.stream([("picture", f"picture:{name}") for name in sample.gallery], {}, ids),
        )
        for deal, sample in zip(deals, kit.deals, strict=True)
    ]
    planting.plant_deal_pages(pages=pages, now=now)


def _fields(draft: DealDraft) -> dict[str, object]:
    return {name: value for name, value in vars(draft).items() if name not in ("store_ids", "category_id")}


def draft_of(sample: SampleDeal, *, picture_id: int | None, currency: str, now: datetime) -> DealDraft:
    """Return a sample as a merchant would have written it."""
    return DealDraft(
        title=sample.title,
        slug=sample.slug,
        summary=sample.summary,
        price_minor=amount(sample.price, currency),
        was_price_minor=amount(sample.was_price, currency) if sample.was_price else None,
        units_total=sample.units,
        units_per_person=sample.units_per_person,
        sale_starts_at=now,
        valid_days=sample.valid_days,
        refund_policy=sample.refund_policy,
        needs_booking=sample.needs_booking,
        contents=[
            {"name": name, "quantity": quantity, "value_minor": None if worth is None else amount(worth, currency)}
            for name, quantity, worth in sample.contents
        ],
        rules=[{"label": label, "text": text} for label, text in sample.rules],
        picture_id=picture_id,
    )


def amount(hundredths: int, currency: str) -> int:
    """Return a sample's amount in minor units: 2400 is 24.00 dollars, 24.000 dinars, and 2,400 yen."""
    return hundredths * 10 if money.digits(currency) == 3 else hundredths
