"""What the merchant sells as goods: products in variants, by category; and their import."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from saas.kernel.ids import public_id


class Category(models.Model):
    """A shelf. Products and deals stand on at most one."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """
    A thing for sale. `handle` is its name in addresses and imports; `option_names` names up to three ways in which its
    variants differ ("Size"); `body` is clean HTML.
    """

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    handle = models.SlugField(max_length=200, unique=True)
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("description"), blank=True)
    vendor = models.CharField(_("vendor"), max_length=120, blank=True)
    category = models.ForeignKey(Category, on_delete=models.SET_NULL, null=True, blank=True, related_name="products")
    tags = models.JSONField(_("tags"), default=list, blank=True)
    option_names = models.JSONField(default=list, blank=True)
    picture = models.ForeignKey(
        settings.WAGTAILIMAGES_IMAGE_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    is_published = models.BooleanField(_("published"), default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class Variant(models.Model):
    """One way in which a product is sold. `options` holds a value for each of the product's `option_names`."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    options = models.JSONField(default=list, blank=True)
    sku = models.CharField(_("SKU"), max_length=80, blank=True)
    barcode = models.CharField(_("barcode"), max_length=80, blank=True)
    price_minor = models.PositiveIntegerField(_("price"))
    compare_at_minor = models.PositiveIntegerField(_("price before"), null=True, blank=True)
    grams = models.PositiveIntegerField(_("weight in grams"), default=0)
    # Units on hand over all stores; null where stock is not counted.
    stock_units = models.IntegerField(_("stock"), null=True, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["product", "options"], name="variant_once_for_its_options")]

    def __str__(self) -> str:
        return " / ".join(self.options) or "–"


class CatalogImport(models.Model):
    """
    One import of a product file: uploaded, read into a preview, applied by a task, reported line by line.

    `preview` is what reading found: {encoding, delimiter, products_new, products_known, variants, pictures, skipped, warnings,
    notes: [text], ignored: [column], first: [{row, handle, title, category, variants, price, pictures}]}. `rows_done` counts
    rows whose products are committed, so that an interrupted import goes on where it stopped.
    """

    class State(models.TextChoices):
        READING = "reading", _("Reading")
        READY = "ready", _("Ready to apply")
        APPLYING = "applying", _("Applying")
        FETCHING = "fetching", _("Fetching pictures")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")

    UNDER_WAY = (State.READING, State.APPLYING, State.FETCHING)

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    file = models.FileField(upload_to="imports/", max_length=300)
    file_name = models.CharField(max_length=200)
    state = models.CharField(max_length=12, choices=State.choices, default=State.READING)
    refusal = models.CharField(max_length=500, blank=True)
    preview = models.JSONField(default=dict)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    pictures_total = models.PositiveIntegerField(default=0)
    started_by = models.CharField(max_length=160)
    created_at = models.DateTimeField()
    progressed_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_under_way(self) -> bool:
        """Whether a task works on it."""
        return self.state in self.UNDER_WAY


class ImportLine(models.Model):
    """What became of one row of a product file, in file order; a row may also have warnings. `row` counts as a spreadsheet does."""

    class Outcome(models.TextChoices):
        CREATED = "created", _("Created")
        UPDATED = "updated", _("Updated")
        SKIPPED = "skipped", _("Skipped")
        WARNING = "warning", _("Warning")

    catalog_import = models.ForeignKey(CatalogImport, on_delete=models.CASCADE, related_name="lines")
    row = models.PositiveIntegerField()
    handle = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    detail = models.CharField(max_length=300)

    class Meta:
        ordering = ["row", "pk"]
        indexes = [models.Index(fields=["catalog_import", "outcome", "row"], name="import_line_by_outcome")]

    def __str__(self) -> str:
        return f"{self.row}: {self.outcome}"


class ProductPicture(models.Model):
    """
    A picture of a product, by the address it comes from. Until `image` is there it waits to be fetched, or `problem` says why
    it could not be; `wanted_by` and `wanted_row` name the import that asked for it.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="pictures")
    source_url = models.CharField(max_length=1000)
    description = models.CharField(max_length=255, blank=True)
    position = models.PositiveIntegerField(default=0)
    image = models.ForeignKey(
        settings.WAGTAILIMAGES_IMAGE_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    problem = models.CharField(max_length=200, blank=True)
    wanted_by = models.ForeignKey(CatalogImport, on_delete=models.SET_NULL, null=True, related_name="pictures")
    wanted_row = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["product", "source_url"], name="product_picture_once")]

    def __str__(self) -> str:
        return self.source_url
