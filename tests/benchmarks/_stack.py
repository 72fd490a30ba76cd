"""The product as benchmarks measure it: a database of its own, one web process, and a plain HTTP client on loopback."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from infra.local.roles import create_database, drop_database
from tests.billing.sandbox.process import free_port

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "hutong_bench"
# How many malls `prepare` opens.
DEMO_MALLS = 3


@dataclass(frozen=True)
class Stack:
    """A running product: `port` of its web process and the environment of its processes."""

    port: int
    environment: dict[str, str]

    def manage(self, *arguments: str) -> None:
        """Run a management command on the benchmark's database."""
        subprocess.run(
            [sys.executable, "-W", "ignore", "manage.py", *arguments], check=True, cwd=ROOT, env=self.environment
        )


def environment_for(port: int) -> dict[str, str]:
    """Return the environment of a process that works on the benchmark's database."""
    addresses = {
        name: urlsplit(os.environ[name])._replace(path=f"/{DATABASE}").geturl()
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL")
    }
    return {
        **os.environ,
        **addresses,
        "DJANGO_SETTINGS_MODULE": "saas.project.settings.development",
        "HUTONG_PORT": str(port),
        "HUTONG_DEBUG": "0",
        # The next run of any benchmark takes the mall template from this one's recording.
        "HUTONG_RECORDINGS": f"{os.environ['HUTONG_STATE']}/recordings",
        "PYTHONWARNINGS": "ignore",
    }


def maintenance_url() -> str:
    """Return the address of the server's maintenance database, as its superuser."""
    return urlsplit(os.environ["DATABASE_SUPERUSER_URL"])._replace(path="/postgres").geturl()


def database_url() -> str:
    """Return the address of the benchmark's database, as the server's superuser."""
    return urlsplit(os.environ["DATABASE_SUPERUSER_URL"])._replace(path=f"/{DATABASE}").geturl()


@contextmanager
def stack(*, demo: bool, worker: bool = False, web: int = 1) -> Iterator[Stack]:
    """Prepare a fresh database, start `web` web processes (and a worker with beat), and stop and drop all of it at the end."""
    port = free_port()
    running = Stack(port, environment_for(port))
    drop_database(maintenance_url(), name=DATABASE)
    create_database(maintenance_url(), name=DATABASE)
    commands = [gunicorn("saas.project.wsgi:application", port, processes=web)]
    if worker:
        commands.append(
            [
                sys.executable,
                "-m",
                "celery",
                "-A",
                "saas.project.celery",
                "worker",
                "-B",
                "-Q",
                "celery,background",
                "-c",
                "1",
                "-l",
                "error",
                "-s",
                f"{os.environ['HUTONG_STATE']}/beat-bench",
            ]
        )
    started: list[subprocess.Popen[bytes]] = []
    try:
        running.manage("prepare" if demo else "migrate_all")
        started += [subprocess.Popen(command, cwd=ROOT, env=running.environment) for command in commands]
        await_answer(port, "localhost", "/healthz")
        yield running
    finally:
        for process in started:
            process.terminate()
        for process in started:
            _end(process)
        drop_database(maintenance_url(), name=DATABASE)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Wait for a process that was told to end; on a busy machine one that still starts hears nothing."""
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def gunicorn(application: str, port: int, *, processes: int = 1) -> list[str]:
    """Return the command of web processes as `./hutong up` runs them."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        application,
        "--bind",
        f"127.0.0.1:{port}",
        "--worker-class",
        "gthread",
        "--workers",
        str(processes),
        "--threads",
        "4",
        "--log-level",
        "error",
    ]


def await_answer(port: int, host: str, path: str, *, seconds: float = 240) -> None:
    """Wait until a page answers 200."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path, headers={"Host": f"{host}:{port}"})
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"http://{host}:{port}{path} did not answer 200 within {seconds} s")


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` of the values lie, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]
