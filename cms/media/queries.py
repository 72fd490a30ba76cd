"""Reads of pictures and of the renditions that exist."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from wagtail.images.models import Filter

from .models import MallImage, MallRendition
from .sizes import FORMATS, LOGO_SPEC, PHOTO_WIDTHS, RATIO, SIZES, file_name, photo_specs, spec

# Any filter that crops; kept, because reading its words costs more than the key that it is asked for.
_CROPPED = Filter(spec=spec(400, "webp"))


@dataclass(frozen=True)
class Source:
    """One file of a picture: address, width and height in pixels."""

    url: str
    width: int
    height: int


@dataclass(frozen=True)
class Shown:
    """A picture as a page shows it: the files by format ("avif", "webp"), the one for `<img>`, and whether all are made."""

    by_format: dict[str, list[Source]]
    main: Source
    is_prepared: bool


@dataclass(frozen=True)
class Drawn:
    """A rendition that the product brings along: Wagtail's filter, its file, its width and height in pixels."""

    spec: str
    path: Path
    width: int
    height: int


def drawn(image: MallImage) -> list[Drawn]:
    """Return the renditions that the product brings along for this very picture; none once a person chose a focal point in it."""
    folder = Path(settings.DRAWN_RENDITIONS, image.file_hash)
    if not image.file_hash or image.has_focal_point() or not folder.is_dir():
        return []
    ways = [(width, extension, folder / file_name(width, extension)) for width in PHOTO_WIDTHS for extension in FORMATS]
    return [
        Drawn(spec(width, extension), path, width, width * RATIO[1] // RATIO[0])
        for width, extension, path in ways
        if path.is_file()
    ]


def rendition_of(image: MallImage, found: Drawn, key: str) -> MallRendition:
    """Return the unsaved row of a rendition whose copy was stored under `key`, as Wagtail would write it."""
    return MallRendition(
        image=image,
        filter_spec=found.spec,
        focal_point_key=_CROPPED.get_cache_key(image),
        file=key,
        width=found.width,
        height=found.height,
    )


def with_renditions() -> QuerySet[MallImage]:
    """Return pictures with their renditions fetched along: two queries for any number."""
    rows: QuerySet[MallImage] = MallImage.objects.prefetch_related("renditions")
    return rows


def prefetch(path: str) -> "Prefetch[Any, Any, Any]":
    """Return a prefetch of the pictures at `path` ("picture", "deal__picture") with their renditions."""
    return Prefetch(path, queryset=with_renditions())


def existing(image: MallImage) -> dict[str, MallRendition]:
    """Return the picture's renditions by filter, those for its present focal point. No query where they were prefetched."""
    focal_key = _CROPPED.get_cache_key(image)
    return {row.filter_spec: row for row in image.renditions.all() if row.focal_point_key in ("", focal_key)}


def shown(image: MallImage, size: str) -> Shown:
    """Return what there is of a picture for a size of `sizes.SIZES`; the original stands in until the renditions are made."""
    made, wanted = existing(image), SIZES[size]
    by_format = {
        extension: _distinct([made[key] for width in wanted.widths if (key := spec(width, extension)) in made])
        for extension in FORMATS
    }
    files = by_format["webp"]
    main = files[-1] if files else Source(str(image.file.url), image.width, image.height)
    return Shown(by_format, main, all(len(found) == len(files) and files for found in by_format.values()))


def _distinct(rows: list[MallRendition]) -> list[Source]:
    """A small original gives several renditions of one width; the browser needs each width once."""
    return list({row.width: Source(str(row.url), row.width, row.height) for row in rows}.values())


def small_logo(field: str) -> Subquery:
    """Return, for an annotation, the key of the small file of the picture that `field` names; null while it is not made."""
    return Subquery(MallRendition.objects.filter(image=OuterRef(field), filter_spec=LOGO_SPEC).values("file")[:1])


def logo_address(image: MallImage, small: str | None) -> str:
    """Return the address of a logo: of its small file by that file's key, or of the original where there is none."""
    return str(default_storage.url(small) if small else image.file.url)


def unprepared() -> QuerySet[MallImage]:
    """Return the pictures that lack a rendition in some size, newest first. One query."""
    wanted = photo_specs()
    made = Count("renditions__filter_spec", filter=Q(renditions__filter_spec__in=wanted), distinct=True)
    rows: QuerySet[MallImage] = MallImage.objects.annotate(made=made).filter(made__lt=len(wanted)).order_by("-pk")
    return rows
