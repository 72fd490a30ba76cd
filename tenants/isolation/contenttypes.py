"""
Content types, cached by schema.

Django keeps content types in one dictionary for the whole process. Platform and malls number them differently, so with two
threads one schema's id answers for the other's. Here each schema has a dictionary of its own.
"""

from collections.abc import Iterator, MutableMapping
from typing import Any

from django.contrib.contenttypes.models import ContentType, ContentTypeManager

from saas.kernel.database import connection


class _BySchema(MutableMapping[Any, Any]):
    """Looks like the dictionary that Django expects and keeps one for each schema."""

    def __init__(self) -> None:
        self._caches: dict[str, dict[Any, Any]] = {}

    def _here(self) -> dict[Any, Any]:
        return self._caches.setdefault(connection.schema_name, {})

    def __getitem__(self, key: Any) -> Any:
        return self._here()[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._here()[key] = value

    def __delitem__(self, key: Any) -> None:
        del self._here()[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._here())

    def __len__(self) -> int:
        return len(self._here())

    def clear(self) -> None:
        """Forget every schema's: Django asks for it after migrations and flushes."""
        self._caches.clear()


def separate_by_schema() -> None:
    """Give every content type manager a cache that knows schemas."""
    for manager in (ContentType.objects, ContentType._default_manager):
        separate_manager_by_schema(manager)


def separate_manager_by_schema(manager: object) -> None:
    """Give one manager such a cache: each state of models that a migration sees has a manager of its own."""
    if isinstance(manager, ContentTypeManager):
        manager._cache = _BySchema()  # type: ignore[attr-defined]  # noqa: SLF001  the only place where Django keeps it
