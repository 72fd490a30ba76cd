"""Reads of consents."""

from saas.accounts.models import User

from .models import Consent, Letter


def wants_news(member: User) -> bool:
    """Tell whether a member wants the mall's news by e-mail."""
    return Consent.objects.filter(member=member, withdrawn_at=None).exists()


def by_token(token: str) -> Consent | None:
    """Return the consent of a link; None where there is none."""
    return Consent.objects.filter(token=token).select_related("member").first()


def consent_of(member: User) -> Consent | None:
    """Return a member's consent, given or taken back; None where there never was one."""
    return Consent.objects.filter(member=member).first()


def letters_to(member: User) -> list[Letter]:
    """Return the letters that were sent to a member, newest first, with their mailing."""
    sent = Letter.objects.filter(member=member, state=Letter.State.SENT)
    return list(sent.select_related("mailing").order_by("-sent_at", "-pk"))
