"""
A web address of the merchant's that takes posts: JSON, signed, with the post's id as the key by which a repeated delivery is known.

The signature is `t=<seconds>,v1=<hex>`, HMAC-SHA256 with the channel's secret over `<seconds>.<body>`; a receiver refuses old times
and wrong signatures, and answers 2xx once it has the post, also when it has had it before. It may answer `{"url": "…"}`.
"""

import base64
import hashlib
import hmac
import json

from django.conf import settings
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from saas.kernel import outgoing
from tenants.isolation.addresses import mall_url
from tenants.registry import queries as registry

from .base import Job, Outcome, Plain, Setting

# Seconds until the next try; the last one is repeated.
BACKOFF_S = (30, 120, 600, 1800, 3600)
AGAIN = frozenset({408, 409, 425, 429})


class Webhook(Plain):
    """Sends posts to a web address."""

    label = _("Web address (webhook)")
    says = _(
        "Sends the post, signed, to a web address of the merchant's, and again until it is taken. It needs the address and a secret."
    )
    settings = (
        Setting("address", _("Web address"), _("On the public Internet, with https://."), is_address=True),
        Setting(
            "secret",
            _("Secret"),
            _("At least 16 characters; the receiver checks our signature with it."),
            is_secret=True,
            least=16,
            known_at="address",
        ),
    )

    def step(self, job: Job) -> Outcome:
        """Deliver once; not knowing whether it arrived, deliver the same again: the receiver knows it by its id."""
        secret = job.secrets.get("secret", "")
        if not secret:
            return Outcome("refused", reason=said("The channel's secret is missing. Enter it again."))
        body = json.dumps(_message(job), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "Hutong-Delivery": job.post,
            "Hutong-Signature": signature(secret, body, int(job.now.timestamp())),
        }
        pause_s = BACKOFF_S[min(job.tries, len(BACKOFF_S)) - 1]
        try:
            answer = outgoing.call(
                outgoing.Call(job.settings.get("address", ""), body, headers), let_through=settings.POST_HOSTS
            )
        except outgoing.NotSent as error:
            return Outcome("later", reason=str(error), after_s=pause_s)
        except outgoing.NoAnswer as error:
            return Outcome("unsure", reason=str(error), after_s=pause_s)
        return _judged(answer, pause_s)


def signature(secret: str, body: bytes, at_s: int) -> str:
    """Return the signature of a body sent at `at_s` seconds since 1970."""
    made = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={made}"


def _message(job: Job) -> dict[str, object]:
    content = job.content
    picture = {
        "content_type": "image/jpeg",
        "says": content.picture_says,
        "base64": base64.b64encode(job.picture).decode(),
    }
    home = mall_url(registry.primary_domain(job.tenant), "/")
    return {
        "id": job.post,
        "type": "post.published",
        "mall": {"id": job.tenant.public_id, "name": job.tenant.name, "address": home},
        "title": content.title,
        "text": content.text,
        "link": content.link,
        "picture": picture if job.picture else None,
    }


def _judged(answer: outgoing.Answer, pause_s: int) -> Outcome:
    if 200 <= answer.status < 300:
        return Outcome("published", url=_url_in(answer.body))
    words = said("The receiver answered with %(status)d.") % {"status": answer.status}
    if answer.status >= 500 or answer.status in AGAIN:
        return Outcome("later", reason=words, after_s=pause_s)
    return Outcome("refused", reason=words)


def _url_in(body: bytes) -> str:
    try:
        found = json.loads(body)
    except ValueError:
        return ""
    url = str(found.get("url", "")) if isinstance(found, dict) else ""
    return url if url.startswith(("https://", "http://")) else ""
