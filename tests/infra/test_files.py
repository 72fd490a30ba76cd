"""The infrastructure files are sound, and each check is seen to find what it is for."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from infra import files


@pytest.mark.parametrize("kind", files.CHECKS)
def test_the_files_are_sound(kind: str) -> None:
    assert list(files.CHECKS[kind](files.HERE)) == []


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the folder that a test may damage."""
    folder = tmp_path / "infra"
    shutil.copytree(files.HERE, folder, ignore=shutil.ignore_patterns("local", "requirements", "__pycache__"))
    return folder


def change(name: str, old: str, new: str) -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        path = folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return do


@pytest.mark.parametrize(
    ("kind", "damage", "told"),
    [
        ("compose", change("compose/compose.yaml", "restart: unless-stopped", "restrat: always"), "restrat"),
        ("pgbouncer", change("pgbouncer/pgbouncer.ini", "pool_mode = session", "pool_mode = transaction"), "pool_mode"),
        ("compose", change("compose/.env.example", "SECRET_KEY=\n", ""), "SECRET_KEY"),
        ("kubernetes", change("kubernetes/product.yaml", "replicas: 2", "replicas: two"), "replicas"),
        ("kubernetes", change("kubernetes/product.yaml", "limits: {memory: 1Gi}", "limits: {cpu: 1}"), "no limit of memory"),
        ("kubernetes", change("kubernetes/migrate.yaml", "runAsNonRoot: true", "runAsNonRoot: false"), "may run as root"),
        ("image", change("image/Containerfile", "USER 10001:10001\n", ""), "runs as root"),
        ("image", change("image/Containerfile", '"--threads", "24"', '"--threads", "4"'), "more than 16 threads"),
        ("image", change("image/Containerfile", "WORKDIR /app", "WORKDIR app"), "DL3000"),
        ("caddy", change("caddy/Caddyfile", "reverse_proxy", "reserve_proxy"), "reserve_proxy"),
        ("postgres", change("postgres/postgresql.conf", "archive_timeout", "archive_timeuot"), "archive_timeuot"),
        ("backup", change("backup/archive-wal", "esac", "esca"), "archive-wal"),
        ("monitoring", change("monitoring/alerts.yaml", "hutong_outbox_parked", "hutong_outbox_prked"), "tells no hutong_outbox_prked"),
        ("monitoring", change("monitoring/alerts.yaml", "hutong_outbox_parked > 0", "hutong_outbox_parked >> 0"), "OutboxParked"),
        ("monitoring", change("monitoring/alerts.yaml", "runbooks/quarantine.md", "runbooks/none.md"), "no runbook"),
        ("monitoring", change("monitoring/dashboard.json", "hutong_queue_waiting", "hutong_quee_waiting"), "hutong_quee_waiting"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_found(kind: str, damage: Callable[[Path], None], told: str, copy: Path) -> None:
    damage(copy)
    assert told in "\n".join(files.CHECKS[kind](copy))
