"""Posts from draft to scheduled: who may answer, what is refused, how full a channel may be (R4, R5)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils.formats import date_format

from ops_console.posts import answers, operations, slots
from ops_console.posts.connectors.base import Limit
from ops_console.posts.connectors.news import MallNews
from ops_console.posts.models import Post, Sending
from ops_console.posts.moves import MOVES, S
from ops_console.posts.refusals import (
    AnswerMissing,
    MovedOn,
    NotOneself,
    OtherVersion,
    SlotTaken,
    TimeGone,
)
from saas.accounts.middleware import actor_for
from saas.accounts.models import User
from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor, OnlyTheMerchant

pytestmark = pytest.mark.django_db


def actions(post: Post) -> list[str]:
    rows = AuditEntry.objects.filter(subject_kind="post", subject_id=post.public_id).order_by("pk")
    return list(rows.values_list("action", flat=True))


def test_a_post_is_approved_by_a_colleague_and_each_change_leaves_a_row_with_its_clause(
    open_channel: Any, scheduled: Callable[..., Post], vera: User
) -> None:
    """R4: draft, submitted, approved, scheduled; who did it, for whom, by which clause."""
    post = scheduled(open_channel("news"))

    assert post.state == S.SCHEDULED
    assert actions(post) == ["post.draft", "post.submitted", "post.approved", "post.scheduled"]
    entry = AuditEntry.objects.get(subject_id=post.public_id, action="post.approved")
    assert (entry.actor_name, entry.on_behalf_of, entry.clause) == (
        "Vera",
        "Riverside Noodles",
        "2.1",
    )


def test_nobody_approves_what_they_wrote_into_a_colleagues_post(
    open_channel: Any, write: Any, omar: User, mei: User, vera: User, now: datetime
) -> None:
    """Who may write and approve would else change a post and let it through alone."""
    post = write(open_channel("news"))
    written = operations.Written(post.title, "Other words altogether.")
    operations.edit(post=post.public_id, version=1, written=written, by=actor_for(mei), now=now)
    answers.submit(post=post.public_id, by=actor_for(mei), now=now)
    facts: dict[str, Any] = {"post": post.public_id, "version": 2, "now": now}
    with pytest.raises(NotOneself):
        answers.approve(person=mei, by=actor_for(mei), **facts)
    assert answers.approve(person=vera, by=actor_for(vera), **facts).approved_by == "Vera"


def test_nobody_approves_an_own_post_and_nothing_changes(
    open_channel: Any, write: Any, omar: User, now: datetime
) -> None:
    post = write(open_channel("news"))
    answers.submit(post=post.public_id, by=actor_for(omar), now=now)
    with pytest.raises(NotOneself):
        answers.approve(post=post.public_id, version=1, person=omar, by=actor_for(omar), now=now)
    assert Post.objects.get(pk=post.pk).state == S.SUBMITTED


def test_an_approval_is_of_the_version_that_was_read(
    open_channel: Any, write: Any, omar: User, vera: User, now: datetime
) -> None:
    post = write(open_channel("news"))
    written = operations.Written("Cold noodles", "From Tuesday on.")
    operations.edit(post=post.public_id, version=1, written=written, by=actor_for(omar), now=now)
    answers.submit(post=post.public_id, by=actor_for(omar), now=now)
    with pytest.raises(OtherVersion):
        answers.approve(post=post.public_id, version=1, person=vera, by=actor_for(vera), now=now)


def test_editing_an_approved_post_takes_the_approval_away_and_another_time_keeps_it(
    open_channel: Any, scheduled: Any, omar: User, now: datetime
) -> None:
    post = scheduled(open_channel("news"))
    same = operations.Written(post.title, post.text, planned_at=now + timedelta(hours=5))
    later = operations.edit(post=post.public_id, version=1, written=same, by=actor_for(omar), now=now)
    assert (later.state, later.approved_by) == (S.SCHEDULED, "Vera")

    other = operations.Written("Half price today", post.text, planned_at=now + timedelta(hours=5))
    changed = operations.edit(post=post.public_id, version=1, written=other, by=actor_for(omar), now=now)
    assert (changed.state, changed.approved_by, changed.version) == (S.DRAFT, "", 2)


@pytest.fixture
def waiting(open_channel: Any, write: Any, omar: User, now: datetime) -> Post:
    """A post that waits for Alma's yes."""
    post = write(open_channel("news", needs_merchant=True), at=now + timedelta(days=2))
    return answers.submit(post=post.public_id, by=actor_for(omar), now=now)


