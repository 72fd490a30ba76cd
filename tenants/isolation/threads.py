"""
Threads that know where they are: work beside the running code, in the mall of whoever asked for it.

A thread has a database connection of its own, which starts on the platform and stays open after the thread's end. So nothing else in
the product starts one; tests/architecture/entrances.py names the few that never touch the database.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from types import GeneratorType
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db.models import QuerySet

from saas.kernel.database import connection

from .entrance import inside, on_platform

P = ParamSpec("P")
Result = TypeVar("Result")


class LazyResult(TypeError):
    """The work returned something that would ask the database later, where no mall is entered."""


def run_in_mall(schema: str, function: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result:
    """
    Run a function in a mall, or on the platform for its schema, and return its result. For the body of a thread.

    The thread's connection is closed at the end, also after an error.

    :raises MallUnknown: no mall has the schema
    :raises LazyResult: the result is a queryset or a generator
    """
    try:
        with on_platform() if schema == settings.PUBLIC_SCHEMA_NAME else inside(schema):
            result = function(*args, **kwargs)
        if isinstance(result, QuerySet | GeneratorType):
            raise LazyResult(f"{function.__qualname__} returned a {type(result).__name__}; return a list")
        return result
    finally:
        connection.close()


class MallThreads(ThreadPoolExecutor):
    """A pool of threads. Each piece of work runs in the mall, or on the platform, from which it was submitted."""

    def submit(self, fn: Callable[P, Result], /, *args: P.args, **kwargs: P.kwargs) -> Future[Result]:
        """Start the work, as `run_in_mall` does, in the schema that this code runs in."""
        work: Callable[..., Result] = run_in_mall
        return super().submit(work, str(connection.schema_name), fn, *args, **kwargs)


def beside(function: Callable[..., object], *args: Any, name: str, daemon: bool = False) -> Thread:
    """Return a thread, not yet started, that runs the function in the schema that this code runs in."""
    return Thread(target=run_in_mall, args=(str(connection.schema_name), function, *args), name=name, daemon=daemon)
