"""Importing product files: preview, batches, report row by row, second import, resume. What is refused changes nothing."""

import os
from datetime import datetime, timedelta

import pytest
from django.core.files.base import ContentFile

from saas.audit.models import AuditEntry
from storefront.catalog.imports import operations
from storefront.catalog.imports.operations import FileTooLarge, ImportNotReady
from storefront.catalog.models import CatalogImport, Category, ImportLine, Product, ProductPicture, Variant

from .making import ALMA, HEADER, applied, counts, everything, more, report, row, sample, uploaded, written

pytestmark = pytest.mark.usefixtures("mall")
DATA = os.environ.get("HUTONG_TEST_DATA", "")
with_samples = pytest.mark.skipif(not DATA, reason="HUTONG_TEST_DATA names no folder with Shopify's sample files")


def test_a_preview_counts_and_changes_nothing_of_the_catalogue(now: datetime) -> None:
    before = everything(Product, Variant, Category)
    found = uploaded(
        written([row("pot", image="https://x.example/a.jpg"), row("light", price="oops"), row("sofa")]), now=now
    )
    assert (found.state, found.rows_total) == ("ready", 3)
    facts = found.preview
    assert [
        facts[name] for name in ("products_new", "products_known", "variants", "pictures", "skipped", "warnings")
    ] == [2, 0, 2, 1, 1, 0]
    assert [one["handle"] for one in facts["first"]] == ["pot", "sofa"]
    assert report(found) == [(3, "skipped", "The price cannot be used: “oops” is not an amount.")]
    assert everything(Product, Variant, Category) == before


def test_products_variants_categories_and_prices_are_written_as_the_file_has_them(now: datetime) -> None:
    content = written(
        [
            row(
                "pot",
                title="Pot",
                body="<p>Clay</p>",
                vendor="Co",
                type="Outdoor",
                tags="Pot, Plants ,Pot",
                option="Size",
                value="Regular",
                price="9.99",
                before="12",
                sku="'P-1",
                grams="500",
                tracker="shopify",
                stock="7",
            ),
            more("pot", value="Large", price="15.99", stock="3"),
        ]
    )
    found = applied(content, now=now)
    pot = Product.objects.get(handle="pot")
    assert (pot.title, pot.body, pot.vendor, str(pot.category), pot.tags, pot.option_names, pot.is_published) == (
        "Pot", "<p>Clay</p>", "Co", "Outdoor", ["Pot", "Plants"], ["Size"], True,
    )  # fmt: skip
    fields = ("options", "sku", "price_minor", "compare_at_minor", "grams", "stock_units")
    assert list(pot.variants.values_list(*fields)) == [
        (["Regular"], "P-1", 999, 1200, 500, 7),
        (["Large"], "", 1599, None, 0, None),
    ]
    assert report(found) == [(2, "created", "Product with 2 variants"), (3, "created", "Variant “Large”")]
    assert (found.state, found.rows_done) == ("done", 2)


def test_columns_that_a_file_lacks_empty_nothing_of_a_known_product(now: datetime) -> None:
    whole = row("pot", title="Pot", body="<p>Clay</p>", vendor="Co", type="Outdoor", tags="Plants", sku="P-1", before="12",
                grams="500", tracker="shopify", stock="7", published="false")  # fmt: skip
    applied(written([whole]), now=now)
    fields = ("title", "body", "vendor", "category__name", "tags", "is_published", "variants__sku", "variants__grams",
              "variants__compare_at_minor", "variants__stock_units", "variants__price_minor")  # fmt: skip
    before = Product.objects.values_list(*fields).get(handle="pot")
    assert before == ("Pot", "<p>Clay</p>", "Co", "Outdoor", ["Plants"], False, "P-1", 500, 1200, 7, 1000)
    applied(written([["pot", "", "11"]], header=("Handle", "Title", "Variant Price")), now=now)
    assert Product.objects.values_list(*fields).get(handle="pot") == (*before[:-1], 1100)
    applied(
        written([["pot", "", "11", "4"]], header=("Handle", "Title", "Variant Price", "Inventory quantity")), now=now
    )
    assert Variant.objects.get(product__handle="pot").stock_units == 4


