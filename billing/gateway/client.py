"""The only `import stripe`. Speaks to the address that the settings name, Stripe's own or the sandbox's, by the same code."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import stripe
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from saas.kernel.errors import DomainError

# What a shopper waits for at most; a call that takes longer is an unknown, asked again with the same key.
TIMEOUT_S = 12
RETRIES = 2
# How old a signed webhook may be, https://docs.stripe.com/webhooks#replay-attacks
TOLERANCE_S = 300


class GatewayUnavailable(DomainError):
    """Stripe did not answer, or not clearly: the outcome is unknown. The same request may be sent again."""

    code = "gateway_unavailable"
    message = _("The payment service does not answer right now. Nothing was charged; please try again in a minute.")


class PaymentRefused(DomainError):
    """Stripe understood the request and will not do it."""

    code = "payment_refused"
    message = _("The payment service refused this payment.")


class AmountTooSmall(PaymentRefused):
    """The sum is below what a card payment may be."""

    code = "amount_too_small"
    message = _("This amount is too small to be paid by card.")


class ForgedWebhook(DomainError):
    """The body was not signed by Stripe with one of our secrets, or is too old."""

    code = "forged_webhook"


@dataclass(frozen=True)
class RefundState:
    """A refund at Stripe: `status` is pending, succeeded, failed, canceled or requires_action."""

    refund_id: str
    status: str


@cache
def _client() -> stripe.StripeClient:
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses={"api": settings.STRIPE_API_BASE},
        http_client=stripe.RequestsClient(timeout=TIMEOUT_S),
        max_network_retries=RETRIES,
    )


def _asked(call: Any) -> Any:
    """
    Make a call and turn Stripe's errors into ours.

    :raises GatewayUnavailable: no answer, 5xx, 429, or a key in use: unknown
    :raises PaymentRefused: a clear no
    """
    try:
        return call()
    except stripe.InvalidRequestError as error:
        if error.code == "amount_too_small":
            raise AmountTooSmall from error
        raise PaymentRefused(stripe_code=error.code, stripe_message=error.user_message) from error
    except (stripe.CardError, stripe.IdempotencyError) as error:
        raise PaymentRefused(stripe_code=error.code) from error
    except stripe.StripeError as error:
        raise GatewayUnavailable(cause=repr(error)) from error


def create_session(params: dict[str, Any], *, key: str) -> Any:
    """Create a Checkout Session; the same key returns the same one."""
    return _asked(lambda: _client().v1.checkout.sessions.create(params, {"idempotency_key": key}))  # type: ignore[arg-type]


def retrieve_session(session_id: str) -> Any:
    """Return a Checkout Session as it is now, its payment intent with it."""
    return _asked(lambda: _client().v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent"]}))


def expire_session(session_id: str) -> Any:
    """End an open Checkout Session, so that nobody can pay it any more."""
    return _asked(lambda: _client().v1.checkout.sessions.expire(session_id))


def refund(*, payment_intent_id: str, amount_minor: int, key: str, metadata: dict[str, str]) -> RefundState:
    """Pay back part or all of a payment; the same key does it once."""
    params: Any = {"payment_intent": payment_intent_id, "amount": amount_minor, "metadata": metadata}
    done = _asked(lambda: _client().v1.refunds.create(params, {"idempotency_key": key}))
    return RefundState(refund_id=done.id, status=done.status or "pending")


def undelivered_events(*, since: datetime, kinds: list[str]) -> list[dict[str, Any]]:
    """Return the events of these kinds since an instant that no endpoint of ours has taken, oldest first."""
    params: Any = {"created": {"gte": int(since.timestamp())}, "types": kinds, "delivery_success": False, "limit": 100}
    page = _asked(lambda: _client().v1.events.list(params))
    found = [json.loads(str(event)) for event in _asked(lambda: list(page.auto_paging_iter()))]
    return sorted(found, key=lambda event: (event["created"], event["id"]))


def verified(body: bytes, signature: str) -> dict[str, Any]:
    """
    Return the event in a webhook's body, checked against every secret that we know (two during a rotation).

    :raises ForgedWebhook: not ours, too old, or not JSON
    """
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        try:
            text = body.decode("utf-8")
            stripe.WebhookSignature.verify_header(text, signature, secret, TOLERANCE_S)
            event = json.loads(text)
        except (stripe.SignatureVerificationError, ValueError):
            continue
        if isinstance(event, dict) and isinstance(event.get("id"), str) and isinstance(event.get("type"), str):
            return event
    raise ForgedWebhook
