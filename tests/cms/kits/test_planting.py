"""A new mall is planted: owner, terms, looks, pages, pictures, sample deals; and nothing of Wagtail's samples is left."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.storage import default_storage
from wagtail.models import Page, Site, Workflow

from cms.kits import common, operations
from cms.kits.artwork import catalogue
from cms.kits.shape import Kit, SampleDeal
from cms.kits.trades import KITS
from cms.kits.trades.chinese import KITS as CHINESE_KITS
from cms.media.models import MallImage
from cms.pages import planting
from cms.pages.models import DealIndexPage, DealPage, HomePage, PlainPage
from cms.theming.contrast import judge
from cms.theming.models import Theme
from saas.accounts.models import User
from saas.kernel.actors import SYSTEM
from storefront.deals.checks import problems_of
from storefront.deals.models import Deal
from storefront.terms.models import CommissionTerm
from tenants.isolation.entrance import inside
from tenants.provisioning import operations as provisioning
from tenants.registry.models import Tenant, Trade

SAMPLES = [(trade, sample) for kits in (KITS, CHINESE_KITS) for trade, kit in kits.items() for sample in kit.deals]


def open_mall(now: Any, trade: str = "restaurant", **fields: Any) -> Any:
    opening = provisioning.Opening(
        **{
            "name": "Fish & Chips <Ltd>",
            "slug": "fish",
            "trade": trade,
            "owner_email": "fin@fish.example",
            "owner_password": "correct-horse-battery",
            "owner_name": "Fin",
            **fields,
        }
    )
    return provisioning.open_mall(opening, by=SYSTEM, now=now)


@pytest.mark.django_db
@pytest.mark.parametrize("trade", Trade.values)
def test_a_mall_of_each_trade_opens_with_pages_that_answer(trade: str, now: Any, client_for: Any) -> None:
    tenant = open_mall(now, trade)
    client = client_for(tenant)

    for path in ("/", "/deals/", "/about/", "/help/", "/terms/"):
        response = client.get(path)
        page = response.content.decode()
        assert response.status_code == 200, path
        assert page.count("<h1") == 1, path
        assert "{mall}" not in page
        assert "<Ltd>" not in page


@pytest.mark.django_db
def test_the_owner_is_the_only_person_and_has_the_role(now: Any) -> None:
    with inside(open_mall(now)):
        person = User.objects.get()
        assert (person.email, person.name, person.kind) == ("fin@fish.example", "Fin", User.Kind.MERCHANT)
        assert person.check_password("correct-horse-battery")
        assert [group.name for group in person.groups.all()] == ["Owner"]


@pytest.mark.django_db
def test_commission_is_introductory_for_half_a_year_and_then_standard_m4(now: Any) -> None:
    with inside(open_mall(now)):
        first, then = CommissionTerm.objects.order_by("starts_at")
        assert (first.name, first.rate_bp, first.starts_at, first.ends_at) == ("Introductory", 300, now, then.starts_at)
        assert (then.name, then.rate_bp, then.ends_at) == ("Standard", 800, None)
        assert then.starts_at == now + timedelta(days=182)
        assert (first.tax_rate_bp, then.tax_rate_bp) == (0, 0)

        CommissionTerm.objects.all().delete()
        operations._agree_terms(currency="cny", now=now)
        assert set(CommissionTerm.objects.values_list("tax_rate_bp", flat=True)) == {600}, "M5"


@pytest.mark.django_db
def test_sample_deals_are_drafts_that_no_shopper_sees(now: Any, client_for: Any) -> None:
    tenant = open_mall(now)
    with inside(tenant):
        assert set(Deal.objects.values_list("state", flat=True)) == {Deal.State.DRAFT}
        assert Deal.objects.count() == DealPage.objects.count() == len(KITS["restaurant"].deals)
        assert not DealPage.objects.live().exists()
        slug = Deal.objects.values_list("slug", flat=True)[0]
    assert client_for(tenant).get(f"/deals/{slug}/").status_code == 404
    assert "No deals yet" in client_for(tenant).get("/deals/").content.decode()


@pytest.mark.django_db
def test_the_tree_of_pages_is_sound_and_holds_nothing_of_wagtails_own(now: Any) -> None:
    with inside(open_mall(now)):
        assert Page.find_problems() == ([], [], [], [], [])
        assert not Page.objects.filter(title__contains="Welcome").exists()
        assert not Workflow.objects.exists()
        assert set(Group.objects.values_list("name", flat=True)) == {"Owner", "Manager", "Clerk", "Editor"}
        assert [HomePage.objects.count(), DealIndexPage.objects.count(), PlainPage.objects.count()] == [1, 1, 3]
        assert {page.url_path for page in DealPage.objects.all()} == {
            f"/mall/deals/{deal.slug}/" for deal in Deal.objects.all()
        }


@pytest.mark.django_db
def test_wagtails_site_follows_the_registry_c26(now: Any) -> None:
    with inside(open_mall(now)):
        site = Site.objects.get()
        assert (site.hostname, site.is_default_site, site.site_name) == ("fish.localhost", True, "Fish & Chips <Ltd>")
        assert site.root_page.specific == HomePage.objects.get()


@pytest.mark.django_db
def test_pictures_are_the_malls_own_copies_with_words_for_those_who_do_not_see_them(now: Any) -> None:
    tenant = open_mall(now)
    with inside(tenant):
        rows = list(MallImage.objects.all())
        assert len(rows) == len(KITS["restaurant"].pictures)
        for image in rows:
            assert image.file.name.startswith(f"{tenant.schema_name}/original_images/")
            assert default_storage.size(image.file.name) == image.file_size
            assert image.description
            assert len(image.file_hash) == 40


@pytest.mark.django_db
def test_planting_the_same_again_would_collide_and_leave_nothing_behind(now: Any) -> None:
    open_mall(now)
    with pytest.raises(provisioning.AddressTaken):
        open_mall(now, owner_email="other@fish.example")


@pytest.mark.django_db
def test_a_failed_planting_leaves_no_mall_and_no_files(
    now: Any, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    kit = KITS["restaurant"]
    monkeypatch.setitem(KITS, "restaurant", replace(kit, deals=(replace(kit.deals[0], picture="none"),)))

    with pytest.raises(KeyError):
        open_mall(now)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not Tenant.objects.filter(slug="fish").exists()


@pytest.mark.django_db
def test_the_search_of_the_back_office_knows_what_was_planted_once_it_is_indexed(now: Any) -> None:
    with inside(open_mall(now)):
        planting.index_everything()
        planting.index_everything()
        assert next(page.title for page in DealPage.objects.search("dumpling")).startswith("Dumpling basket")
        assert MallImage.objects.search("teapot").count() >= 1


@pytest.mark.parametrize(("trade", "sample"), SAMPLES, ids=[f"{trade}-{sample.slug}" for trade, sample in SAMPLES])
@pytest.mark.parametrize("currency", ["usd", "cny", "jpy", "kwd"])
def test_each_sample_is_a_deal_that_a_merchant_could_have_written(
    trade: str, sample: SampleDeal, currency: str, now: Any
) -> None:
    draft = operations.draft_of(sample, picture_id=None, currency=currency, now=now)

    assert problems_of(draft, currency=currency) == ()
    assert draft.slug == sample.slug
    worth = [value for _name, _quantity, value in sample.contents if value is not None]
    if len(worth) == len(sample.contents) and sample.was_price:
        assert sum(worth) == sample.was_price, "what one gets adds up to the price before"


@pytest.mark.parametrize("trade", Trade.values)
def test_each_kit_names_drawings_that_exist_and_colours_that_can_be_seen(trade: str) -> None:
    kit = KITS[trade]
    names = {name for _folder, name in kit.pictures}

    for folder, name in kit.pictures:
        assert catalogue.picture(folder, name).is_file()
    assert judge(brand=kit.brand_colour, accent=kit.accent_colour).is_readable
    for sample in kit.deals:
        assert {sample.picture, *sample.gallery} <= names
    assert _pictures_in(kit) <= names


def _pictures_in(kit: Kit) -> set[str]:
    values = [value for _block, value in (*kit.home, *kit.about) if isinstance(value, dict)]
    return {str(value["picture"]).partition(":")[2] for value in values if value.get("picture")}


@pytest.mark.parametrize(("currency", "minor"), [("usd", 2400), ("jpy", 2400), ("kwd", 24000)])
def test_a_samples_amount_follows_the_currencys_digits(currency: str, minor: int) -> None:
    assert operations.amount(2400, currency) == minor


def test_a_name_is_escaped_in_rich_text_and_left_alone_in_plain_text() -> None:
    assert common.fill("<p>{mall}</p>", {"mall": "A <b> & c"}) == "<p>A &lt;b&gt; &amp; c</p>"
    assert common.fill("At {mall} {x}", {"mall": "A <b> & c"}) == "At A <b> & c {x}"


@pytest.mark.django_db
def test_a_theme_is_planted_with_the_owners_contact(now: Any) -> None:
    with inside(open_mall(now)):
        theme = Theme.objects.get()
        assert (theme.name, theme.email, theme.brand_colour) == ("Fish & Chips <Ltd>", "fin@fish.example", "#a8321e")
