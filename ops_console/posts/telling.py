"""Mail to a merchant whose post waits for an answer."""

from zoneinfo import ZoneInfo

from django.core.mail import EmailMessage
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tenants.isolation.addresses import mall_url
from tenants.registry import queries as registry

from .models import Post


def ask_merchant(*, post: str, is_reminder: bool) -> bool:
    """Write to the mall's owner; return whether there was anything to write. A post that was answered meanwhile gets no mail."""
    found = Post.objects.filter(public_id=post, state=Post.State.WAITING).select_related("tenant", "channel").first()
    if found is None or not found.tenant.owner_email or found.answer_until_at is None:
        return False
    tenant = found.tenant
    href = mall_url(registry.primary_domain(tenant), f"/manage/hosting/content/{found.public_id}/")
    with translation.override(getattr(tenant, "language", "") or "en"), timezone.override(ZoneInfo(tenant.time_zone)):
        words = {
            "title": found.title,
            "channel": found.channel.name,
            "mall": tenant.name,
            "until": date_format(timezone.localtime(found.answer_until_at), "DATETIME_FORMAT"),
            "href": href,
        }
        subject = _("Still waiting for your yes: %(title)s") if is_reminder else _("Please look at a post: %(title)s")
        body = _(
            "The agency has written a post for %(mall)s, to appear on “%(channel)s”.\n\n"
            "“%(title)s”\n\n"
            "Read it and say yes, or what should change:\n%(href)s\n\n"
            "Without an answer until %(until)s nothing is published, and the post goes back to the agency."
        )
        EmailMessage(subject % words, body % words, to=[tenant.owner_email]).send()
    return True
