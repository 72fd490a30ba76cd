"""
Letters to merchants whose answer tasks wait for: one for each time that a task waits, and one together for what was asked within minutes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.packages.trade import named
from saas.kernel.locking import locked
from saas.kernel.tasks import enqueue
from tenants.isolation.addresses import mall_url
from tenants.registry import queries as registry
from tenants.registry.models import Tenant

from .models import Task

# A letter waits so long for further questions to the same merchant.
TOGETHER = timedelta(minutes=5)
ASK = "ops_console.work.ask_merchant"


def gather(*, now: datetime) -> int:
    """Have letters written about what waits and was not written about; return how many. Never inside a transaction; each task once."""
    served = Tenant.objects.served().values("pk")
    due = _untold().filter(waiting_since_at__lte=now - TOGETHER, tenant__in=served)
    return sum(_gather(tenant, now=now) for tenant in due.order_by().values_list("tenant", flat=True).distinct())


@transaction.atomic
def _gather(tenant: int, *, now: datetime) -> bool:
    """Take all that a mall's merchant was not told of into one letter. Locks: Task."""
    found = locked(_untold().filter(tenant=tenant))
    Task.objects.filter(pk__in=[task.pk for task in found]).update(merchant_told_at=now)
    if found:
        enqueue(ASK, tasks=[task.public_id for task in found])
    return bool(found)


def ask(*, tasks: Sequence[str]) -> bool:
    """Write to a mall's owner about its tasks that still wait; return whether there was anything to write."""
    rows = Task.objects.filter(public_id__in=tasks, state=Task.State.WAITING).select_related("tenant", "assignee")
    found = list(rows.order_by("lapses_at", "pk"))
    if not found or not found[0].tenant.owner_email:
        return False
    tenant = found[0].tenant
    href = mall_url(registry.primary_domain(tenant), "/manage/hosting/questions/")
    with translation.override(tenant.language or "en"), timezone.override(ZoneInfo(tenant.time_zone)):
        subject = ngettext(
            "%(mall)s: the agency has a question", "%(mall)s: the agency has %(n)d questions", len(found)
        )
        subject = " ".join((subject % {"mall": tenant.name, "n": len(found)}).split())
        body = _(
            "Work for %(mall)s waits for your word.\n\n%(questions)s\n\nAgree, or say what should be otherwise:\n%(href)s"
        )
        if all(task.is_asked_in_time for task in found):
            body += "\n\n" + _("What is not answered in time is left out. It counts as excused, not as missed.")
        elif any(task.is_asked_in_time for task in found):
            body += "\n\n" + _(
                "Where nothing else is said, what is not answered in time is left out. It counts as excused, not as missed."
            )
        questions = "\n\n".join(_question(task) for task in found)
        words = {"mall": tenant.name, "questions": questions, "href": href}
        EmailMessage(subject, body % words, to=[tenant.owner_email]).send()
    return True


def _question(task: Task) -> str:
    until = date_format(timezone.localtime(task.lapses_at), "DATETIME_FORMAT")
    words = {"question": task.reason, "title": named(task.title), "until": until}
    if task.asks_to_leave_out:
        return _(
            "“%(question)s”\nThe agency asks to leave this out: %(title)s. Without your yes until %(until)s it counts as missed, and the "
            "contract’s credit is given."
        ) % words  # fmt: skip
    if not task.is_asked_in_time:
        return _(
            "“%(question)s”\n%(title)s. Please answer until %(until)s. It was asked late: what is not done "
            "by then counts as missed all the same."
        ) % words  # fmt: skip
    if task.assignee is None:
        return _("“%(question)s”\n%(title)s. Please answer until %(until)s.") % words
    return _("“%(question)s”\n%(who)s, for: %(title)s. Please answer until %(until)s.") % {
        **words, "who": task.assignee.get_full_name(),
    }  # fmt: skip


def _untold() -> "QuerySet[Task]":
    return Task.objects.filter(state=Task.State.WAITING, merchant_told_at=None)
