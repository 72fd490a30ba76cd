"""Channels outside: WeChat's official accounts and webhooks, against servers that answer, refuse, hang up and lose answers."""

import hashlib
import hmac
import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from ops_console.posts import answers, channels, operations, publishing, slots
from ops_console.posts.models import Post
from ops_console.posts.moves import S
from ops_console.posts.refusals import ChannelRefused, ContentRefused
from saas.accounts.middleware import actor_for
from saas.kernel.actors import SYSTEM
from storefront.mailings.models import Mailing
from tenants.isolation.entrance import inside
from tests.fakes.serving import Asked, Served, serving
from tests.fakes.wechat import Wechat

pytestmark = pytest.mark.django_db
APP = {"app_id": "wx1", "author": "Riverside"}


@pytest.fixture
def picture() -> bytes:
    """The bytes of a PNG that says where it was taken."""
    content = io.BytesIO()
    made = Image.new("RGB", (2400, 1800), "red")
    exif = Image.Exif()
    exif[0x010E] = "home"
    made.save(content, "PNG", exif=exif)
    return content.getvalue()


@pytest.fixture
def wechat(settings: Any) -> Iterator[Wechat]:
    """An official account on the loopback."""
    from django.core.cache import cache

    account = Wechat()
    with serving(account) as served:
        settings.WECHAT_API_BASE, settings.POST_HOSTS = served.base, [served.host]
        cache.delete("wechat-token:wx1")
        yield account
        cache.delete("wechat-token:wx1")


@pytest.fixture
def due(open_channel: Any, scheduled: Any, picture: bytes, wechat: Wechat, now: datetime) -> tuple[Post, datetime]:
    """A post for the account whose time has come, and that time."""
    channel = open_channel("wechat_subscription", settings=APP, secrets={"secret": "open sesame"})
    return scheduled(
        channel, title="New <noodles>", picture=picture, text="Hot & fresh.\n\nFrom Monday."
    ), now + timedelta(hours=1)


def go_on(post: Post, at: datetime, *, steps: int = 1, apart: timedelta = timedelta(minutes=3)) -> Post:
    """Let the sweep come `steps` times."""
    for step in range(steps):
        publishing.publish(post=post.public_id, now=at + step * apart)
    return Post.objects.get(pk=post.pk)


def test_an_article_goes_from_pictures_to_draft_to_published_with_its_address(
    due: tuple[Post, datetime], wechat: Wechat
) -> None:
    post, at = due
    assert go_on(post, at).state == S.SENDING
    found = go_on(post, at + timedelta(minutes=1), steps=3)
    assert (found.state, found.url) == (S.PUBLISHED, "https://mp.weixin.qq.com/s/100000000")
    assert wechat.calls == [
        "stable_token", "media/uploadimg", "material/add_material", "draft/add", "freepublish/submit", "freepublish/get", "freepublish/get",
    ]  # fmt: skip
    article = wechat.tasks["100000000"]["article"]
    assert isinstance(article, dict)
    assert article["title"] == "New <noodles>"
    assert "<p>Hot &amp; fresh.</p><p>From Monday.</p>" in article["content"]
    assert post.public_id in article["content_source_url"]
    assert b"\xff\xd8" in wechat.pictures[0]
    assert b"home" not in wechat.pictures[0]


def test_a_submission_whose_answer_is_lost_is_looked_for_and_never_submitted_again(
    due: tuple[Post, datetime], wechat: Wechat
) -> None:
    """Never twice: WeChat has it, we do not know; the published articles say so in the end."""
    post, at = due
    wechat.fail["freepublish/submit"] = ["lose"]
    wechat.fail["freepublish/batchget"] = [45009]
    found = go_on(post, at, steps=4, apart=timedelta(hours=1))
    assert found.state == S.SENDING
    wechat.finish_all()
    found = go_on(post, at + timedelta(hours=5), steps=2)
    assert (found.state, found.url) == (S.PUBLISHED, "https://mp.weixin.qq.com/s/100000000")
    assert wechat.calls.count("freepublish/submit") == 1
    assert len(wechat.articles) == 1


