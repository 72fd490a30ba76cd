"""Background work on posts. All of it runs on the platform's schema."""

from saas.kernel import clock
from saas.kernel.tasks import enqueue, task

from . import answers, proofs, publishing, telling


@task("ops_console.posts.sweep")
def sweep(**_later: object) -> None:
    """Send what is due on its way, each post by a task of its own; remind of what waits, hand back what nobody answered."""
    now = clock.now()
    for post in publishing.due(now=now):
        enqueue("ops_console.posts.publish", post=post)
    answers.sweep(now=now)


@task("ops_console.posts.publish")
def publish(*, post: str, **_later: object) -> None:
    """Go on with publishing one post."""
    publishing.publish(post=post, now=clock.now())


@task("ops_console.posts.keep_evidence")
def keep_evidence(*, post: str, **_later: object) -> None:
    """Keep what shows that a post is out with the task that it was written for."""
    proofs.keep(post=post, now=clock.now())


@task("ops_console.posts.ask_merchant")
def ask_merchant(*, post: str, is_reminder: bool, **_later: object) -> None:
    """Write to the merchant that a post waits for a yes."""
    telling.ask_merchant(post=post, is_reminder=is_reminder)
