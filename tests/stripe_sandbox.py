"""The Stripe sandbox as product tests use it: a real process, spoken to by our own gateway over HTTP."""

import json
import time
from pathlib import Path
from typing import Any

import stripe
from django.conf import settings
from django.test import Client

from tests.billing.sandbox.process import Receiver, Sandbox, free_port

DECLINED, PAYS, CHALLENGED = "4000000000000002", "4242424242424242", "4000000000003220"


class StripeSandbox(Sandbox):
    """A sandbox without an endpoint of its own: the test decides which events arrive, how often and in which order."""

    def __init__(self, storage: Path) -> None:
        port = free_port()
        # Nobody listens there; what is undelivered stays in the list of events.
        super().__init__(port, storage, Receiver(port=free_port()))

    def pay(self, session_id: str, card: str = PAYS) -> None:
        """Pay a session as a shopper on its page would."""
        self.control(f"sessions/{session_id}/pay", card=card, email="cleo@example.com")

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """Return what happened, oldest first."""
        page = self.client.v1.events.list({"limit": 100, **({"type": kind} if kind else {})})
        return [json.loads(str(event)) for event in reversed(page.data)]

    @staticmethod
    def signed(body: str, *, secret: str = "", age_s: int = 0) -> str:
        """Return the header by which Stripe signs a body."""
        at = int(time.time()) - age_s
        signature = stripe.WebhookSignature._compute_signature(
            f"{at}.{body}", secret or settings.STRIPE_WEBHOOK_SECRETS[0]
        )
        return f"t={at},v1={signature}"

    def deliver(self, client: Client, event: dict[str, Any]) -> int:
        """Post an event to the platform's endpoint and return the status."""
        body = json.dumps(event)
        answer = client.post(
            "/stripe/events/",
            data=body,
            content_type="application/json",
            headers={"stripe-signature": self.signed(body)},
        )
        return answer.status_code
