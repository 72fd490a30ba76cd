"""By which right a post goes out, and what it tells the task that it was written for."""

import io
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from ops_console.mandates import grants
from ops_console.mandates.models import Mandate, MandatePermission
from ops_console.posts import answers, grounds, operations, proofs, publishing, queries
from ops_console.posts.models import Post
from ops_console.posts.moves import S
from ops_console.posts.refusals import MandateMissing
from ops_console.work import operations as work
from ops_console.work.clauses import Clause
from ops_console.work.models import Evidence, Plan, Task
from saas.accounts.middleware import actor_for
from saas.accounts.models import User
from saas.kernel.actors import Actor
from tests.factories.mandates import CLAUSES
from tests.factories.work import begin

pytestmark = pytest.mark.django_db


def test_without_a_contract_the_merchants_own_yes_is_needed_and_is_enough(
    mandate: Mandate, open_channel: Any, write: Any, omar: User, alma_acts: Actor, now: datetime
) -> None:
    grants.end(contract=mandate.contract, at=now, by=alma_acts, now=now)
    post = write(open_channel("news"), at=now + timedelta(hours=1))
    assert post.needs_merchant
    answers.submit(post=post.public_id, by=actor_for(omar), now=now)
    facts = {"post": post.public_id, "tenant": post.tenant, "version": 1, "by": alma_acts, "now": now}
    answers.approve_as_merchant(**facts)
    assert publishing.publish(post=post.public_id, now=now + timedelta(hours=1)) == S.PUBLISHED


def test_a_clause_that_wants_the_merchants_yes_is_not_got_round_by_writing_for_no_task_or_another_one(
    riverside: Any, mandate: Mandate, open_channel: Any, omar: User, now: datetime
) -> None:
    """Story 9: approved by the merchant where the contract says so; a clause that publishes without it is enough for what runs by it."""
    number = CLAUSES["content.publish"]
    wanting = Clause(
        number, "", "", "posts", "Three posts a week", permissions=("content.publish",), needs_merchant=True
    )
    Plan.objects.create(
        tenant=riverside, contract=mandate.contract, version=1, number=number, clause=wanting.as_json(),
        time_zone="UTC", starts_on=now.date(), generated_until=now.date(),
    )  # fmt: skip
    channel = open_channel("news")

    def waits(*, clause: str) -> bool:
        written, ground = operations.Written("Noodles", "Hand-pulled."), operations.Ground(clause=clause)
        facts = {"written": written, "ground": ground, "author": omar, "by": actor_for(omar), "now": now}
        return operations.draft(channel=channel.public_id, **facts).needs_merchant

    assert (waits(clause=""), waits(clause=number), waits(clause="7.7")) == (True, True, True)
    Mandate.objects.filter(pk=mandate.pk).update(version=2)
    assert (waits(clause=""), waits(clause=number)) == (True, True), "done once, before the contract was amended"
    MandatePermission.objects.create(mandate=mandate, permission="content.publish", clause="7.7")
    assert (waits(clause=""), waits(clause=number), waits(clause="7.7")) == (False, True, False)


def test_nothing_goes_out_after_the_contracts_end_that_only_a_colleague_approved(
    mandate: Mandate, open_channel: Any, scheduled: Any, alma_acts: Actor, now: datetime
) -> None:
    """A3: the mandate is asked for when the post goes out, not when it was planned."""
    post, at = scheduled(open_channel("news")), now + timedelta(hours=1)
    grants.end(contract=mandate.contract, at=now + timedelta(minutes=30), by=alma_acts, now=now)
    assert publishing.publish(post=post.public_id, now=at) == S.FAILED
    assert "No contract in force" in Post.objects.get(pk=post.pk).trouble


def test_a_paused_mandate_holds_posts_back_until_the_merchant_goes_on(
    open_channel: Any, scheduled: Any, riverside: Any, alma_acts: Actor, now: datetime
) -> None:
    post, at = scheduled(open_channel("news")), now + timedelta(hours=1)
    grants.pause(tenant=riverside, by=alma_acts, now=now)
    assert publishing.publish(post=post.public_id, now=at) == S.SCHEDULED
    grants.resume(tenant=riverside, by=alma_acts, now=at)
    assert publishing.publish(post=post.public_id, now=at + timedelta(minutes=1)) == S.PUBLISHED


@pytest.fixture
def task(riverside: Any, now: datetime) -> Task:
    """The first of three posts a week."""
    begin(riverside, starts_on=now.date() - timedelta(days=7), now=now - timedelta(days=7))
    return Task.objects.filter(due_at__gt=now).earliest("occurs_on")


@pytest.fixture
def for_task(task: Task, open_channel: Any, omar: User, now: datetime) -> Post:
    """A post that Omar writes for that task, on a channel where the merchant agrees."""
    found = grounds.of_task(task.public_id)
    assert found is not None
    channel = open_channel("news", needs_merchant=True)
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(content, "PNG")
    picture = content.getvalue()
    written = operations.Written(found.title, "Noodles.", picture=picture, planned_at=now + timedelta(hours=1))
    by = actor_for(omar)
    post = operations.draft(
        channel=channel.public_id, written=written, ground=found.ground, author=omar, by=by, now=now
    )
    return answers.submit(post=post.public_id, by=by, now=now)


