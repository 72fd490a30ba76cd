"""Writes of products' pictures: fetch what imports asked for."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha1
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import models, transaction
from django.utils.translation import gettext as _

from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one
from saas.kernel.tasks import enqueue
from storefront.catalog.models import CatalogImport, ImportLine, Product, ProductPicture

from . import fetching
from .fetching import Fetched, PictureRefused

PICTURES_A_RUN = 8


class NoSuchPicture(DomainError):
    """The product has no such picture."""

    code = "no_such_picture"


def fetch_some(*, import_id: str, dead_hosts: Sequence[str], now: datetime) -> tuple[bool, list[str]]:
    """
    Fetch the next pictures that an import waits for; return whether there are more, and the hosts that do not answer.

    A picture that cannot be fetched is a warning in the report. Once a host did not answer, the rest of its pictures are not
    tried. Not in a transaction: each picture is kept as soon as it is there.
    """
    found = CatalogImport.objects.get(public_id=import_id)
    dead = list(dead_hosts)
    if found.state != CatalogImport.State.FETCHING:
        return False, dead
    waiting = found.pictures.filter(image=None, problem="").select_related("product").order_by("pk")
    for picture in waiting[:PICTURES_A_RUN]:
        host = urlsplit(picture.source_url).hostname or ""
        try:
            if host in dead:
                raise PictureRefused(_("The host did not answer before."))
            get(picture_id=picture.pk, now=now)
        except PictureRefused as error:
            dead += [host] if error.is_host_down and host not in dead else []
            note_problem(picture_id=picture.pk, problem=str(error), now=now)
    if waiting.exists():
        return True, dead
    finish(import_id=import_id, now=now)
    return False, dead


def get(*, picture_id: int, now: datetime) -> None:
    """
    Fetch one picture and hang it on its product; a picture that the mall has from the same address is used again.

    :raises PictureRefused: it could not be fetched
    """
    picture = ProductPicture.objects.select_related("product").get(pk=picture_id)
    images = _image_model().objects
    known = images.filter(source_url=picture.source_url).order_by("pk").first()
    fetched = None if known else fetching.fetch(picture.source_url)
    _hang(picture_id=picture_id, known=known, fetched=fetched, now=now)


def _image_model() -> Any:
    # Not imported: what a picture is belongs to the CMS, which stands above this slice.
    return apps.get_model(settings.WAGTAILIMAGES_IMAGE_MODEL)


@transaction.atomic
def _hang(*, picture_id: int, known: models.Model | None, fetched: Fetched | None, now: datetime) -> None:
    """Locks: ProductPicture."""
    picture = locked_one(ProductPicture.objects.filter(pk=picture_id))
    if picture.image_id is not None:
        return
    product = Product.objects.get(pk=picture.product_id)
    image = known or _keep(picture, product, fetched, now)
    picture.image_id, picture.problem = image.pk, ""
    picture.save(update_fields=["image", "problem"])
    first = ProductPicture.objects.filter(product=product, image__isnull=False).order_by("position", "pk").first()
    if product.picture_id is None or first == picture:
        Product.objects.filter(pk=product.pk).update(picture=image.pk)
    enqueue("cms.media.make_renditions", image_ids=[image.pk])


def _keep(picture: ProductPicture, product: Product, fetched: Fetched | None, now: datetime) -> Any:
    if fetched is None:
        raise NoSuchPicture
    image = _image_model()(
        title=product.title[:255],
        description=picture.description,
        file_size=len(fetched.content),
        file_hash=sha1(fetched.content, usedforsecurity=False).hexdigest(),
        source_url=picture.source_url,
        created_at=now,
    )
    image.file.save(f"{product.handle[:60]}.{fetched.extension}", ContentFile(fetched.content), save=False)
    # The file's field takes the size back while it saves.
    image.width, image.height = fetched.width, fetched.height
    image.save()
    return image


@transaction.atomic
def note_problem(*, picture_id: int, problem: str, now: datetime) -> None:
    """Note why a picture could not be fetched, on it and in the report of the import that asked for it. Locks: ProductPicture."""
    picture = locked_one(ProductPicture.objects.filter(pk=picture_id))
    if picture.image_id is not None or picture.problem:
        return
    picture.problem = problem[:200]
    picture.save(update_fields=["problem"])
    if picture.wanted_by_id is not None:
        handle = Product.objects.values_list("handle", flat=True).get(pk=picture.product_id)
        ImportLine.objects.create(
            catalog_import_id=picture.wanted_by_id,
            row=picture.wanted_row,
            handle=handle,
            outcome=ImportLine.Outcome.WARNING,
            detail=(_("The picture could not be fetched: %(why)s") % {"why": problem})[:300],
        )
        CatalogImport.objects.filter(pk=picture.wanted_by_id).update(progressed_at=now)


@transaction.atomic
def finish(*, import_id: str, now: datetime) -> CatalogImport:
    """End an import whose pictures were all tried. Locks: CatalogImport."""
    found = locked_one(CatalogImport.objects.filter(public_id=import_id))
    if found.state == CatalogImport.State.FETCHING:
        found.state, found.progressed_at, found.finished_at = CatalogImport.State.DONE, now, now
        found.save(update_fields=["state", "progressed_at", "finished_at"])
    return found
