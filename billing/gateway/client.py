"""The way to Stripe: the address that the settings name, Stripe's own or the sandbox's, by the same code."""

import json
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TypeVar

import stripe
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from saas.kernel.errors import DomainError
from tenants.frontcache.turns import away

from .breaker import Breaker

T = TypeVar("T")
# What a shopper waits for at most; a call that takes longer is an unknown, asked again with the same key.
TIMEOUT_S = 12
RETRIES = 2
# Stripe takes files at a host of its own; the sandbox takes them where it takes everything. Never one with the other's.
FILES_OF = {"https://api.stripe.com": "https://files.stripe.com"}


class GatewayUnavailable(DomainError):
    """Stripe did not answer, or not clearly: the outcome is unknown. The same request may be sent again."""

    code = "gateway_unavailable"
    message = _("The payment service does not answer right now. Nothing was charged; please try again in a minute.")


class PaymentRefused(DomainError):
    """Stripe understood the request and will not do it: nothing was made. `stripe_code` and `stripe_message` say why."""

    code = "payment_refused"
    message = _("The payment service refused this payment.")


class AmountTooSmall(PaymentRefused):
    """The sum is below what a card payment may be."""

    code = "amount_too_small"
    message = _("This amount is too small to be paid by card.")


class InsufficientFunds(PaymentRefused):
    """The balance that the money was to come from does not hold it."""

    code = "insufficient_funds"
    message = _("The balance does not hold this amount.")


class AccountRestricted(PaymentRefused):
    """The merchant's account at Stripe may not receive money now, or has been disconnected."""

    code = "account_restricted"
    message = _("The merchant's payout account is restricted.")


class AlreadyRefunded(PaymentRefused):
    """Nothing is left of the payment to give back."""

    code = "already_refunded"
    message = _("This payment has been given back already.")


class ChargeDisputed(PaymentRefused):
    """The cardholder's bank has taken the money back; there is nothing to refund."""

    code = "charge_disputed"
    message = _("The payment is disputed at the cardholder's bank, which has the money already.")


class NotThere(PaymentRefused):
    """Stripe knows no such thing."""

    code = "not_there"
    message = _("The payment service knows no such thing.")


class KeyReused(PaymentRefused):
    """The key stood for another request before; nothing was made."""

    code = "key_reused"
    message = _("The same request came again with other contents.")


REFUSALS: dict[str, type[PaymentRefused]] = {
    "amount_too_small": AmountTooSmall,
    "balance_insufficient": InsufficientFunds,
    "insufficient_funds": InsufficientFunds,
    "insufficient_capabilities_for_transfer": AccountRestricted,
    "transfers_not_allowed": AccountRestricted,
    "payouts_not_allowed": AccountRestricted,
    "account_invalid": AccountRestricted,
    "charge_already_refunded": AlreadyRefunded,
    "charge_disputed": ChargeDisputed,
    "resource_missing": NotThere,
}


@cache
def _client() -> stripe.StripeClient:
    base = settings.STRIPE_API_BASE
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses={"api": base, "files": FILES_OF.get(base, base)},
        http_client=stripe.RequestsClient(timeout=TIMEOUT_S),
        max_network_retries=RETRIES,
    )


@cache
def _breaker(_of: stripe.StripeClient) -> Breaker:
    return Breaker()


def api() -> Any:
    """Return version 1 of Stripe's API. Its parameters are plain dicts here; a test holds them to Stripe's own description."""
    return _client().v1


def asked(call: Callable[[], T]) -> T:
    """
    Make a call and turn Stripe's errors into ours. While Stripe has not answered lately, nothing is asked (`breaker`).

    :raises GatewayUnavailable: no answer, 5xx, 429, a key in use, or not asked: unknown
    :raises PaymentRefused: a clear no, as the subclass that fits
    """
    breaker = _breaker(_client())
    if not breaker.admits():
        raise GatewayUnavailable(cause="Stripe has not answered lately")
    try:
        with away():
            answer = call()
    except (stripe.InvalidRequestError, stripe.IdempotencyError, stripe.PermissionError, stripe.CardError) as error:
        breaker.answered()
        raise _refusal(error) from error
    except stripe.StripeError as error:
        breaker.failed()
        raise GatewayUnavailable(cause=repr(error)) from error
    breaker.answered()
    return answer


def _refusal(error: stripe.StripeError) -> PaymentRefused:
    if isinstance(error, stripe.IdempotencyError):
        return KeyReused(stripe_code=error.code)
    if isinstance(error, stripe.PermissionError):  # an account that took our access away
        return AccountRestricted(stripe_code=error.code, stripe_message=error.user_message)
    refusal = REFUSALS.get(str(error.code), PaymentRefused)
    return refusal(stripe_code=error.code, stripe_message=error.user_message)


def every(page: Any) -> list[Any]:
    """Return all members of a list at Stripe, fetching page by page."""
    return asked(lambda: list(page.auto_paging_iter()))


def with_key(found: Iterable[Any], key: str) -> Any | None:
    """Return the thing that carries our key in its metadata, or None."""
    return next((one for one in found if notes(one).get("key") == key), None)


def notes(thing: Any) -> dict[str, str]:
    """Return what we noted on a thing of Stripe."""
    return dict(thing.metadata.to_dict()) if thing.metadata else {}


def plain(thing: Any) -> dict[str, Any]:
    """Return a thing of Stripe as plain data."""
    data: dict[str, Any] = json.loads(str(thing))
    return data
