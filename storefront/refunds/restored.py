"""Refunds of a mall that was made from an archive. See ADR 0008."""

from datetime import datetime

from django.utils.translation import gettext as _

from .models import Refund

State = Refund.State


def settle(*, is_copy: bool, now: datetime, **_later: object) -> None:
    """In a copy, close every wish and every refund that is not back: the mall that lives decides and pays, from its own payments."""
    if is_copy:
        open_ones = Refund.objects.exclude(state__in=[State.BACK, State.DECLINED])
        open_ones.update(
            state=State.DECLINED, decided_at=now, answer=_("Goes on in the mall that this one was copied from")
        )
