"""Backends that write mail and text messages to files, and one that refuses text messages."""

import base64
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from . import messages


class FileEmailBackend(BaseEmailBackend):
    """Django's mail, written to `settings.MAIL_DIRECTORY`."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the mails and return how many there were."""
        for email in email_messages:
            messages.write(_as_message(email))
        return len(email_messages)


class FileSmsBackend:
    """Text messages, written to `settings.MAIL_DIRECTORY`."""

    def send(self, *, to: str, text: str) -> None:
        """Write a text message."""
        messages.write(messages.Message(kind="sms", to=[to], text=text))


class RefusingSmsBackend:
    """What stands where no operator has named a way to send text messages."""

    def send(self, *, to: str, text: str) -> None:
        """
        Refuse.

        :raises ImproperlyConfigured: always
        """
        raise ImproperlyConfigured("Text messages need HUTONG_SMS_BACKEND: a class with send(*, to, text).")


def _as_message(email: EmailMessage) -> messages.Message:
    """Take from the finished MIME message what a reader sees, so that the page shows what a mail program would."""
    text, html, enclosures = "", "", []
    for part in email.message().walk():
        if part.is_multipart():
            continue
        kind, name = part.get_content_type(), part.get_filename()
        content = part.get_payload(decode=True) or b""
        content = content if isinstance(content, bytes) else b""
        if not name and kind == "text/plain" and not text:
            text = content.decode(part.get_content_charset() or "utf-8", "replace")
        elif not name and kind == "text/html" and not html:
            html = content.decode(part.get_content_charset() or "utf-8", "replace")
        else:
            content_id = str(part.get("Content-ID", "")).strip("<> ")
            encoded = base64.b64encode(content).decode("ascii")
            enclosures.append(messages.Enclosure(name or content_id or kind, kind, encoded, content_id))
    return messages.Message(
        kind="mail",
        to=[str(one) for one in email.recipients()],
        sender=str(email.from_email),
        subject=str(email.subject),
        text=text,
        html=html,
        enclosures=enclosures,
    )
