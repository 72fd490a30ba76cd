"""Which servers an instance needs, and the environment variables that lead its processes to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from infra.local import ports, roles
from infra.local.postgres import Postgres
from infra.local.service import Service
from infra.local.state import State
from infra.local.supervisor import Supervisor
from infra.local.valkey import Valkey

DEVELOPMENT = "saas.project.settings.development"
TESTING = "saas.project.settings.testing"

SERVERS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "STRIPE_API_BASE")


@dataclass(frozen=True)
class Servers:
    """
    The data servers of one state. What `environ` names (DATABASE_URL, REDIS_URL) is used and not started.

    `durable` off, for tests, trades the data's safety in a power cut for speed.
    """

    state: State
    environ: Mapping[str, str]
    settings: str = DEVELOPMENT
    durable: bool = True

    @property
    def postgres(self) -> Postgres:
        return Postgres(self.state, durable=self.durable)

    @property
    def valkey(self) -> Valkey:
        return Valkey(self.state, durable=self.durable)

    def services(self) -> list[Service]:
        """
        Return the embedded servers to start, in order.

        Only for the holder of the state's lock: what a killed instance left is ended, and taken ports are changed.
        """
        wanted = []
        if not self.environ.get("STRIPE_API_BASE"):
            ports.settle(self.state, "sandbox")
        if not self.environ.get("DATABASE_URL"):
            wanted.append(self.postgres.service())
        if not self.environ.get("REDIS_URL"):
            wanted.append(self.valkey.service())
        return wanted

    def described(self) -> str:
        """Return in words which servers are used."""
        named = [
            name
            for name, variable in (("database", "DATABASE_URL"), ("Redis", "REDIS_URL"))
            if self.environ.get(variable)
        ]
        if not named:
            return "PostgreSQL and Valkey are ready"
        own = {"database": "Valkey is ready", "Redis": "PostgreSQL is ready"}
        return f"Using your {' and '.join(named)}" + (f"; {own[named[0]]}" if len(named) == 1 else "")

    def variables(self) -> dict[str, str]:
        """Return the variables that the settings read; those set outside win."""
        own = {
            "DJANGO_SETTINGS_MODULE": self.settings,
            "HUTONG_STATE": str(self.state.root),
            "HUTONG_PORT": str(ports.web_port(dict(self.environ))),
            "SECRET_KEY": self.state.secret("django_secret_key"),
            "STRIPE_SECRET_KEY": self.state.secret("stripe_secret_key", prefix="sk_test_"),
            "STRIPE_WEBHOOK_SECRET": self.state.secret("stripe_webhook_secret", prefix="whsec_"),
            "STRIPE_CONNECT_WEBHOOK_SECRET": self.state.secret("stripe_connect_webhook_secret", prefix="whsec_"),
            "STRIPE_API_BASE": f"http://127.0.0.1:{ports.remembered(self.state, 'sandbox')}",
            **self._database(),
        }
        if not self.environ.get("REDIS_URL"):
            own["REDIS_URL"] = self.valkey.url
        given = {name: value for name in (*own, *SERVERS) if (value := self.environ.get(name))}
        fixed = {name: own[name] for name in ("DJANGO_SETTINGS_MODULE", "HUTONG_STATE", "HUTONG_PORT")}
        return own | given | fixed

    def _database(self) -> dict[str, str]:
        outside = self.environ.get("DATABASE_URL")
        if outside:
            urls = {"DATABASE_URL": outside, "DATABASE_OWNER_URL": outside, "DATABASE_SUPERUSER_URL": outside}
        else:
            urls = {
                "DATABASE_URL": self.postgres.url(roles.APP),
                "DATABASE_OWNER_URL": self.postgres.url(roles.OWNER),
                "DATABASE_SUPERUSER_URL": self.postgres.url(),
            }
        if self.settings != TESTING:
            del urls["DATABASE_SUPERUSER_URL"]  # the application never has it
        return urls


@contextmanager
def supervised(servers: Servers) -> Iterator[Supervisor]:
    """Run the data servers for the duration of the block; only for the holder of the state's lock."""
    with Supervisor(servers.state) as supervisor:
        supervisor.clear_leftovers()
        for service in servers.services():
            supervisor.start(service)
        yield supervisor
