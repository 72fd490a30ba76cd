"""What a post is done for: the task that asks for it, or the contract that lets the agency publish in a mall."""

from dataclasses import dataclass

from ops_console.work.models import Task

from .operations import Ground


@dataclass(frozen=True)
class TaskGround:
    """A task that a post is written for: its mall, its title, and what the post carries."""

    mall: str
    title: str
    ground: Ground


def of_task(public_id: str) -> TaskGround | None:
    """Return what a post for a task carries; None where there is no such task, or it is over."""
    task = (
        Task.objects.filter(public_id=public_id[:26], state__in=Task.STANDING).select_related("tenant", "plan").first()
    )
    if task is None:
        return None
    terms = task.terms
    ground = Ground(task.contract, task.clause, task.public_id, terms.needs_merchant)
    return TaskGround(task.tenant.public_id, task.title, ground)
