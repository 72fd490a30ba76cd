"""Publishing: once, whatever is killed and repeated; and what becomes of posts that cannot go out."""

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from cms.news.models import Notice
from ops_console.mandates import grants
from ops_console.posts import channels, pictures, publishing
from ops_console.posts.connectors.news import MallNews
from ops_console.posts.models import Channel, Post, Sending
from ops_console.posts.moves import S
from ops_console.posts.refusals import MovedOn, OutcomeUnknown
from saas.accounts.middleware import actor_for
from saas.accounts.models import User
from saas.audit.models import AuditEntry
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tests.factories.mandates import CLAUSES

pytestmark = pytest.mark.django_db


def red() -> bytes:
    """Return a picture."""
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def due(open_channel: Any, scheduled: Callable[..., Post], now: datetime) -> tuple[Post, datetime]:
    """A post for the mall's news whose time has come, and that time."""
    return scheduled(open_channel("news")), now + timedelta(hours=1)


def test_a_notice_appears_in_the_mall_once_and_the_malls_trail_names_person_and_clause(
    due: tuple[Post, datetime], riverside: Any, client_for: Any
) -> None:
    post, at = due
    assert publishing.due(now=at - timedelta(seconds=1)) == []
    assert publishing.due(now=at) == [post.public_id]

    for _again in range(3):
        assert publishing.publish(post=post.public_id, now=at) == S.PUBLISHED

    found = Post.objects.get(pk=post.pk)
    with inside(riverside):
        notice = Notice.objects.get()
        entry = AuditEntry.objects.get(action="notice.published")
    assert (notice.title, notice.source) == ("New noodles", post.public_id)
    assert (entry.actor_name, entry.on_behalf_of, entry.clause) == (
        "Omar",
        "Riverside Noodles",
        CLAUSES["content.publish"],
    ), "by the clause that lets the agency publish, not by the one of the task, which does not"
    assert found.url.endswith(f"/news/{notice.slug}/")
    client = client_for(riverside)
    for path in ("/", "/news/", f"/news/{notice.slug}/"):
        assert "New noodles" in client.get(path).content.decode(), path


def test_a_notice_brings_its_picture_into_the_mall(
    open_channel: Any, scheduled: Any, riverside: Any, client_for: Any, now: datetime
) -> None:
    post = scheduled(open_channel("news"), picture=red(), picture_says="A bowl")
    assert publishing.publish(post=post.public_id, now=now + timedelta(hours=1)) == S.PUBLISHED
    with inside(riverside):
        notice = Notice.objects.get()
        assert notice.picture
        assert (notice.picture.width, notice.picture.description) == (40, "A bowl")
        assert notice.picture.file.name.startswith(f"{riverside.schema_name}/")
    assert 'alt="A bowl"' in client_for(riverside).get(f"/news/{notice.slug}/").content.decode()


