"""The keeper: a process with the stock parts, and the question that each test of the zoo asks first."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from infra.local.roles import drop_database
from tests import database

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def _keeper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    name = f"hutong_zoo_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    drop_database(database.superuser_url(), name=name)
    with psycopg.connect(database.superuser_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    folder = tmp_path_factory.mktemp("zoo")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.isolation.zoo.stock.settings",
        "ZOO_DATABASE_URL": urlsplit(database.superuser_url())._replace(path=f"/{name}").geturl(),
        "ZOO_MEDIA_ROOT": str(folder),
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.isolation.zoo.stock.keeper"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == "ready\n", (folder / "log").read_text()
        yield process
        process.stdin.close()
        process.wait(10)
    drop_database(database.superuser_url(), name=name)


@pytest.fixture
def stock_leaks(_keeper: "subprocess.Popen[str]") -> Callable[[str], str]:
    """Return a function that shows a row's exhibit and asserts that it leaks: the negative control of the row's test."""

    def shown(row: str) -> str:
        assert _keeper.stdin
        assert _keeper.stdout
        _keeper.stdin.write(row + "\n")
        _keeper.stdin.flush()
        answer = json.loads(_keeper.stdout.readline())
        assert "failed" not in answer, answer["failed"]
        assert answer["leaked"], f"{row} does not leak any more: {answer['told']}. If the stock part closed it, say so."
        return str(answer["told"])

    return shown


@pytest.fixture
def sites_forgotten(riverside: Any, hillside: Any) -> Iterator[None]:
    """Let Wagtail forget the malls' addresses before and after a test that changes them: Valkey outlives the test's transaction."""

    from wagtail.models import Site

    from tenants.isolation.entrance import inside

    def forget() -> None:
        for tenant in (riverside, hillside):
            with inside(tenant):
                Site.clear_site_root_paths_cache()

    forget()
    yield
    forget()
