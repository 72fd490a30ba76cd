"""Sending a mailing: a few letters at a time, each at most once, whatever is killed and repeated."""

import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import override

from saas.kernel.senders import under_name
from tenants.isolation import addresses, current
from tenants.isolation.entrance import on_platform
from tenants.registry import queries as registry

from .models import Consent, Letter, Mailing

S = Letter.State
# After this nobody waits for a claimed letter any more; whether it went out is unknown.
CLAIM = timedelta(minutes=10)
CERTAIN = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError, smtplib.SMTPHeloError)


@dataclass(frozen=True)
class Progress:
    """How far a mailing is: letters by how they ended, those still to go, and whether the mail server took none of them now."""

    sent: int
    skipped: int
    refused: int
    unknown: int
    left: int
    is_server_away: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing is left."""
        return not self.left


def send_some(*, mailing: Mailing, limit: int, now: datetime) -> Progress:
    """
    Send up to `limit` letters of a mailing, inside its mall. Never inside a transaction.

    A letter is claimed by one who changes its row from queued to sending, which commits at once; only then it goes out.
    """
    letters = Letter.objects.filter(mailing=mailing)
    letters.filter(state=S.SENDING, claimed_at__lte=now - CLAIM).update(state=S.UNKNOWN)
    waiting = list(letters.filter(state=S.QUEUED).order_by("pk").values_list("pk", flat=True)[:limit])
    if waiting:
        connection = get_connection()
        try:
            connection.open()
        except (OSError, smtplib.SMTPException):
            return _progress(mailing, now=now, is_server_away=True)
        try:
            _send(mailing, waiting, connection, now=now)
        finally:
            connection.close()
    return _progress(mailing, now=now)


def _send(mailing: Mailing, waiting: list[int], connection: BaseEmailBackend, *, now: datetime) -> None:
    mall = current.mall()
    with on_platform():
        domain = registry.primary_domain(mall)
    for pk in waiting:
        letters = Letter.objects.filter(pk=pk)
        if not letters.filter(state=S.QUEUED).update(state=S.SENDING, claimed_at=now):
            continue  # somebody else has it
        letter = letters.get()
        with override(mall.language or "en"):
            message = _written(mailing, letter, domain=domain, mall_name=mall.name)
        if message is None:
            letters.update(state=S.SKIPPED)
            continue
        message.connection = connection
        state = _hand_over(message)
        letters.filter(state=S.SENDING).update(state=state, sent_at=now if state == S.SENT else None)


def _hand_over(message: EmailMessage) -> str:
    try:
        message.send()
    except CERTAIN:
        return S.REFUSED
    except (OSError, smtplib.SMTPException):
        return S.UNKNOWN
    return S.SENT


def _written(mailing: Mailing, letter: Letter, *, domain: str, mall_name: str) -> EmailMessage | None:
    """Return the letter; None where the member has taken the consent back meanwhile, or has no proved address any more."""
    consent = Consent.objects.filter(member=letter.member_id, withdrawn_at=None, member__is_active=True).first()
    address = EmailAddress.objects.filter(user=letter.member_id, verified=True).order_by("-primary", "pk").first()
    if consent is None or address is None:
        return None
    stop = addresses.mall_url(domain, f"/letters/stop/{consent.token}/")
    why = _("You read this because you asked %(mall)s for its news by e-mail. No more of it, with one click:") % {
        "mall": mall_name
    }
    body = "\n\n".join(part for part in (mailing.text, mailing.link, f"-- \n{mall_name}\n{why}\n{stop}") if part)
    headers = {
        "List-Unsubscribe": f"<{stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Message-ID": f"<{mailing.source}.{letter.pk}@{domain}>",
    }
    return EmailMessage(
        f"{mailing.subject} – {mall_name}", body, under_name(mall_name), [address.email], headers=headers
    )


def _progress(mailing: Mailing, *, now: datetime, is_server_away: bool = False) -> Progress:
    rows = Letter.objects.filter(mailing=mailing).values_list("state").annotate(count=Count("pk"))
    counted = dict(rows.order_by("state"))
    left = counted.get(S.QUEUED, 0) + counted.get(S.SENDING, 0)
    if not left:
        Mailing.objects.filter(pk=mailing.pk, finished_at=None).update(finished_at=now)
    return Progress(
        sent=counted.get(S.SENT, 0),
        skipped=counted.get(S.SKIPPED, 0),
        refused=counted.get(S.REFUSED, 0),
        unknown=counted.get(S.UNKNOWN, 0),
        left=left,
        is_server_away=is_server_away,
    )
