"""Channels of Riverside Noodles, people who write and approve, and posts on their way."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group

from ops_console.mandates import roles
from ops_console.posts import answers, channels, operations
from ops_console.posts.models import Channel, Post
from saas.accounts.middleware import actor_for
from saas.accounts.models import User
from saas.kernel.actors import Actor
from tests.factories import mandates


def person(email: str, name: str, role: str) -> User:
    """Return a person of the agency with a role."""
    roles.ensure_roles()
    found = User.objects.filter(email=email).first() or User.objects.create_user(
        email, name=name, kind=User.Kind.AGENCY
    )
    found.groups.set(Group.objects.filter(name=role))
    return found


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> None:
    """Pictures of these tests, the platform's and the malls', in a folder of their own."""
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture(autouse=True)
def mandate(request: pytest.FixtureRequest) -> Any:
    """What Riverside's contract gives the agency: everything, by clauses 1.1 and on."""
    if "db" not in request.fixturenames and not request.node.get_closest_marker("django_db"):
        return None
    riverside, now = request.getfixturevalue("riverside"), request.getfixturevalue("now")
    return mandates.give(riverside, now=now)


@pytest.fixture
def omar(riverside: Any) -> User:
    """Omar, an operator, who writes."""
    return person("omar.test@hutong.example", "Omar", roles.OPERATOR)


@pytest.fixture
def vera(riverside: Any) -> User:
    """Vera, a reviewer, who approves."""
    return person("vera.test@hutong.example", "Vera", roles.REVIEWER)


@pytest.fixture
def alma_acts(alma: Any) -> Actor:
    """Alma, acting in her own mall."""
    return actor_for(alma)


@pytest.fixture
def open_channel(riverside: Any, mei: User, now: datetime) -> Callable[..., Channel]:
    """Return a maker of channels: `open_channel("news", needs_merchant=True)`."""

    def make(
        kind: str, *, name: str = "", needs_merchant: bool = False, answer_days: int = 3, **told: dict[str, str]
    ) -> Channel:
        said = channels.Told(
            name or kind, needs_merchant, answer_days, told.get("settings", {}), told.get("secrets", {})
        )
        return channels.add(tenant=riverside, kind=kind, told=said, by=actor_for(mei), now=now)

    return make


@pytest.fixture
def write(omar: User, now: datetime) -> Callable[..., Post]:
    """Return a writer of drafts: `write(channel, title="…", at=…)`."""

    def make(channel: Channel, *, title: str = "New noodles", at: datetime | None = None, **more: Any) -> Post:
        written = operations.Written(title, more.pop("text", "Hand-pulled from Monday on."), planned_at=at, **more)
        ground = operations.Ground(contract="c1", clause="2.1")
        return operations.draft(
            channel=channel.public_id, written=written, ground=ground, author=omar, by=actor_for(omar), now=now
        )

    return make


@pytest.fixture
def scheduled(write: Callable[..., Post], omar: User, vera: User, now: datetime) -> Callable[..., Post]:
    """Return a maker of posts that a colleague approved and whose time comes in an hour."""

    def make(channel: Channel, **more: Any) -> Post:
        more.setdefault("at", now + timedelta(hours=1))
        post = write(channel, **more)
        answers.submit(post=post.public_id, by=actor_for(omar), now=now)
        return answers.approve(post=post.public_id, version=1, person=vera, by=actor_for(vera), now=now)

    return make
