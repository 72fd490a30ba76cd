"""A cursor that runs nothing in an unknown place, and one statement at a time inside a mall."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db.backends.postgresql import base as django_base

if TYPE_CHECKING:
    from .base import DatabaseWrapper

# What the server answers to commands that may have changed path or role behind the wrapper's back.
CHANGES_SETTINGS = {"SET", "RESET", "DISCARD ALL", "ROLLBACK"}


DjangoCursor: Any = django_base.Cursor  # type: ignore[attr-defined]  # Django chooses it at run time


class Cursor(DjangoCursor):
    """Django's cursor. Its wrapper is asked before each statement, not only when the cursor is made."""

    wrapper: "DatabaseWrapper | None" = None

    def execute(self, *args: Any, **options: Any) -> Any:
        """Run a statement in the wrapper's place."""
        return self._in_place(super().execute, *args, **options)

    def executemany(self, *args: Any, **options: Any) -> Any:
        """Run a statement for each set of parameters in the wrapper's place."""
        return self._in_place(super().executemany, *args, **options)

    def copy(self, *args: Any, **options: Any) -> Any:
        """Start a COPY in the wrapper's place."""
        self._settle()
        return super().copy(*args, **options)

    def stream(self, *args: Any, **options: Any) -> Any:
        """Run a statement in the wrapper's place, row by row."""
        self._settle()
        return super().stream(*args, **options)

    def _settle(self) -> None:
        if self.wrapper is not None:
            self.wrapper.settle()

    def _in_place(self, run: Callable[..., Any], *args: Any, **options: Any) -> Any:
        self._settle()
        result = run(*args, **options)
        if self.wrapper is not None and self.statusmessage in CHANGES_SETTINGS:
            self.wrapper.forget()
        return result

    def _execute_send(self, query: Any, *, force_extended: bool = False, binary: bool | None = None) -> None:
        """Send by the protocol that takes one statement only: "…; RESET ROLE; …" is refused by the server's parser."""
        alone = self.wrapper is not None and self.wrapper.place.confined
        super()._execute_send(query, force_extended=force_extended or alone, binary=binary)
