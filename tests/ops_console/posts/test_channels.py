"""Channels that are set up at once, and secrets that only one receiver may know."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from ops_console.posts import channels, sealing
from ops_console.posts.models import Channel
from ops_console.posts.refusals import ChannelRefused
from saas.accounts.models import User
from saas.kernel.actors import SYSTEM
from tenants.isolation.entrance import on_platform
from tenants.registry.models import Tenant
from tests.factories.races import Pause, together

SECRET = "a long shared secret"


def test_of_two_channels_of_one_account_added_at_once_one_is_refused_r5(
    committed: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R5 is reckoned over all channels of an account. The negative control adds both: neither sees the other's row."""
    malls = [Tenant.objects.get(slug=slug) for slug in ("riverside", "hillside")]

    def adding(tenant: Tenant) -> Callable[[], Channel]:
        told = channels.Told(
            name="WeChat",
            needs_merchant=False,
            answer_days=3,
            settings={"app_id": "wx1"},
            secrets={"secret": "open sesame"},
        )

        def act() -> Channel:
            with on_platform():
                return channels.add(tenant=tenant, kind="wechat_subscription", told=told, by=SYSTEM, now=now)

        return act

    def at_once() -> tuple[int, int]:
        found = together([adding(tenant) for tenant in malls], schema=malls[0].schema_name)
        return sum(isinstance(one, ChannelRefused) for one in found), Channel.objects.in_use().count()

    assert at_once() == (1, 1)
    Channel.objects.all().delete()
    pause = Pause(2)
    monkeypatch.setattr(channels, "alone", lambda _name: None)
    monkeypatch.setattr(channels, "_note", lambda *_args, **_more: pause.meet())
    assert at_once() == (0, 2)


@pytest.mark.django_db
def test_at_another_host_a_webhook_has_a_new_secret_that_is_shown_once(
    open_channel: Any, riverside: Any, mei: User, client_for: Any
) -> None:
    channel = open_channel("webhook", settings={"address": "https://old.example/in"}, secrets={"secret": SECRET})
    client, place = client_for(None, mei), f"/ops/malls/{riverside.public_id}/channels/{channel.public_id}/"
    assert "a new one is made then" in client.get(place).content.decode()

    def kept() -> str:
        return sealing.unseal(Channel.objects.get().sealed)["secret"]

    sent = {"name": "Site", "answer_days": 3, "set_address": "https://old.example/posts"}
    assert client.post(place, sent).status_code == 302
    assert kept() == SECRET, "the same receiver at another path"
    sent["set_address"] = "https://new.example/posts"
    assert client.post(place, sent | {"set_secret": SECRET}).status_code == 422, "the former receiver knows it"
    shown = client.post(place, sent)
    assert shown.status_code == 200
    assert re.search(r'<code id="copy-1">([^<]{40,})</code>', shown.content.decode()).group(1) == kept() != SECRET  # type: ignore[union-attr]
    assert client.post(place, sent).status_code == 302, "said again it is the same host"
    assert kept() not in client.get(place).content.decode()
    sent["set_address"] = "https://third.example/"
    assert client.post(place, sent | {"set_secret": "one of their own choice"}).status_code == 302
    assert kept() == "one of their own choice"
