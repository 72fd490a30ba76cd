"""Letters to members who asked for them: one each, ended with one click, never doubled."""

import smtplib
import threading
from datetime import datetime
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.db import connection

from saas.accounts.models import User
from saas.audit.models import AuditEntry
from saas.kernel.actors import SYSTEM, Actor
from storefront.mailings import operations, restored, sending
from storefront.mailings.models import Consent, Letter, Mailing
from tenants.isolation.entrance import inside

S = Letter.State


def member(name: str, now: datetime, *, is_proved: bool = True, wants: bool = True) -> User:
    person = User.objects.create_user(f"{name}@shoppers.example", name=name)
    EmailAddress.objects.create(user=person, email=person.email, verified=is_proved, primary=True)
    if wants:
        operations.give_consent(member=person, by=SYSTEM, now=now)
    return person


def begin(now: datetime, source: str = "post-1") -> Mailing:
    draft = operations.Draft(source, "New noodles", "From Monday on.", "https://riverside.example/")
    return operations.begin(draft=draft, by=Actor("agency", "Omar", clause="2.1"), now=now)


@pytest.mark.django_db
class TestLetters:
    """One mailing inside Riverside."""

    def test_go_to_members_who_consented_with_a_proved_address_and_to_nobody_else(
        self, mall: Any, now: datetime, mailoutbox: list[EmailMessage]
    ) -> None:
        mei = member("mei", now)
        member("never-asked", now, wants=False)
        member("unproved", now, is_proved=False)
        progress = sending.send_some(mailing=begin(now), limit=10, now=now)

        assert (progress.sent, progress.is_over) == (1, True)
        letter = mailoutbox[0]
        stop = f"/letters/stop/{mei.mail_consent.token}/"
        assert letter.to == [mei.email]
        assert letter.from_email.startswith("Riverside Noodles <")
        assert letter.subject == "New noodles – Riverside Noodles"
        assert stop in letter.body
        assert letter.extra_headers["List-Unsubscribe"].endswith(f"{stop}>")
        assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        entry = AuditEntry.objects.get(action="mailing.begun")
        assert (entry.actor_name, entry.clause, entry.data["letters"]) == ("Omar", "2.1", 1)

    def test_that_are_left_say_what_was_approved_anew(
        self, mall: Any, now: datetime, mailoutbox: list[EmailMessage]
    ) -> None:
        """The way out stopped half way, and the post was edited before it went on."""
        for name in ("mei", "bea"):
            member(name, now)
        sending.send_some(mailing=begin(now), limit=1, now=now)
        draft = operations.Draft("post-1", "Newer noodles", "From Tuesday on.")
        edited = operations.begin(draft=draft, by=Actor("agency", "Omar"), now=now)
        assert sending.send_some(mailing=edited, limit=10, now=now).is_over
        subjects = [letter.subject for letter in mailoutbox]
        assert subjects == ["New noodles – Riverside Noodles", "Newer noodles – Riverside Noodles"]
        assert AuditEntry.objects.filter(action="mailing.changed").count() == 1
        operations.begin(draft=operations.Draft("post-1", "Newest", "Now."), by=Actor("agency", "Omar"), now=now)
        assert Mailing.objects.get().subject == "Newer noodles", "what is over stays as it was read"

    def test_go_out_a_few_at_a_time_and_repeating_sends_no_second_one(
        self, mall: Any, now: datetime, mailoutbox: list[EmailMessage]
    ) -> None:
        for number in range(5):
            member(f"m{number}", now)
        lefts = [sending.send_some(mailing=begin(now), limit=2, now=now).left for _step in range(4)]
        assert lefts == [3, 1, 0, 0]
        assert len({letter.to[0] for letter in mailoutbox}) == len(mailoutbox) == 5
        assert Mailing.objects.get().finished_at == now

    def test_are_not_sent_to_who_took_the_consent_back_meanwhile(
        self, mall: Any, now: datetime, mailoutbox: list[EmailMessage]
    ) -> None:
        mei = member("mei", now)
        mailing = begin(now)
        operations.withdraw_consent(consent=mei.mail_consent.pk, by=SYSTEM, now=now)
        assert sending.send_some(mailing=mailing, limit=10, now=now).skipped == 1
        assert mailoutbox == []

    def test_that_a_kill_cut_off_are_unknown_and_not_sent_again(
        self, mall: Any, now: datetime, monkeypatch: pytest.MonkeyPatch, mailoutbox: list[EmailMessage]
    ) -> None:
        for name in ("mei", "lin"):
            member(name, now)
        mailing = begin(now)

        def die(_message: EmailMessage) -> str:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(sending, "_hand_over", die)
            with pytest.raises(KeyboardInterrupt):
                sending.send_some(mailing=mailing, limit=10, now=now)
        assert sending.send_some(mailing=mailing, limit=10, now=now).left == 1  # the claimed one
        progress = sending.send_some(mailing=mailing, limit=10, now=now + sending.CLAIM)
        assert (progress.sent, progress.unknown, progress.left) == (1, 1, 0)
        assert len(mailoutbox) == 1

    def test_that_the_server_refuses_are_told_apart_from_those_that_nobody_knows_of(
        self, mall: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("mei", "lin", "ada"):
            member(name, now)
        troubles: list[Exception | None] = [smtplib.SMTPRecipientsRefused({}), TimeoutError(), None]

        def send(_message: EmailMessage, **_options: object) -> int:
            trouble = troubles.pop(0)
            if trouble:
                raise trouble
            return 1

        monkeypatch.setattr(EmailMessage, "send", send)
        progress = sending.send_some(mailing=begin(now), limit=10, now=now)
        assert (progress.refused, progress.unknown, progress.sent) == (1, 1, 1)

    def test_of_a_restored_mall_are_never_sent(self, mall: Any, now: datetime, mailoutbox: list[EmailMessage]) -> None:
        member("mei", now)
        mailing = begin(now)
        restored.settle(now=now)
        assert sending.send_some(mailing=mailing, limit=10, now=now).unknown == 1
        assert mailoutbox == []


@pytest.mark.django_db
def test_the_link_in_a_letter_ends_them_by_post_only_without_signing_in(
    riverside: Any, hillside: Any, client_for: Any, now: datetime
) -> None:
    """Mail servers open links; a mail program's own button posts without a form of ours (RFC 8058)."""
    with inside(riverside):
        path = f"/letters/stop/{member('mei', now).mail_consent.token}/"
    client = client_for(riverside)
    client.handler.enforce_csrf_checks = True
    assert client.get(path).status_code == 200
    with inside(riverside):
        assert Consent.objects.get().withdrawn_at is None
    assert client_for(hillside).post(path).status_code == 404
    assert "No more news" in client.post(path, {"List-Unsubscribe": "One-Click"}).content.decode()
    with inside(riverside):
        assert Consent.objects.get().withdrawn_at is not None


@pytest.mark.django_db
def test_a_member_asks_for_the_news_and_ends_them_on_the_account_page(
    riverside: Any, client_for: Any, now: datetime
) -> None:
    with inside(riverside):
        mei = member("mei", now, wants=False)
    client = client_for(riverside, mei)
    assert "Send me the news" in client.get("/account/").content.decode()
    client.post("/letters/choose/", {"yes": "1"})
    assert "No more news" in client.get("/account/").content.decode()
    client.post("/letters/choose/", {"no": "1"})
    assert "Send me the news" in client.get("/account/").content.decode()
    with inside(riverside):
        assert list(
            AuditEntry.objects.filter(subject_id=mei.public_id).order_by("pk").values_list("action", flat=True)
        ) == [
            "consent.given",
            "consent.withdrawn",
        ]


def test_two_workers_at_one_mailing_send_each_letter_once(committed: None, now: datetime, settings: Any) -> None:
    """A race over 24 letters by four workers; without the claim the same letters go out several times (negative control)."""
    from tenants.registry.models import Tenant

    riverside = Tenant.objects.get(slug="riverside")
    sent: list[str] = []
    gate = threading.Barrier(4)

    def hand_over(message: EmailMessage) -> str:
        sent.append(message.to[0])
        return S.SENT

    def work(*, is_claimed: bool) -> None:
        try:
            with inside(riverside):
                mailing = Mailing.objects.get()
                waiting = list(Letter.objects.filter(state=S.QUEUED).order_by("pk").values_list("pk", flat=True))
                gate.wait(timeout=20)
                if is_claimed:
                    sending.send_some(mailing=mailing, limit=50, now=now)
                else:
                    for pk in waiting:
                        written = sending._written(mailing, Letter.objects.get(pk=pk), domain="x", mall_name="x")
                        assert written
                        hand_over(written)
        finally:
            connection.close()

    def race(*, is_claimed: bool) -> int:
        sent.clear()
        workers = [threading.Thread(target=work, kwargs={"is_claimed": is_claimed}) for _worker in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(timeout=60)
        return len(sent)

    with inside(riverside):
        for number in range(24):
            member(f"racer{number}", now)
        begin(now)
    original, sending._hand_over = sending._hand_over, hand_over
    try:
        assert race(is_claimed=False) == 96
        assert race(is_claimed=True) == 24
        assert len(set(sent)) == 24
    finally:
        sending._hand_over = original
