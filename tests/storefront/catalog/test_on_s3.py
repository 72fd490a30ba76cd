"""Imports whose file lies on S3."""

from datetime import datetime
from typing import Any

import pytest

from storefront.catalog.models import Product
from tests.cms.media.conftest import _s3_server, bucket  # noqa: F401  fixtures

from .making import applied, counts, row, written


@pytest.mark.usefixtures("mall")
def test_a_file_on_s3_is_read_applied_and_updated(bucket: Any, now: datetime, mall: Any) -> None:  # noqa: F811
    rows = [row(f"pot-{number}", title="Café 麵", body="x" * 3000) for number in range(300)]
    for encoding, outcome in (("utf-8", "created"), ("utf-16", "updated")):
        assert counts(applied(written(rows, encoding=encoding), now=now)) == {outcome: 300}
    assert Product.objects.filter(title="Café 麵").count() == 300
    assert [key.key.startswith(f"{mall.schema_name}/imports/") for key in bucket.objects.all()] == [True, True]
