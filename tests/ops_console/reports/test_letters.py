"""Two processes with the same letter, over connections of their own in a database that commits: one writes, the other comes back later."""

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from billing.payouts import mails
from billing.payouts.models import OwnerLetter
from ops_console.reports import issuing, making
from ops_console.reports.models import Report
from tenants.isolation.entrance import on_platform
from tenants.registry.models import Tenant
from tests.factories.races import together


class SlowMail(EmailBackend):
    """A mail server that takes so long that the other process is there before it has answered."""

    def send_messages(self, messages: Any) -> int:
        time.sleep(0.3)
        return super().send_messages(messages)


def both(act: Callable[[], Any], schema: str) -> list[str]:
    """Do it twice at once on the platform, and say how it went: the answer, or the error's name."""

    def there() -> Any:
        with on_platform():
            return act()

    found = together([there, there], schema=schema)
    return sorted(type(one).__name__ if isinstance(one, Exception) else str(one) for one in found)


def test_a_letter_goes_out_once_although_two_processes_have_it(
    committed: None, now: datetime, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.SlowMail"
    mail.outbox = []
    tenant = Tenant.objects.get(slug="riverside")

    def report(day: int) -> Report:
        days = {"starts_on": date(2026, 11, day), "ends_on": date(2026, 11, day + 7)}
        return Report.objects.create(
            tenant=tenant, contract="c" * 26, kind="weekly", contract_title="Hosting", time_zone="UTC", language="en",
            currency="usd", content=making.EMPTY, issued_at=now, **days,
        )  # fmt: skip

    def write() -> bool:
        mail.send_mail("Payouts have stopped", "", None, ["alma@riverside.example"])
        return True

    first = report(2)
    assert both(lambda: issuing.mail(report=first.public_id, now=now), tenant.schema_name) == ["MailUnderWay", "True"]
    assert issuing.mail(report=first.public_id, now=now) is False, "the task comes back and finds it done"
    assert both(lambda: mails.once(key="k", write=write, now=now), tenant.schema_name) == ["LetterUnderWay", "True"]
    assert mails.once(key="k", write=write, now=now + timedelta(hours=1)) is False
    assert (len(mail.outbox), OwnerLetter.objects.get().sent_at) == (2, now)

    # The control: without the claim each of them writes.
    monkeypatch.setattr(issuing, "CLAIM", timedelta(0))
    second = report(9)
    both(lambda: issuing.mail(report=second.public_id, now=now), tenant.schema_name)
    assert len(mail.outbox) == 4