def test_a_file_without_option_columns_leaves_the_variants_of_a_known_product(now: datetime) -> None:
    applied(written([row("pot", option="Size", value="S", price="5"), more("pot", value="L", price="7")]), now=now)
    before = everything(Product, Variant)
    found = applied(written([["pot", "", "11"]], header=("Handle", "Title", "Variant Price")), now=now)
    assert found.preview["products_known"] == 0
    assert report(found) == [
        (2, "skipped", "The product is sold in variants, and the file has no option columns to tell them apart.")
    ]
    assert everything(Product, Variant) == before


def test_a_second_import_updates_and_does_not_double(now: datetime) -> None:
    first = [
        row("pot", option="Size", value="S", price="5"),
        more("pot", value="L", price="7"),
        row("sofa", image="https://x.example/s.jpg"),
    ]
    applied(written(first), now=now)
    ids = dict(Product.objects.values_list("handle", "pk"))
    again = [
        row("pot", title="New pot", option="Size", value="S", price="6"),
        more("pot", value="L", price="7"),
        *first[2:],
        row("new"),
    ]
    found = applied(written(again), now=now + timedelta(days=1))
    assert counts(found) == {"updated": 3, "created": 1}
    assert dict(Product.objects.filter(handle__in=ids).values_list("handle", "pk")) == ids
    assert list(Variant.objects.filter(product__handle="pot").values_list("price_minor", flat=True)) == [600, 700]
    assert (Product.objects.count(), Variant.objects.count(), ProductPicture.objects.count()) == (3, 4, 1)
    assert Product.objects.get(handle="pot").title == "New pot"


def test_rows_with_only_a_picture_add_pictures(now: datetime) -> None:
    rows = [
        row("pot", image="https://x.example/1.jpg"),
        more("pot", image="https://x.example/2.jpg", position="2", alt="From above"),
    ]
    found = applied(written(rows), now=now)
    assert list(ProductPicture.objects.values_list("source_url", "position", "description")) == [
        ("https://x.example/1.jpg", 1, ""),
        ("https://x.example/2.jpg", 2, "From above"),
    ]
    assert report(found)[1] == (3, "created", "Picture 2")
    assert (Variant.objects.count(), found.state, found.pictures_total) == (1, "fetching", 2)


def test_a_handle_that_comes_back_later_is_skipped_with_its_first_row(now: datetime) -> None:
    found = applied(
        written([row("pot"), row("sofa"), row("Pot", title="Another"), more("pot", image="https://x.example/1.jpg")]),
        now=now,
    )
    detail = "The handle was used before, in row 2. Rows of one product must follow each other."
    assert [line for line in report(found) if line[1] == "skipped"] == [(4, "skipped", detail), (5, "skipped", detail)]
    assert Product.objects.get(handle="pot").title == "A thing"


def test_the_same_variant_twice_is_skipped_the_second_time(now: datetime) -> None:
    found = applied(
        written([row("pot", option="Size", value="S", price="5"), more("pot", value="S", price="6")]), now=now
    )
    assert report(found) == [
        (2, "created", "Product with 1 variant"),
        (3, "skipped", "The same variant stands in row 2."),
    ]
    assert Variant.objects.get().price_minor == 500


@pytest.mark.parametrize("price", ["", "free", "-5", "NaN", "1e30", "1,500", "99999999999", "٣"])
def test_a_row_whose_price_cannot_be_used_is_skipped_and_the_rest_comes_in(price: str, now: datetime) -> None:
    """M14."""
    rows = [row("pot", option="Size", value="S", price="5"), more("pot", value="L", price=price, sku="x"), row("sofa")]
    found = applied(written(rows), now=now)
    skipped = [line for line in report(found) if line[1] == "skipped"]
    assert [line[0] for line in skipped] == [3]
    assert "price" in skipped[0][2]
    assert sorted(Variant.objects.values_list("price_minor", flat=True)) == [500, 1000]


