"""Writes of channels: opened, changed, closed. What is secret is sealed and never shown again."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.locking import alone, locked_one
from tenants.registry.models import Tenant

from . import sealing, slots
from .connectors.registry import kinds
from .models import Channel
from .refusals import ChannelRefused

# The name that a transaction holds while it sets a channel up: what reaches the same people cannot be read of a row that is on its way.
SETTING_UP = "ops_console.posts.channels"


@dataclass(frozen=True)
class Told:
    """What a person says of a channel. A secret that is left empty stays as it is."""

    name: str
    needs_merchant: bool
    answer_days: int
    settings: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Changed:
    """A channel that was changed, and the secrets that were made for it: they are shown once."""

    channel: Channel
    made: dict[str, str]


def add(*, tenant: Tenant, kind: str, told: Told, by: Actor, now: datetime) -> Channel:
    """
    Open a channel for a mall. Only one is set up at a time, so that two of one place see each other.

    :raises ChannelRefused: no such kind, a name that is taken, a setting that is missing, an open channel to the same people
    """
    if kind not in kinds():
        raise ChannelRefused(_("There is no such kind of channel."))
    channel = Channel(tenant=tenant, kind=kind, created_at=now)
    try:
        with transaction.atomic():
            alone(SETTING_UP)
            _tell(channel, told)
            channel.save()
            _note(channel, "channel.opened", gettext_lazy("Channel “%(channel)s” of %(mall)s opened"), by=by, now=now)
    except IntegrityError as error:
        raise ChannelRefused(_("This mall has a channel of that name.")) from error
    return channel


def change(*, channel: str, told: Told, by: Actor, now: datetime) -> Changed:
    """
    Change a channel's name, settings or secrets. A secret that only the former host may know is made anew at another one.

    Locks: Channel; only one is set up at a time.

    :raises ChannelRefused: it is closed; a secret that the former host knows; see `add`
    """
    try:
        with transaction.atomic():
            alone(SETTING_UP)
            found = _lock(channel)
            made = _anew(found, told)
            _tell(found, replace(told, secrets=told.secrets | made))
            found.save()
            _note(found, "channel.changed", gettext_lazy("Channel “%(channel)s” of %(mall)s changed"), by=by, now=now)
    except IntegrityError as error:
        raise ChannelRefused(_("This mall has a channel of that name.")) from error
    return Changed(found, made)


@transaction.atomic
def retire(*, channel: str, by: Actor, now: datetime) -> Channel:
    """
    Close a channel and forget its secrets. Posts that are scheduled on it fail, saying so.

    Locks: Channel.

    :raises ChannelRefused: it is closed
    """
    found = _lock(channel)
    found.retired_at, found.sealed = now, ""
    found.save()
    _note(found, "channel.closed", gettext_lazy("Channel “%(channel)s” of %(mall)s closed"), by=by, now=now)
    return found


def _lock(public_id: str) -> Channel:
    found = locked_one(Channel.objects.filter(public_id=public_id).select_related("tenant"))
    if found.retired_at is not None:
        raise ChannelRefused(_("This channel is closed."))
    return found


def _anew(channel: Channel, told: Told) -> dict[str, str]:
    """Return new secrets in place of those that nobody told and that only the former host may know."""
    known, made = sealing.unseal(channel.sealed), {}
    for one in kinds()[channel.kind].settings:
        if not one.known_at or _host(told.settings.get(one.known_at)) == _host(channel.settings.get(one.known_at)):
            continue
        if not told.secrets.get(one.name):
            made[one.name] = secrets.token_urlsafe(32)
        elif told.secrets[one.name] == known.get(one.name):
            raise ChannelRefused(
                _("The former receiver knows this secret. Give another, or leave it empty: one is made and shown once.")
            )
    return made


def _host(address: str | None) -> str:
    return urlsplit(address or "").netloc.lower()


def _tell(channel: Channel, told: Told) -> None:
    wanted = kinds()[channel.kind].settings
    known = {**sealing.unseal(channel.sealed), **{name: text for name, text in told.secrets.items() if text}}
    for one in wanted:
        if one.is_needed and not (known if one.is_secret else told.settings).get(one.name):
            raise ChannelRefused(_("%(label)s is missing.") % {"label": one.label})
    channel.name = " ".join(told.name.split())[:80]
    if not channel.name:
        raise ChannelRefused(_("Give the channel a name."))
    channel.needs_merchant, channel.answer_days = told.needs_merchant, told.answer_days
    channel.settings = {one.name: told.settings.get(one.name, "") for one in wanted if not one.is_secret}
    other = slots.others(channel).in_use().select_related("tenant").first()
    if other is not None:
        words = {"name": other.name, "mall": other.tenant.name}
        raise ChannelRefused(
            _("“%(name)s” of %(mall)s reaches the same people. Use that one, or close it first.") % words
        )
    channel.sealed = sealing.seal(
        {one.name: known[one.name] for one in wanted if one.is_secret and known.get(one.name)}
    )


def _note(channel: Channel, action: str, text: Promise, *, by: Actor, now: datetime) -> None:
    audit.record(
        action=action,
        subject=("channel", channel.public_id),
        summary=phrase(text, channel=channel.name, mall=channel.tenant.name),
        by=by,
        now=now,
        mall=channel.tenant.public_id,
        kind=channel.kind,
    )
