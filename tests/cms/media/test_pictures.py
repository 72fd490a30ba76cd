"""The picture tag and the renditions that it draws from."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.template import Context, Template
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from wagtail.models import Collection

from cms.kits.artwork import catalogue
from cms.media import operations, queries, tasks
from cms.media.models import MallImage
from cms.media.sizes import file_name, photo_specs
from tenants.isolation.entrance import inside
from tests.cms.media.pictures import picture_bytes, stored_picture


def drawn(image: Any, arguments: str = '"card"') -> str:
    return Template("{% load media %}{% picture image " + arguments + " %}").render(Context({"image": image}))


@pytest.mark.django_db
def test_the_original_stands_in_until_the_renditions_are_made(mall: Any) -> None:
    image = stored_picture()

    assert drawn(image) == (
        f'<picture><img src="{image.file.url}" alt="Soup" width="900" height="700" loading="lazy" decoding="async"></picture>'
    )
    assert not queries.shown(image, "card").is_prepared
    assert queries.unprepared()[0] == image


@pytest.mark.django_db
def test_made_renditions_are_offered_as_avif_and_webp_with_their_widths(mall: Any) -> None:
    image = stored_picture(description="A bowl of soup")
    made = operations.make_renditions(image_ids=[image.pk])

    html = drawn(MallImage.objects.get(pk=image.pk))

    assert made == len(photo_specs()) == 6
    assert html.index('type="image/avif"') < html.index('type="image/webp"') < html.index("<img")
    assert " 400w, " in html
    assert " 800w" in html
    assert 'width="800" height="600"' in html
    assert 'alt="A bowl of soup"' in html
    assert image not in queries.unprepared()


@pytest.mark.django_db
def test_a_small_original_is_not_blown_up_and_each_width_is_offered_once(mall: Any) -> None:
    image = stored_picture()
    MallImage.objects.filter(pk=image.pk).update(width=300, height=200)
    small = MallImage.objects.get(pk=image.pk)
    with small.file.open("wb") as file:
        file.write(picture_bytes(300, 200))
    operations.make_renditions(image_ids=[image.pk])

    sources = queries.shown(MallImage.objects.get(pk=image.pk), "hero").by_format["webp"]

    assert len({source.width for source in sources}) == len(sources)
    assert all(source.width <= 300 for source in sources)


@pytest.mark.django_db
def test_making_renditions_again_makes_nothing(mall: Any) -> None:
    image = stored_picture()
    operations.make_renditions(image_ids=[image.pk])

    assert operations.make_renditions(image_ids=[image.pk]) == 0


@pytest.mark.django_db
def test_a_broken_picture_is_passed_over(mall: Any) -> None:
    broken, whole = stored_picture(), stored_picture()
    with broken.file.open("wb") as file:
        file.write(b"this is no picture")

    assert operations.make_renditions(image_ids=[broken.pk, whole.pk]) == 6


@pytest.mark.django_db
def test_a_moved_focal_point_asks_for_new_renditions(mall: Any) -> None:
    image = stored_picture()
    operations.make_renditions(image_ids=[image.pk])
    MallImage.objects.filter(pk=image.pk).update(
        focal_point_x=10, focal_point_y=10, focal_point_width=5, focal_point_height=5
    )

    assert not queries.shown(MallImage.objects.get(pk=image.pk), "card").is_prepared


@pytest.mark.django_db
def test_the_hero_is_fetched_first_and_nothing_is_drawn_for_no_picture(mall: Any) -> None:
    image = stored_picture()

    assert 'fetchpriority="high"' in drawn(image, '"hero"')
    assert 'fetchpriority="high"' in drawn(image, '"card" eager=True')
    assert 'alt=""' in drawn(image, '"card" alt=""')
    assert drawn(None) == ""


@pytest.mark.django_db
def test_a_title_cannot_write_markup(mall: Any) -> None:
    image = stored_picture(description='"><script>alert(1)</script>')

    assert "<script>" not in drawn(image)


@pytest.mark.django_db
def test_many_pictures_cost_two_queries(mall: Any) -> None:
    for _number in range(3):
        stored_picture()

    with CaptureQueriesContext(connection) as counted:
        for image in queries.with_renditions():
            drawn(image)

    assert len([one for one in counted if "search_path" not in one["sql"]]) == 2


@pytest.mark.django_db
def test_a_drawing_is_copied_with_its_facts_and_taken_away_when_the_row_fails(
    mall: Any, tmp_path: Any, now: Any
) -> None:
    from cms.media.operations import Drawing

    path = tmp_path / "kettle.png"
    path.write_bytes(picture_bytes())
    drawing = Drawing(path=path, width=900, height=700, title="Kettle", description="A kettle")

    [row] = operations.hang(drawings=[drawing], collection_id=1, now=now)

    stored = MallImage.objects.get(pk=row.pk)
    assert (stored.title, stored.description, stored.width, stored.file_size) == (
        "Kettle",
        "A kettle",
        900,
        len(picture_bytes()),
    )
    assert stored.file.read() == picture_bytes()
    files = set((tmp_path / mall.schema_name).rglob("*.png"))
    with pytest.raises(Exception, match="null value"):
        operations.hang(drawings=[drawing], collection_id=None, now=now)  # type: ignore[arg-type]
    assert set((tmp_path / mall.schema_name).rglob("*.png")) == files


@pytest.mark.django_db
def test_the_list_of_pictures_says_how_many_are_being_prepared(riverside: Any, alma: Any, client_for: Any) -> None:
    client = client_for(riverside, alma)
    with inside(riverside):
        waiting = queries.unprepared().count()
    assert f"{waiting} pictures are being prepared" in client.get("/manage/images/").content.decode()

    with inside(riverside):
        MallImage.objects.all().delete()
    assert "being prepared" not in client.get("/manage/images/").content.decode()


@pytest.mark.django_db
def test_an_uploaded_picture_gets_its_sizes_in_the_background(
    riverside: Any, alma: Any, client_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr("saas.kernel.tasks.send", lambda name, _headers, _delay_s, kwargs: sent.append((name, kwargs)))
    file = SimpleUploadedFile("soup.png", picture_bytes(), "image/png")
    with inside(riverside), TestCase.captureOnCommitCallbacks(execute=True):
        response = client_for(riverside, alma).post(
            "/manage/images/multiple/add/",
            {"title": "Soup", "files[]": file, "collection": 1},
            headers={"X-Requested-With": "XMLHttpRequest"},
        )

    assert response.status_code == 200, response.content
    assert response.json()["success"]
    assert [name for name, _kwargs in sent] == ["cms.media.make_missing"]
    with inside(riverside):
        image = MallImage.objects.latest("pk")
        tasks.make_missing.run()
        assert image.file.name == f"{riverside.schema_name}/original_images/soup.png"
        assert queries.shown(MallImage.objects.get(pk=image.pk), "card").is_prepared


@pytest.mark.django_db
def test_a_file_that_is_no_picture_is_refused(riverside: Any, alma: Any, client_for: Any) -> None:
    client = client_for(riverside, alma)
    with inside(riverside):
        before = MallImage.objects.count()
    for name, content in (
        ("evil.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
        ("soup.png", b"<html>"),
    ):
        file = SimpleUploadedFile(name, content)
        client.post(
            "/manage/images/multiple/add/",
            {"title": "x", "files[]": file, "collection": 1},
            headers={"X-Requested-With": "XMLHttpRequest"},
        )
    with inside(riverside):
        assert MallImage.objects.count() == before


@pytest.mark.django_db
def test_the_products_own_drawing_brings_its_renditions_along(mall: Any, now: Any) -> None:
    path = catalogue.picture("restaurant", "noodle-bowl")
    drawing = operations.Drawing(path=path, width=1200, height=900, title="Bowl", description="A bowl")
    collection = Collection.objects.get(depth=1).pk
    [image, cropped] = operations.hang(drawings=[drawing, drawing], collection_id=collection, now=now)
    MallImage.objects.filter(pk=cropped.pk).update(
        focal_point_x=300, focal_point_y=300, focal_point_width=200, focal_point_height=200
    )

    assert operations.make_renditions(image_ids=[image.pk, cropped.pk]) == 12

    for row in image.renditions.all():
        with row.file.open() as made:
            name = file_name(row.width, row.filter_spec.rpartition("-")[2])
            assert made.read() == Path(settings.DRAWN_RENDITIONS, image.file_hash, name).read_bytes()
        assert (row.file.width, row.file.height) == (row.width, row.height)
        assert image.get_rendition(row.filter_spec) == row  # Wagtail finds it as its own
    assert queries.drawn(MallImage.objects.get(pk=cropped.pk)) == []
    assert image.renditions.count() == 6
    assert operations.make_renditions(image_ids=[image.pk]) == 0