def test_a_decimal_comma_is_read_and_told(now: datetime) -> None:
    found = applied(written([row("pot", price="1,5")]), now=now)
    assert report(found) == [
        (2, "warning", "The price “1,5” was read as 1.5."),
        (2, "created", "Product with 1 variant"),
    ]
    assert Variant.objects.get().price_minor == 150


def test_a_product_none_of_whose_rows_has_a_price_is_skipped_whole(now: datetime) -> None:
    before = everything(Product, Variant)
    found = applied(written([row("pot", price=""), more("pot", image="https://x.example/1.jpg")]), now=now)
    assert [(line[0], line[1]) for line in report(found)] == [(2, "skipped"), (3, "skipped")]
    assert everything(Product, Variant) == before
    assert ProductPicture.objects.count() == 0


def test_a_new_product_needs_a_title_and_a_known_one_keeps_its_own(now: datetime) -> None:
    applied(written([row("pot", title="Pot")]), now=now)
    found = applied(written([row("pot", title="", price="12"), row("sofa", title="")]), now=now)
    assert report(found) == [
        (2, "updated", "Product with 1 variant"),
        (3, "skipped", "The product is new and has no title."),
    ]
    assert Product.objects.get().title == "Pot"
    assert Variant.objects.get().price_minor == 1200


def test_formulas_stay_text_and_html_is_cleaned(now: datetime) -> None:
    """A7."""
    rows = [
        row(
            "pot",
            title='=HYPERLINK("http://evil.example")',
            body="<p>Clay</p><script>steal()</script>",
            vendor="@SUM(1)",
        )
    ]
    found = applied(written(rows), now=now)
    pot = Product.objects.get()
    assert (pot.title, pot.vendor, pot.body) == ('=HYPERLINK("http://evil.example")', "@SUM(1)", "<p>Clay</p>")
    assert (2, "warning", "Scripts or other unsafe markup were taken out of the description.") in report(found)


def test_a_row_that_is_shifted_is_skipped(now: datetime) -> None:
    rows = [row("pot", option="Size", value="S"), [*more("pot", value="L", price="7"), "stray"], row("sofa")]
    found = applied(written(rows), now=now)
    skipped = [line for line in report(found) if line[1] == "skipped"]
    assert skipped == [
        (3, "skipped", "The row has more cells than the header; a quotation mark or a comma is out of place.")
    ]


def test_other_options_replace_the_variants_and_say_so(now: datetime) -> None:
    applied(written([row("pot")]), now=now)
    found = applied(written([row("pot", option="Size", value="S"), more("pot", value="L", price="7")]), now=now)
    assert list(Variant.objects.values_list("options", flat=True)) == [["S"], ["L"]]
    assert (2, "warning", "1 variant with other options was removed.") in report(found)


def test_unknown_columns_are_ignored_with_a_note(now: datetime) -> None:
    found = uploaded(written([[*row("pot"), "gold"]], header=(*HEADER, "Loyalty level")), now=now)
    assert found.preview["ignored"] == ["Loyalty level"]
    assert found.state == "ready"


def test_a_wrong_file_is_refused_in_words_and_cannot_be_applied(now: datetime) -> None:
    found = uploaded(b"Name,Cost\nNoodles,5\n", now=now)
    assert found.state == "refused"
    assert found.refusal.startswith("This is not a Shopify product file")
    with pytest.raises(ImportNotReady):
        operations.start(import_id=found.public_id, by=ALMA, now=now)
    assert Product.objects.count() == 0


def test_a_header_alone_is_refused(now: datetime) -> None:
    assert uploaded(written([]), now=now).refusal == "The file has a header and no products."


