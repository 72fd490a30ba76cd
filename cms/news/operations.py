"""Notices: published once for each source, taken down, shown again."""

import hashlib
import io
from dataclasses import dataclass
from datetime import datetime

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from PIL import Image

from cms.media import operations as media
from cms.media.models import MallImage
from saas.audit import operations as audit
from saas.audit.phrases import Phrase, phrase
from saas.kernel.actors import Actor
from saas.kernel.ids import random_id
from saas.kernel.locking import locked_one

from .models import Notice


@dataclass(frozen=True)
class Draft:
    """What a notice says. `source` is the caller's key; `picture` the bytes of a JPEG, or nothing."""

    source: str
    title: str
    text: str
    link: str = ""
    picture: bytes = b""
    picture_says: str = ""


def publish(*, draft: Draft, by: Actor, now: datetime) -> Notice:
    """Show a notice and return it; for a source that has one, return that one unchanged. Two at once make one."""
    try:
        return _publish(draft=draft, by=by, now=now)
    except IntegrityError:
        found = Notice.objects.filter(source=draft.source).first()
        if found is None:
            raise
        return found


@transaction.atomic
def _publish(*, draft: Draft, by: Actor, now: datetime) -> Notice:
    found = Notice.objects.filter(source=draft.source).first()
    if found is not None:
        return found
    notice = Notice.objects.create(
        slug=f"{slugify(draft.title)[:60].strip('-') or 'news'}-{random_id(6)}",
        source=draft.source,
        title=draft.title,
        text=draft.text,
        link=draft.link,
        author=by.name[:160],
        published_at=now,
    )
    if draft.picture:
        notice.picture = _hang(draft, now=now)
        notice.save(update_fields=["picture"])
    _record(
        "notice.published", notice, phrase(_("Published the notice “%(title)s”"), title=notice.title), by=by, now=now
    )
    return notice


def _hang(draft: Draft, *, now: datetime) -> MallImage:
    with Image.open(io.BytesIO(draft.picture)) as opened:
        width, height = opened.size
    key = default_storage.save(f"original_images/{random_id(8)}.jpg", ContentFile(draft.picture))
    image: MallImage = MallImage.objects.create(
        title=draft.title[:120],
        description=draft.picture_says[:255],
        file=key,
        width=width,
        height=height,
        file_size=len(draft.picture),
        file_hash=hashlib.sha1(draft.picture, usedforsecurity=False).hexdigest(),
        created_at=now,
    )
    media.prepare(image_ids=[image.pk])
    return image


@transaction.atomic
def withdraw(*, source: str, by: Actor, now: datetime) -> bool:
    """
    Take the notice of a source down; return whether this call did. It can be shown again.

    Locks: Notice.

    :raises Notice.DoesNotExist: the source has none
    """
    notice = locked_one(Notice.objects.filter(source=source))
    if notice.withdrawn_at is not None:
        return False
    notice.withdrawn_at = now
    notice.save(update_fields=["withdrawn_at"])
    _record(
        "notice.withdrawn", notice, phrase(_("Took down the notice “%(title)s”"), title=notice.title), by=by, now=now
    )
    return True


@transaction.atomic
def show_again(*, source: str, by: Actor, now: datetime) -> bool:
    """
    Show the notice of a source that was taken down; return whether this call did.

    Locks: Notice.

    :raises Notice.DoesNotExist: the source has none
    """
    notice = locked_one(Notice.objects.filter(source=source))
    if notice.withdrawn_at is None:
        return False
    notice.withdrawn_at = None
    notice.save(update_fields=["withdrawn_at"])
    _record(
        "notice.shown_again",
        notice,
        phrase(_("Showed the notice “%(title)s” again"), title=notice.title),
        by=by,
        now=now,
    )
    return True


def _record(action: str, notice: Notice, summary: Phrase, *, by: Actor, now: datetime) -> None:
    audit.record(
        action=action, subject=("notice", notice.public_id), summary=summary, by=by, now=now, source=notice.source
    )
