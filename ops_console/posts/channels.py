"""Writes of channels: opened, changed, closed. What is secret is sealed and never shown again."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.locking import locked_one
from tenants.registry.models import Tenant

from . import sealing, slots
from .connectors.registry import kinds
from .models import Channel
from .refusals import ChannelRefused


@dataclass(frozen=True)
class Told:
    """What a person says of a channel. A secret that is left empty stays as it is."""

    name: str
    needs_merchant: bool
    answer_days: int
    settings: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)


def add(*, tenant: Tenant, kind: str, told: Told, by: Actor, now: datetime) -> Channel:
    """
    Open a channel for a mall.

    :raises ChannelRefused: no such kind, a name that is taken, a setting that is missing, an open channel to the same people
    """
    if kind not in kinds():
        raise ChannelRefused(_("There is no such kind of channel."))
    channel = Channel(tenant=tenant, kind=kind, created_at=now)
    _tell(channel, told)
    try:
        with transaction.atomic():
            channel.save()
            _note(channel, "channel.opened", gettext_lazy("Channel “%(channel)s” of %(mall)s opened"), by=by, now=now)
    except IntegrityError as error:
        raise ChannelRefused(_("This mall has a channel of that name.")) from error
    return channel


def change(*, channel: str, told: Told, by: Actor, now: datetime) -> Channel:
    """
    Change a channel's name, settings or secrets.

    Locks: Channel.

    :raises ChannelRefused: it is closed; see `add`
    """
    try:
        with transaction.atomic():
            found = _lock(channel)
            _tell(found, told)
            found.save()
            _note(found, "channel.changed", gettext_lazy("Channel “%(channel)s” of %(mall)s changed"), by=by, now=now)
    except IntegrityError as error:
        raise ChannelRefused(_("This mall has a channel of that name.")) from error
    return found


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


def _tell(channel: Channel, told: Told) -> None:
    wanted = kinds()[channel.kind].settings
    secrets = {**sealing.unseal(channel.sealed), **{name: text for name, text in told.secrets.items() if text}}
    for one in wanted:
        if one.is_needed and not (secrets if one.is_secret else told.settings).get(one.name):
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
        {one.name: secrets[one.name] for one in wanted if one.is_secret and secrets.get(one.name)}
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