def test_a_file_over_the_limit_is_refused_before_it_is_kept(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "MAXIMUM_BYTES", 10)
    with pytest.raises(FileTooLarge):
        operations.upload(file=ContentFile(b"x" * 11, "a.csv"), file_name="a.csv", by=ALMA, now=now)
    assert CatalogImport.objects.count() == 0


def test_a_second_click_starts_nothing_again(now: datetime) -> None:
    found = uploaded(written([row("pot")]), now=now)
    for _click in range(2):
        operations.start(import_id=found.public_id, by=ALMA, now=now)
    assert AuditEntry.objects.filter(action="catalog.import_started").count() == 1
    assert operations.apply_some(import_id=found.public_id, now=now) is False
    assert operations.apply_some(import_id=found.public_id, now=now) is False
    assert counts(CatalogImport.objects.get(pk=found.pk)) == {"created": 1}


def test_an_interrupted_import_goes_on_behind_the_last_batch(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "BATCH_ROWS", 2)
    monkeypatch.setattr(operations, "BATCHES_A_RUN", 2)
    found = uploaded(written([row(f"pot-{number}") for number in range(7)]), now=now)
    operations.start(import_id=found.public_id, by=ALMA, now=now)
    assert operations.apply_some(import_id=found.public_id, now=now) is True
    half = CatalogImport.objects.get(pk=found.pk)
    assert (half.rows_done, Product.objects.count(), half.state) == (4, 4, "applying")
    operations.resume(import_id=found.public_id, by=ALMA, now=now)
    assert operations.apply_some(import_id=found.public_id, now=now) is False
    done = CatalogImport.objects.get(pk=found.pk)
    assert (done.rows_done, Product.objects.count(), done.state) == (7, 7, "done")
    assert [line[0] for line in report(done)] == list(range(2, 9))


def test_a_batch_that_another_task_wrote_is_not_written_again(now: datetime) -> None:
    found = uploaded(written([row("pot"), row("sofa")]), now=now)
    operations.start(import_id=found.public_id, by=ALMA, now=now)
    CatalogImport.objects.filter(pk=found.pk).update(rows_done=2)
    operations.apply_some(import_id=found.public_id, now=now)
    assert (Product.objects.count(), ImportLine.objects.count()) == (0, 0)


@with_samples
@pytest.mark.parametrize(
    ("name", "rows", "products", "variants", "pictures"),
    [("apparel.csv", 22, 20, 22, 20), ("home-and-garden.csv", 21, 20, 21, 21)],
)
def test_shopifys_own_samples_come_in_cleanly_and_a_second_time_update(
    name: str, rows: int, products: int, variants: int, pictures: int, now: datetime
) -> None:
    content = sample(f"{DATA}/shopify", name)
    read = uploaded(content, now=now)
    assert (read.rows_total, read.preview["skipped"], read.preview["warnings"]) == (rows, 0, 0)
    assert counts(applied(content, now=now)) == {"created": rows}
    have = (Product.objects.count(), Variant.objects.count(), ProductPicture.objects.count())
    assert have == (products, variants, pictures)
    assert counts(applied(content, now=now + timedelta(days=1))) == {"updated": rows}
    assert (Product.objects.count(), Variant.objects.count(), ProductPicture.objects.count()) == have


@pytest.mark.slow
def test_fifty_thousand_rows_come_in_within_bounded_memory(now: datetime) -> None:
    import resource

    rows = [
        row(f"thing-{number}", title=f"Thing {number}", body="<p>Text</p>", type=f"Shelf {number % 40}")
        for number in range(50_000)
    ]
    content = written(rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = applied(content, now=now)
    assert (found.state, found.rows_done, Product.objects.count(), Category.objects.filter(name__startswith="Shelf").count()) == (
        "done", 50_000, 50_000, 40,
    )  # fmt: skip
    assert counts(found) == {"created": 50_000}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024
