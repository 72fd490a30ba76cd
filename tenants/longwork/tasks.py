"""The mall's side of `trail.note`."""

from datetime import datetime
from typing import Any

from django.db import transaction

from saas.audit import operations as audit
from saas.audit import phrases
from saas.kernel.actors import Actor
from saas.kernel.tasks import task


@task("tenants.longwork.note")
def note(*, action: str, subject: str, summary: str, by: dict[str, str], at: str, **later: Any) -> None:
    """Record an act on the mall that this runs in. `by` holds the actor's words by their names; `said` is the JSON of a phrase."""
    words = {name: by.get(name, "") for name in ("public_id", "on_behalf_of", "clause", "task", "reason")}
    actor = Actor(kind=by["kind"], name=by["name"], **words, bounds=None)
    told = phrases.from_json(later["said"]) if later.get("said") else summary
    with transaction.atomic():
        audit.record(action=action, subject=("mall", subject), summary=told, by=actor, now=datetime.fromisoformat(at))
