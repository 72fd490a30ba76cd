"""Two malls and the platform as siblings under one domain over TLS: what the tests of T15 attack from one of them."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.benchmarks._stack import gunicorn
from tests.billing.sandbox.process import eventually, free_port

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = "malls.test"


@dataclass(frozen=True)
class Siblings:
    """A running product over TLS."""

    port: int

    def address(self, mall: str = "", path: str = "/") -> str:
        """Return an address of the platform, or of a mall by its slug."""
        return f"https://{mall + '.' if mall else ''}{DOMAIN}:{self.port}{path}"


def certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate that nobody has signed, and its key; return their paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DOMAIN)])
    names = [x509.DNSName(DOMAIN), x509.DNSName(f"*.{DOMAIN}"), x509.IPAddress(ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=2))
    made = builder.add_extension(x509.SubjectAlternativeName(names), critical=False).sign(key, hashes.SHA256())
    written, secret = folder / "certificate.pem", folder / "key.pem"
    written.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return written, secret


@contextmanager
def serving(folder: Path, database: str, *, plain: bool) -> Iterator[Siblings]:
    """Serve a database over TLS with production's settings, or with cookies under plain names."""
    written, secret = certificate(folder)
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl(),
        "DJANGO_SETTINGS_MODULE": "tests.journeys.siblings_settings",
        "HUTONG_BASE_DOMAIN": DOMAIN,
        "HUTONG_PUBLIC_PORT": str(port),
        "STRIPE_API_BASE": "https://api.stripe.com",
        "STRIPE_SECRET_KEY": "sk_test_nobody",
        "STRIPE_WEBHOOK_SECRET": "whsec_nobody",
        "STRIPE_CONNECT_WEBHOOK_SECRET": "whsec_nobody",
        "SIBLINGS_PLAIN": "1" if plain else "",
        "PYTHONWARNINGS": "ignore",
    }
    # A browser opens connections before it needs them, and a thread waits for the handshake of each.
    command = [*gunicorn("saas.project.wsgi:application", port), "--threads", "32"]
    command += ["--certfile", str(written), "--keyfile", str(secret)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            eventually(lambda: _answers(port), "the siblings", patience_seconds=120)
            yield Siblings(port)
        finally:
            process.terminate()
            process.wait(30)


def _answers(port: int) -> bool:
    try:
        return requests.get(f"https://127.0.0.1:{port}/healthz", headers={"Host": DOMAIN}, verify=False, timeout=30).ok  # noqa: S501  our own
    except (requests.ConnectionError, requests.Timeout):
        return False
