"""The keeper: a process with the stock parts, and the question that each test of the zoo asks first."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from infra.local.roles import create_database, drop_database
from saas.kernel.tasks import SCHEMA_HEADER
from tests import database
from tests.isolation.zoo.workers import Worker, running

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def _stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Make the database of the stock parts and give the variables of its processes."""
    name = f"hutong_zoo_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    drop_database(database.superuser_url(), name=name)
    with psycopg.connect(database.superuser_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield {
        "DJANGO_SETTINGS_MODULE": "tests.isolation.zoo.stock.settings",
        "ZOO_DATABASE_URL": urlsplit(database.superuser_url())._replace(path=f"/{name}").geturl(),
        "ZOO_MEDIA_ROOT": str(tmp_path_factory.mktemp("zoo")),
    }
    drop_database(database.superuser_url(), name=name)


@pytest.fixture(scope="session")
def _keeper(_stock: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    folder = Path(_stock["ZOO_MEDIA_ROOT"])
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.isolation.zoo.stock.keeper"],
            cwd=ROOT,
            env={**os.environ, **_stock},
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


@pytest.fixture(scope="module")
def stock_worker(
    _stock: dict[str, str], _keeper: "subprocess.Popen[str]", tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worker]:
    """Run a worker of tenant-schemas-celery, with beat, on the malls `alpha` and `beta`."""
    folder = tmp_path_factory.mktemp("stock-worker")
    valkey = os.environ["REDIS_URL"]
    with running(
        "tests.isolation.zoo.stock.worker",
        header="_schema_name",
        database=_stock["ZOO_DATABASE_URL"],
        environment={**_stock, "REDIS_URL": valkey, "ZOO_BROKER_URL": valkey},
        folder=folder,
        options=("-c", "1", "-B", "-s", str(folder / "schedule")),
    ) as worker:
        yield worker


@pytest.fixture(scope="module")
def own_database() -> Iterator[str]:
    """Give a module a throwaway clone of the prepared database, by its address as superuser."""
    name = f"{database.base_name()}_{uuid4().hex[:8]}"
    create_database(database.superuser_url(), name=name, template=database.base_name())
    yield urlsplit(database.superuser_url())._replace(path=f"/{name}").geturl()
    drop_database(database.superuser_url(), name=name)


def our_worker(own_database: str, folder: Path, *options: str) -> AbstractContextManager[Worker]:
    """Start the product's worker with the zoo's tasks on a database."""
    path = urlsplit(own_database).path
    return running(
        "tests.isolation.zoo.ours_worker",
        header=SCHEMA_HEADER,
        database=own_database,
        environment={
            "DJANGO_SETTINGS_MODULE": "tests.isolation.zoo.ours_worker_settings",
            "REDIS_URL": os.environ["REDIS_URL"],
            "DATABASE_URL": urlsplit(os.environ["DATABASE_URL"])._replace(path=path).geturl(),
        },
        folder=folder,
        options=options,
    )


@pytest.fixture(scope="module")
def worker(own_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """Run the product's worker, with beat; it works on one message after the other."""
    folder = tmp_path_factory.mktemp("worker")
    with our_worker(own_database, folder, "-c", "1", "-B", "-s", str(folder / "schedule")) as worker:
        yield worker


@pytest.fixture(scope="module")
def threads_worker(own_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """Run the product's worker with Celery's pool of threads."""
    with our_worker(own_database, tmp_path_factory.mktemp("threads"), "-c", "6", "-P", "threads") as worker:
        yield worker


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
