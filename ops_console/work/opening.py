"""From a task to the place in the mall where it is done: one click opens a visit with the task as its reason."""

from datetime import datetime

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from billing.packages.trade import named
from ops_console.mandates import operations as mandates
from saas.accounts.models import User

from .models import Task

MINUTES = 60


def open_place(task: Task, *, person: User, now: datetime) -> str:
    """
    Open a visit for a task and return the address that leads to its place. Never inside a transaction.

    :raises VisitRefused: the person may not visit, or the mall is not in use
    """
    with translation.override(task.tenant.language or "en"):
        words_of = {
            "title": named(task.title),
            "clause": task.clause,
            "day": date_format(task.occurs_on, "LONG_DAY_FORMAT"),
        }
        words = _("%(title)s, clause %(clause)s, for %(day)s") if task.clause else _("%(title)s, for %(day)s")
        reason = (words % words_of)[: mandates.MAXIMUM_REASON]
    return mandates.open_visit(
        tenant=task.tenant,
        person=person,
        reason=reason,
        minutes=MINUTES,
        now=now,
        task=task.public_id,
        next_path=task.terms.place,
    )
