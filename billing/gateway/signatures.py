"""Whether a webhook's body came from Stripe, and for which of our two endpoints."""

import json
from typing import Any

import stripe
from django.conf import settings

from saas.kernel.errors import DomainError

# How old a signed webhook may be, https://docs.stripe.com/webhooks#replay-attacks
TOLERANCE_S = 300
# The platform's own account, and the accounts that are connected to it. Each has secrets of its own, two during a rotation.
ACCOUNT, CONNECT = "account", "connect"


class ForgedWebhook(DomainError):
    """The body was not signed by Stripe with one of the endpoint's secrets, is too old, or is no event."""

    code = "forged_webhook"


def secrets_of(endpoint: str) -> list[str]:
    """Return the secrets that an endpoint accepts."""
    known = {ACCOUNT: settings.STRIPE_WEBHOOK_SECRETS, CONNECT: settings.STRIPE_CONNECT_WEBHOOK_SECRETS}
    return [secret for secret in known[endpoint] if secret]


def verified(body: bytes, signature: str, *, endpoint: str) -> dict[str, Any]:
    """
    Return the event in a webhook's body.

    :raises ForgedWebhook: not signed for this endpoint, too old, or not an event
    """
    for secret in secrets_of(endpoint):
        try:
            text = body.decode("utf-8")
            stripe.WebhookSignature.verify_header(text, signature, secret, TOLERANCE_S)
            event = json.loads(text)
        except (stripe.SignatureVerificationError, ValueError):
            continue
        if _is_event(event):
            return dict(event)
    raise ForgedWebhook


def _is_event(event: Any) -> bool:
    if not isinstance(event, dict) or not isinstance(event.get("data"), dict):
        return False
    return all(isinstance(event.get(name), str) for name in ("id", "type")) and isinstance(
        event["data"].get("object"), dict
    )
