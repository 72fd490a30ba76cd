"""The whole product as `./hutong up` runs it, every part a direct child of this process, so that it can be killed and started again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from infra.local import ports, processes
from infra.local.servers import DEVELOPMENT, SERVERS, Servers
from infra.local.service import Service
from infra.local.state import PROJECT, State, open_state
from saas.project.cli.processes import Processes
from tests.billing.sandbox.process import free_port

DATA = ("postgres", "valkey")
# Beat's own tasks and both queues in one worker: fewer processes for a small machine.
ONE_WORKER = ["--queues", "celery,background", "--beat"]
_GIVEN_BY_STATE = (*SERVERS, "DATABASE_SUPERUSER_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "HUTONG_TEST_ON_BASE")


@dataclass
class Product:
    """One running product on a state of its own; `services` says how each part is started, `running` what runs."""

    state: State
    port: int
    environment: dict[str, str]
    services: dict[str, Service]
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def sandbox_port(self) -> int:
        """The Stripe sandbox's."""
        return ports.remembered(self.state, "sandbox")

    def start(self, name: str) -> None:
        """Start a part and wait until it is ready."""
        self.begin(name)
        self.await_ready(name)

    def begin(self, name: str) -> None:
        """Start a part and do not wait for it."""
        service = self.services[name]
        service.before_start()
        with (self.state.logs / f"{name}.log").open("ab") as log:
            self.running[name] = processes.start(
                service.command,
                environment={**service.environment, **processes.mark(self.state, name)},
                log=log,
                account=service.account,
                cwd=service.cwd,
                end_with_parent=signal.SIGKILL,
            )

    def await_ready(self, name: str) -> None:
        """Wait until a part that was started is ready."""
        service = self.services[name]
        if not processes.wait_until(service.is_ready, seconds=service.ready_within_seconds):
            raise SystemExit(f"{name} was not ready; see {self.state.logs / f'{name}.log'}")

    def kill(self, name: str) -> None:
        """Kill a part with all its processes (SIGKILL) and wait until it is gone."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)

    def stop(self) -> None:
        """Stop everything, the last started first."""
        for name, process in reversed(self.running.items()):
            process.send_signal(self.services[name].stop_signal)
            try:
                process.wait(self.services[name].stop_within_seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.clear()

    def python(self, *arguments: str, text: str = "") -> str:
        """Run this Python with the product's settings, as its owner, and return what it printed."""
        command = [sys.executable, "-W", "ignore", *arguments]
        done = subprocess.run(
            command, cwd=PROJECT, env=self.environment, input=text, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}")
        return done.stdout


@contextmanager
def product(name: str, *, parts: tuple[str, ...] = ("sandbox", "web", "worker")) -> Iterator[Product]:
    """
    Prepare the product's database in a state of its own, start its parts, and stop them at the end.

    The state stays, so that the next run of the same benchmark begins sooner.
    """
    state = open_state().nested(name)
    processes.end(processes.leftovers(state), first=signal.SIGKILL)
    port = free_port()
    outside = {key: value for key, value in os.environ.items() if key not in _GIVEN_BY_STATE and "STRIPE" not in key}
    servers = Servers(state, {"HUTONG_PORT": str(port)}, settings=DEVELOPMENT)
    data = {service.name: service for service in servers.services()}
    environment = {
        **outside,
        **servers.variables(),
        "HUTONG_LOG_LEVEL": "WARNING",
        "PYTHONWARNINGS": "ignore",
        "PYTHONUNBUFFERED": "1",
    }
    made = Processes(state, port, environment)
    own = {service.name: service for service in (made.sandbox(), made.web(), made.worker())}
    impatient = {"DJANGO_SETTINGS_MODULE": "tests.benchmarks._impatient"}
    own["worker"] = _with_beat(own["worker"], state, impatient)
    found = Product(state, port, environment, data | own)
    try:
        for part in DATA:
            found.start(part)
            data[part].after_ready()
        found.python("manage.py", "prepare")
        for part in parts:
            found.start(part)
        yield found
    finally:
        found.stop()


def _with_beat(service: Service, state: State, besides: dict[str, str]) -> Service:
    queues = service.command.index("--queues")
    command = [*service.command[:queues], *ONE_WORKER, *service.command[queues + 2 :]]
    log = state.logs / "worker.log"

    def is_ready() -> bool:
        text = log.read_bytes() if log.exists() else b""
        return text.count(b" ready.") > begun[0]

    def before() -> None:
        begun[0] = log.read_bytes().count(b" ready.") if log.exists() else 0

    begun = [0]
    schedule = ["--schedule", str(state.root / f"beat-{time.time_ns()}")]
    return Service(
        name="worker",
        command=[*command, *schedule],
        environment={**service.environment, **besides},
        is_ready=is_ready,
        before_start=before,
        ready_within_seconds=180,
    )
