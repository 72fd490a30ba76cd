"""What becomes of a mall's channels and posts when the mall moves into another schema, or is erased."""

from collections.abc import Sequence

from tenants.registry.models import Tenant

from . import pictures
from .models import Channel, Post, Sending


def follow(*, from_schemas: Sequence[str], to_schema: str) -> None:
    """Lead channels and posts to the mall in its new schema. Repeated it changes nothing."""
    tenant = Tenant.objects.get(schema_name=to_schema)
    for model in (Channel, Post):
        model._default_manager.filter(tenant__schema_name__in=from_schemas).update(tenant=tenant)


def forget(*, schema_name: str) -> None:
    """
    Forget what was written for an erased mall, with its pictures, and the secrets of its channels; that there were posts, and when,
    stays known.

    :raises OSError: a picture could not be deleted; nothing is forgotten then, and the next try deletes what is left
    """
    mine = Post.objects.filter(tenant__schema_name=schema_name)
    # Before the rows let go of them: they are the platform's files, which no other step finds.
    for key in mine.exclude(picture="").values_list("picture", flat=True):
        pictures.remove(key)
    Sending.objects.filter(post__tenant__schema_name=schema_name).delete()
    Channel.objects.filter(tenant__schema_name=schema_name).update(sealed="", settings={})
    mine.update(
        title="",
        text="",
        link="",
        picture="",
        picture_says="",
        change_asked="",
        change_asked_by="",
        approved_by="",
        url="",
    )
