"""A domain is proved by a file on its web server too, and the look for it opens nobody's way into our network (A6, T14)."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from saas.kernel.actors import SYSTEM, Actor
from tenants.domains import operations, webfile
from tenants.domains.models import DomainClaim
from tenants.registry.models import Tenant
from tests.journeys.siblings import ROOT

from .conftest import NameServer

ALMA = Actor(kind="merchant", name="Alma", public_id="b" * 26)
NAME = "noodles.example.com"


class WebServer(ThreadingHTTPServer):
    """A merchant's own web server: says `text` with `status` and `location`, drips where `drips`."""

    daemon_threads = True
    text, status, location, drips = "", 200, "", False

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        super().__init__(("127.0.0.1", 0), Answers)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


class Answers(BaseHTTPRequestHandler):
    server: WebServer

    def do_GET(self) -> None:
        """Answer as the test says."""
        self.server.asked.append((self.headers["Host"], self.path))
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.end_headers()
        for _part in range(200 if self.server.drips else 1):
            try:
                self.wfile.write(self.server.text.encode())
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.1 if self.server.drips else 0)

    def log_message(self, *_said: Any) -> None:
        """Say nothing."""


@pytest.fixture
def web(settings: Any, name_server: NameServer) -> Iterator[WebServer]:
    """Alma's web server, at which her domain's name leads."""
    server = WebServer()
    settings.DOMAIN_PROOF_LOOPBACK_PORT = server.server_address[1]
    name_server.addresses[NAME] = ["127.0.0.1"]
    yield server
    server.shutdown()
    server.server_close()


def claimed(tenant: Any, now: datetime) -> DomainClaim:
    return operations.claim(tenant=tenant, typed=NAME, by=ALMA, now=now)


def checked(claim: DomainClaim, now: datetime) -> str:
    return operations.check(claim_id=claim.public_id, by=ALMA, now=now).state


@pytest.mark.django_db
def test_a_mall_answers_at_a_domain_whose_own_server_says_the_proof_t14(
    riverside: Any, hillside: Any, web: WebServer, client_for: Callable[..., Any], now: datetime
) -> None:
    mine, others = claimed(riverside, now), claimed(hillside, now)
    web.text = others.record_value
    assert checked(mine, now) == "waiting"
    web.text = mine.record_value + "\n"
    assert checked(mine, now) == "proved"
    assert client_for(None).get("/", SERVER_NAME=NAME).status_code == 200
    assert set(web.asked) == {(NAME, "/.well-known/hutong-domain")}
    web.text = others.record_value
    with pytest.raises(operations.DomainTaken):
        checked(others, now)