def test_only_the_merchant_in_person_answers_a_post_that_needs_the_merchant(
    waiting: Post, vera: User, riverside: Any, hillside: Any, alma_acts: Actor, now: datetime
) -> None:
    """A3: neither a colleague, nor the agency on a visit, nor another mall's owner says yes."""
    post = waiting
    facts = {"post": post.public_id, "version": 1, "now": now}
    visiting = Actor("merchant", "Omar", on_behalf_of="Riverside Noodles")
    with pytest.raises(OnlyTheMerchant):
        answers.approve_as_merchant(tenant=riverside, by=visiting, **facts)
    with pytest.raises(MovedOn):
        answers.approve(person=vera, by=actor_for(vera), **facts)
    with pytest.raises(MovedOn):
        answers.approve_as_merchant(tenant=hillside, by=alma_acts, **facts)
    assert Post.objects.get(pk=post.pk).state == S.WAITING

    assert answers.approve_as_merchant(tenant=riverside, by=alma_acts, **facts).state == S.SCHEDULED


def test_a_merchant_asks_for_a_change_in_words_and_gets_it_back_as_a_draft(
    open_channel: Any, scheduled: Any, riverside: Any, alma_acts: Actor, now: datetime
) -> None:
    post = scheduled(open_channel("news"))
    facts = {"post": post.public_id, "tenant": riverside, "version": 1, "by": alma_acts, "now": now}
    with pytest.raises(AnswerMissing):
        answers.ask_change_as_merchant(words=" – ", **facts)
    back = answers.ask_change_as_merchant(words="We close on Mondays", **facts)
    assert (back.state, back.change_asked, back.approved_by) == (S.DRAFT, "We close on Mondays", "")


def test_a_merchant_who_never_answers_is_reminded_once_and_then_the_post_is_handed_back(
    open_channel: Any, write: Any, omar: User, now: datetime, run_tasks: Any, mailoutbox: Any
) -> None:
    post = write(open_channel("news", needs_merchant=True, answer_days=3), at=now + timedelta(days=2))
    with run_tasks():
        answers.submit(post=post.public_id, by=actor_for(omar), now=now)
    assert answers.sweep(now=now + timedelta(days=1)) == 0
    with run_tasks():
        answers.sweep(now=now + timedelta(days=2, hours=1))
        answers.sweep(now=now + timedelta(days=2, hours=2))
    assert [mail.subject for mail in mailoutbox] == [
        "Please look at a post: New noodles",
        "Still waiting for your yes: New noodles",
    ]
    assert f"/manage/hosting/content/{post.public_id}/" in mailoutbox[0].body

    answers.sweep(now=now + timedelta(days=3))
    found = Post.objects.get(pk=post.pk)
    assert (found.state, found.trouble) == (S.EXCUSED, "The merchant did not answer within 3 days.")
    assert actions(post)[-2:] == ["post.reminded", "post.excused"]


@pytest.fixture
def one_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MallNews, "limit", Limit(1, "day"))


