"""What `up` runs beside the data servers: the Stripe sandbox, the web, the worker and beat."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.local import ports
from infra.local.service import Service
from infra.local.state import State

OWNER_ONLY = ("DATABASE_OWNER_URL", "DATABASE_SUPERUSER_URL")  # for migrations; what serves people never has them
HEALTH_PATH = "/healthz"


@dataclass(frozen=True)
class Processes:
    """The product's own processes for one state, on one web port."""

    state: State
    port: int
    environment: Mapping[str, str]

    def sandbox(self) -> Service:
        """Return the local server that speaks Stripe's wire, with its pay page and control page."""
        port = ports.remembered(self.state, "sandbox")
        arguments = ["-m", "billing.sandbox", "--port", str(port)]
        arguments += ["--storage", str(self.state.root / "sandbox.sqlite3")]
        arguments += ["--webhook", f"http://localhost:{self.port}/stripe/events/"]
        arguments += ["--connect-webhook", f"http://localhost:{self.port}/stripe/connect-events/"]
        arguments += ["--public-url", f"http://localhost:{port}"]
        return self._service("sandbox", arguments, is_ready=lambda: ports.answers(port))

    def web(self) -> Service:
        """
        Return gunicorn: two processes, each renewed now and then to give memory back.

        Of a process's threads, Django has `FRONT_TURNS`; the others answer from the page cache and wait for their turn.
        """
        arguments = ["-m", "gunicorn", "saas.project.wsgi:application", "--bind", f"127.0.0.1:{self.port}"]
        arguments += ["--worker-class", "gthread", "--workers", "2", "--threads", "24"]
        arguments += ["--max-requests", "20000", "--max-requests-jitter", "4000"]
        arguments += ["--timeout", "60", "--graceful-timeout", "10", "--keep-alive", "5", "--no-control-socket"]
        arguments += ["--access-logfile", "-"]
        return self._service("web", arguments, is_ready=lambda: is_healthy(self.port), ready_within_seconds=180)

    def worker(self) -> Service:
        """Return the Celery worker for what people wait for: payments, mail, what malls tell the platform."""
        return self._worker("worker", queue="celery")

    def background(self) -> Service:
        """Return the Celery worker for long work, pictures and imports, so that nothing waits behind it."""
        return self._worker("background", queue="background")

    def _worker(self, name: str, *, queue: str) -> Service:
        """Return a worker of one queue; it is ready when it says so in its log."""
        log = self.state.logs / f"{name}.log"
        before = log.stat().st_size if log.exists() else 0

        def says_ready() -> bool:
            with log.open("rb") as file:
                file.seek(before)
                return b" ready." in file.read()

        arguments = ["-m", "celery", "-A", "saas.project.celery", "worker", "--concurrency", "1"]
        arguments += ["--queues", queue, "--hostname", f"{name}@%h"]
        arguments += ["--without-gossip", "--without-mingle", "--loglevel", "INFO"]
        return self._service(name, arguments, is_ready=says_ready, ready_within_seconds=180)

    def beat(self) -> Service:
        """Return Celery's clock, which starts the periodic tasks."""
        folder = self.state.root / "beat"
        folder.mkdir(mode=0o700, exist_ok=True)
        arguments = ["-m", "celery", "-A", "saas.project.celery", "beat", "--loglevel", "INFO"]
        return self._service("beat", [*arguments, "--schedule", str(folder / "schedule")])

    def _service(
        self,
        name: str,
        arguments: list[str],
        *,
        is_ready: Callable[[], bool] = lambda: True,
        ready_within_seconds: float = 30,
    ) -> Service:
        return Service(
            name=name,
            command=[sys.executable, *arguments],
            environment={key: value for key, value in self.environment.items() if key not in OWNER_ONLY},
            is_ready=is_ready,
            ready_within_seconds=ready_within_seconds,
        )


def is_healthy(port: int) -> bool:
    """Say whether the web server answers its health page, asked as the platform's host."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", HEALTH_PATH, headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
