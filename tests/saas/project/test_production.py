"""The settings for the open, started as an operator does: gunicorn, and nothing but environment variables."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.billing.sandbox.process import free_port

ROOT = Path(__file__).resolve().parents[3]
GIVEN = ("DATABASE_URL", "REDIS_URL", "PATH", "LD_LIBRARY_PATH", "PYTHONPATH")


def variables(static: Path) -> dict[str, str]:
    """Return an operator's environment: what docs/runbooks/deploy.md names, and nothing of the test's own settings."""
    return {
        **{name: os.environ[name] for name in GIVEN if name in os.environ},
        "DJANGO_SETTINGS_MODULE": "saas.project.settings.production",
        "SECRET_KEY": "k4Yb-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
        "HUTONG_BASE_DOMAIN": "malls.example",
        "HUTONG_PROXY_NETWORKS": "127.0.0.0/8",
        "HUTONG_STATIC_ROOT": str(static),
        "HUTONG_METRICS_TOKEN": "scrape-me",
        "HUTONG_FROM_EMAIL": "Malls <no-reply@malls.example>",
        "STRIPE_SECRET_KEY": "sk_test_123",
        "STRIPE_WEBHOOK_SECRET": "whsec_123",
        "STRIPE_CONNECT_WEBHOOK_SECRET": "whsec_456",
        "PYTHONWARNINGS": "ignore",
    }


def refusal(environment: dict[str, str]) -> str:
    """Return what Django says when it will not start."""
    command = [sys.executable, "-c", "import django; django.setup()"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode
    return done.stderr.strip().rpartition("\n")[2]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("STRIPE_SECRET_KEY", "", "Set STRIPE_SECRET_KEY"),
        ("STRIPE_API_BASE", "http://127.0.0.1:1", "Stripe's own address"),
        ("SECRET_KEY", "short", "at least 40 random characters"),
        ("HUTONG_BASE_DOMAIN", "localhost", "Set HUTONG_BASE_DOMAIN"),
        ("DATABASE_URL", None, "DATABASE_URL"),
    ],
)
def test_what_is_missing_is_named_before_anything_starts(
    name: str, value: str | None, told: str, tmp_path: Path, django_db_setup: None
) -> None:
    environment = variables(tmp_path)
    environment.pop(name, None)
    assert told in refusal(environment | ({name: value} if value is not None else {}))


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[int]:
    """Run gunicorn with production settings and collected static files; give its port."""
    port, environment = free_port(), variables(tmp_path_factory.mktemp("static"))
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0"]
    subprocess.run(collect, check=True, cwd=ROOT, env=environment)
    command = [sys.executable, "-m", "gunicorn", "saas.project.wsgi:application", "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class", "gthread", "--log-level", "error", "--no-control-socket"]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            _await(port)
            yield port
        finally:
            process.terminate()


def _await(port: int) -> None:
    for _try in range(300):
        try:
            if ask(port, "/healthz", host="127.0.0.1").status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("gunicorn did not answer")


def ask(port: int, path: str, *, host: str = "malls.example", **headers: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", path, headers={"Host": host, **named})
    answer = connection.getresponse()
    answer.text = answer.read().decode("utf-8", "replace")  # type: ignore[attr-defined]
    return answer


OVER_TLS = {"X_Forwarded_Proto": "https", "X_Forwarded_For": "203.0.113.9"}


@pytest.mark.slow
def test_it_serves_over_tls_and_redirects_what_is_not(web: int) -> None:
    answer = ask(web, "/", **OVER_TLS)
    assert answer.status == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=2592000"
    redirected = ask(web, "/")
    assert (redirected.status, redirected.headers["Location"]) == (301, "https://malls.example/")
    assert "Strict-Transport-Security" not in redirected.headers


@pytest.mark.slow
def test_static_files_have_names_by_content_and_are_sent_compressed(web: int) -> None:
    page = ask(web, "/", **OVER_TLS).text
    style = next(part for part in page.split('"') if part.startswith("/static/") and part.endswith(".css"))
    assert len(Path(style).stem.rpartition(".")[2]) == 12
    answer = ask(web, style, Accept_Encoding="gzip", **OVER_TLS)
    assert (answer.status, answer.headers["Content-Encoding"]) == (200, "gzip")
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.slow
def test_hosts_that_nobody_claimed_get_nothing(web: int) -> None:
    """C36, T3."""
    for host in ("nobody.malls.example", "malls.example.evil.example", "localhost"):
        assert ask(web, "/", host=host, **OVER_TLS).status == 404
    for path in ("/dev/messages/", "/ui/gallery/"):
        assert ask(web, path, **OVER_TLS).status == 404


@pytest.mark.slow
def test_cookies_belong_to_one_host_and_go_over_tls_only(web: int) -> None:
    cookies = ask(web, "/account/login/", **OVER_TLS).headers.get_all("Set-Cookie") or []
    assert any(cookie.startswith("__Host-csrftoken=") for cookie in cookies)
    assert all("Secure" in cookie and "Domain=" not in cookie for cookie in cookies)


@pytest.mark.slow
def test_probes_and_prometheus_are_answered_inside(web: int) -> None:
    assert ask(web, "/internal/ready", host="127.0.0.1").status == 200
    assert ask(web, "/internal/metrics", host="127.0.0.1").status == 404
    told = ask(web, "/internal/metrics", host="127.0.0.1", Authorization="Bearer scrape-me")
    assert (told.status, "hutong_malls{" in told.text) == (200, True)
