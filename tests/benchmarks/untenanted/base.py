"""Django's PostgreSQL backend, with the attributes of ours for a mall that never changes."""

import os
from typing import Any

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose search path was set once, when it was opened."""

    schema_name = os.environ["UNTENANTED_SCHEMA"]
    tenant: Any = None
    is_in_mall = True

    def set_tenant(self, *_given: Any, **_later: Any) -> None:
        """There is nothing to switch."""

    def set_schema_to_public(self) -> None:
        """There is nothing to switch."""
