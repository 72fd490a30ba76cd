"""The whole product as `./hutong up` runs it, for journeys in a browser."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import requests

from tests import database
from tests.billing.sandbox.process import eventually, free_port

ROOT = Path(__file__).resolve().parents[2]
# What leads a process to the servers of the tests around it; the product of a journey starts its own.
OF_THE_TESTS = re.compile(
    r"^(DATABASE_|REDIS_URL|STRIPE_|SECRET_KEY|DJANGO_SETTINGS_MODULE|HUTONG_STATE|PYTEST_|CELERY)"
)
START_SECONDS = 300


@dataclass
class Product:
    """A running product: its web port, the sandbox's address, the folder of its state, the logins that it printed."""

    port: int
    state: Path
    process: subprocess.Popen[str] | None
    said: list[str]

    def address(self, mall: str = "", path: str = "/") -> str:
        """Return an address of the platform, or of a mall by its slug."""
        return f"http://{mall + '.' if mall else ''}localhost:{self.port}{path}"

    @property
    def sandbox(self) -> str:
        """The sandbox's address."""
        found = re.search(r"Stripe sandbox\s+(http://\S+)", "\n".join(self.said))
        assert found, "up printed no address of the sandbox"
        return found.group(1)

    def password(self) -> str:
        """Return the demo accounts' password."""
        found = re.search(r"alma@riverside\.example\s+(\S+)", "\n".join(self.said))
        assert found, "up printed no login of Alma"
        return found.group(1)

    def messages(self, to: str) -> list[dict[str, str]]:
        """Return the mails and text messages to an address, oldest first."""
        found = [json.loads(path.read_text()) for path in sorted((self.state / "messages").glob("*.json"))]
        return [one for one in found if to in json.dumps(one)]

    def logs(self, lines: int = 40) -> str:
        """Return the last lines of each log, for a journey that failed."""
        tails = {
            path.name: path.read_text(errors="replace").splitlines()[-lines:] for path in self.state.glob("logs/*")
        }
        return "\n".join(f"--- {name}\n" + "\n".join(tail) for name, tail in sorted(tails.items()))

    def shell(self, code: str) -> str:
        """Run code in a shell of the product, as an operator does, and return what it printed."""
        command = [sys.executable, "-m", "saas.project.cli", "shell", "-c", code]
        environment = self.environment(self.state, self.port)
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def stop(self) -> int:
        """Stop it as Ctrl-C does and return the exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    @staticmethod
    def environment(state: Path, port: int) -> dict[str, str]:
        """Return the environment of a newcomer's shell, with a state of its own."""
        kept = {name: value for name, value in os.environ.items() if not OF_THE_TESTS.match(name)}
        return {
            **kept,
            "HUTONG_STATE": str(state),
            "HUTONG_PORT": str(port),
            "HUTONG_VENV": sys.prefix,
            "PYTHONUNBUFFERED": "1",
            # Two malls that run themselves are enough for most; who needs a hosted one signs a contract.
            "HUTONG_DEMO_HOSTING": "0",
            # The template of this release stands recorded already, where the tests' database was made.
            **({"HUTONG_RECORDINGS": database.recordings()} if "HUTONG_STATE" in os.environ else {}),
        }


def attach(state: Path, port: int, said: str) -> Product:
    """Return a product that somebody started already, for work on a journey; `said` is the file of what it printed."""
    return Product(port, state, None, Path(said).read_text(encoding="utf-8").splitlines())


def start(state: Path) -> Product:
    """Start the product and wait until it says how to stop it."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "saas.project.cli", "up"],
        cwd=ROOT,
        env=Product.environment(state, port),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = _begun(process)
    except AssertionError:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        raise
    # Whoever does not read lets the pipe fill, and the product would wait for room in it.
    threading.Thread(target=lambda: said.extend(line.rstrip() for line in process.stdout or ()), daemon=True).start()
    product = Product(port, state, process, said)
    eventually(lambda: requests.get(product.address(path="/healthz"), timeout=5).ok, "the product")
    return product


def _begun(process: subprocess.Popen[str]) -> list[str]:
    """Return what the product said until it runs; too late or ended is a failure that tells all of it."""
    said: list[str] = []
    assert process.stdout
    deadline = time.monotonic() + START_SECONDS
    for line in process.stdout:
        said.append(line.rstrip())
        if "Ctrl-C stops" in line:
            break
        assert time.monotonic() < deadline, "\n".join(said)
    assert process.poll() is None, "\n".join(said)
    return said