def test_a_way_out_that_was_killed_after_the_call_goes_on_and_posts_once(
    due: tuple[Post, datetime], riverside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies between the call and its record; until the lease is over nobody else calls, then the notice is found."""
    post, at = due

    def die(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "_record", die)
        with pytest.raises(KeyboardInterrupt):
            publishing.publish(post=post.public_id, now=at)
    assert publishing.publish(post=post.public_id, now=at + timedelta(minutes=1)) == S.SENDING
    assert Sending.objects.get().tries == 1

    later = at + publishing.LEASE
    assert publishing.due(now=later) == [post.public_id]
    assert publishing.publish(post=post.public_id, now=later) == S.PUBLISHED
    with inside(riverside):
        assert Notice.objects.count() == 1


def test_a_record_that_comes_after_its_lease_says_nothing(due: tuple[Post, datetime]) -> None:
    """A worker that was frozen wakes up when another one has taken over."""
    post, at = due
    slow = publishing._claim(post.public_id, now=at)
    assert slow is not None
    publishing.publish(post=post.public_id, now=at + publishing.LEASE)
    refused = publishing.Outcome("refused", reason="too late")
    assert publishing._record(slow, refused, now=at + publishing.LEASE) is False
    assert Post.objects.get(pk=post.pk).state == S.PUBLISHED


def test_a_post_is_not_published_a_day_late_but_given_back(due: tuple[Post, datetime], riverside: Any) -> None:
    """The machine was down for a day: nobody reads yesterday's offer as today's."""
    post, at = due
    assert publishing.publish(post=post.public_id, now=at + timedelta(days=1)) == S.FAILED
    assert "more than six hours" in Post.objects.get(pk=post.pk).trouble
    with inside(riverside):
        assert not Notice.objects.exists()


def test_a_suspended_mall_publishes_nothing_until_it_is_open_again(due: tuple[Post, datetime], riverside: Any) -> None:
    post, at = due
    Tenant.objects.filter(pk=riverside.pk).update(status=Tenant.Status.SUSPENDED)
    assert publishing.publish(post=post.public_id, now=at) == S.SCHEDULED
    Tenant.objects.filter(pk=riverside.pk).update(status=Tenant.Status.OPEN)
    assert publishing.publish(post=post.public_id, now=at + timedelta(hours=1)) == S.PUBLISHED


def test_a_pause_or_a_suspension_stops_what_is_on_its_way_and_the_end_of_the_contract_ends_it(
    due: tuple[Post, datetime], mandate: Any, riverside: Any, alma_acts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A3: a mailing to many goes out a few letters at a time; each time it wants its right anew."""
    post, at = due
    steps: list[datetime] = []

    def step(_self: MallNews, job: publishing.Job) -> publishing.Outcome:
        steps.append(job.now)
        return publishing.Outcome("going_on", reason="320 letters sent.", after_s=1)

    monkeypatch.setattr(MallNews, "step", step)

    def go_on(minutes: int) -> int:
        assert publishing.publish(post=post.public_id, now=at + timedelta(minutes=minutes)) == S.SENDING
        return len(steps)

    assert go_on(0) == 1
    grants.pause(tenant=riverside, by=alma_acts, now=at)
    assert go_on(10) == 1
    assert "Stopped on its way" in Sending.objects.get().note
    grants.resume(tenant=riverside, by=alma_acts, now=at)
    Tenant.objects.filter(pk=riverside.pk).update(status=Tenant.Status.SUSPENDED)
    assert go_on(20) == 1
    Tenant.objects.filter(pk=riverside.pk).update(status=Tenant.Status.OPEN)
    assert go_on(30) == 2
    grants.end(contract=mandate.contract, at=at + timedelta(minutes=40), by=alma_acts, now=at)
    assert publishing.publish(post=post.public_id, now=at + timedelta(minutes=50)) == S.FAILED
    assert len(steps) == 2
    assert "No contract in force" in Post.objects.get(pk=post.pk).trouble


def test_a_post_on_a_closed_channel_fails_and_says_so(due: tuple[Post, datetime], mei: User) -> None:
    post, at = due
    channels.retire(channel=post.channel.public_id, by=actor_for(mei), now=at)
    assert publishing.publish(post=post.public_id, now=at) == S.FAILED
    assert Post.objects.get(pk=post.pk).trouble == "The channel was closed."


def test_a_channel_without_a_way_in_hands_the_post_over_and_takes_the_address(
    open_channel: Any, scheduled: Any, omar: User, now: datetime
) -> None:
    post, at = scheduled(open_channel("by_hand")), now + timedelta(hours=1)
    assert publishing.publish(post=post.public_id, now=at) == S.HANDED_OVER
    facts = {"post": post.public_id, "url": "https://weibo.example/1", "by": actor_for(omar), "now": at}
    found = publishing.confirm(**facts)
    assert (found.state, found.url, found.published_at) == (S.PUBLISHED, "https://weibo.example/1", at)
    with pytest.raises(MovedOn):
        publishing.confirm(**facts)


class TestNobodyKnows:
    """A channel that never says whether a post arrived."""

    @pytest.fixture
    def unknown(self, due: tuple[Post, datetime], monkeypatch: pytest.MonkeyPatch) -> tuple[Post, datetime, list[bool]]:
        """A failed post after a day of asking; the connector was told each time whether it was unsure."""
        post, at = due
        asked: list[bool] = []

        def step(_self: MallNews, job: publishing.Job) -> publishing.Outcome:
            asked.append(job.is_unsure)
            return publishing.Outcome("unsure", reason="No answer.", after_s=3600)

        monkeypatch.setattr(MallNews, "step", step)
        for hour in range(27):
            publishing.publish(post=post.public_id, now=at + timedelta(hours=hour))
        return post, at + timedelta(hours=27), asked

    def test_is_asked_again_for_a_day_and_then_told_to_a_person(self, unknown: Any) -> None:
        post, _at, asked = unknown
        assert asked[0] is False
        assert all(asked[1:])
        assert len(asked) == 26
        found = Post.objects.get(pk=post.pk)
        assert found.state == S.FAILED
        assert "Nobody knows whether it is out" in found.trouble

    def test_is_not_sent_again_before_a_person_has_looked(self, unknown: Any, omar: User) -> None:
        from ops_console.posts import operations

        post, at, asked = unknown
        facts = {"post": post.public_id, "by": actor_for(omar), "now": at}
        with pytest.raises(OutcomeUnknown):
            operations.schedule(at=at + timedelta(hours=1), **facts)
        publishing.is_not_there(**facts)
        operations.schedule(at=at + timedelta(hours=1), **facts)
        publishing.publish(post=post.public_id, now=at + timedelta(hours=1))
        assert asked[-1] is False


def test_secrets_of_a_channel_are_sealed_and_read_with_the_former_key_too(settings: Any) -> None:
    from ops_console.posts import sealing

    former = settings.SECRET_KEY
    sealed = sealing.seal({"secret": "open sesame"})
    assert "sesame" not in sealed
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key", [former]
    assert sealing.unseal(sealed) == {"secret": "open sesame"}
    settings.SECRET_KEY_FALLBACKS = []
    assert sealing.unseal(sealed) == {}


def stored() -> list[str]:
    """Return the keys of the posts' pictures that lie on the storage."""
    folder = Path(default_storage.location) / "public" / "posts"  # type: ignore[attr-defined]
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_a_picture_that_an_edit_replaces_or_takes_away_is_deleted_with_its_commit(
    open_channel: Any, write: Any, omar: User, now: datetime, run_tasks: Any
) -> None:
    """A8: no file without a row, which an erasure would not find; an edit that is rolled back keeps the one there was."""
    from ops_console.posts import operations
    from ops_console.posts.refusals import TimeGone

    post = write(open_channel("news"), picture=red())
    (first,) = stored()
    facts = {"post": post.public_id, "by": actor_for(omar), "now": now}
    late = operations.Written("Soup", "Hot.", planned_at=now + timedelta(days=9000), picture=b"")
    with run_tasks(), pytest.raises(TimeGone):
        operations.edit(version=1, written=late, **facts)
    assert stored() == [first]
    with run_tasks():
        operations.edit(version=1, written=operations.Written("Soup", "Hot.", picture=red()), **facts)
    (second,) = stored()
    assert second != first
    with run_tasks():
        operations.edit(version=2, written=operations.Written("Soup", "Hot.", picture=b""), **facts)
    assert stored() == []


def test_what_was_written_for_an_erased_mall_is_forgotten(due: tuple[Post, datetime], riverside: Any) -> None:
    from ops_console.posts import leaving

    post, at = due
    publishing.publish(post=post.public_id, now=at)
    Post.objects.filter(pk=post.pk).update(picture=pictures.keep(red()))
    leaving.forget(schema_name=riverside.schema_name)
    assert stored() == []
    found = Post.objects.get(pk=post.pk)
    assert (found.title, found.text, found.url) == ("", "", "")
    assert found.published_at == at
    assert not Channel.objects.exclude(sealed="").exists()


def test_a_connector_that_breaks_off_is_asked_again_and_given_to_a_person_at_last(
    due: tuple[Post, datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake in a connector must not leave a post "being published" for ever, and says nothing of whether it is out."""
    post, at = due
    asked: list[bool] = []

    def step(_self: MallNews, job: publishing.Job) -> publishing.Outcome:
        asked.append(job.is_unsure)
        raise KeyError("access_token")

    monkeypatch.setattr(MallNews, "step", step)
    for hour in range(26):
        publishing.publish(post=post.public_id, now=at + timedelta(hours=hour))
    assert asked == [False] + [True] * 25
    assert Post.objects.get(pk=post.pk).state == S.FAILED
    assert Sending.objects.get().is_unsure


def test_a_try_that_did_not_arrive_says_nothing_of_the_one_before(
    due: tuple[Post, datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    """First nobody knows, then the channel is away until it is too late: a person looks before the post is sent again."""
    post, at = due
    said = iter(["unsure", "later", "later"])
    monkeypatch.setattr(
        MallNews, "step", lambda _self, _job: publishing.Outcome(next(said), reason="Away.", after_s=60)
    )
    for minutes in (0, 2, 7 * 60):
        publishing.publish(post=post.public_id, now=at + timedelta(minutes=minutes))
    assert Post.objects.get(pk=post.pk).state == S.FAILED
    assert Sending.objects.get().is_unsure


def test_a_post_that_surely_is_not_out_is_not_said_to_be(
    due: tuple[Post, datetime], omar: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    post, at = due
    monkeypatch.setattr(MallNews, "step", lambda _self, _job: publishing.Outcome("refused", reason="No."))
    assert publishing.publish(post=post.public_id, now=at) == S.FAILED
    with pytest.raises(MovedOn):
        publishing.confirm(post=post.public_id, url="https://weibo.example/1", by=actor_for(omar), now=at)