def test_a_worker_killed_in_the_middle_of_submitting_asks_first_too(
    due: tuple[Post, datetime], wechat: Wechat, monkeypatch: pytest.MonkeyPatch
) -> None:
    post, at = due
    kept, steps = publishing._record, []

    def die_after_the_fourth(*args: Any, **options: Any) -> bool:
        steps.append(1)
        if len(steps) == 4:
            raise KeyboardInterrupt
        return kept(*args, **options)

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "_record", die_after_the_fourth)
        with pytest.raises(KeyboardInterrupt):
            publishing.publish(post=post.public_id, now=at)
    wechat.finish_all()
    assert go_on(post, at + publishing.LEASE).state == S.PUBLISHED
    assert wechat.calls.count("freepublish/submit") == 1


def test_a_lost_answer_before_anything_is_public_is_simply_asked_for_again(
    due: tuple[Post, datetime], wechat: Wechat
) -> None:
    post, at = due
    wechat.fail["draft/add"] = ["hang up", -1]
    found = go_on(post, at, steps=8)
    assert found.state == S.PUBLISHED
    assert len(wechat.articles) == 1


def test_a_token_that_was_replaced_is_asked_for_again(due: tuple[Post, datetime], wechat: Wechat) -> None:
    post, at = due
    go_on(post, at)
    wechat.token = "TOKEN-2"
    assert go_on(post, at + timedelta(minutes=1), steps=3).state == S.PUBLISHED
    assert wechat.tokens_given == 2


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [("stable_token", 40164, "IP whitelist"), ("stable_token", 40125, "AppSecret is wrong"), ("freepublish/submit", 48001, "no right"),
     ("freepublish/submit", 53503, "did not pass"), ("draft/add", 45003, "too long"), ("draft/add", 99999, "refused by the test")],
)  # fmt: skip
def test_a_refusal_says_what_to_do(
    due: tuple[Post, datetime], wechat: Wechat, path: str, code: int, words: str
) -> None:
    post, at = due
    wechat.fail[path] = [code]
    found = go_on(post, at)
    assert found.state == S.FAILED
    assert words in found.trouble
    assert str(code) in found.trouble
    assert not operations.is_unknown(found)


def test_what_was_refused_edited_and_approved_anew_goes_out_as_it_says_now(
    due: tuple[Post, datetime], wechat: Wechat, omar: Any, vera: Any
) -> None:
    """An approval is of one version (R4): the draft that WeChat has of the former one is not what is published."""
    post, at = due
    wechat.fail["freepublish/submit"] = [53503]
    assert go_on(post, at).state == S.FAILED
    written = operations.Written("New noodles", "Half price on Monday.", planned_at=at + timedelta(hours=2))
    operations.edit(post=post.public_id, version=1, written=written, by=actor_for(omar), now=at)
    answers.submit(post=post.public_id, by=actor_for(omar), now=at)
    answers.approve(post=post.public_id, version=2, person=vera, by=actor_for(vera), now=at)
    assert go_on(post, at + timedelta(hours=2), steps=3).state == S.PUBLISHED
    (article,) = wechat.articles
    (said,) = article["content"]["news_item"]  # type: ignore[index]
    assert (said["title"], "Half price" in said["content"]) == ("New noodles", True)


def test_what_was_submitted_is_asked_for_to_its_end_whatever_fails_meanwhile(
    due: tuple[Post, datetime], wechat: Wechat
) -> None:
    """WeChat has it: hours without an answer make no failure of which somebody would say that it is not out."""
    post, at = due
    wechat.fail["freepublish/get"] = [45009, -1, "hang up", 48001]
    found = go_on(post, at, steps=5, apart=timedelta(hours=2))
    assert found.state == S.SENDING
    assert go_on(post, at + timedelta(hours=10), steps=2).state == S.PUBLISHED
    assert (wechat.calls.count("freepublish/submit"), len(wechat.articles)) == (1, 1)


