"""Consents given and taken back; mailings begun. Sending is in `sending`."""

from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked, locked_one

from .models import Consent, Letter, Mailing


class NoMembers(DomainError):
    """Nobody has asked for the mall's news at a proved address. Nothing was begun; it can be tried again when somebody has."""

    code = "no_members"
    message = _("No member has asked for this mall's news by e-mail.")


@dataclass(frozen=True)
class Draft:
    """What a mailing says. `source` is the caller's key."""

    source: str
    subject: str
    text: str
    link: str = ""


@transaction.atomic
def give_consent(*, member: User, by: Actor, now: datetime) -> Consent:
    """
    Note that a member wants the mall's news. Repeated it changes nothing.

    Locks: Consent.
    """
    found = locked(Consent.objects.filter(member=member))
    consent = found[0] if found else Consent(member=member, given_at=now)
    if found and consent.withdrawn_at is None:
        return consent
    consent.given_at, consent.withdrawn_at = now, None
    consent.save()
    _note("consent.given", consent, _("%(name)s wants the mall’s news by e-mail"), by=by, now=now)
    return consent


@transaction.atomic
def withdraw_consent(*, consent: int, by: Actor, now: datetime) -> bool:
    """
    Take a consent back; no letter goes out after this. Return whether this call did.

    Locks: Consent.

    :raises Consent.DoesNotExist: there is none
    """
    found = locked_one(Consent.objects.filter(pk=consent).select_related("member"))
    if found.withdrawn_at is not None:
        return False
    found.withdrawn_at = now
    found.save(update_fields=["withdrawn_at"])
    _note("consent.withdrawn", found, _("%(name)s wants no more news by e-mail"), by=by, now=now)
    return True


@transaction.atomic
def forget(*, member: User) -> None:
    """Drop a member's consent, given or taken back, and with it the link that ends it. Letters on their way to them are not sent."""
    Consent.objects.filter(member=member).delete()


def begin(*, draft: Draft, by: Actor, now: datetime) -> Mailing:
    """
    Make a mailing with a letter for each member who consented and has a proved address; for a source that has one, return that one.

    Two at once make one. What was edited and approved anew before all letters were out stands in those that are left.

    :raises NoMembers: there is nobody to write to; nothing was begun
    """
    try:
        return _begin(draft=draft, by=by, now=now)
    except IntegrityError:
        found = Mailing.objects.filter(source=draft.source).first()
        if found is None:
            raise
        return found


@transaction.atomic
def _begin(*, draft: Draft, by: Actor, now: datetime) -> Mailing:
    subject = " ".join(draft.subject.split())
    if known := locked(Mailing.objects.filter(source=draft.source)):
        return _edited(known[0], draft, subject, by=by, now=now)
    proved = EmailAddress.objects.filter(verified=True).values("user")
    members = Consent.objects.filter(withdrawn_at=None, member__is_active=True, member__in=proved)
    wanting = list(members.order_by("pk").values_list("member", flat=True))
    if not wanting:
        raise NoMembers
    mailing = Mailing.objects.create(
        source=draft.source, subject=subject, text=draft.text, link=draft.link, author=by.name[:160], begun_at=now
    )
    letters = [Letter(mailing=mailing, member_id=pk) for pk in wanting]
    Letter.objects.bulk_create(letters, batch_size=1000)
    audit.record(
        action="mailing.begun",
        subject=("mailing", mailing.source),
        summary=phrase(_("“%(subject)s” goes to members by e-mail: %(count)d"), subject=subject, count=len(letters)),
        by=by,
        now=now,
        source=mailing.source,
        letters=len(letters),
    )
    return mailing


def _edited(mailing: Mailing, draft: Draft, subject: str, *, by: Actor, now: datetime) -> Mailing:
    """Return a known mailing, with what was written since in the letters that are left."""
    written = subject, draft.text, draft.link
    if mailing.finished_at is None and (mailing.subject, mailing.text, mailing.link) != written:
        mailing.subject, mailing.text, mailing.link = written
        mailing.save(update_fields=["subject", "text", "link"])
        words = phrase(_("“%(subject)s” has other words in the letters that are left"), subject=subject)
        audit.record(
            action="mailing.changed", subject=("mailing", mailing.source), summary=words, by=by, now=now,
            source=mailing.source,
        )  # fmt: skip
    return mailing


def _note(action: str, consent: Consent, text: Promise, *, by: Actor, now: datetime) -> None:
    member = consent.member
    audit.record(
        action=action,
        subject=("person", member.public_id),
        summary=phrase(text, name=member.get_full_name()),
        by=by,
        now=now,
    )
