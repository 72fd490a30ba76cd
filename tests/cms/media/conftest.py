"""A bucket that speaks S3 over HTTP, and media in a folder of the test's own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

BUCKET = "mall-media"
KEYS = {"access_key": "test", "secret_key": "test", "region_name": "us-east-1"}


@pytest.fixture(autouse=True)
def media_folder(tmp_path: Path, settings: Any) -> Path:
    """Keep this test's media apart."""
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def _s3_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(_s3_server: str, settings: Any) -> Iterator[Any]:
    """The bucket as boto sees it; the malls' media are set to be in it."""
    import boto3

    resource = boto3.resource(
        "s3", endpoint_url=_s3_server, aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
    )
    found = resource.Bucket(BUCKET)
    found.create()
    options = {
        "bucket_name": BUCKET,
        "endpoint_url": _s3_server,
        "querystring_auth": True,
        "file_overwrite": False,
        **KEYS,
    }
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "tenants.isolation.storage.MallS3Storage", "OPTIONS": options},
    }
    yield found
    found.objects.all().delete()
