"""A mall is complete or absent, whatever happens while it opens: kills, races, a full disk (I5, I14)."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as project
from django.db import connection

from infra.local.roles import drop_database
from saas.accounts.models import User
from saas.kernel import clock
from saas.kernel.actors import SYSTEM
from tenants.isolation.entrance import inside
from tenants.provisioning import operations
from tenants.provisioning.models import ReadySchema
from tenants.registry.models import Domain, Tenant
from tenants.registry.names import TEMPLATE_SCHEMA, schema_name
from tenants.rollout import template
from tests import database
from tests.conftest import HostClient

from .test_operations import LANTERN, names_in, schemas

KILLS, CLAIMERS, READY = 10, 8, 240


class Opener:
    """The process of `opener.py`, and what it said."""

    def __init__(self, media: Path) -> None:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "saas.project.settings.development",
            "DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{connection.settings_dict['NAME']}",
            "REDIS_URL": os.environ["REDIS_URL"].rpartition("/")[0] + "/15",
            "HUTONG_MEDIA_ROOT": str(media),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.tenants.provisioning.opener"],
            env=environment, cwd=project.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def order(self, **what: Any) -> None:
        """Send an order."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def hear(self, what: str) -> dict[str, Any]:
        """Return the next line that tells `what`."""
        assert self.process.stdout
        for line in self.process.stdout:
            told: dict[str, Any] = json.loads(line)
            if what in told:
                return told
        raise AssertionError("the opener has died")


@pytest.fixture
def opener(committed: None, tmp_path: Path, settings: Any) -> Iterator[Opener]:
    """A process that opens malls in this test's database."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    made = Opener(tmp_path / "media")
    yield made
    made.process.kill()
    made.process.wait()


def others_are_done() -> None:
    """Wait until the server has noticed that the killed are gone."""
    until = time.monotonic() + 30
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if cursor.fetchone() == (0,):
                return
            time.sleep(0.02)
    raise AssertionError("a session of a killed process stays")


def is_complete(tenant: Tenant) -> bool:
    """Tell whether nothing of a mall is missing: every table, its owner, its address, its pages."""
    with inside(tenant):
        owners = User.objects.filter(email="dora@cut.example").count()
    page = HostClient(f"{tenant.slug}.localhost").get("/")
    return names_in(tenant.schema_name) == names_in(TEMPLATE_SCHEMA) and owners == 1 and page.status_code == 200


def nothing_is_left_over(media: Path) -> None:
    """Every schema belongs to a mall or the pool, and every folder of files to a mall."""
    known = set(Tenant.objects.values_list("schema_name", flat=True))
    assert schemas() - known - set(ReadySchema.objects.values_list("schema_name", flat=True)) == {TEMPLATE_SCHEMA}
    assert known <= schemas()
    assert {path.name for path in media.iterdir()} - known == set()
    assert Domain.objects.count() == len(known)


@pytest.mark.slow
def test_a_mall_whose_opening_is_killed_ends_complete_or_absent(opener: Opener, tmp_path: Path) -> None:
    """I14: ten kills, spread over the time that an opening takes; the first five find a ready schema. Then every name is opened anew."""
    operations.refill_pool(size=KILLS // 2 + 1, now=clock.now())
    opener.order(slug="whole")
    began = opener.hear("pid") and time.monotonic()
    assert opener.hear("end")["end"] == "open"
    takes, chance = time.monotonic() - began, random.Random(14)
    for number in range(KILLS):
        opener.order(slug=f"cut-{number}", key=f"key-{number}" if number % 2 else None)
        pid = opener.hear("pid")["pid"]
        time.sleep(takes * (number + chance.random()) / KILLS)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            assert number > KILLS // 2  # a late one may have come to its end
    others_are_done()
    half = Tenant.objects.filter(status=Tenant.Status.OPENING).count()
    assert half >= 2  # what there would be without the clearing

    cleared = operations.clear_abandoned(now=clock.now() + timedelta(minutes=3))

    assert len(cleared) == half
    nothing_is_left_over(tmp_path / "media")
    for tenant in Tenant.objects.filter(slug__startswith="cut-"):
        assert is_complete(tenant), tenant.slug
    for slug in cleared:
        opener.order(slug=slug)
        assert opener.hear("end") == {"slug": slug, "end": "open"}
    assert is_complete(Tenant.objects.get(slug=cleared[0]))


@pytest.mark.slow
def test_a_living_opening_is_not_cleared_however_long_it_takes(opener: Opener) -> None:
    """It waits for a lock that an administrator holds, and an hour passes."""
    at = connection.settings_dict
    operations.refill_pool(size=1, now=clock.now())
    with psycopg.connect(
        host=at["HOST"], port=at["PORT"], dbname=at["NAME"], user=at["USER"], password=at["PASSWORD"]
    ) as holder:
        ready = ReadySchema.objects.order_by("pk")[0].schema_name
        holder.execute(f'LOCK TABLE "{ready}".accounts_user IN ACCESS EXCLUSIVE MODE')
        opener.order(slug="slow")
        until = time.monotonic() + 30
        while not Tenant.objects.filter(slug="slow").exists() and time.monotonic() < until:
            time.sleep(0.01)
        assert operations.clear_abandoned(now=clock.now() + timedelta(hours=1)) == []
        holder.rollback()
    assert opener.hear("end")["end"] == "open"


@pytest.mark.slow
def test_eight_processes_claim_from_one_pool_and_no_schema_is_given_twice(opener: Opener, tmp_path: Path) -> None:
    """I14. The pool's rows are what is claimed; no schema need stand behind them."""
    fingerprint, now = template.current().fingerprint, clock.now()
    ReadySchema.objects.all().delete()
    made = [ReadySchema(schema_name=schema_name(), fingerprint=fingerprint, built_at=now) for _number in range(READY)]
    ReadySchema.objects.bulk_create(made)
    for number in range(CLAIMERS):
        opener.order(claim=str(tmp_path / f"claimed-{number}"))
    for _number in range(CLAIMERS):
        assert opener.hear("end")["end"] == "claimed"

    claimed = [(tmp_path / f"claimed-{number}").read_text().split() for number in range(CLAIMERS)]
    assert sum(1 for names in claimed if names) > 1  # several had something
    assert sorted(name for names in claimed for name in names) == sorted(one.schema_name for one in made)
    assert not ReadySchema.objects.exists()


