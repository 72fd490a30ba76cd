"""The merchant's answers to what tasks wait for. The rows are the platform's; only the mall's own are ever read."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from billing.packages.trade import named
from cms.backoffice import frame
from cms.backoffice.access import actor, needs
from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError
from saas.ui.formats import format_money
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform

from . import operations, queries
from .models import Task

# A yes says what it is a yes to: the question may have become another one since it was read.
_NONE = datetime.min.replace(tzinfo=UTC)
_YES: dict[str, Callable[..., object]] = {"agree": operations.agree, "leave_out": operations.leave_out}


@require_safe
@needs("payments.view_payment")
def questions(request: HttpRequest) -> HttpResponse:
    """Show what the agency's people need to know before they can go on."""
    return _page(request)


@require_POST
@needs("payments.view_payment")
def answer(request: HttpRequest, public_id: str) -> HttpResponse:
    """Agree, or say what should be otherwise."""
    text = request.POST.get("answer", "").replace("\x00", "")
    facts = {
        "task": public_id, "tenant_id": mall().pk, "by": actor(request), "now": clock.now(), "asked_at": _asked_at(request),
    }  # fmt: skip
    try:
        with on_platform():
            if request.POST.get("verb") in _YES:
                _YES[request.POST["verb"]](**facts)
            else:
                operations.disagree(answer=text, **facts)
    except Busy:
        raise
    except DomainError as refusal:
        return _page(request, refused=public_id, problem=str(refusal), text=text)
    messages.success(request, _("The agency has your answer and goes on."))
    return redirect("hosting_work:questions")


def _asked_at(request: HttpRequest) -> datetime:
    """Return when the question was put that was read; of a form that does not say, an instant of no question."""
    with suppress(ValueError):
        read = datetime.fromisoformat(request.POST.get("asked", ""))
        return read if read.tzinfo else _NONE
    return _NONE


def _page(request: HttpRequest, *, refused: str = "", problem: str = "", text: str = "") -> HttpResponse:
    tenant = mall()
    with on_platform():
        waiting = queries.waiting_for(tenant.pk)
        elsewhere = import_string(settings.WORK_ANSWERED_AT)([task.public_id for task in waiting])
        rows = [
            {
                "public_id": task.public_id,
                "title": named(task.title),
                "who": task.assignee.get_full_name() if task.assignee else _("The agency"),
                "question": task.reason,
                "asked_at": task.waiting_since_at,
                "asked": task.waiting_since_at.isoformat() if task.waiting_since_at else "",
                "is_in_time": task.is_asked_in_time,
                "lapses_at": task.lapses_at,
                "problem": problem if task.public_id == refused else "",
                "text": text if task.public_id == refused else "",
                "href": "" if task.asks_to_leave_out else elsewhere.get(task.public_id, ""),
                "credit": _credit(task) if task.asks_to_leave_out else "",
            }
            for task in waiting
        ]
    lost = problem if refused and not any(row["problem"] for row in rows) else ""
    status = 422 if problem else 200
    return frame.page(
        request, "work/questions.html", _("Questions"), tab="questions", rows=rows, lost=lost, status=status
    )


def _credit(task: Task) -> str:
    return format_money(task.terms.credit_minor, task.tenant.currency)
