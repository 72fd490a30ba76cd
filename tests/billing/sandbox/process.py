"""The sandbox as a real process on a free port, a receiver for its webhooks, and the real SDK."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import stripe

ROOT = Path(__file__).resolve().parents[3]
SECRET = "whsec_of_the_platform"
CONNECT_SECRET = "whsec_of_connect"
PATIENCE_SECONDS = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(look: Callable[[], Any], what: str = "it", *, patience_seconds: float = PATIENCE_SECONDS) -> Any:
    """Return the first true answer of `look`; fail when none comes."""
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what} never came")


@dataclass
class Receiver:
    """Takes webhooks, checks their signature with the real SDK, and answers as it is told to."""

    port: int
    events: list[stripe.Event] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    answer: int = 200

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/stripe/events/"

    def types(self) -> list[str]:
        return [event.type for event in self.events]

    def take(self, path: str, headers: Any, body: bytes) -> int:
        secret = CONNECT_SECRET if path == "/stripe/connect/" else SECRET
        self.hosts.add(headers["Host"])
        try:
            event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], secret)
        except stripe.SignatureVerificationError as error:
            self.refused.append(str(error))
            return 400
        if self.answer == 200:
            self.events.append(event)
        return self.answer

    def clear(self) -> None:
        self.events.clear()
        self.refused.clear()
        self.answer = 200


@dataclass
class Sandbox:
    """One running sandbox."""

    port: int
    storage: Path
    receiver: Receiver
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def client(self) -> stripe.StripeClient:
        return stripe.StripeClient("sk_test_hutong", base_addresses={"api": self.url}, max_network_retries=0)

    def start(self) -> "Sandbox":
        command = [sys.executable, "-m", "billing.sandbox", "--port", str(self.port), "--storage", str(self.storage)]
        command += ["--public-url", self.url, "--webhook", self.receiver.url, "--webhook-secret", SECRET]
        command += ["--connect-webhook", self.receiver.url.replace("/events/", "/connect/")]
        environment = {"PATH": os.environ["PATH"], "STRIPE_CONNECT_WEBHOOK_SECRET": CONNECT_SECRET}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment)
        eventually(self.healthy, "the sandbox")
        return self

    def healthy(self) -> bool:
        assert self.process is None or self.process.poll() is None, "the sandbox did not start"
        try:
            return requests.get(self.url + "/healthz", timeout=5).ok
        except requests.ConnectionError:
            return False

    def stop(self, how: int = signal.SIGTERM) -> int:
        assert self.process
        self.process.send_signal(how)
        return self.process.wait(15)

    def control(self, address: str, /, **fields: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.url}/control/{address}", json=fields, timeout=15)
        assert answer.ok, answer.text
        return answer.json()

    def state(self) -> dict[str, Any]:
        return requests.get(self.url + "/control/state", timeout=15).json()

    def fault(self, kind: str, **fields: Any) -> None:
        self.control("faults", kind=kind, **fields)

    def advance(self, seconds: float) -> None:
        self.control("clock", advance=seconds)

    def new_session(self, **fields: Any) -> stripe.checkout.Session:
        """Two lunches of $25.00 by default."""
        key = fields.pop("key", None)
        return self.client.v1.checkout.sessions.create(order(**fields), {"idempotency_key": key} if key else None)

    def press(self, address: str, **fields: str) -> requests.Response:
        """Send a form as a browser would, without following where it leads."""
        return requests.post(address, data=fields, allow_redirects=False, timeout=15)

    def paid_session(self, card: str = "4242424242424242", **fields: Any) -> stripe.checkout.Session:
        """A session that was paid on its page with this card, with its fee booked."""
        session = self.new_session(**fields)
        assert self.press(session.url, **typed(card)).status_code == 303
        self.advance(3)
        return self.client.v1.checkout.sessions.retrieve(session.id)

    def charge_of(self, session: stripe.checkout.Session) -> stripe.Charge:
        intent = self.client.v1.payment_intents.retrieve(session.payment_intent, {"expand": ["latest_charge"]})
        return intent.latest_charge


def order(**fields: Any) -> dict[str, Any]:
    item = {
        "quantity": 2,
        "price_data": {
            "currency": fields.pop("currency", "usd"),
            "unit_amount": fields.pop("unit_amount", 2500),
            "product_data": {"name": "Noodle lunch for two", "description": "Any weekday until 15:00"},
        },
    }
    return {
        "mode": "payment",
        "line_items": [item],
        "success_url": "http://localhost:8000/back?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://localhost:8000/cart",
        "client_reference_id": "order-1",
        "metadata": {"order": "order-1"},
        **fields,
    }


def typed(number: str, **fields: str) -> dict[str, str]:
    """What a shopper types on the payment page."""
    return {
        "email": "cleo@example.com",
        "method": "card",
        "card_number": number,
        "card_expiry": "12 / 40",
        "card_cvc": "123",
        "action": "pay",
        **fields,
    }
