"""Media over HTTP: the mall's own pictures and nothing else."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from tenants.isolation.entrance import inside
from tests.cms.media.pictures import picture_bytes, stored_picture


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


@pytest.mark.django_db
@pytest.mark.parametrize("storage", ["files", "s3"])
def test_a_picture_is_sent_with_its_type_and_kept_for_a_year(
    storage: str, mall: Any, client_for: Any, request: Any
) -> None:
    if storage == "s3":
        request.getfixturevalue("bucket")
    image = stored_picture()

    response = client_for(mall).get(image.file.url)

    assert response.status_code == 200
    assert response["Content-Type"] == "image/png"
    assert "immutable" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "Content-Disposition" not in response or response["Content-Disposition"].startswith("inline")
    assert body(response) == picture_bytes()


@pytest.mark.django_db
def test_another_malls_picture_is_not_there_t16(riverside: Any, hillside: Any, client_for: Any) -> None:
    with inside(hillside):
        url = stored_picture().file.url

    assert client_for(riverside).get(url).status_code == 404
    assert client_for(hillside).get(url).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "notes.txt"])
def test_what_could_carry_script_is_only_downloaded_t16(name: str, mall: Any, client_for: Any) -> None:
    key = default_storage.save(f"original_images/{name}", ContentFile(b"<script>alert(1)</script>"))

    response = client_for(mall).get(f"/media/{key}")

    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response["Content-Security-Policy"]


@pytest.mark.django_db
def test_files_of_imports_and_documents_are_not_served_here(mall: Any, client_for: Any) -> None:
    key = default_storage.save("imports/products.csv", ContentFile(b"Handle,Title"))

    assert client_for(mall).get(f"/media/{key}").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "original_images/../imports/a.csv",
        "original_images//a.webp",
        "original_images/a%00.webp",
        "original_images/",
        "original_images/none.webp",
    ],
)
def test_a_path_that_is_no_file_is_404(path: str, mall: Any, client_for: Any) -> None:
    assert client_for(mall).get(f"/media/{mall.schema_name}/{path}").status_code == 404


@pytest.mark.django_db
def test_the_platform_serves_no_media(riverside: Any, client_for: Any) -> None:
    assert client_for(None).get(f"/media/{riverside.schema_name}/original_images/a.webp").status_code == 404
