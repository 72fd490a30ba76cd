"""
The demo's hosting alive: two malls whose weeks since they signed were worked off, posted, missed once and reported, by the slices' own
operations at instants of the past.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile

from cms.kits.artwork import catalogue
from ops_console.contracts import compiling
from ops_console.contracts.demo import owner_of
from ops_console.contracts.models import Contract
from ops_console.posts import answers, channels, grounds, proofs, publishing
from ops_console.posts import operations as posts
from ops_console.posts.models import Channel, Post
from ops_console.work import cadence, planning, sweeping
from ops_console.work import operations as work
from ops_console.work.models import Evidence, Task
from ops_console.work.operations import Proof
from saas.accounts.middleware import actor_for
from saas.accounts.models import User
from saas.kernel.actors import Actor
from tenants.registry.models import Tenant

from . import crediting, demo_sales, issuing, periods
from .demo_words import STORIES, Story, Words
from .models import Report
from .periods import Period

NEWS, BY_HAND = "Shop news", "Instagram"
REVIEWER = "vera@hutong.example"
POST = "social-post"
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
# Each so manieth task was done after it was due.
_LATE = 11


class Told:
    """A mall whose time is told: its contract and story, and who reviews its posts."""

    def __init__(self, contract: Contract, story: Story) -> None:
        self.contract, self.story = contract, story
        self.tenant: Tenant = contract.tenant
        self.zone = contract.tenant.time_zone
        self.reviewer = User.objects.get(email=REVIEWER)
        self.owner = owner_of(contract.tenant)
        self.words: Iterator[Words] = iter(story.published)

    def picture(self, name: str) -> bytes:
        """Return the bytes of a picture of the mall's kit."""
        return catalogue.picture(self.tenant.trade, name).read_bytes()


def enliven(contract: Contract, *, now: datetime) -> bool:
    """
    Tell what the agency has done for a demo mall since it signed, and what it is about to do; return whether this call did.

    Not inside a transaction, and before the workers run: what nobody has worked off is missed. Repeated it changes nothing; killed, it
    goes on where it was.
    """
    story = STORIES.get(contract.tenant.slug)
    if story is None or Post.objects.filter(tenant=contract.tenant, title=story.draft.title).exists():
        return False
    compiling.apply_due(now=now)
    planning.generate(now=now)
    told = Told(contract, story)
    demo_sales.sell(contract.tenant, since=contract.starts_on, now=now)
    for name, kind in ((NEWS, "news"), (BY_HAND, "by_hand")):
        if not Channel.objects.in_use().filter(tenant=told.tenant, name=name).exists():
            said = channels.Told(name, needs_merchant=kind == "by_hand", answer_days=5)
            channels.add(tenant=told.tenant, kind=kind, told=said, by=_agency(contract), now=_began_at(contract))
    for period in _periods(contract, now=now):
        _work_off(told, until=period.until)
        at = periods.end_of(period, told.zone) + 7 * _HOUR
        issuing.issue(contract=contract.public_id, period=period, now=min(at, now))
    _work_off(told, until=cadence.today(told.zone, now=now))
    _plan(told, now=now)
    return True


def _agency(contract: Contract) -> Actor:
    return actor_for(contract.account_manager)


def _began_at(contract: Contract) -> datetime:
    return cadence.window(contract.starts_on, at=time(8), hours=(1, 1), time_zone=contract.tenant.time_zone).opens_at


def _periods(contract: Contract, *, now: datetime) -> list[Period]:
    """Return the weeks and months that are over, in the order in which they ended."""
    span = {"starts_on": contract.starts_on, "ends_on": contract.ends_on, "time_zone": contract.tenant.time_zone}
    found = [period for kind in Report.Kind.values for period in periods.over(kind, now=now, **span)]
    return sorted(found, key=lambda period: (period.until, period.kind))


def _work_off(told: Told, *, until: date) -> None:
    """Do what was to be done before a day, but for one task that is missed and credited."""
    rows = Task.objects.filter(contract=told.contract.public_id, state__in=Task.STANDING, occurs_on__lt=until)
    missed: Task | None = None
    for number, task in enumerate(rows.select_related("tenant", "plan", "assignee").order_by("opens_at", "pk")):
        is_thursday = task.template == told.story.missed and task.occurs_on.weekday() == 3
        if is_thursday and not rows.model.objects.filter(contract=task.contract, state=Task.State.MISSED).exists():
            missed = task
        else:
            _do(told, task, number)
    if missed is not None:
        sweeping.sweep(now=missed.lapses_at + _MINUTE)
        crediting.give(task=missed.public_id, now=missed.lapses_at + 2 * _MINUTE)


