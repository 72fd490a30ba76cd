"""One process at a time: while it lives, however long a step takes; and what a process does that was overtaken is not committed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from saas.kernel import clock
from tenants.archives import rows
from tenants.archives.models import MallExport
from tenants.longwork import lease as leases
from tenants.registry.models import Tenant

LONG_AGO = timedelta(hours=1)


@pytest.fixture
def work(committed: None) -> MallExport:
    """An export of Riverside that waits."""
    return MallExport.objects.create(
        tenant=Tenant.objects.get(slug="riverside"), asked_at=clock.now() - LONG_AGO, by_kind="agency", by_name="Ada"
    )


def moved_last(work: MallExport, at: datetime) -> None:
    """Let the work look as if its process had reported nothing since."""
    MallExport.objects.filter(pk=work.pk).update(progressed_at=at)


def test_while_a_process_lives_nobody_takes_its_work_however_long_a_step_takes(work: MallExport) -> None:
    lease = leases.claim(MallExport, work.public_id)
    assert lease is not None
    moved_last(work, clock.now() - LONG_AGO)

    assert leases.due(MallExport) == [work.public_id]  # it is looked at
    assert leases.claim(MallExport, work.public_id) is None
    lease.report(force=True)  # and the first one goes on

    # The negative control: once it has let go, the next one takes it.
    lease.let_go()
    moved_last(work, clock.now() - LONG_AGO)
    second = leases.claim(MallExport, work.public_id)
    assert second is not None
    assert second.work.attempt == 2
    second.let_go()


@contextmanager
def somebody_at(work: MallExport) -> Iterator[subprocess.Popen[str]]:
    """Let another process claim the work and then do nothing, as in a step that takes an hour."""
    name = connection.settings_dict["NAME"]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "saas.project.settings.development",
        "DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}",
    }
    code = (
        "import time; from tenants.longwork.lease import claim; from tenants.archives.models import MallExport; "
        f"held = claim(MallExport, '{work.public_id}'); print('claimed' if held else 'not', flush=True); time.sleep(300)"
    )
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", str(Path(settings.BASE_DIR) / "manage.py"), "shell", "-c", code],
        env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        for line in process.stdout or ():
            if line.strip() in ("claimed", "not"):
                break
        assert line.strip() == "claimed"
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_the_work_of_a_killed_process_is_free_and_that_of_a_stopped_one_is_not(work: MallExport) -> None:
    """I1, I8. A stopped process may go on at any time, so it is alive."""
    with somebody_at(work) as process:
        moved_last(work, clock.now() - LONG_AGO)
        process.send_signal(signal.SIGSTOP)
        assert leases.claim(MallExport, work.public_id) is None
        assert leases.claim(MallExport, work.public_id, force=True) is None  # by force neither
        process.send_signal(signal.SIGKILL)
        process.wait()

        taken, until = None, time.monotonic() + 20
        while taken is None and time.monotonic() < until:
            taken = leases.claim(MallExport, work.public_id)
    assert taken is not None
    assert taken.work.attempt == 2
    taken.let_go()


def make_half(lease: "leases.Lease[MallExport]") -> None:
    with rows.own_connection(is_snapshot=False) as raw:
        raw.execute("CREATE SCHEMA m_half0000000000000")
        lease.confirm(raw)


def test_when_the_session_is_lost_and_another_took_the_work_the_first_commits_nothing(work: MallExport) -> None:
    """The server ended the session that proved life, as a fail-over does."""
    first = leases.claim(MallExport, work.public_id)
    assert first is not None
    assert first._presence._session is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [first._presence._session.info.backend_pid])
    moved_last(work, clock.now() - LONG_AGO)
    second = leases.claim(MallExport, work.public_id)
    assert second is not None

    with pytest.raises(leases.Lost):
        make_half(first)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'm\\_half%%'")
        assert cursor.fetchone() == (0,)
    with pytest.raises(leases.Lost):
        first.report(force=True)
    make_half(second)  # the negative control
    second.let_go()


def test_a_process_whose_session_is_lost_stops_though_nobody_took_its_work(work: MallExport) -> None:
    lease = leases.claim(MallExport, work.public_id)
    assert lease is not None
    lease.report(force=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [lease._presence._session.info.backend_pid])  # type: ignore[union-attr]

    with pytest.raises(leases.Lost):
        lease.report(force=True)


def test_a_work_that_is_over_leaves_no_session_behind(work: MallExport) -> None:
    seen: list[Any] = []

    def sessions() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
                "(SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            return int(cursor.fetchone()[0])

    def act(lease: "leases.Lease[MallExport]") -> None:
        seen.append(sessions())
        raise OSError(28, "No space left on device")

    lease = leases.claim(MallExport, work.public_id)
    assert lease is not None
    assert not leases.carry_out(lease, act, undo=lambda _work: None)

    assert seen == [1]
    until = time.monotonic() + 10
    while sessions() and time.monotonic() < until:
        time.sleep(0.01)
    assert sessions() == 0
    work.refresh_from_db()
    assert (work.state, work.problem[:20]) == ("failed", "No space left on dev")
