"""
Which mall an event of Stripe is about: found by rows that we wrote ourselves before the call, or by the account that it came from.

Metadata only cross-checks. What fits nothing of ours, or two things, is doubted and not guessed.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from tenants.registry import queries as registry

from .client import NotThere, api, asked, notes
from .models import ConnectedAccount, Outgoing, PaymentReference, StripeEvent
from .signatures import ACCOUNT, CONNECT


@dataclass(frozen=True)
class Address:
    """Where an event belongs: the mall's schema, and the try to pay where it is about one."""

    tenant_schema: str
    payment_reference: str = ""


class Doubtful(Exception):
    """An event that cannot be trusted to belong to one of our malls; the text says why."""


def address_of(event: StripeEvent) -> Address:
    """
    Return where an event belongs.

    :raises Doubtful: it fits no row of ours, or contradicts one
    :raises GatewayUnavailable: Stripe had to be asked and did not answer
    """
    if bool(event.payload.get("livemode")) != settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_")):
        raise Doubtful("the event is of the other mode (live or test)")
    account_id = event.payload.get("account") or ""
    if event.endpoint == CONNECT:
        return _of_account(str(account_id))
    if event.endpoint == ACCOUNT and account_id:
        raise Doubtful(f"an event of the connected account {account_id} came to our own endpoint")
    thing = event.payload["data"]["object"]
    found = _of_thing(thing)
    named = (thing.get("metadata") or {}).get("tenant")
    if named and named != found.tenant_schema and named not in registry.former_schemas(found.tenant_schema):
        raise Doubtful("the event names another mall than our own record")
    return found


def _of_account(account_id: str) -> Address:
    if not account_id:
        raise Doubtful("an event without an account came to the endpoint of connected accounts")
    known = ConnectedAccount.objects.filter(account_id=account_id).first()
    if known is None:
        raise Doubtful(f"no mall of ours has the account {account_id[:60]}")
    return Address(known.tenant_schema)


def _of_thing(thing: dict[str, Any]) -> Address:
    kind = str(thing.get("object", ""))
    if kind == "checkout.session" and thing.get("mode") != "subscription":
        return _of_session(thing)
    if kind in ("refund", "charge", "dispute", "payment_intent"):
        return address_of_payment(
            str(thing.get("id") if kind == "payment_intent" else thing.get("payment_intent") or "")
        )
    if kind in ("invoice", "invoiceitem", "subscription", "credit_note"):
        return _of_outgoing(str(thing.get("customer") or ""), "customer")
    return _of_outgoing(str(thing.get("id", "")), kind or "thing")


def _of_session(session: dict[str, Any]) -> Address:
    name = session.get("client_reference_id") or (session.get("metadata") or {}).get("reference") or ""
    reference = PaymentReference.objects.filter(reference=name).first() if name else None
    if reference is None:
        raise Doubtful(f"no payment of ours has the reference “{str(name)[:40]}”")
    if reference.session_id and session.get("id") != reference.session_id:
        raise Doubtful("the session is not the one that we opened for this reference")
    return Address(reference.tenant_schema, reference.reference)


def address_of_payment(intent_id: str) -> Address:
    """
    Find a payment by its intent; one that was never noted is asked from Stripe, and noted.

    :raises Doubtful: it is no payment of ours
    :raises GatewayUnavailable: Stripe had to be asked and did not answer
    """
    if not intent_id:
        raise Doubtful("the event names no payment")
    known = PaymentReference.objects.filter(payment_intent_id=intent_id).first()
    if known:
        return Address(known.tenant_schema, known.reference)
    try:
        intent = asked(lambda: api().payment_intents.retrieve(intent_id))
    except NotThere:
        raise Doubtful(f"Stripe knows no payment {intent_id[:60]}") from None
    reference = PaymentReference.objects.filter(reference=notes(intent).get("reference", "")).first()
    if reference is None and intent.customer:
        return _of_outgoing(str(intent.customer), "customer")
    if reference is None:
        raise Doubtful(f"no payment of ours is {intent_id[:60]}")
    if (intent.amount, intent.currency) != (reference.amount_minor, reference.currency.lower()):
        raise Doubtful(f"the payment {intent_id[:60]} is not the one that we asked for")
    PaymentReference.objects.filter(pk=reference.pk, payment_intent_id="").update(payment_intent_id=intent_id)
    return Address(reference.tenant_schema, reference.reference)


def _of_outgoing(stripe_id: str, what: str) -> Address:
    known = Outgoing.objects.filter(stripe_id=stripe_id).first() if stripe_id else None
    if known is None:
        raise Doubtful(f"we made no {what} {stripe_id[:60]}")
    return Address(known.tenant_schema)
