"""Writes of the theme."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one
from saas.kernel.tasks import enqueue
from tenants.isolation import current
from tenants.isolation.entrance import on_platform
from tenants.registry import operations as registry

from .contrast import judge
from .models import Theme

FIELDS = ("name", "tagline", "logo_id", "brand_colour", "accent_colour", "email", "phone")


class ColoursRefused(DomainError):
    """Buttons in this brand colour could not be seen."""

    code = "colours_refused"
    message = _("Buttons in this brand colour would be hard to see. Please choose a darker one.")


def _field(name: str) -> object:
    return getattr(Theme._meta.get_field(name.removesuffix("_id")), "verbose_name", name)


@transaction.atomic
def change(*, theme: Theme, by: Actor, now: datetime) -> Theme:
    """
    Write the mall's looks as `theme` (an unsaved copy of the row) says. Nothing is written where nothing changed.

    Locks: Theme.

    :raises ColoursRefused: see `contrast.judge`
    """
    row = locked_one(Theme.objects.all())
    if not judge(brand=theme.brand_colour, accent=theme.accent_colour).is_readable:
        raise ColoursRefused(brand=theme.brand_colour)
    changed = [name for name in FIELDS if getattr(row, name) != getattr(theme, name)]
    if not changed:
        return row
    before = {name: str(getattr(row, name) or "") for name in changed}
    for name in changed:
        setattr(row, name, getattr(theme, name))
    row.updated_at = now
    row.save(update_fields=[*changed, "updated_at"])
    if row.logo_id and "logo_id" in changed:
        enqueue("cms.media.make_logo", image_id=row.logo_id)
    subject = ("mall", current.mall().public_id)
    audit.record(
        action="look.changed",
        subject=subject,
        summary=phrase(_("Changed: %(fields)s"), fields=[_field(name) for name in changed]),
        by=by,
        now=now,
        fields=changed,
        before=before,
    )
    return row


def speak(*, language: str, by: Actor, now: datetime) -> None:
    """
    Let the mall speak a language, a code of `LANGUAGES`, to whoever asks for no other; "" leaves it as it is.

    The registry is the platform's, so this is no part of a transaction of the mall: not inside one. The trail is written first: what
    ends in between leaves an entry that nothing followed, and a repeat does both; no language changes without an entry.

    :raises Busy: the mall's row was held; the language is as before
    """
    tenant = current.mall()
    if language in ("", tenant.language):
        return
    audit.record(
        action="mall.language",
        subject=("mall", tenant.public_id),
        summary=phrase(_("Language: %(name)s"), name=dict(settings.LANGUAGES).get(language, language)),
        by=by,
        now=now,
        fields=["language"],
        before={"language": tenant.language},
    )
    with on_platform():
        registry.set_language(schema=tenant.schema_name, language=language)
