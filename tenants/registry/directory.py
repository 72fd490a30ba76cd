"""
Which mall answers at which host, kept in the process.

Every change of a tenant's or a domain's row leaves a row of `RegistryChange` in the same transaction, by a trigger, whoever made
it. A process asks at most each `REGISTRY_POLL_S` whether there is a new one, and then forgets what it knew: a rename, a
suspension, a closed mall, a moved domain show in every process within that time. How much is kept is bounded, and what names
no mall is kept apart, so that a flood of invented hosts drives out no real one.
"""

import threading
import time
from collections import OrderedDict
from typing import Any

from django.conf import settings
from django.db.models import Count, Max

from saas.kernel.database import connection

from .models import Domain, RegistryChange, Tenant

MOST_MALLS = 4096
MOST_STRANGERS = 1024
LONGEST_HOST = 253

Values = tuple[Any, ...]
# The database, how many changes it holds, and the last one's number. Numbers are given before the commit: the count is what tells
# that an older one was committed after a newer one.
Revision = tuple[str, int, int | None]


class Directory:
    """Hosts and their malls as the registry has them. Safe in threads; it keeps values and no model's instance."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._malls: OrderedDict[str, Values] = OrderedDict()
        self._strangers: OrderedDict[str, None] = OrderedDict()
        self._revision: Revision | None = None
        self._asked_at = float("-inf")

    def tenant_at(self, host: str) -> Tenant | None:
        """Return the tenant whose domain is `host` (lower case, no port), a new instance for each caller, or None. Platform only."""
        if len(host) > LONGEST_HOST:
            return None
        self._keep_up()
        with self._lock:
            revision = self._revision
            values = self._malls.get(host)
            if values is not None:
                self._malls.move_to_end(host)
            elif host in self._strangers:
                return None
        if values is None:
            values = self._learned(host, revision)
        return Tenant.from_db("default", _fields(), values) if values else None

    def look_again(self) -> None:
        """Let the next look-up ask whether the registry has changed."""
        self._asked_at = float("-inf")

    def _keep_up(self) -> None:
        """Forget everything when the registry has changed since it was last asked."""
        now = time.monotonic()
        if now < self._asked_at + settings.REGISTRY_POLL_S:
            return
        found = revision()
        with self._lock:
            if found != self._revision:
                self._malls.clear()
                self._strangers.clear()
                self._revision = found
            self._asked_at = now

    def _learned(self, host: str, revision: Revision | None) -> Values | None:
        names = [f"tenant__{name}" for name in _fields()]
        values = Domain.objects.filter(domain=host).values_list(*names).first()
        with self._lock:
            if revision == self._revision:  # else what was read may be older than what is kept
                if values:
                    self._malls[host] = values
                else:
                    self._strangers[host] = None
                for kept, most in ((self._malls, MOST_MALLS), (self._strangers, MOST_STRANGERS)):
                    if len(kept) > most:
                        kept.popitem(last=False)
        return values


def revision() -> Revision:
    """Return what changes with every change of the registry."""
    counted = RegistryChange.objects.aggregate(count=Count("pk"), last=Max("pk"))
    return str(connection.settings_dict["NAME"]), counted["count"], counted["last"]


def _fields() -> list[str]:
    return [field.attname for field in Tenant._meta.concrete_fields]


here = Directory()
