"""
Background work. The only place that knows Celery.

A task is declared with `@task("slice.verb")` and started with `enqueue`, which waits for the commit and carries the schema
that the work belongs to. The worker enters that schema through the scope that the settings name (`TASK_SCOPE`) and refuses
a message without one: as Celery and its tenant plug-ins come, such a task would run in `public`. Where the scope says `NotNow`,
the message goes to the `TASK_KEEPER` that the settings name, and is neither run nor tried again.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import celery
from celery import signals
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction
from django.utils.module_loading import autodiscover_modules, import_string

from . import metrics

if TYPE_CHECKING:
    Task = celery.Task[Any, Any]
    Celery = celery.Celery[Task]
else:
    Task, Celery = celery.Task, celery.Celery

SCHEMA_HEADER = "hutong_schema"
# While the database is away a task comes back after 1, 2, 4 … and at most so many seconds, so often: for about an hour.
LONGEST_PAUSE_S, TRIES_WITHOUT_DATABASE = 60, 60
_names: set[str] = set()


class SchemaMissing(Exception):
    """A task arrived without the schema that it belongs to. It is refused, never run in `public`."""


class NotNow(Exception):
    """The schema does not take this work now; `reason` says why in one word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ScopedTask(Task):
    """Runs the body inside the schema that the message names, or has it kept where the schema does not take it now."""

    # Whether the task goes on in a mall whose sales are stopped. Refunds, redemptions, payments and mail do (M19).
    while_suspended = True

    def apply_async(self, *args: Any, headers: dict[str, Any] | None = None, **options: Any) -> Any:
        """
        Send the task. What Celery sends by itself after a task, a chain's next, a chord's body, stays in that task's schema.

        :raises SchemaMissing: no schema is named and no task runs that has one
        """
        named = dict(headers or {})
        named[SCHEMA_HEADER] = named.get(SCHEMA_HEADER) or _schema_of(celery.current_task)
        if not named[SCHEMA_HEADER]:
            raise SchemaMissing(f"{self.name} was about to be sent without a schema")
        return super().apply_async(*args, headers=named, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self._in_scope(*args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            if self.request.is_eager or self.request.called_directly or not is_away(error) or _comes_by_itself(self):
                raise
            pause_s = min(2**self.request.retries, LONGEST_PAUSE_S)
            raise self.retry(exc=error, countdown=pause_s, max_retries=TRIES_WITHOUT_DATABASE) from error

    def _in_scope(self, *args: Any, **kwargs: Any) -> Any:
        schema = _schema_of(self)
        if not schema:
            raise SchemaMissing(f"{self.name} was sent without a schema")
        scope: Callable[..., AbstractContextManager[object]] = import_string(settings.TASK_SCOPE)
        with ExitStack() as stack:
            try:
                eager = bool(self.request.is_eager)
                stack.enter_context(scope(schema, while_suspended=self.while_suspended, eager=eager))
            except NotNow as refusal:
                keeper = import_string(settings.TASK_KEEPER)
                keeper(schema=schema, task=self.name, arguments=kwargs, reason=refusal.reason)
                metrics.count("held_tasks", task=self.name, reason=refusal.reason)
                return None
            return self.run(*args, **kwargs)


def is_away(error: Exception) -> bool:
    """Tell whether an error of the database says that there is no connection to it, or no longer."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(("08", "57P"))


def _comes_by_itself(task: Task) -> bool:
    """Tell whether beat starts the task again soon."""
    return any(entry["task"] == task.name for entry in settings.CELERY_BEAT_SCHEDULE.values())


def _schema_of(task: Task | None) -> str:
    """Return the schema that the running message of a task names; "" where there is none."""
    if not task:
        return ""
    return str((task.request.headers or {}).get(SCHEMA_HEADER) or task.request.get(SCHEMA_HEADER) or "")


@cache
def make_app() -> Celery:
    """Return the process's application, built once: the one that workers and beat run and that web processes send with."""
    app: Celery = celery.Celery("hutong", task_cls=ScopedTask)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    # What beat starts is the platform's work.
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        entry.setdefault("options", {})["headers"] = {SCHEMA_HEADER: settings.PUBLIC_SCHEMA_NAME}
    app.autodiscover_tasks()
    return app


def task(name: str, **options: Any) -> Callable[[Callable[..., Any]], Task]:
    """
    Declare a function as the task `name`. Its arguments are keyword-only and JSON; `**_later` takes what a newer release adds.

    With `while_suspended=False` it waits while its mall is suspended: for what puts things on sale. Other options are Celery's.
    """
    _names.add(name)
    return celery.shared_task(name=name, ignore_result=True, **options)


@cache
def known_tasks() -> frozenset[str]:
    """Return the names of all declared tasks, importing every app's `tasks` module first."""
    autodiscover_modules("tasks")
    return frozenset(_names)


def enqueue(name: str, /, *, schema: str = "", delay_s: float = 0, **kwargs: Any) -> None:
    """
    Start the task after the running transaction commits, in `schema` (by default the one that this code runs in).

    What must not be lost goes through the outbox instead: between the commit and the broker a crash loses the message.
    """
    headers = {SCHEMA_HEADER: schema or import_string(settings.TASK_SCHEMA)()}
    transaction.on_commit(partial(send, name, headers, delay_s, kwargs))


def send(name: str, headers: dict[str, str], delay_s: float, kwargs: dict[str, Any]) -> None:
    """
    Hand the message to the broker now.

    :raises celery.exceptions.NotRegistered: no `tasks.py` declares the name
    """
    known_tasks()
    celery.current_app.tasks[name].apply_async(kwargs=kwargs, headers=headers, countdown=delay_s or 0)


def runs_while_suspended(name: str) -> bool:
    """Tell whether a task goes on in a suspended mall; True for one that this release does not know."""
    known_tasks()
    return bool(getattr(celery.current_app.tasks.get(name), "while_suspended", True))


def queues() -> list[str]:
    """Return the names of the queues that tasks are sent to."""
    routes = getattr(settings, "CELERY_TASK_ROUTES", {}).values()
    return sorted({make_app().conf.task_default_queue, *(route["queue"] for route in routes)})


def answering(*, within_s: float) -> dict[str, list[str]]:
    """
    Ask the workers and return, for each queue, the names of those that take from it; a queue without one has an empty list.

    :param within_s: how long they have to answer
    """
    found: dict[str, list[str]] = {name: [] for name in queues()}
    for worker, taken in (make_app().control.inspect(timeout=within_s).active_queues() or {}).items():
        for queue in taken:
            found.setdefault(queue["name"], []).append(worker)
    return found


@signals.worker_init.connect
@signals.beat_init.connect
def _refuse_to_start(**_later: object) -> None:
    """Ask the settings' `TASK_START`; what it raises ends the process, where Celery would log it and go on."""
    start: Callable[[], None] = import_string(settings.TASK_START)
    try:
        start()
    except Exception as error:
        raise SystemExit(f"refused to start: {error}") from error


@signals.task_prerun.connect
def _note_start(task: Task, **_later: object) -> None:
    task.request.update(hutong_began=time.perf_counter())


@signals.task_postrun.connect
def _note_end(task: Task, state: str | None = None, **_later: object) -> None:
    began = task.request.get("hutong_began")
    metrics.count("tasks", task=task.name, outcome=(state or "unknown").lower())
    if began is not None:
        metrics.observe("task_seconds", time.perf_counter() - began, task=task.name)
    metrics.hand_over()


@signals.worker_process_shutdown.connect
def _hand_figures_over(**_later: object) -> None:
    metrics.hand_over(at_once=True)


@signals.task_prerun.connect
@signals.task_postrun.connect
def _drop_stale_connections(**_later: object) -> None:
    if not connection.in_atomic_block:
        close_old_connections()