def test_a_full_day_is_refused_while_planning_with_what_is_in_the_way_and_the_next_free_slot(
    one_a_day: None, open_channel: Any, write: Any
) -> None:
    """R5: a subscription account takes one post a day. Riverside's day is New York's."""
    channel = open_channel("news")
    at = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)  # 10:00 in New York
    first = write(channel, title="Soup", at=at)
    write(channel, title="Buns", at=at + timedelta(days=1))
    with pytest.raises(SlotTaken) as refusal:
        write(channel, title="Tea", at=at + timedelta(hours=8))
    zone = ZoneInfo(channel.tenant.time_zone)
    free = (at + timedelta(days=2, hours=8)).astimezone(zone)
    assert refusal.value.data == {"in_the_way": [first.public_id], "free_at": free.isoformat()}
    assert "“Soup”" in str(refusal.value)
    assert date_format(free, "DATETIME_FORMAT") in str(refusal.value)
    assert Post.objects.count() == 2

    write(channel, title="Tea", at=free)


def test_a_service_account_is_full_after_four_in_a_month_of_the_mall(
    monkeypatch: pytest.MonkeyPatch, open_channel: Any, write: Any
) -> None:
    """R5: four a month for each follower; the month is the mall's, so its last evening belongs to it."""
    monkeypatch.setattr(MallNews, "limit", Limit(4, "month"))
    channel = open_channel("news")
    zone = ZoneInfo(channel.tenant.time_zone)
    for day in (1, 8, 15):
        write(channel, at=slots.wall_time(date(2026, 12, day), time(9), zone))
    write(channel, title="Last", at=slots.wall_time(date(2026, 12, 31), time(23, 30), zone))
    with pytest.raises(SlotTaken) as refusal:
        write(channel, at=slots.wall_time(date(2026, 12, 20), time(9), zone))
    assert refusal.value.data["free_at"] == slots.wall_time(date(2027, 1, 1), time(9), zone).isoformat()


def test_a_dropped_post_gives_its_place_back(
    one_a_day: None, open_channel: Any, write: Any, omar: User, now: datetime
) -> None:
    channel, at = open_channel("news"), now + timedelta(days=1)
    first = write(channel, at=at)
    operations.drop(post=first.public_id, by=actor_for(omar), now=now)
    assert write(channel, at=at).planned_at == at


def test_a_failed_post_holds_its_place_while_nobody_knows_whether_it_is_out(
    one_a_day: None, open_channel: Any, write: Any, now: datetime
) -> None:
    """R5: it may have reached everybody already."""
    channel, at = open_channel("news"), now + timedelta(days=1)
    first = write(channel, at=at)
    Post.objects.update(state=Post.State.FAILED)
    Sending.objects.create(
        post=first, attempt="a", is_unsure=True, lease_until_at=now, next_at=now, began_at=now, tries=1
    )
    with pytest.raises(SlotTaken):
        write(channel, at=at)
    Sending.objects.update(is_unsure=False)
    assert write(channel, at=at).planned_at == at


def test_a_time_in_the_past_or_after_a_year_is_refused(open_channel: Any, write: Any, now: datetime) -> None:
    channel = open_channel("news")
    for at in (now - timedelta(minutes=1), now + timedelta(days=367)):
        with pytest.raises(TimeGone):
            write(channel, at=at)
    assert Post.objects.count() == 0


@pytest.mark.parametrize(
    ("day", "at", "told"),
    [(date(2027, 3, 14), time(2, 30), "2027-03-14T03:30:00-04:00"), (date(2026, 11, 1), time(1, 30), "2026-11-01T01:30:00-04:00")],
)  # fmt: skip
def test_a_wall_time_that_a_clock_change_skips_moves_on_and_one_that_comes_twice_is_the_first(
    day: date, at: time, told: str
) -> None:
    assert slots.wall_time(day, at, ZoneInfo("America/New_York")).isoformat() == told


def test_from_every_state_a_way_leads_to_an_end() -> None:
    """R4: no state holds a post for ever, and what is out or dropped stays so."""
    ends = {state for state, ways in MOVES.items() if not ways}
    assert ends == {S.PUBLISHED, S.DROPPED}
    for state in MOVES:
        seen, edge = {state}, {state}
        while edge := {to for one in edge for to in MOVES[one]} - seen:
            seen |= edge
        assert seen & ends