def test_what_wechats_review_stops_has_failed(due: tuple[Post, datetime], wechat: Wechat) -> None:
    post, at = due
    wechat.status = 4
    found = go_on(post, at, steps=4)
    assert (found.state, found.trouble) == (S.FAILED, "WeChat's review did not let it pass.")


def test_what_wechat_would_refuse_is_said_while_writing(open_channel: Any, write: Any) -> None:
    channel = open_channel("wechat_service", settings=APP, secrets={"secret": "open sesame"})
    with pytest.raises(ContentRefused) as refusal:
        write(channel, title="N" * 33)
    assert len(refusal.value.data["problems"]) == 2  # the title, and no cover
    assert not Post.objects.exists()


def test_the_two_kinds_of_accounts_have_wechats_limits(
    open_channel: Any, write: Any, picture: bytes, now: datetime
) -> None:
    """R5: one a day; four a month; WeChat's days are China's, so that an evening in New York belongs to the next one."""
    daily = open_channel("wechat_subscription", settings=APP, secrets={"secret": "open sesame"})
    monthly = open_channel("wechat_service", settings={**APP, "app_id": "wx2"}, secrets={"secret": "open sesame"})
    with pytest.raises(ChannelRefused, match="“wechat_subscription” of Riverside Noodles reaches the same people"):
        open_channel("wechat_subscription", name="Again", settings=APP, secrets={"secret": "open sesame"})
    first = datetime(2026, 12, 1, 12, 0, tzinfo=now.tzinfo)
    write(daily, at=first, picture=picture)
    assert not slots.verdict(daily, first + timedelta(hours=2)).is_free
    assert not slots.verdict(daily, first - timedelta(hours=19)).is_free, "Monday noon in New York is Tuesday in China"
    assert slots.verdict(daily, first + timedelta(hours=5)).is_free, "and its Tuesday noon is Wednesday there"
    Post.objects.update(state=S.PUBLISHED, published_at=first)
    channels.retire(channel=daily.public_id, by=SYSTEM, now=first)
    anew = open_channel("wechat_subscription", name="Anew", settings=APP, secrets={"secret": "open sesame"})
    assert not slots.verdict(anew, first + timedelta(hours=2)).is_free, "the account had its post today"
    for day in range(4):
        assert slots.verdict(monthly, first + timedelta(days=day)).is_free
        write(monthly, at=first + timedelta(days=day), picture=picture)
    assert not slots.verdict(monthly, first + timedelta(days=9)).is_free


class Receiver:
    """A merchant's server: answers as told, then with 200, and knows deliveries by their id."""

    def __init__(self) -> None:
        self.told: list[tuple[int, bytes] | None] = []
        self.taken: set[str] = set()

    def answer(self, asked: Asked) -> tuple[int, bytes] | None:
        self.taken.add(asked.headers["hutong-delivery"])
        return self.told.pop(0) if self.told else (200, b'{"url": "https://shop.example/blog/1"}')


