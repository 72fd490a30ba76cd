"""The catalogue and the committed pictures agree, and each picture keeps its budget."""

import hashlib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.conf import settings
from PIL import Image

from cms.kits.artwork import catalogue, draw
from cms.media import sizes

FOLDER = Path(catalogue.__file__).parent
RASTERS = (*catalogue.PICTURES, *catalogue.LOGOS)
SCENES = FOLDER.parents[2] / "tenants" / "signup" / "static" / "signup"


def test_the_committed_pictures_are_those_of_the_catalogue() -> None:
    found = {path.relative_to(FOLDER) for path in (FOLDER / "pictures").rglob("*.webp")}
    assert found == {drawing.path for drawing in RASTERS}


def test_every_picture_brings_its_renditions_along_and_no_other_does() -> None:
    wanted = {hashlib.sha1((FOLDER / drawing.path).read_bytes()).hexdigest() for drawing in catalogue.PICTURES}  # noqa: S324
    assert {path.name for path in (FOLDER / "renditions").iterdir()} == wanted
    for name in wanted:
        for width in sizes.PHOTO_WIDTHS:
            for extension in sizes.FORMATS:
                with Image.open(FOLDER / "renditions" / name / sizes.file_name(width, extension)) as image:
                    assert (image.format, image.size) == (extension.upper(), (width, width * 3 // 4))


def test_they_are_of_the_quality_that_everybodys_pictures_have() -> None:
    assert draw.QUALITY == {
        "avif": settings.WAGTAILIMAGES_AVIF_QUALITY,
        "webp": settings.WAGTAILIMAGES_WEBP_QUALITY,
    }


def test_the_platforms_scenes_are_committed_as_they_are_drawn() -> None:
    for scene in catalogue.SIGNUP:
        assert (SCENES / f"{scene.name}.svg").read_text("utf-8") == scene.draw()


@pytest.mark.parametrize("drawing", RASTERS, ids=lambda drawing: str(drawing.path))
def test_a_picture_has_its_size_and_keeps_its_budget(drawing: catalogue.Drawing) -> None:
    path = FOLDER / drawing.path
    assert path.stat().st_size <= draw.LIMIT_BYTES
    with Image.open(path) as image:
        assert image.size == ((512, 512) if drawing.trade == "logos" else (1200, 900))


@pytest.mark.parametrize(
    "drawing", [*RASTERS, *catalogue.SIGNUP], ids=lambda drawing: f"{drawing.trade}-{drawing.name}"
)
def test_a_drawing_is_wellformed_and_the_same_each_time(drawing: catalogue.Drawing) -> None:
    text = drawing.draw()
    assert text == drawing.draw()
    root = ElementTree.fromstring(text)  # noqa: S314 - our own drawing
    named = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(named) == len(set(named))


def test_every_picture_says_what_it_shows() -> None:
    assert all(drawing.alt for drawing in catalogue.PICTURES)
    assert catalogue.ALT["restaurant/noodle-bowl.webp"].startswith("A red bowl")


def test_each_trade_has_enough_pictures() -> None:
    least = {"restaurant": 8, "salon": 6, "convenience": 3, "cinema": 2, "home-improvement": 2}
    counts = {trade: sum(drawing.trade == trade for drawing in catalogue.PICTURES) for trade in least}
    assert all(counts[trade] >= count for trade, count in least.items())


def test_a_picture_that_is_not_drawn_is_refused() -> None:
    assert catalogue.picture("logos", "riverside").is_file()
    with pytest.raises(KeyError):
        catalogue.picture("restaurant", "pizza")
