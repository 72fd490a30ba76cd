"""Products by hand, and the pages of an import from upload to report."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from saas.audit.models import AuditEntry
from storefront.catalog.models import CatalogImport, Product, Variant
from tests.storefront.catalog.making import row, written

from .making import get, management, text_of

pytestmark = pytest.mark.usefixtures("mall")


def form(rows: int = 1, **fields: Any) -> dict[str, Any]:
    """Return a product's form without fault."""
    return {
        "title": "Clay pot",
        "is_published": "on",
        "variants-0-price": "9.99",
        **management("variants", rows),
        **fields,
    }


def test_a_product_is_added_with_variants_and_a_new_category(owner: Client) -> None:
    fields = {
        "option_names": "Size / Colour",
        "variants-0-options": "S / Red",
        "variants-1-options": "L / Red",
        "variants-1-price": "12,50",
        "variants-1-stock": "4",
        "category": "Garden",
        "tags": "clay, pot, clay",
        "body": "<p>Hi</p><script>x()</script>",
    }
    assert owner.post("/manage/products/new/", form(rows=3, **fields)).status_code == 302
    pot = Product.objects.get(handle="clay-pot")
    assert (pot.body, str(pot.category), pot.tags, pot.option_names) == (
        "<p>Hi</p>",
        "Garden",
        ["clay", "pot"],
        ["Size", "Colour"],
    )
    assert list(pot.variants.values_list("options", "price_minor", "stock_units")) == [
        (["S", "Red"], 999, None),
        (["L", "Red"], 1250, 4),
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"title": ""}, "This field is required."),
        ({"title": "🪴"}, "Give the product a title with words."),
        ({"variants-0-price": ""}, "between 1 and 200 variants"),
        ({"variants-0-price": "-1"}, "is not an amount"),
        ({"variants-0-price": "NaN"}, "is not an amount"),
        ({"variants-0-price": "", "variants-0-sku": "A"}, "Please fill this in."),
        ({"option_names": "Size"}, "Each variant has a value for each option."),
        ({"option_names": "a/b/c/d"}, "at most three options"),
        ({"variants-0-stock": "many"}, "whole number"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(fields: dict[str, str], words: str, owner: Client) -> None:
    """M14."""
    before = (Product.objects.count(), Variant.objects.count(), AuditEntry.objects.count())
    answer = owner.post("/manage/products/new/", form(**fields))
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert (Product.objects.count(), Variant.objects.count(), AuditEntry.objects.count()) == before


def test_a_products_variants_swap_change_and_go(owner: Client) -> None:
    fields = {"option_names": "Size", "variants-0-options": "S", "variants-1-options": "L", "variants-1-price": "12"}
    owner.post("/manage/products/new/", form(rows=2, **fields))
    pot = Product.objects.get()
    first, second = pot.variants.all()
    swapped = {
        "option_names": "Size",
        "variants-0-id": first.pk,
        "variants-0-options": "L",
        "variants-1-id": second.pk,
        "variants-1-options": "S",
        "variants-1-price": "12",
    }
    assert owner.post(f"/manage/products/{pot.public_id}/", form(rows=2, **swapped)).status_code == 302
    assert list(pot.variants.values_list("pk", "options")) == [(first.pk, ["L"]), (second.pk, ["S"])]
    assert (
        owner.post(
            f"/manage/products/{pot.public_id}/", form(rows=2, **swapped, **{"variants-1-remove": "on"})
        ).status_code
        == 302
    )
    assert list(pot.variants.values_list("pk", flat=True)) == [first.pk]
    owner.post(f"/manage/products/{pot.public_id}/remove/")
    assert (Product.objects.count(), AuditEntry.objects.filter(action="product.removed").count()) == (0, 1)


def test_a_variant_of_another_product_is_not_taken(owner: Client) -> None:
    """A6: ids in a form count only within the product."""
    owner.post("/manage/products/new/", form())
    owner.post("/manage/products/new/", form(title="Vase"))
    pot, vase = Product.objects.get(handle="clay-pot"), Product.objects.get(handle="vase")
    theirs = vase.variants.get()
    owner.post(f"/manage/products/{pot.public_id}/", form(**{"variants-0-id": theirs.pk, "variants-0-price": "1"}))
    theirs.refresh_from_db()
    assert (theirs.product_id, theirs.price_minor, pot.variants.get().price_minor) == (vase.pk, 999, 100)


def test_products_are_found_by_words_category_and_state(owner: Client) -> None:
    owner.post("/manage/products/new/", form(category="Garden", **{"variants-0-sku": "POT-1"}))
    for query in ("q=clay", "q=pot-1", "shown=yes"):
        assert "Clay pot" in text_of(get(owner, f"/manage/products/?{query}"))
    for query in ("q=vase", "shown=no"):
        assert "No product matches." in text_of(get(owner, f"/manage/products/?{query}"))


def upload(owner: Client, content: bytes, name: str = "products.csv") -> Any:
    """Send a file."""
    return owner.post("/manage/products/imports/", {"file": SimpleUploadedFile(name, content, "text/csv")})


def test_a_file_is_uploaded_previewed_applied_and_reported(owner: Client, run_tasks: Callable[[], Any]) -> None:
    content = written([row("pot", title="=Pot"), row("=cmd", title="x", price="oops"), row("sofa")])
    with run_tasks():
        answer = upload(owner, content, "=evil.csv")
    found = CatalogImport.objects.get()
    assert answer["Location"] == f"/manage/products/imports/{found.public_id}/"
    page = text_of(get(owner, answer["Location"]))
    assert "2 new products, 0 to update" in page
    assert "1 row would be skipped" in page
    assert Product.objects.count() == 0
    with run_tasks():
        owner.post(f"{answer['Location']}start/")
    page = text_of(get(owner, answer["Location"]))
    assert "Imported: 3 rows" in page
    assert Product.objects.count() == 2
    report = get(owner, f"{answer['Location']}report.csv").content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(report))) == [
        ["Row", "Handle", "Outcome", "Detail"],
        ["2", "pot", "created", "Product with 1 variant"],
        ["3", "cmd", "skipped", "The price cannot be used: “oops” is not an amount."],
        ["4", "sofa", "created", "Product with 1 variant"],
    ]


