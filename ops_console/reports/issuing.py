"""Reports made by themselves: each week and month of each contract once, whatever was down; then mailed."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ops_console.contracts.models import Contract
from ops_console.work.models import Task
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.tasks import enqueue
from tenants.isolation.addresses import mall_url
from tenants.registry import queries as registry
from tenants.registry.models import Tenant

from . import crediting, making, periods, presenting
from .models import Report
from .periods import Period

State = Contract.State
# So long nobody else sends a letter that one process has claimed.
CLAIM = timedelta(minutes=5)
SERVED = (Tenant.Status.OPEN, Tenant.Status.SUSPENDED)


@transaction.atomic
def issue_due(*, now: datetime) -> int:
    """
    Start a task for each report that is due and not made, and return how many. Repeated it starts those that are still missing.

    A report is due at six o'clock of the mall's time after its week or month, when no task of that time is open any more, and at the
    latest `REPORT_PATIENCE_HOURS` after its end.
    """
    contracts = Contract.objects.filter(state__in=[State.ACTIVE, State.ENDING, State.ENDED], tenant__status__in=SERVED)
    started = 0
    for contract in contracts.select_related("tenant").order_by("pk"):
        for period in _due(contract, now=now):
            enqueue(
                "ops_console.reports.issue",
                contract=contract.public_id,
                kind=period.kind,
                first=period.first.isoformat(),
                until=period.until.isoformat(),
            )
            started += 1
    return started


def _due(contract: Contract, *, now: datetime) -> list[Period]:
    zone = contract.tenant.time_zone
    made = set(Report.objects.filter(contract=contract.public_id).values_list("kind", "starts_on"))
    found = [
        period
        for kind in Report.Kind.values
        for period in periods.over(
            kind, starts_on=contract.starts_on, ends_on=contract.ends_on, time_zone=zone, now=now
        )
        if (period.kind, period.first) not in made
    ]
    return [period for period in found if _is_ripe(contract, period, now=now)]


def _is_ripe(contract: Contract, period: Period, *, now: datetime) -> bool:
    patience = timedelta(hours=settings.REPORT_PATIENCE_HOURS)
    if now >= periods.end_of(period, contract.tenant.time_zone) + patience:
        return True
    days = {"occurs_on__gte": period.first, "occurs_on__lt": period.until}
    return not Task.objects.filter(contract=contract.public_id, state__in=Task.STANDING, **days).exists()


def issue(*, contract: str, period: Period, now: datetime) -> Report:
    """
    Make a contract's report of a time and have it mailed. Never inside a transaction. Repeated it returns the one that was made, as it was.
    """
    found = Contract.objects.select_related("tenant", "account_manager").get(public_id=contract)
    known = Report.objects.filter(contract=contract, kind=period.kind, starts_on=period.first).first()
    if known is not None:
        return known
    # A report is never changed: a credit whose message is late would stand in none.
    crediting.give_missing(now=now, contract=contract)
    with translation.override(found.language):
        content = making.content(found, period)
    return _write(found, period, content, now=now)


@transaction.atomic
def _write(contract: Contract, period: Period, content: dict[str, object], *, now: datetime) -> Report:
    """The unique constraint has the last word: of two processes that made it, the first one's stays."""
    tenant = contract.tenant
    report, is_new = Report.objects.get_or_create(
        contract=contract.public_id,
        kind=period.kind,
        starts_on=period.first,
        defaults={
            "tenant": tenant,
            "contract_title": f"{contract.title} ({contract.number})"[:120],
            "ends_on": period.until,
            "time_zone": tenant.time_zone,
            "language": contract.language,
            "currency": contract.currency,
            "content": content,
            "issued_at": now,
        },
    )
    if is_new:
        audit.record(
            action="report.issued",
            subject=("report", report.public_id),
            summary=phrase(
                gettext_lazy("%(mall)s: %(kind)s, %(first)s to %(last)s"),
                mall=tenant.name,
                kind=Report.Kind(report.kind).label,
                first=report.starts_on,
                last=report.last_day,
            ),
            by=SYSTEM,
            now=now,
            mall=tenant.public_id,
            contract=report.contract,
        )
        enqueue("ops_console.reports.mail", report=report.public_id)
    return report


class MailUnderWay(OSError):
    """Another process mails the report just now; the task comes back and sees how that ended."""


def mail(*, report: str, now: datetime) -> bool:
    """
    Mail a report to the mall's owner; return whether it went out now. Never inside a transaction.

    The process that claims it sends it; it is sent anew only if the claim is over and nobody noted that it went out.

    :raises MailUnderWay: another process has claimed it
    """
    found = Report.objects.select_related("tenant").get(public_id=report)
    if found.mailed_at is not None:
        return False
    free = Q(mail_claimed_at=None) | Q(mail_claimed_at__lte=now - CLAIM)
    if not Report.objects.filter(free, pk=found.pk, mailed_at=None).update(mail_claimed_at=now):
        raise MailUnderWay(report)
    try:
        _send(found)
    except OSError:
        Report.objects.filter(pk=found.pk).update(mail_claimed_at=None)
        raise
    return bool(Report.objects.filter(pk=found.pk, mailed_at=None).update(mailed_at=now))


def _send(found: Report) -> None:
    address = mall_url(registry.primary_domain(found.tenant), f"/manage/hosting/reports/{found.public_id}/")
    with translation.override(found.language):
        shown = presenting.present(found)
        subject = _("%(mall)s: your report, %(span)s") % {"mall": found.tenant.name, "span": shown.span}
        text = render_to_string("hosting_reports/email/report.txt", {"shown": shown, "address": address})
        send_mail(" ".join(subject.split()), text, settings.DEFAULT_FROM_EMAIL, [found.tenant.owner_email])


def note_read(report: Report, *, by: Actor, now: datetime) -> None:
    """Note when somebody of the merchant's own people first opened a report; the agency's look does not count."""
    if by.kind == "merchant" and not by.on_behalf_of:
        Report.objects.filter(pk=report.pk, read_at=None).update(read_at=now)
