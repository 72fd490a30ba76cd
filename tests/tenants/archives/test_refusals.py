"""Archives that are not what they should be, a full disk, and processes that die: a clear error or a second try, nothing half-made."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as project
from django.db import connection

from saas.kernel import clock
from saas.kernel.ids import random_id
from tenants.archives import exporting, layout, operations, restoring
from tenants.archives.models import MallExport, MallRestore
from tenants.erasure import erasing
from tenants.erasure import operations as erasure
from tenants.erasure.models import Erasure
from tenants.longwork.models import LongWork
from tenants.registry.models import Tenant

from .conftest import ADA
from .test_round_trip import contents, restore, saved


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Write the archive again with changed members."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    change(members)
    made = path.with_name(f"changed-{random_id(6)}.zip")
    with zipfile.ZipFile(made, "w") as new:
        for name, text in members.items():
            new.writestr(name, text)
    return made


def resigned(**fields: Any) -> Callable[[dict[str, bytes]], None]:
    """Return what changes the manifest and signs it as this installation would."""

    def change(members: dict[str, bytes]) -> None:
        text = json.dumps(json.loads(members[layout.MANIFEST]) | fields).encode()
        members[layout.MANIFEST], members[layout.SIGNATURE] = text, layout.sign(text).encode()

    return change


def unsigned(**fields: Any) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members[layout.MANIFEST] = json.dumps(json.loads(members[layout.MANIFEST]) | fields).encode()

    return change


def with_member(name: str, text: bytes) -> Callable[[dict[str, bytes]], None]:
    return lambda members: members.update({name: text})


BAD = {
    "changed rows": (with_member("rows/auth_group.copy", b"1\tOwner\n"), "checksum of “rows/auth_group.copy”"),
    "an added member": (with_member("files/../../evil", b"x"), "members are not those of its manifest"),
    "a changed manifest": (unsigned(taken_at="2020-01-01T00:00:00+00:00"), "signature does not fit"),
    "another installation's": (unsigned(installation="0" * 16), "another installation"),
    "a newer format": (resigned(format=2), "newer release"),
    "newer tables": (resigned(migrations=[["deals", "9999_flying"]]), "deals.9999_flying is not known here"),
    "no signature": (lambda members: members.pop(layout.SIGNATURE), "no signature"),
    "a manifest that is none": (with_member(layout.MANIFEST, b"[]"), "cannot be read"),
}


def standing() -> tuple[object, ...]:
    """Return what a restore would leave: malls, schemas, folders of media, work files."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(nspname::text ORDER BY 1) FROM pg_namespace WHERE nspname LIKE 'm\\_%%'")
        schemas = cursor.fetchone()
    media = sorted(path.name for path in Path(project.MEDIA_ROOT).iterdir() if path.name != "public")
    return Tenant.objects.count(), schemas, media, list(exporting.work_folder().iterdir())