def test_a_published_post_keeps_address_picture_and_the_malls_trail_with_its_task_once(
    for_task: Post, task: Task, riverside: Any, alma_acts: Actor, now: datetime, run_tasks: Any
) -> None:
    task.refresh_from_db()
    assert task.state == Task.State.WAITING
    facts = {"post": for_task.public_id, "tenant": riverside, "version": 1, "by": alma_acts, "now": now}
    answers.approve_as_merchant(**facts)
    task.refresh_from_db()
    assert (task.state, task.agreed_by) == (Task.State.DOING, "Alma")

    at = now + timedelta(hours=1)
    publishing.publish(post=for_task.public_id, now=at)
    assert [proofs.keep(post=for_task.public_id, now=at) for _again in range(2)] == [3, 0]
    link, picture, trail = Evidence.objects.order_by("pk")
    assert (picture.kind, picture.content_type) == ("picture", "image/jpeg")
    assert link.url == Post.objects.get(pk=for_task.pk).url
    assert trail.trail
    assert (trail.trail["action"], trail.trail["actor"]) == ("notice.published", "Omar")
    assert task.clause not in CLAUSES.values()
    assert Post.objects.get(pk=for_task.pk).clause == CLAUSES["content.publish"], (
        "by which it is out, whatever it is for"
    )


def test_the_task_of_a_post_that_nobody_answered_is_excused(for_task: Post, task: Task, now: datetime) -> None:
    answers.sweep(now=now + timedelta(days=3))
    task.refresh_from_db()
    assert (task.state, task.reason) == (Task.State.EXCUSED, "The merchant did not answer within 3 days.")


@pytest.mark.parametrize("why", ["asked when it was due", "asked to leave it out"])
def test_silence_about_a_post_excuses_nothing_that_was_due_already_or_that_takes_a_yes(
    why: str, for_task: Post, task: Task, now: datetime
) -> None:
    """As the contract says of every question: else a post that is put late takes the credit from the merchant."""
    changed: dict[str, Any] = {"due_at": now} if why == "asked when it was due" else {"asks_to_leave_out": True}
    Task.objects.filter(pk=task.pk).update(**changed)
    answers.sweep(now=now + timedelta(days=3))
    task.refresh_from_db()
    assert Post.objects.get(pk=for_task.pk).state == S.EXCUSED
    assert task.state == (Task.State.DOING if why == "asked when it was due" else Task.State.WAITING)


@pytest.mark.parametrize("says", ["change", "yes"])
def test_an_answer_to_a_post_is_none_to_the_question_whether_its_task_may_be_left_out(
    says: str, for_task: Post, task: Task, omar: User, alma_acts: Actor, now: datetime
) -> None:
    """Else the merchant's wish for other words ends a question that they never answered."""
    assert task.plan
    task.plan.clause = replace(task.terms, credit_minor=2500).as_json()
    task.plan.save()
    later = now + timedelta(minutes=1)
    work.excuse(task=task.public_id, reason="The shop is being painted", by=actor_for(omar), now=later)
    facts: dict[str, Any] = {
        "post": for_task.public_id,
        "tenant": for_task.tenant,
        "version": 1,
        "by": alma_acts,
        "now": later,
    }
    if says == "change":
        answers.ask_change_as_merchant(words="Another picture, please", **facts)
    else:
        answers.approve_as_merchant(**facts)
    task.refresh_from_db()
    assert (task.state, task.asks_to_leave_out, task.agreed_at) == (Task.State.WAITING, True, None)


def test_a_paused_mandate_stops_a_post_that_would_be_handed_over_to_be_posted_by_hand(
    open_channel: Any, scheduled: Any, riverside: Any, omar: User, alma_acts: Actor, now: datetime
) -> None:
    """The pause is no pause if a person may post what the clock may not."""
    post = scheduled(open_channel("news"))
    grants.pause(tenant=riverside, by=alma_acts, now=now)
    with pytest.raises(MandateMissing):
        publishing.hand_over(post=post.public_id, by=actor_for(omar), now=now)
    grants.resume(tenant=riverside, by=alma_acts, now=now)
    assert publishing.hand_over(post=post.public_id, by=actor_for(omar), now=now).state == S.HANDED_OVER


@pytest.mark.parametrize("act", ["drop", "edit"])
def test_a_post_that_the_merchant_is_asked_about_no_more_gives_its_task_back(
    act: str, for_task: Post, task: Task, omar: User, now: datetime
) -> None:
    """Else the task would be excused for want of an answer that nobody can give, and the missed work never credited."""
    task.refresh_from_db()
    assert task.state == Task.State.WAITING
    assert queries.answered_at([task.public_id]) == {task.public_id: f"/manage/hosting/content/{for_task.public_id}/"}
    facts: dict[str, Any] = {"post": for_task.public_id, "by": actor_for(omar), "now": now}
    if act == "drop":
        operations.drop(**facts)
    else:
        written = operations.Written(for_task.title, "Other words.", planned_at=for_task.planned_at)
        operations.edit(version=1, written=written, **facts)
    task.refresh_from_db()
    assert (task.state, task.waiting_since_at) == (Task.State.DOING, None)
