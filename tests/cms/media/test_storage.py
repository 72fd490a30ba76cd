"""A mall's media stay under its own prefix, on the file system and on S3 over HTTP (T16, C29)."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from cms.media.models import MallImage
from tenants.isolation import storage
from tenants.isolation.entrance import inside
from tests.cms.media.pictures import stored_picture

TRICKS = ("../other/a.webp", "/etc/passwd", "..\\other\\a.webp", "a/../../other.webp", "nul\0.webp")


@pytest.fixture(params=["files", "s3"])
def keys(request: pytest.FixtureRequest, media_folder: Path) -> Any:
    """Return a function that lists all keys of all malls, once for each storage."""
    if request.param == "s3":
        bucket = request.getfixturevalue("bucket")
        return lambda: {found.key for found in bucket.objects.all()}
    return lambda: {str(path.relative_to(media_folder)) for path in media_folder.rglob("*") if path.is_file()}


@pytest.mark.django_db
def test_an_uploaded_picture_and_its_renditions_lie_under_the_malls_prefix(keys: Any, mall: Any) -> None:
    image = stored_picture()
    rendition = image.get_rendition("fill-400x300|format-webp")

    assert image.file.name == f"{mall.schema_name}/original_images/soup.png"
    assert keys() == {image.file.name, rendition.file.name}
    assert rendition.file.name.startswith(f"{mall.schema_name}/images/")
    assert image.file.url == f"/media/{image.file.name}"


@pytest.mark.django_db
def test_a_second_file_of_the_same_name_does_not_replace_the_first(keys: Any, mall: Any) -> None:
    first = default_storage.save("original_images/soup.png", ContentFile(b"one"))
    second = default_storage.save("original_images/soup.png", ContentFile(b"two"))

    assert first != second
    assert default_storage.open(first).read() == b"one"
    assert keys() == {first, second}


@pytest.mark.django_db
def test_a_name_of_250_characters_is_shortened_to_what_a_row_holds(keys: Any, mall: Any) -> None:
    image = stored_picture("s" * 246 + ".png")

    assert len(image.file.name) <= MallImage._meta.get_field("file").max_length
    assert MallImage.objects.get(pk=image.pk).file.read() == image.file.open().read()


@pytest.mark.django_db
def test_one_mall_cannot_read_change_or_delete_anothers_file_t16(keys: Any, riverside: Any, hillside: Any) -> None:
    with inside(hillside):
        foreign = default_storage.save("original_images/theirs.webp", ContentFile(b"theirs"))
    with inside(riverside):
        for act in (
            default_storage.open,
            default_storage.delete,
            default_storage.exists,
            default_storage.size,
            default_storage.url,
        ):
            with pytest.raises(SuspiciousFileOperation):
                act(foreign)
        placed = default_storage.save(foreign, ContentFile(b"mine"))
    with inside(hillside):
        assert default_storage.open(foreign).read() == b"theirs"
    assert keys() == {foreign, placed}
    assert placed.startswith(f"{riverside.schema_name}/")


@pytest.mark.django_db
@pytest.mark.parametrize("name", TRICKS)
def test_no_name_leads_out_of_the_mall_t16(keys: Any, mall: Any, name: str) -> None:
    try:
        placed = {default_storage.save(name, ContentFile(b"x"))}
    except (SuspiciousFileOperation, ValueError):
        placed = set()

    assert keys() == placed
    assert all(key.startswith(f"{mall.schema_name}/") for key in placed)


@pytest.mark.django_db
@pytest.mark.parametrize("name", TRICKS)
def test_no_key_of_a_row_leads_out_of_the_mall_t16(keys: Any, mall: Any, name: str) -> None:
    for act in (default_storage.open, default_storage.exists, default_storage.delete):
        with pytest.raises((SuspiciousFileOperation, ValueError)):
            act(name if name.startswith("/") else f"{mall.schema_name}/../{name}")


@pytest.mark.django_db(transaction=False)
def test_deleting_a_picture_takes_its_files_with_it(keys: Any, mall: Any, run_tasks: Any) -> None:
    image = stored_picture()
    image.get_rendition("fill-400x300|format-webp")

    with run_tasks():
        image.delete()

    assert keys() == set()


@pytest.mark.django_db
def test_the_operator_sees_what_lies_at_the_top_of_the_storage(keys: Any, riverside: Any, hillside: Any) -> None:
    """What the doctor asks, on both storages."""
    for tenant in (riverside, hillside):
        with inside(tenant):
            default_storage.save("original_images/soup.png", ContentFile(b"soup"))
    assert storage.top_level() == (sorted([riverside.schema_name, hillside.schema_name]), [])
