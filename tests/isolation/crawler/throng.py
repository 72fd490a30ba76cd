"""
T5: the server that we ship, by the command of `./hutong up`, and many clients that ask it for two malls at once.

Beside the product's own views it serves one that keeps its mall for the process (`hasty.py`), in the same storm: that one must be
found out, or the storm says nothing.
"""

import http.client
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from infra.local.state import open_state
from saas.project.cli.processes import Processes
from tests.benchmarks._stack import ROOT, await_answer
from tests.billing.sandbox.process import free_port

from . import hasty

CLIENTS = 24
GUEST = ["/", "/deals/", "/stores/", "/search/?q=lantern"]
OWNER = [
    "/account/",
    "/manage/",
    "/manage/orders/",
    "/manage/deals/",
    "/manage/stores/",
    "/manage/staff/",
    "/manage/money/",
]
PLANTED = [hasty.PATH] * 4


@dataclass(frozen=True)
class Asked:
    """One request of the storm, and what came back, headers too."""

    mall: str
    path: str
    status: int
    text: str


@contextmanager
def serving(*, database: str, media: str) -> Iterator[int]:
    """Serve a database's malls, and give the port. All 24 threads of each process run Django at once, instead of four in turn."""
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": urlsplit(os.environ["DATABASE_URL"])._replace(path=urlsplit(database).path).geturl(),
        "DJANGO_SETTINGS_MODULE": "tests.isolation.crawler.hasty_settings",
        "HUTONG_MEDIA_ROOT": media,
        "HUTONG_PORT": str(port),
        "HUTONG_TURNS": "0",
    }
    web = Processes(open_state(), port, environment).web()
    assert {"gthread", "24"} <= set(web.command)
    process = subprocess.Popen(list(web.command), cwd=ROOT, env=dict(web.environment), stdout=subprocess.DEVNULL)
    try:
        await_answer(port, "localhost", "/healthz")
        yield port
    finally:
        process.terminate()
        process.wait(30)


def storm(port: int, sessions: Mapping[str, Mapping[str, str]]) -> list[Asked]:
    """
    Let every client ask for each path, for one mall and the other by turns, all starting together.

    :param sessions: cookies of each mall's owner, by the mall's slug
    """
    together = threading.Barrier(CLIENTS)
    plan = [(path, "guest") for path in (*GUEST, *PLANTED)] + [(path, "owner") for path in OWNER]

    def client(number: int) -> list[Asked]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        begin, found = number % len(plan), []
        together.wait(60)
        for turn, (path, who) in enumerate(plan[begin:] + plan[:begin]):
            mall = list(sessions)[(number + turn) % len(sessions)]
            headers = {"Host": f"{mall}.localhost:{port}"}
            if who == "owner":
                headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in sessions[mall].items())
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            text = str(answer.headers) + answer.read().decode("utf-8", "replace")
            found.append(Asked(mall, path, answer.status, text))
        connection.close()
        return found

    with ThreadPoolExecutor(CLIENTS) as pool:
        return [one for many in pool.map(client, range(CLIENTS)) for one in many]
