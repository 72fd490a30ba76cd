"""Clauses and plans as tests want them."""

from datetime import date, datetime
from typing import Any

from ops_console.work import operations
from ops_console.work.clauses import Clause
from ops_console.work.models import Plan
from saas.kernel.actors import Actor

MEI = Actor(kind="agency", name="Mei")
CONTRACT = "c" * 26
POSTS = Clause(
    number="2.1", module="m" * 26, module_name="Social maintenance", template="social-post", title="Write a post",
    rrule="FREQ=WEEKLY;BYDAY=MO,WE,FR", at="10:00", due_hours=8, grace_hours=14, minutes=45,
)  # fmt: skip


def begin(
    tenant: Any, *clauses: Clause, starts_on: date, assignee: Any = None, now: datetime, **more: Any
) -> list[Plan]:
    """Compile a contract's first version, or the one that `more` names."""
    known = {"contract": CONTRACT, "version": 1, "ends_on": None} | more
    commission = operations.Commission(tenant=tenant, starts_on=starts_on, assignee=assignee, **known)
    return operations.compile(commission, clauses=clauses or (POSTS,), by=MEI, now=now)