@pytest.mark.slow
def test_of_four_who_open_at_one_address_at_once_one_gets_it_and_of_one_form_all_get_the_same(
    opener: Opener, tmp_path: Path
) -> None:
    """T14, I14."""
    operations.refill_pool(size=5, now=clock.now())
    for _number in range(4):
        opener.order(slug="wanted")
    assert sorted(opener.hear("end")["end"] for _number in range(4)) == ["address_taken"] * 3 + ["open"]
    for _number in range(4):
        opener.order(slug="twice", key="one-form")
    assert {opener.hear("end")["end"] for _number in range(4)} == {"open"}

    assert is_complete(Tenant.objects.get(slug="wanted"))
    assert is_complete(Tenant.objects.get(slug="twice"))
    others_are_done()
    nothing_is_left_over(tmp_path / "media")


# --- A full disk -----------------------------------------------------------------------------------------------------


def superuser() -> psycopg.Connection[Any]:
    return psycopg.connect(database.superuser_url(), autocommit=True)


def mounted(folder: Path, *options: str) -> None:
    """Mount, or change, a disk in memory; only root may."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"NO FULL DISK WAS TRIED, which needs root and mount: {done.stderr.strip()}")


def room(folder: Path, *, left_kb: int) -> None:
    """Make the disk so small that this much is left."""
    stat = os.statvfs(folder)
    used_kb = (stat.f_blocks - stat.f_bfree) * stat.f_frsize // 1024
    mounted(folder, "remount", f"size={used_kb + left_kb}k")


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of its own, as large as the test likes, which the server may write to."""
    folder = Path(f"/tmp/hutong-small-{os.getpid()}")  # noqa: S108  short, and open to the server's user
    folder.mkdir(mode=0o755)
    try:
        mounted(folder, "size=900m", "mode=0777")
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)
        folder.rmdir()


@pytest.fixture
def on_small_disk(committed: None, small_disk: Path) -> Iterator[Path]:
    """The test's database on that disk, in a tablespace."""
    name = connection.settings_dict["NAME"]
    tablespace = f"small_{os.getpid()}"
    with superuser() as admin:
        (row,) = admin.execute("SELECT setting FROM pg_settings WHERE name = 'data_directory'")
        owner = Path(str(row[0])).stat()
        place = small_disk / "data"
        place.mkdir(mode=0o700)
        os.chown(place, owner.st_uid, owner.st_gid)
        admin.execute(f"CREATE TABLESPACE {tablespace} LOCATION '{place}'")
        connection.close()
        admin.execute(f'ALTER DATABASE "{name}" SET TABLESPACE {tablespace}')
        yield small_disk
        room(small_disk, left_kb=200_000)
        connection.close()
        drop_database(database.superuser_url(), name=name)
        admin.execute(f"DROP TABLESPACE {tablespace}")


def left_behind(media: Path) -> tuple[object, ...]:
    """Return what an opening would leave."""
    folders = sorted(path.name for path in media.iterdir()) if media.exists() else []
    return Tenant.objects.count(), Domain.objects.count(), schemas(), folders


@pytest.mark.slow
def test_a_full_disk_of_the_database_refuses_a_mall_and_leaves_nothing(
    on_small_disk: Path, tmp_path: Path, settings: Any
) -> None:
    """I5: PostgreSQL gets ENOSPC from the kernel, in the middle of the schema. With room again the same request succeeds."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    ReadySchema.objects.all().delete()
    before = left_behind(tmp_path / "media")
    room(on_small_disk, left_kb=1500)

    with pytest.raises(operations.NoRoom, match="no room"):
        operations.open_mall(LANTERN, by=SYSTEM, now=clock.now())

    assert left_behind(tmp_path / "media") == before
    assert HostClient("riverside.localhost").get("/").status_code == 200  # who is open is served
    room(on_small_disk, left_kb=200_000)
    assert operations.open_mall(LANTERN, by=SYSTEM, now=clock.now()).status == "open"


@pytest.mark.slow
def test_a_full_disk_of_the_media_refuses_a_mall_and_leaves_nothing(
    committed: None, small_disk: Path, settings: Any
) -> None:
    """I5: the starter kit's pictures do not fit. A page says so, with nothing to repair by hand."""
    settings.MEDIA_ROOT = str(small_disk / "media")
    (small_disk / "media").mkdir()
    operations.refill_pool(size=1, now=clock.now())
    ready = set(ReadySchema.objects.values_list("schema_name", flat=True))
    before = left_behind(small_disk / "media")
    room(small_disk, left_kb=40)

    with pytest.raises(operations.NoRoom):
        operations.open_mall(LANTERN, by=SYSTEM, now=clock.now())

    count, domains, standing, folders = left_behind(small_disk / "media")
    assert (count, domains, folders) == (before[0], before[1], before[3])
    assert len(ready - set(standing)) == 1  # the schema that was claimed is gone with its mall
    room(small_disk, left_kb=200_000)
    assert operations.open_mall(LANTERN, by=SYSTEM, now=clock.now()).status == "open"
