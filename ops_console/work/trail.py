"""What the trail says of a task."""

from django.utils.translation import gettext_lazy as _

from billing.packages import trade
from saas.audit.phrases import Phrase, Words, phrase

from .models import Task


def told(task: Task, what: Words) -> Phrase:
    """Return the sentence of an act on a task: which, of which mall, and what was done."""
    return phrase(_("%(task)s, %(mall)s: %(what)s"), task=trade.told(task.title), mall=task.tenant.name, what=what)
