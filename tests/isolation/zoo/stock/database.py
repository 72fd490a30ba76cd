"""Exhibits of django-tenants' database wrapper and context managers."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, connections, transaction
from django.db.utils import DatabaseError
from django.test import override_settings
from django_tenants.clone import CloneSchema
from django_tenants.postgresql_backend.base import is_valid_schema_name
from django_tenants.utils import schema_context, tenant_context

from tests.isolation.storm import reads_under_cancels
from tests.isolation.zoo.stock.exhibits import Seen, exhibit
from tests.isolation.zoo.stock.models import Entry, Note, Tenant


def here() -> str:
    """Return the schema that SQL runs in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


def run(sql: str) -> Any:
    """Run a statement in the current schema and return its first value, if it has one."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


@exhibit("C1")
def a_cancelled_search_path() -> Seen:
    """The wrapper swallows the error of its SET and the next statement runs on the old path."""
    reads = reads_under_cancels(("alpha", "beta"), enter=connection.set_schema, refusals=1_000_000, until_wrong=True)
    return Seen(reads.wrong > 0, f"{reads}")


@exhibit("C3")
def a_believed_search_path() -> Seen:
    """With TENANT_LIMIT_SET_CALLS the wrapper believes what it set before, whatever happened since."""
    with override_settings(TENANT_LIMIT_SET_CALLS=True), schema_context("alpha"):
        assert Note.objects.get().text == "alpha's"
        run("SET search_path = beta")
        return Seen(Note.objects.get().text == "beta's", f"inside alpha: {Note.objects.get().text}")


@exhibit("C4")
def a_decorator_that_is_one_object() -> Seen:
    """`@schema_context` keeps what to return to on itself, so recursion returns to the wrong place."""

    @schema_context("alpha")
    def visit(depth: int) -> None:
        if depth:
            visit(depth - 1)

    visit(1)
    return Seen(connection.schema_name == "alpha", f"left in {connection.schema_name}")


@exhibit("C5")
def a_tenant_as_context_manager() -> Seen:
    """`with tenant:` keeps what to return to in one list for the process, so two threads return to each other's."""
    alpha, beta = Tenant.objects.get(schema_name="alpha"), Tenant.objects.get(schema_name="beta")
    entered, left, ended = threading.Event(), threading.Event(), []

    def other() -> None:
        with beta:
            entered.set()
            left.wait(10)
        ended.append(connection.schema_name)
        connection.close()

    connection.set_tenant(alpha)
    thread = threading.Thread(target=other)
    with beta:
        thread.start()
        entered.wait(10)
    left.set()
    thread.join()
    return Seen(ended == ["alpha"], f"a thread that came from public was left in {ended}")


@exhibit("C6")
def a_thread_of_a_pool() -> Seen:
    """A pool's thread keeps the connection, and with it the mall, of the job before."""

    def first() -> None:
        connection.set_schema("alpha")

    def second() -> str:
        try:
            return Note.objects.get().text
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(first).result()
        text = pool.submit(second).result()
    return Seen(text == "alpha's", f"a job that entered nothing read {text}")


