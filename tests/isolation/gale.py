"""
The storm of T4 over several connections: each reads one mall after the other through the product's entrance, in three ways, while the
server cancels its statements and now and then ends its session.
"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import psycopg
from django.db import DatabaseError, InterfaceError, connection, transaction

from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant

# Runs in the server, so that it does not wait for the interpreter that it strikes: now and then one session is ended, then rounds of
# blows at all sessions; few, because who was struck soon has another session.
BLOWS = """
DO $$ DECLARE pids int[] := '{{{pids}}}'; BEGIN
    PERFORM pg_terminate_backend(pids[1 + floor(random() * array_length(pids, 1))]) WHERE random() < {ending};
    FOR i IN 1..{rounds} LOOP
        PERFORM pg_cancel_backend(pid) FROM unnest(pids) AS pid;
        PERFORM pg_sleep({pause});
    END LOOP;
END $$
"""
GONE = ("terminating connection", "connection is closed", "server closed the connection")
ROUNDS, PAUSE_S, ENDING, STRIKERS = 30, 0.00005, 0.05, 3


@dataclass
class Gale:
    """What all connections met together. `wrong` reads came from another mall than the one that was entered."""

    wanted: int
    right: int = 0
    wrong: int = 0
    # Statements that were refused because they, or the setting of the search path, were cancelled; and because the session had ended.
    cancelled: int = 0
    ended: int = 0
    # Refused in any other way, by what was said.
    otherwise: Counter[str] = field(default_factory=Counter)
    # Go on until so many reads were wrong, up to ten times the reads: for what is known to read wrongly.
    wrong_wanted: int = 0
    # Go on until so many statements were cancelled, and one session has ended, up to ten times the reads.
    blows_wanted: int = 0
    pids: dict[int, int] = field(default_factory=dict)
    errors: list[BaseException] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def reads(self) -> int:
        """Reads that were answered."""
        return self.right + self.wrong

    @property
    def over(self) -> bool:
        """Whether enough was read, or something broke that is no storm."""
        is_struck = not self.blows_wanted or (self.cancelled >= self.blows_wanted and self.ended > 0)
        enough = self.reads >= self.wanted and self.wrong >= self.wrong_wanted and is_struck
        return bool(self.errors) or enough or self.reads >= self.wanted * 10


def rage(
    malls: Sequence[Tenant],
    *,
    storm_url: str,
    reads: int,
    connections: int = 8,
    wrong_wanted: int = 0,
    blows_wanted: int = 0,
    tell: Callable[[Gale], object] = lambda _gale: None,
) -> Gale:
    """
    Read the first person's address in mall after mall until so many reads were answered, in a storm.

    :param storm_url: the database, as a superuser, who strikes
    :param wrong_wanted: go on until so many reads were wrong, up to ten times the reads
    :param blows_wanted: go on until so many statements were cancelled and a session has ended, up to ten times the reads
    :raises BaseException: what a read raised that is no error of the database
    """
    expected = {}
    for mall in malls:
        with inside(mall):
            expected[mall.schema_name] = _address()
    assert len(set(expected.values())) == len(malls), "each mall needs a person of its own"
    gale = Gale(reads, wrong_wanted=wrong_wanted, blows_wanted=blows_wanted)
    readers = [threading.Thread(target=_reader, args=(gale, malls, expected, number)) for number in range(connections)]
    strikers = [threading.Thread(target=_storm, args=(gale, storm_url, tell)) for _number in range(STRIKERS)]
    for thread in (*readers, *strikers):
        thread.start()
    for thread in (*readers, *strikers):
        thread.join()
    connection.close()
    if gale.errors:
        raise gale.errors[0]
    return gale


def _address() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT email FROM accounts_user ORDER BY id LIMIT 1")
        return str(cursor.fetchone()[0])


def _plainly() -> str:
    return _address()


def _in_transaction() -> str:
    with transaction.atomic():
        first = _address()
        return first if first == _address() else "two malls in one transaction"


def _after_a_savepoint() -> str:
    with transaction.atomic():
        try:
            with transaction.atomic():
                _address()
                raise DatabaseError("rolled back on purpose")
        except DatabaseError as error:
            if "on purpose" not in str(error):
                raise
        return _address()


WAYS = (_plainly, _in_transaction, _plainly, _after_a_savepoint, _plainly)


def _reader(gale: Gale, malls: Sequence[Tenant], expected: dict[str, str], turn: int) -> None:
    try:
        while not gale.over:
            turn += 1
            mall = malls[turn % len(malls)]
            try:
                _note_pid(gale)
                with inside(mall):
                    found = WAYS[turn % len(WAYS)]()
            except (DatabaseError, InterfaceError) as error:
                _refused(gale, error)
            else:
                with gale.lock:
                    is_right = found == expected[mall.schema_name]
                    gale.right, gale.wrong = gale.right + is_right, gale.wrong + (not is_right)
    except BaseException as error:  # noqa: BLE001  raised by rage(), in the thread that called
        gale.errors.append(error)
    finally:
        gale.pids.pop(threading.get_ident(), None)
        connection.close()


def _note_pid(gale: Gale) -> None:
    connection.ensure_connection()
    gale.pids[threading.get_ident()] = connection.connection.info.backend_pid


def _refused(gale: Gale, error: Exception) -> None:
    """Count what the storm did, and do what the end of a request does: close a connection that is of no use any more."""
    causes = [error, error.__cause__, getattr(error.__cause__, "__cause__", None)]
    is_cancelled = any(isinstance(one, psycopg.errors.QueryCanceled) for one in causes)
    is_gone = isinstance(error, InterfaceError) or connection.connection is None or connection.connection.closed
    is_gone = is_gone or any(text in str(error) for text in GONE)
    with gale.lock:
        if is_cancelled or is_gone:
            gale.cancelled, gale.ended = gale.cancelled + is_cancelled, gale.ended + (not is_cancelled)
        else:
            gale.otherwise[f"{type(error).__name__}: {error}".splitlines()[0][:120]] += 1
    connection.close_if_unusable_or_obsolete()


def _storm(gale: Gale, url: str, tell: Callable[[Gale], object]) -> None:
    with psycopg.connect(url, autocommit=True) as striker:
        while not gale.over:
            if pids := list(gale.pids.values()):
                named = {"pids": ",".join(map(str, pids)), "rounds": ROUNDS, "pause": PAUSE_S, "ending": ENDING}
                striker.execute(BLOWS.format(**named))
            tell(gale)
