"""What the tests of signing in share."""

from typing import Any

import pytest
from redis import Redis


@pytest.fixture
def fresh(settings: Any, tmp_path: Any) -> None:
    """Mail and text messages into a folder of the test's own; counts of tries at zero, in the Valkey database of this test process."""
    settings.MAIL_DIRECTORY = tmp_path
    settings.EMAIL_BACKEND = "saas.mailroom.backends.FileEmailBackend"
    with Redis.from_url(settings.REDIS_URL) as valkey:
        valkey.flushdb()