@exhibit("C7")
def a_new_thread() -> Seen:
    """A thread that is started in a mall begins in `public`, and reads the table of the same name there."""
    read: list[str] = []

    def work() -> None:
        read.append(Note.objects.get().text)
        connection.close()

    with schema_context("alpha"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    return Seen(read == ["public's"], f"a thread of alpha read {read}")


@exhibit("C8")
def a_lazy_queryset() -> Seen:
    """A queryset runs where it is evaluated, not where it was written."""
    with schema_context("alpha"):
        notes = Note.objects.all()
    text = notes.get().text
    return Seen(text == "public's", f"alpha's queryset read {text}")


@exhibit("C9")
def a_commit_hook() -> Seen:
    """A commit hook runs in the schema that is active when the commit comes."""
    ran: list[str] = []
    with transaction.atomic():
        with schema_context("alpha"):
            transaction.on_commit(lambda: ran.append(Note.objects.get().text))
        connection.set_schema("beta")
    return Seen(ran == ["beta's"], f"alpha's hook read {ran}")


@exhibit("C11")
def a_deferred_constraint() -> Seen:
    """A deferred trigger resolves its tables when the commit comes: an unbalanced journal is let through."""
    with schema_context("alpha"):
        run(
            "CREATE FUNCTION balanced() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF (SELECT sum(amount) FROM stock_entry) <> 0 THEN RAISE 'unbalanced'; END IF; RETURN NULL; END $$"
        )
        run(
            "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON stock_entry DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION balanced()"
        )
        try:
            Entry.objects.create(amount=5)
        except DatabaseError:
            pass
        else:
            return Seen(leaked=False, told="the trigger does not bite")
        with transaction.atomic():
            Entry.objects.create(amount=5)
            connection.set_schema("beta")
            Note.objects.count()
    with schema_context("alpha"):
        return Seen(Entry.objects.count() == 1, f"{Entry.objects.count()} unbalanced entry in alpha")


@exhibit("C12")
def a_function_with_a_baked_path() -> Seen:
    """`SET search_path FROM CURRENT` is copied as it is: the copy's function reads the original's rows."""
    with schema_context("alpha"):
        run("SET search_path = alpha")
        run(
            "CREATE FUNCTION the_note() RETURNS text LANGUAGE sql SET search_path FROM CURRENT "
            "AS $$ SELECT text FROM stock_note $$"
        )
    CloneSchema().clone_schema("alpha", "baked", "NODATA")
    with schema_context("baked"):
        return Seen(run("SELECT baked.the_note()") == "alpha's", f"the empty copy read {run('SELECT the_note()')}")


@exhibit("C23")
def a_missing_table() -> Seen:
    """With `public` on the path a table that a mall lacks is found there."""
    run("CREATE SCHEMA half")
    with schema_context("half"):
        text = Note.objects.get().text
    return Seen(text == "public's", f"a mall without the table read {text}")


@exhibit("C24")
def a_second_alias() -> Seen:
    """The context managers switch one alias; another one stays where it was."""
    with tenant_context(Tenant.objects.get(schema_name="alpha")):
        text = Note.objects.using("replica").get().text
    connections["replica"].close()
    return Seen(text == "public's", f"alpha read {text} by its replica")


@exhibit("C25")
def a_raw_cursor() -> Seen:
    """The driver's own cursor runs on the path that was last set, not on the mall that was entered."""
    with schema_context("alpha"):
        Note.objects.get()
    with schema_context("beta"):
        text = connection.connection.execute("SELECT text FROM stock_note").fetchone()[0]
    return Seen(text == "alpha's", f"beta's raw cursor read {text}")


@exhibit("C33")
def a_name_from_outside() -> Seen:
    """A mall may choose a schema name that makes its cache keys another's."""
    from django_tenants.cache import make_key

    connection.set_schema("alpha")
    victims = make_key(":1:secret", "", 1)
    connection.set_schema("alpha::1")
    same = make_key("secret", "", 1) == victims
    return Seen(same and bool(is_valid_schema_name("alpha::1")), f"both malls use the key {victims}")


@exhibit("C34")
def a_clone() -> Seen:
    """A copy takes the rows with it, people and tokens too."""
    CloneSchema().clone_schema("alpha", "copy")
    with schema_context("copy"):
        return Seen(Note.objects.filter(text="alpha's").exists(), "the new mall holds alpha's rows")


@exhibit("C40")
def a_stopped_migration() -> Seen:
    """A migration that stops half-way leaves its process in the mall."""
    from django_tenants.migration_executors.base import run_migrations

    try:
        run_migrations(["--no-such-option"], {"database": "default", "verbosity": 0}, "zoo", "alpha")
    except BaseException as error:  # noqa: BLE001  whatever stops it
        return Seen(connection.schema_name == "alpha", f"{type(error).__name__}; left in {connection.schema_name}")
    return Seen(leaked=False, told="the migration did not stop")
