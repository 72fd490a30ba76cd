"""A contract's mandate without the contract: what the agency may do in a mall."""

from datetime import datetime, timedelta
from typing import Any

from ops_console.mandates import grants
from ops_console.mandates.models import Mandate
from saas.kernel.actors import SYSTEM
from saas.kernel.ids import public_id
from tenants.entry import mandated

# Each key by a clause of its own: 1.1, 1.2 …
CLAUSES = {key: f"1.{number}" for number, key in enumerate(mandated.KEYS, start=1)}


def give(tenant: Any, *keys: str, now: datetime, **changes: Any) -> Mandate:
    """Give the keys (all, if none is named) from a day ago until in a year; `changes` are those of `grants.Terms`."""
    terms: Any = {
        "contract": public_id(), "version": 1, "tenant": tenant, "limits": {},
        "permissions": [(key, CLAUSES[key]) for key in keys or mandated.KEYS],
        "starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=365),
    } | changes  # fmt: skip
    return grants.grant(by=SYSTEM, now=now, **terms)