def _do(told: Told, task: Task, number: int) -> None:
    """Finish a task with what shows it, or have it excused where only the owner's own acts could show it."""
    person, terms = task.assignee or told.contract.account_manager, task.terms
    by = actor_for(person)
    at = task.opens_at + timedelta(minutes=20 + number * 17 % 60)
    if terms.needs_merchant or "trail" in terms.evidence:
        question = f"{terms.title}: shall we go on as we wrote to you?"
        work.wait_for_merchant(task=task.public_id, question=question, by=by, now=task.opens_at)
    if "trail" in terms.evidence:
        asked = work.excuse(task=task.public_id, reason=told.story.left_out, by=by, now=at)
        if asked.asks_to_leave_out:
            work.leave_out(task=task.public_id, tenant_id=told.tenant.pk, by=told.owner, now=at)
        return
    if terms.needs_merchant:
        work.agree(task=task.public_id, tenant_id=told.tenant.pk, by=told.owner, now=at)
    if task.template == POST and (words := next(told.words, None)):
        at = _publish(told, task, words, person)
    elif number % _LATE == 5:
        at = min(task.due_at + 40 * _MINUTE, task.lapses_at - _MINUTE)
    _prove(told, task, number, by=by, at=at)
    for item in range(len(terms.checklist)):
        work.tick(task=task.public_id, item=item, is_done=True, by=by, now=at)
    minutes = max(5, terms.minutes - 10 + number * 7 % 21)
    work.finish(task=task.public_id, minutes=minutes, by=by, now=at)


def _prove(told: Told, task: Task, number: int, *, by: Actor, at: datetime) -> None:
    """Attach what the contract asks for and the task does not have."""
    story, terms = told.story, task.terms
    known = set(task.evidence.values_list("kind", flat=True))
    texts = story.answers if task.template == "social-answers" else story.finds
    for kind in [kind for kind in terms.evidence if kind not in known]:
        proof = Proof(Evidence.Kind.TEXT, text=texts[number % len(texts)])
        if kind == Evidence.Kind.FIGURE:
            count = Decimal(840 + 23 * (task.occurs_on - told.contract.starts_on).days)
            for place, name in enumerate(terms.figures[1:], start=1):
                more = Proof(kind, text=name.capitalize(), figure=count // (place + 2))
                work.attach(task=task.public_id, proof=more, by=by, now=at)
            proof = Proof(kind, text=(terms.figures or ("Counted",))[0].capitalize(), figure=count)
        elif kind == Evidence.Kind.PICTURE:
            shown = told.picture(story.published[number % len(story.published)].picture)
            file = SimpleUploadedFile("picture.webp", shown, content_type="image/webp")
            proof = Proof(kind, text=terms.title, file=file)
        elif kind == Evidence.Kind.LINK:
            proof = Proof(kind, text=terms.title, url="https://social.example/")
        work.attach(task=task.public_id, proof=proof, by=by, now=at)


def _publish(told: Told, task: Task, words: Words, author: User) -> datetime:
    """Write a task's post, have a colleague approve it, and publish it at its time; return when it was out."""
    for left in Post.objects.filter(task=task.public_id, state__in=posts.DROPPABLE):
        posts.drop(post=left.public_id, by=actor_for(author), now=task.opens_at)
    at = task.opens_at + _HOUR
    post = _write(told, words, NEWS, task=task, now=task.opens_at)
    _submit(told, post, now=task.opens_at + 10 * _MINUTE)
    publishing.publish(post=post.public_id, now=at)
    proofs.keep(post=post.public_id, now=at)
    return at + 5 * _MINUTE


def _plan(told: Told, *, now: datetime) -> None:
    """Put four posts on their way: approved for its time, with a colleague, with the merchant, and a draft without a time."""
    story = told.story
    rows = Task.objects.filter(
        contract=told.contract.public_id, template=POST, state__in=Task.STANDING, opens_at__gt=now
    )
    coming = list(rows.select_related("tenant", "plan", "assignee").order_by("opens_at")[:3])
    for task, words, place in zip(
        coming, (story.scheduled, story.submitted, story.waiting), (NEWS, NEWS, BY_HAND), strict=False
    ):
        if not Post.objects.filter(tenant=told.tenant, title=words.title).exists():
            post = _write(told, words, place, task=task, now=now)
            if words is story.scheduled:
                _submit(told, post, now=now)
            else:
                answers.submit(post=post.public_id, by=actor_for(post.author), now=now)
    _write(told, story.draft, NEWS, task=None, now=now)


def _write(told: Told, words: Words, channel: str, *, task: Task | None, now: datetime) -> Post:
    author = (task.assignee if task else None) or told.contract.operator or told.contract.account_manager
    found = grounds.of_task(task.public_id) if task else None
    written = posts.Written(
        words.title,
        words.text,
        picture=told.picture(words.picture),
        picture_says=catalogue.ALT[f"{told.tenant.trade}/{words.picture}.webp"],
        planned_at=task.opens_at + _HOUR if task else None,
    )
    return posts.draft(
        channel=Channel.objects.in_use().get(tenant=told.tenant, name=channel).public_id,
        written=written,
        ground=found.ground if found else posts.Ground(told.contract.public_id),
        author=author,
        by=actor_for(author),
        now=now,
    )


def _submit(told: Told, post: Post, *, now: datetime) -> None:
    """Have a post approved by a colleague."""
    answers.submit(post=post.public_id, by=actor_for(post.author), now=now)
    reviewer = told.reviewer
    answers.approve(post=post.public_id, version=post.version, person=reviewer, by=actor_for(reviewer), now=now)
