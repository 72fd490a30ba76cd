"""Mailings of a mall that was made from an archive: what was on its way then may have arrived since."""

from datetime import datetime

from .models import Letter, Mailing


def settle(*, now: datetime, **_later: object) -> None:
    """Send nothing of what the archive holds as unsent: nobody knows what of it went out after the archive was made."""
    open_states = (Letter.State.QUEUED, Letter.State.SENDING)
    Letter.objects.filter(state__in=open_states).update(state=Letter.State.UNKNOWN)
    Mailing.objects.filter(finished_at=None).update(finished_at=now)