class TestWebhook:
    """A signed delivery to a web address."""

    @pytest.fixture
    def receiver(self) -> Receiver:
        return Receiver()

    @pytest.fixture
    def served(self, receiver: Receiver, settings: Any) -> Iterator[Served]:
        with serving(receiver) as served:
            settings.POST_HOSTS = [served.host]
            yield served

    @pytest.fixture
    def sent(self, served: Served, open_channel: Any, scheduled: Any, now: datetime) -> tuple[Post, datetime]:
        told = {"address": f"{served.base}/hook?shop=1"}
        channel = open_channel("webhook", settings=told, secrets={"secret": "a long shared secret"})
        return scheduled(channel), now + timedelta(hours=1)

    def test_is_signed_over_time_and_body_and_its_answer_names_the_address(
        self, sent: tuple[Post, datetime], served: Served
    ) -> None:
        post, at = sent
        found = go_on(post, at)
        assert (found.state, found.url) == (S.PUBLISHED, "https://shop.example/blog/1")
        asked = served.asked[0]
        seconds = int(at.timestamp())
        made = hmac.new(b"a long shared secret", f"{seconds}.".encode() + asked.body, hashlib.sha256).hexdigest()
        assert asked.headers["hutong-signature"] == f"t={seconds},v1={made}"
        assert asked.path == "/hook?shop=1"
        assert json.loads(asked.body)["id"] == post.public_id

    def test_is_tried_again_later_and_later_with_the_same_id(
        self, sent: tuple[Post, datetime], served: Served, receiver: Receiver
    ) -> None:
        post, at = sent
        receiver.told = [(503, b""), None, (429, b"")]
        assert go_on(post, at).state == S.SENDING
        assert go_on(post, at + timedelta(seconds=20)).state == S.SENDING
        assert len(served.asked) == 1  # not before its pause is over
        for minutes in (1, 5, 30):
            found = go_on(post, at + timedelta(minutes=minutes))
        assert found.state == S.PUBLISHED
        assert (len(served.asked), receiver.taken) == (4, {post.public_id})

    def test_is_given_up_where_the_receiver_says_no(
        self, sent: tuple[Post, datetime], served: Served, receiver: Receiver
    ) -> None:
        receiver.told = [(410, b"gone")]
        found = go_on(*sent)
        assert (found.state, found.trouble) == (S.FAILED, "The receiver answered with 410.")

    def test_follows_no_redirect(self, sent: tuple[Post, datetime], served: Served, receiver: Receiver) -> None:
        receiver.told = [(307, b"")]
        assert go_on(*sent).state == S.FAILED
        assert len(served.asked) == 1

    @pytest.mark.parametrize(
        "address",
        [
            "http://127.0.0.1/x",
            "https://169.254.169.254/latest",
            "http://[::ffff:10.0.0.1]/",
            "https://a:b@example.org/",
        ],
    )
    def test_does_not_knock_at_our_own_neighbours_doors(
        self, served: Served, open_channel: Any, scheduled: Any, now: datetime, address: str
    ) -> None:
        """SSRF: a private address gets nothing, whatever the operator lets through elsewhere."""
        channel = open_channel("webhook", settings={"address": address}, secrets={"secret": "a long shared secret"})
        found = go_on(scheduled(channel), now + timedelta(hours=1))
        assert found.state == S.SENDING
        assert served.asked == []
        assert go_on(found, now + timedelta(hours=8)).state == S.FAILED


def test_a_post_becomes_one_letter_to_each_member_who_asked(
    open_channel: Any, scheduled: Any, riverside: Any, mailoutbox: list[Any], now: datetime
) -> None:
    from allauth.account.models import EmailAddress

    from saas.accounts.models import User
    from saas.kernel.actors import SYSTEM
    from storefront.mailings import operations as mailings
    from tenants.isolation.entrance import inside

    with inside(riverside):
        for name in ("mei", "lin"):
            member = User.objects.create_user(f"{name}@shoppers.example", name=name)
            EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
            mailings.give_consent(member=member, by=SYSTEM, now=now)
    post = scheduled(open_channel("email"))
    mailoutbox.clear()
    found = go_on(post, now + timedelta(hours=1), steps=3)
    assert found.state == S.PUBLISHED
    assert operations.note_of(found).startswith("2 letters sent")
    assert sorted(letter.to[0] for letter in mailoutbox) == ["lin@shoppers.example", "mei@shoppers.example"]


def test_a_letter_to_nobody_has_failed_and_says_why(open_channel: Any, scheduled: Any, now: datetime) -> None:
    found = go_on(scheduled(open_channel("email")), now + timedelta(hours=1))
    assert found.state == S.FAILED
    assert "No member has asked" in found.trouble
    with inside(found.tenant):
        assert not Mailing.objects.exists(), "nothing was begun: another try writes to who has asked since"
