"""What the merchant reads by mail of an audit."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from ops_console.audits import telling
from ops_console.audits.models import AuditCase
from ops_console.mandates import roles
from saas.accounts.models import User

from .conftest import decide


def test_a_wish_a_refusal_and_the_last_pass_are_written_and_a_pass_between_is_not(
    case: AuditCase,
    send: Callable[..., AuditCase],
    staff: Callable[[str, str], User],
    run_tasks: Any,
    mailoutbox: Any,
    now: datetime,
) -> None:
    tomas, grace, vera = staff("Tomas", roles.FINANCE), staff("Grace", roles.MANAGER), staff("Vera", roles.REVIEWER)
    case.stages.exclude(key__in=["price", "terms", "final"]).delete()
    with run_tasks():
        decide(case, "terms", "passed", vera, now=now)
    assert mailoutbox == []
    with run_tasks():
        decide(
            case,
            "price",
            "asked",
            tomas,
            now=now,
            wishes=[("price_minor", "Ask 22.00."), ("", "And a better picture.")],
        )
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == ([case.tenant.owner_email], f"Please change something: {case.title}")
    for words in (
        "- Price: Ask 22.00.",
        "- And a better picture.",
        "“Price and margin”",
        f"/manage/deals/{case.deal}/",
    ):
        assert words in mail.body
    with run_tasks():
        week = now + timedelta(days=7)
        assert [telling.remind(now=at) for at in (week - timedelta(seconds=1), week, week)] == [0, 1, 0]
    assert mailoutbox.pop().subject == mail.subject, "who does not answer is written to once more"
    case = send(price_minor=2200)
    with run_tasks():
        decide(case, "price", "refused", tomas, now=now, note="It still loses money.")
    assert mailoutbox[1].subject == f"Was refused by its audit: {case.title}"
    assert "It still loses money." in mailoutbox[1].body
    case = send(price_minor=2300)
    with run_tasks():
        decide(case, "price", "passed", tomas, now=now)
    with run_tasks():
        decide(case, "final", "passed", grace, now=now)
    assert [one.subject for one in mailoutbox[2:]] == [f"Has passed its audit: {case.title}"]
    assert "It can be published now." in mailoutbox[2].body


def test_a_wish_that_was_met_before_its_letter_is_not_written(
    case: AuditCase,
    send: Callable[..., AuditCase],
    staff: Callable[[str, str], User],
    run_tasks: Any,
    mailoutbox: Any,
    now: datetime,
) -> None:
    with run_tasks():
        decide(case, "price", "asked", staff("Tomas", roles.FINANCE), now=now, wishes=[("price_minor", "Ask 22.00.")])
        send(price_minor=2200)
    assert not [mail for mail in mailoutbox if "change something" in mail.subject]
