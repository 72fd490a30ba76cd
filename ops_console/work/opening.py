"""From a task to the place in the mall where it is done: one click opens a visit with the task as its reason."""

from datetime import datetime

from ops_console.mandates import operations as mandates
from saas.accounts.models import User

from .models import Task

MINUTES = 60


def open_place(task: Task, *, person: User, now: datetime) -> str:
    """
    Open a visit for a task and return the address that leads to its place. Never inside a transaction.

    :raises VisitRefused: the person may not visit, or the mall is not in use
    """
    clause = f", clause {task.clause}" if task.clause else ""
    reason = f"{task.title}{clause}, for {task.occurs_on:%d %B}"[: mandates.MAXIMUM_REASON]
    return mandates.open_visit(
        tenant=task.tenant,
        person=person,
        reason=reason,
        minutes=MINUTES,
        now=now,
        task=task.public_id,
        next_path=task.terms.place,
    )
