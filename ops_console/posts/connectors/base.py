"""What every connector offers, and what it gets. A connector is a class that `POST_CONNECTORS` names; it keeps no state."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from django.db.models import Q

from saas.kernel.actors import Actor
from tenants.registry.models import Tenant


@dataclass(frozen=True)
class Limit:
    """At most so many posts in a day or a month: of the mall's clock, or of the channel's own where it names a time zone."""

    posts: int
    per: Literal["day", "month"]
    zone: str = ""


@dataclass(frozen=True)
class Setting:
    """
    One thing that a channel of this kind is told: its name in the row, what people read, whether it is a secret, a web address, how
    many characters it has at least, and for a secret the address whose host alone may know it: at another host a new one is made.
    """

    name: str
    label: object
    help: object = ""
    is_secret: bool = False
    is_address: bool = False
    is_needed: bool = True
    least: int = 0
    known_at: str = ""


@dataclass(frozen=True)
class Content:
    """What is published: plain text in paragraphs, at most one picture (its bytes are a JPEG), at most one link."""

    title: str
    text: str
    link: str = ""
    has_picture: bool = False
    picture_says: str = ""


@dataclass(frozen=True)
class Job:
    """
    One step of publishing one post.

    `post` is the post's public id: the key by which the other side may know it again. `is_unsure` says that an earlier call may have
    arrived without our hearing of it; a connector then asks before it acts. `progress` is what earlier steps returned.
    """

    post: str
    tenant: Tenant
    content: Content
    picture: bytes
    settings: dict[str, str]
    secrets: dict[str, str]
    progress: dict[str, Any]
    is_unsure: bool
    # How many steps were taken before this one, and this one.
    tries: int
    by: Actor
    now: datetime


@dataclass(frozen=True)
class Outcome:
    """
    How a step ended.

    `published` with an address where there is one; `going_on`: not yet, come again after `after_s`; `unsure`: nobody knows whether it
    arrived; `later`: it did not, and may be tried again after `after_s`; `refused`: it did not, and trying again does not help.
    """

    kind: Literal["published", "going_on", "unsure", "later", "refused"]
    url: str = ""
    reason: object = ""
    after_s: int = 0
    progress: dict[str, Any] = field(default_factory=dict)


class Connector(Protocol):
    """A kind of channel."""

    label: object
    # What it needs and does, in a sentence.
    says: object
    limit: Limit | None
    settings: tuple[Setting, ...]
    # What a contract must let the agency do for it: a key of `tenants.entry.mandated`.
    permission: str
    # Posts of such a channel are put there by a person, who then writes down the address.
    is_by_hand: bool

    def problems(self, content: Content) -> list[str]:
        """Return why the channel would not take such a post, in words for who writes it; checked while planning."""

    def same_place(self, *, kind: str, tenant_id: int, settings: dict[str, str]) -> Q | None:
        """Return which channels reach the same people as one of the kind with such settings, and share its limit; None for no other."""

    def step(self, job: Job) -> Outcome:
        """Go on with publishing. Runs outside any transaction, on the platform's schema, for at most a minute."""


class Plain:
    """What most connectors share."""

    says: object = ""
    limit: Limit | None = None
    settings: tuple[Setting, ...] = ()
    permission = "content.publish"
    is_by_hand = False

    def problems(self, content: Content) -> list[str]:
        """Take everything."""
        return []

    def same_place(self, *, kind: str, tenant_id: int, settings: dict[str, str]) -> Q | None:
        """Each channel is a place of its own."""
        return None
