"""Writing an act on a mall into both trails: the platform's now, the mall's by a task that enters it."""

from datetime import datetime
from typing import Any

from saas.audit import operations as audit
from saas.audit.phrases import Phrase
from saas.kernel.actors import Actor
from saas.kernel.tasks import enqueue
from tenants.registry.models import Tenant

# By name: a request's actor is known only when it is asked. What bounds the actor stays here.
_FIELDS = ("kind", "name", "public_id", "on_behalf_of", "clause", "task", "reason")


def note(*, tenant: Tenant, action: str, summary: str | Phrase, by: Actor, now: datetime, **data: object) -> None:
    """
    Record the act on the platform, inside its transaction there, and have the mall record it after the commit. `data` stands in the
    platform's entry only.
    """
    audit.record(action=action, subject=("mall", tenant.public_id), summary=summary, by=by, now=now, **data)
    said: dict[str, Any] = {"said": summary.as_json()} if isinstance(summary, Phrase) else {}
    words = summary.in_english() if isinstance(summary, Phrase) else summary
    enqueue(
        "tenants.longwork.note", schema=tenant.schema_name, action=action, subject=tenant.public_id, summary=words, **said,
        by={name: str(getattr(by, name)) for name in _FIELDS}, at=now.isoformat(),
    )  # fmt: skip