@pytest.mark.django_db
def test_we_say_the_proof_of_a_domain_that_is_in_use_and_of_no_other_t14(
    riverside: Any, hillside: Any, web: WebServer, client_for: Callable[..., Any], now: datetime
) -> None:
    """
    The domain is led to us after its proof, so the next look finds our own answer; whoever claims a dangling one gets none. A mall
    that is suspended (M19, or in the grace of its erasure) or in maintenance keeps its domain: the answer is the same.
    """
    mine, visitor = claimed(riverside, now), client_for(None)
    claimed(hillside, now)
    assert visitor.get(webfile.PATH, SERVER_NAME=NAME).status_code == 404
    assert client_for(riverside).get(webfile.PATH).status_code == 404
    web.text = mine.record_value
    assert checked(mine, now) == "proved"
    said = visitor.get(webfile.PATH, SERVER_NAME=NAME)
    assert (said.status_code, said.content.decode()) == (200, mine.record_value)
    for stopped in ({"status": "suspended"}, {"status": "suspended", "parked": True}):
        Tenant.objects.filter(pk=riverside.pk).update(**stopped)
        assert visitor.get("/deals/", SERVER_NAME=NAME).status_code == 503
        assert visitor.get(webfile.PATH, SERVER_NAME=NAME).content.decode() == mine.record_value, stopped
    Tenant.objects.filter(pk=riverside.pk).update(status="open", parked=False)
    web.text = ""
    assert checked(mine, now) == "failing"
    operations.release(claim_id=mine.public_id, by=SYSTEM, now=now)
    assert visitor.get(webfile.PATH, SERVER_NAME=NAME).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.2"], ["10.0.0.1"], ["169.254.169.254"], ["192.168.1.1"], ["100.64.0.1"], ["0.0.0.0"], ["224.0.0.1"],  # noqa: S104
        ["::1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"], ["fd00::1"], ["fe80::1"], ["2002:7f00:1::"],
        ["127.0.0.1", "93.184.216.34"], ["127.0.0.1", "10.0.0.1"], ["93.184.216.34", "10.0.0.1"], [],
    ],
)  # fmt: skip
def test_no_machine_of_ours_is_asked_whatever_the_name_stands_for_a6(
    riverside: Any, web: WebServer, name_server: NameServer, now: datetime, addresses: list[str]
) -> None:
    """Refused before a connection: the web server, which has the right answer, is not asked. One address inside spoils all."""
    mine = claimed(riverside, now)
    web.text = mine.record_value
    name_server.addresses[NAME] = addresses
    with pytest.raises(webfile.NoFile):
        webfile.read(NAME, operations.proof._resolver())
    assert checked(mine, now) == "waiting"
    assert web.asked == []


@pytest.mark.django_db
def test_the_loopback_is_asked_in_tests_only_a6(riverside: Any, web: WebServer, settings: Any, now: datetime) -> None:
    mine = claimed(riverside, now)
    web.text = mine.record_value
    settings.DOMAIN_PROOF_LOOPBACK_PORT = 0
    assert checked(mine, now) == "waiting"
    assert web.asked == []


def test_production_refuses_to_ask_the_loopback_a6() -> None:
    environment = {
        "SECRET_KEY": "x" * 50, "HUTONG_BASE_DOMAIN": "malls.example", "STRIPE_SECRET_KEY": "sk_live_x",
        "STRIPE_WEBHOOK_SECRET": "whsec_x", "STRIPE_CONNECT_WEBHOOK_SECRET": "whsec_y",
        "DATABASE_URL": "postgres://u:p@127.0.0.1/x", "REDIS_URL": "redis://127.0.0.1/0",
        "HUTONG_DOMAIN_PROOF_LOOPBACK_PORT": "8080",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", "import saas.project.settings.production"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "HUTONG_DOMAIN_PROOF_LOOPBACK_PORT" in done.stderr


@pytest.mark.django_db
@pytest.mark.parametrize("case", ["redirect", "missing", "error", "too long", "drips", "another text"])
def test_what_is_no_plain_answer_proves_nothing_a6(
    riverside: Any, web: WebServer, now: datetime, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = claimed(riverside, now)
    web.text = mine.record_value
    if case == "redirect":
        web.status, web.location = 302, f"http://127.0.0.1:{web.server_address[1]}/elsewhere"
    elif case in ("missing", "error"):
        web.status = 404 if case == "missing" else 500
    elif case == "too long":
        web.text += " " * 20_000
    elif case == "drips":
        web.drips, web.text = True, " "
        monkeypatch.setattr(webfile, "LIFETIME_S", 0.5)
    else:
        web.text += "x"
    assert checked(mine, now) == "waiting"
    assert [path for _host, path in web.asked] == [webfile.PATH], "a redirect was followed"


@pytest.mark.django_db
def test_the_owner_reads_where_the_file_has_to_stand(
    riverside: Any, alma: Any, client_for: Callable[..., Any], now: datetime
) -> None:
    mine = claimed(riverside, now)
    page = client_for(riverside, alma).get(f"/manage/domains/{mine.public_id}/").content.decode()
    assert f"http://{NAME}/.well-known/hutong-domain" in re.sub(r"\s+", " ", page)
