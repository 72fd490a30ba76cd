"""Background work on pictures."""

from saas.kernel.tasks import task

from . import operations, queries


@task("cms.media.make_renditions")
def make_renditions(*, image_ids: list[int], **_later: object) -> None:
    """Make the pictures' missing renditions."""
    operations.make_renditions(image_ids=image_ids)


@task("cms.media.make_logo")
def make_logo(*, image_id: int, **_later: object) -> None:
    """Make the small file of the mall's sign."""
    operations.make_logo(image_id=image_id)


@task("cms.media.make_missing")
def make_missing(**_later: object) -> None:
    """Make whatever renditions the mall's pictures lack."""
    operations.make_renditions(image_ids=[image.pk for image in queries.unprepared()])
