"""The process itself: what it imports, where it listens, how it stops, and what survives a kill."""

import signal
import socket
import subprocess
import sys

import pytest
import requests
import stripe

from tests.billing.sandbox.process import ROOT, Sandbox, eventually, free_port, typed


def test_it_imports_nothing_of_django_nor_of_the_product() -> None:
    script = (
        "import sys, billing.sandbox.__main__\n"
        "ours = ('django', 'wagtail', 'celery', 'stripe', 'saas', 'tenants', 'storefront', 'cms', 'ops_console')\n"
        "loaded = [name for name in sys.modules if name.split('.')[0] in ours]\n"
        "loaded += [name for name in sys.modules if name.startswith('billing.') and not name.startswith('billing.sandbox')]\n"
        "sys.exit(', '.join(loaded) or 0)\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


@pytest.mark.enable_socket  # it looks at this machine from its other address
def test_it_listens_on_loopback_only(sandbox: Sandbox) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        own_address = probe.getsockname()[0]
    if own_address.startswith("127."):
        pytest.skip("this machine has no other address")
    with pytest.raises(OSError, match="refused"), socket.create_connection((own_address, sandbox.port), timeout=2):
        pass


def test_kill_minus_nine_loses_nothing_that_was_answered(own_sandbox: Sandbox) -> None:
    own_sandbox.fault("hold_deliveries")
    session = own_sandbox.new_session(key="cs:1:1")
    own_sandbox.press(session.url, **typed("4242424242424242"))
    own_sandbox.stop(signal.SIGKILL)
    own_sandbox.start()
    paid = own_sandbox.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (paid.payment_status, paid.payment_intent.status) == ("paid", "succeeded")
    assert own_sandbox.new_session(key="cs:1:1").id == session.id, "the key is remembered too"
    assert own_sandbox.receiver.events == []
    own_sandbox.control("faults/clear")
    eventually(lambda: "checkout.session.completed" in own_sandbox.receiver.types(), "the held event")
    eventually(lambda: "charge.updated" in own_sandbox.receiver.types(), "the fee that was due")


def test_kill_minus_nine_in_the_middle_of_many_payments(own_sandbox: Sandbox) -> None:
    """Each round: sessions are made until the kill; all that were answered are there, whole, afterwards."""
    answered: list[str] = []
    for kill_after in (3, 7, 11):
        made = [own_sandbox.new_session() for _ in range(kill_after)]
        for session in made:
            assert own_sandbox.press(session.url, test_card="4242424242424242").status_code == 303
        answered += [session.id for session in made]
        own_sandbox.stop(signal.SIGKILL)
        own_sandbox.start()
    found = own_sandbox.client.v1.checkout.sessions.list({"limit": 100, "expand": ["data.payment_intent"]})
    paid = {session.id for session in found.data if session.payment_intent.status == "succeeded"}
    assert paid == set(answered)
    assert len(answered) == 21
    completed = lambda: {  # noqa: E731 - read again each time
        event.data.object.id for event in own_sandbox.receiver.events if event.type == "checkout.session.completed"
    }
    eventually(lambda: completed() == set(answered), "every event, at least once")


def test_sigterm_stops_it_cleanly_even_while_an_answer_hangs(own_sandbox: Sandbox) -> None:
    own_sandbox.fault("commit_then_hang")
    with pytest.raises(requests.ReadTimeout):
        requests.post(own_sandbox.url + "/v1/customers", auth=("sk_test_x", ""), data={"name": "Cleo"}, timeout=0.5)
    assert own_sandbox.stop() == 0
    own_sandbox.start()
    assert [found.name for found in own_sandbox.client.v1.customers.list().data] == ["Cleo"]


def test_a_second_one_on_the_same_storage_is_refused_with_a_sentence(own_sandbox: Sandbox) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "billing.sandbox", "--port", str(free_port()), "--storage", str(own_sandbox.storage)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert second.returncode == 1
    assert "Another sandbox is using" in second.stderr


def test_a_webhook_without_a_secret_is_refused_with_a_sentence() -> None:
    started = subprocess.run(
        [
            sys.executable,
            "-m",
            "billing.sandbox",
            "--port",
            "1",
            "--storage",
            "x.db",
            "--webhook",
            "http://localhost/x",
        ],
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert started.returncode == 2
    assert "--webhook needs --webhook-secret or STRIPE_WEBHOOK_SECRET" in started.stderr


def test_the_sdks_own_clients_share_one_sandbox(sandbox: Sandbox) -> None:
    """Two keys are two doors to the same platform."""
    other = stripe.StripeClient("sk_test_other", base_addresses={"api": sandbox.url})
    session = sandbox.new_session()
    assert other.v1.checkout.sessions.retrieve(session.id).id == session.id