def test_what_is_no_untouched_archive_of_ours_is_refused_and_nothing_is_made(
    on_disk: Path, busy: Any, export: Any, tmp_path: Path
) -> None:
    path = saved(export(busy().tenant), tmp_path / "good.zip")
    before = standing()
    whole = path.read_bytes()
    cut, flipped, other = tmp_path / "cut.zip", tmp_path / "flipped.zip", tmp_path / "other.zip"
    cut.write_bytes(whole[: len(whole) // 2])
    middle = len(whole) // 3
    flipped.write_bytes(whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :])
    other.write_bytes(b"PK\x03\x04 not really")
    tried = {"cut": (cut, "cut off"), "flipped": (flipped, ""), "other": (other, "no archive of Hutong")}
    tried |= {name: (rewritten(path, change), text) for name, (change, text) in BAD.items()}

    for name, (bad, text) in tried.items():
        work = restore(bad, "second")
        assert (work.state, work.tenant) == ("failed", None), name
        assert text in work.problem, (name, work.problem)
        assert standing() == before, name
    assert len(tried) == 11
    assert restore(path, "second").state == "done"  # the negative control: the untouched one is restored


@contextmanager
def small_files(limit: int) -> Iterator[None]:
    """Let no file of this process grow over `limit` bytes, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_ends_an_export_with_a_reason_and_leaves_no_file(on_disk: Path, busy: Any, export: Any) -> None:
    """I5."""
    made = busy()
    before = standing()
    with small_files(100_000):
        found = export(made.tenant)

    assert found.state == LongWork.State.FAILED
    assert "Free some space" in found.problem
    assert standing() == before
    assert export(made.tenant).state == "done"


@pytest.mark.slow
def test_a_full_disk_while_restoring_leaves_no_mall(on_disk: Path, busy: Any, export: Any, tmp_path: Path) -> None:
    path = saved(export(busy().tenant), tmp_path / "good.zip")
    before = standing()
    copy = Path(shutil.copyfile(path, tmp_path / "copy.zip"))
    with small_files(100_000):
        work = operations.start_restore(
            source=copy, slug="second", override_reason="", file_name="x", by=ADA, now=clock.now()
        )
    work.refresh_from_db()
    assert work.state == "failed"
    assert standing() == before


def killed_while_waiting_for(table: str, arguments: list[str]) -> None:
    """Run `manage.py …` in a process of its own, wait until it waits for a lock on the table, and kill it without a warning."""
    database = connection.settings_dict
    with psycopg.connect(
        host=database["HOST"], port=database["PORT"], dbname=database["NAME"], user=database["USER"], password=database["PASSWORD"]
    ) as holder:  # fmt: skip
        holder.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "saas.project.settings.development",
            "DATABASE_URL": os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{database['NAME']}",
            "REDIS_URL": os.environ["REDIS_URL"].rpartition("/")[0] + "/15",
            "HUTONG_MEDIA_ROOT": str(project.MEDIA_ROOT),
            "HUTONG_ARCHIVE_WORK_FOLDER": str(project.ARCHIVE_WORK_FOLDER),
        }
        root = Path(__file__).resolve().parents[3]
        command = [sys.executable, "-W", "ignore", str(root / "manage.py"), *arguments]
        process = subprocess.Popen(
            command, env=environment, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        until = time.monotonic() + 60
        while not holder.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database "
                                 "WHERE datname = current_database())").fetchone():  # fmt: skip
            assert process.poll() is None, process.stderr.read().decode()[-2000:] if process.stderr else ""
            assert time.monotonic() < until
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        holder.rollback()


@pytest.mark.slow
def test_an_export_that_was_killed_is_done_by_the_next_try(on_disk: Path, busy: Any) -> None:
    made = busy()
    killed_while_waiting_for(f'"{made.tenant.schema_name}".vouchers_voucher', ["mall", "export", "riverside"])
    left = MallExport.objects.get()
    assert (left.state, left.attempt, left.key) == ("running", 1, "")
    assert not exporting.run(export=left.public_id)  # not yet: a living process may be at it

    assert exporting.run(export=left.public_id, force=True)

    left.refresh_from_db()
    assert (left.state, left.attempt, left.rows_done) == ("done", 2, left.rows_total)
    assert left.rows_total > 800


@pytest.mark.slow
def test_a_restore_that_was_killed_is_done_by_the_next_try(
    on_disk: Path, busy: Any, export: Any, tmp_path: Path
) -> None:
    """Killed at its last step, with schema, rows and files made; what is left is cleared before it is made again."""
    made = busy()
    work = MallRestore.objects.create(
        key_schema=made.tenant.schema_name, key=export(made.tenant).key, file_name="x", slug="second", asked_at=clock.now(),
        by_kind="agency", by_name="Ada",
    )  # fmt: skip
    code = f"from tenants.archives import restoring; restoring.run(restore='{work.public_id}')"
    killed_while_waiting_for("audit_auditentry", ["shell", "-c", code])
    half = Tenant.objects.get(slug="second")
    assert (half.status, (on_disk / half.schema_name).exists()) == ("opening", True)

    assert restoring.run(restore=work.public_id, force=True)

    whole = Tenant.objects.get(slug="second")
    assert (whole.status, whole.schema_name == half.schema_name) == ("open", False)
    assert not (on_disk / half.schema_name).exists()
    assert half.schema_name not in str(standing())


@pytest.mark.slow
def test_an_erasure_that_was_killed_is_done_by_the_next_try(on_disk: Path, busy: Any, export: Any) -> None:
    made, neighbour = busy(), Tenant.objects.get(slug="hillside")
    export(made.tenant)
    before = contents(neighbour)
    killed_while_waiting_for(
        "gateway_stripeevent",
        ["mall", "erase", "riverside", "--confirm", "riverside", "--reason", "Gone", "--now", "--move"],
    )
    left = Erasure.objects.get()
    assert left.state == "running"
    made.tenant.refresh_from_db()
    assert made.tenant.status == "closed"

    assert erasing.run(erasure=left.public_id, force=True)

    left.refresh_from_db()
    assert (left.state, left.counts["rows"]["vouchers_voucher"]) == ("done", 3)
    assert not (on_disk / made.tenant.schema_name).exists()
    assert contents(neighbour) == before


def test_erasing_wants_the_address_waits_its_grace_and_can_be_taken_back(on_disk: Path, busy: Any) -> None:
    made, now = busy(), clock.now()
    with pytest.raises(erasure.WrongWord):
        erasure.ask(tenant=made.tenant, typed="hillside", reason="x", by=ADA, now=now)
    assert not Erasure.objects.exists()
    asked = erasure.ask(tenant=made.tenant, typed=" Riverside ", reason="x", by=ADA, now=now)
    made.tenant.refresh_from_db()
    assert made.tenant.status == "suspended"
    assert not erasing.run(erasure=asked.public_id)
    with pytest.raises(erasure.AlreadyAsked):
        erasure.ask(tenant=made.tenant, typed="riverside", reason="x", by=ADA, now=now)

    erasure.cancel(tenant=made.tenant, by=ADA, now=now)

    made.tenant.refresh_from_db()
    assert made.tenant.status == "open"
    assert not erasing.run(erasure=asked.public_id, force=True)
    assert restoring.run(restore="none") is False
