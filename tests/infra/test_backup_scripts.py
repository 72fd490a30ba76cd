"""archive-wal keeps each segment once, whole, and never replaces one by another."""

import os
import subprocess
from pathlib import Path

import pytest

from infra.files import HERE

NAME = "000000010000000000000001"


def run(script: str, *arguments: str, archive: Path) -> int:
    environment = {"PATH": os.environ["PATH"], "WAL_ARCHIVE": str(archive)}
    return subprocess.run([HERE / "backup" / script, *arguments], env=environment, check=False).returncode


@pytest.fixture
def segment(tmp_path: Path) -> Path:
    path = tmp_path / "pg_wal" / NAME
    path.parent.mkdir()
    path.write_bytes(os.urandom(1 << 20))
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "archive"
    path.mkdir()
    return path


def test_a_segment_is_kept_and_brought_back(segment: Path, archive: Path, tmp_path: Path) -> None:
    assert run("archive-wal", str(segment), NAME, archive=archive) == 0
    assert [path.name for path in archive.iterdir()] == [NAME]  # no draft is left
    assert run("fetch-wal", NAME, str(tmp_path / "back"), archive=archive) == 0
    assert (tmp_path / "back").read_bytes() == segment.read_bytes()


def test_the_same_segment_may_come_again_and_another_of_its_name_may_not(segment: Path, archive: Path) -> None:
    assert run("archive-wal", str(segment), NAME, archive=archive) == 0
    assert run("archive-wal", str(segment), NAME, archive=archive) == 0
    kept = (archive / NAME).read_bytes()
    segment.write_bytes(b"another server's")
    assert run("archive-wal", str(segment), NAME, archive=archive) != 0
    assert (archive / NAME).read_bytes() == kept


def test_without_its_archive_it_fails_so_that_the_server_keeps_the_segment(segment: Path, tmp_path: Path) -> None:
    assert run("archive-wal", str(segment), NAME, archive=tmp_path / "not-mounted") != 0
    assert run("fetch-wal", NAME, str(tmp_path / "back"), archive=tmp_path / "not-mounted") != 0