def test_a_file_that_is_refused_says_why_on_its_page(owner: Client, run_tasks: Callable[[], Any]) -> None:
    with run_tasks():
        answer = upload(owner, b"PK\x03\x04workbook", "products.xlsx")
    page = text_of(get(owner, answer["Location"]))
    assert "The file was refused, and nothing was changed" in page
    assert "This is an Excel workbook." in page


def test_no_file_and_an_empty_file_are_refused_at_once(owner: Client) -> None:
    assert owner.post("/manage/products/imports/", {}).status_code == 422
    assert upload(owner, b"").status_code == 422
    assert CatalogImport.objects.count() == 0


def test_progress_is_asked_for_alone_and_asks_to_load_again_when_the_state_changes(owner: Client) -> None:
    upload(owner, written([row("pot")]))
    found = CatalogImport.objects.get()
    path = f"/manage/products/imports/{found.public_id}/progress/"
    answer = get(owner, f"{path}?state=reading")
    assert "Reading the file" in text_of(answer)
    assert "HX-Refresh" not in answer
    assert get(owner, f"{path}?state=applying")["HX-Refresh"] == "true"


def test_another_malls_import_is_not_found(
    owner: Client, client_for: Callable[..., Client], hillside: Any, cleo: Any
) -> None:
    """A6."""
    upload(owner, written([row("pot")]))
    public_id = CatalogImport.objects.get().public_id
    stranger = client_for(hillside, cleo)
    assert stranger.get(f"/manage/products/imports/{public_id}/").status_code == 404
    assert stranger.post(f"/manage/products/imports/{public_id}/start/").status_code == 404
