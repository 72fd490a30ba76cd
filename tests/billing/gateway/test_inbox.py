"""The inbox with its two endpoints: whose event it is, shuffled and doubled deliveries, lost ones found, secrets that rotate."""

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from billing.gateway import accounts, inbox, signatures
from billing.gateway.client import GatewayUnavailable
from billing.gateway.models import ConnectedAccount, Outgoing, PaymentReference, StripeEvent
from saas.kernel.actors import SYSTEM
from saas.kernel.tasks import make_app
from tests.billing.gateway.acts import a_payment
from tests.stripe_sandbox import StripeSandbox

pytestmark = pytest.mark.django_db
SCHEMA, OTHER = "m_0000000000000abc", "m_0000000000000def"
CONNECT_SECRETS = ["whsec_connect_new", "whsec_connect_old"]
State = StripeEvent.State


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def platform(client_for: Callable[..., Client], settings: Any) -> Client:
    settings.STRIPE_CONNECT_WEBHOOK_SECRETS = CONNECT_SECRETS
    return client_for(None)


@pytest.fixture
def account_id(stripe: StripeSandbox, now: datetime) -> str:
    """Riverside's account, filled in."""
    request = accounts.AccountRequest(SCHEMA, "Riverside", "alma@riverside.example", "US", "usd")
    made = accounts.open_account(request, now=now).account_id
    stripe.control(f"accounts/{made}/onboard", outcome="complete")
    return made


def told(stripe: StripeSandbox, account_id: str, kind: str) -> dict[str, Any]:
    """Return the account's latest event of a kind."""
    found = stripe.client.v1.events.list({"type": kind, "limit": 1}, {"stripe_account": account_id}).data[0]
    event: dict[str, Any] = json.loads(str(found))
    return event


def deliver(platform: Client, event: dict[str, Any], *, to: str = "connect-events", secret: str = "") -> int:
    body = json.dumps(event)
    header = StripeSandbox.signed(body, secret=secret or CONNECT_SECRETS[0])
    answer = platform.post(
        f"/stripe/{to}/", data=body, content_type="application/json", headers={"stripe-signature": header}
    )
    return answer.status_code


def test_an_event_of_an_account_finds_its_mall_by_the_account_and_the_account_is_read_again_w4(
    platform: Client, stripe: StripeSandbox, account_id: str, run_tasks: Any
) -> None:
    assert not ConnectedAccount.objects.get().can_receive
    with run_tasks():
        assert deliver(platform, told(stripe, account_id, "account.updated")) == 200
    row = StripeEvent.objects.get()
    assert (row.endpoint, row.state, row.tenant_schema, row.account_id) == ("connect", "done", SCHEMA, account_id)
    known = accounts.known_account(SCHEMA)
    assert known is not None
    assert known.can_receive
    assert known.can_pay_out

    stripe.control(f"accounts/{account_id}/onboard", outcome="restricted")
    with run_tasks():
        deliver(platform, told(stripe, account_id, "account.updated"))
    restricted = accounts.known_account(SCHEMA)
    assert restricted is not None
    assert (restricted.can_receive, restricted.errors) == (
        False,
        ("The name on the document does not match the name on the account.",),
    )
    stripe.control(f"accounts/{account_id}/onboard", outcome="disconnected")
    with run_tasks():
        deliver(platform, told(stripe, account_id, "account.application.deauthorized"))
    gone = accounts.known_account(SCHEMA)
    assert gone is not None
    assert not gone.is_connected


@pytest.mark.parametrize("how", ["another account", "no account", "at our own endpoint", "of the live mode"])
def test_an_event_that_is_not_of_an_account_of_ours_is_parked_w4(
    how: str, platform: Client, stripe: StripeSandbox, account_id: str, run_tasks: Any, settings: Any
) -> None:
    event, to, secret = told(stripe, account_id, "account.updated"), "connect-events", ""
    if how == "another account":
        event["account"] = "acct_somebodyelse"
    elif how == "no account":
        del event["account"]
    elif how == "at our own endpoint":
        to, secret = "events", settings.STRIPE_WEBHOOK_SECRETS[0]
    else:
        event["livemode"] = True
    with run_tasks():
        assert deliver(platform, event, to=to, secret=secret) == 200
    row = StripeEvent.objects.get()
    assert (row.state, row.tenant_schema) == ("quarantined", "")
    assert not ConnectedAccount.objects.get().can_receive


def test_each_endpoint_takes_its_own_secrets_both_during_a_rotation_w3(
    platform: Client, stripe: StripeSandbox, account_id: str, settings: Any
) -> None:
    event = told(stripe, account_id, "account.updated")
    assert deliver(platform, event, secret=CONNECT_SECRETS[1]) == 200
    assert deliver(platform, event, secret=settings.STRIPE_WEBHOOK_SECRETS[0]) == 400
    assert deliver(platform, event, to="events", secret=CONNECT_SECRETS[0]) == 400
    settings.STRIPE_CONNECT_WEBHOOK_SECRETS = CONNECT_SECRETS[:1]
    assert deliver(platform, event, secret=CONNECT_SECRETS[1]) == 400
    settings.STRIPE_CONNECT_WEBHOOK_SECRETS = [""]
    assert deliver(platform, event, secret="") == 400
    assert StripeEvent.objects.count() == 1


def test_the_same_event_id_at_both_endpoints_is_two_events(
    platform: Client, stripe: StripeSandbox, account_id: str, settings: Any
) -> None:
    event = told(stripe, account_id, "account.updated")
    deliver(platform, event)
    deliver(platform, event, to="events", secret=settings.STRIPE_WEBHOOK_SECRETS[0])
    assert sorted(StripeEvent.objects.values_list("endpoint", flat=True)) == ["account", "connect"]


def test_a_signature_is_good_for_300_seconds_w3(settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_one"]
    body = json.dumps({"id": "evt_1", "type": "t", "data": {"object": {}}})
    for age_s, is_good in ((0, True), (295, True), (305, False), (3600, False)):
        header = StripeSandbox.signed(body, secret="whsec_one", age_s=age_s)
        if is_good:
            signatures.verified(body.encode(), header, endpoint="account")
        else:
            with pytest.raises(signatures.ForgedWebhook):
                signatures.verified(body.encode(), header, endpoint="account")


def test_no_changed_byte_is_accepted_w3(settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_one"]
    body = json.dumps({"id": "evt_1", "type": "t", "data": {"object": {"amount": 1000}}}).encode()
    header = StripeSandbox.signed(body.decode(), secret="whsec_one")
    dice, refused = random.Random(7), 0
    for _time in range(3000):
        changed = bytearray(body)
        for _bite in range(dice.randint(1, 3)):
            changed[dice.randrange(len(changed))] ^= dice.randint(1, 255)
        if bytes(changed) == body:
            continue
        with pytest.raises(signatures.ForgedWebhook):
            signatures.verified(bytes(changed), header, endpoint="account")
        refused += 1
    assert refused > 2900
    signatures.verified(body, header, endpoint="account")


def refund_events(stripe: StripeSandbox, now: datetime, many: int) -> list[dict[str, Any]]:
    """Return the events of so many payments, each refunded in parts."""
    for number in range(many):
        charge = a_payment(stripe, f"model-{number}".ljust(26, "x"), now)
        for amount in (500, 700):
            stripe.client.v1.refunds.create({"payment_intent": charge.payment_intent_id, "amount": amount})
    return [one for one in stripe.events() if one["type"].startswith(("refund.", "checkout."))]


@pytest.mark.parametrize("seed", [1, 2])
def test_shuffled_doubled_and_dropped_deliveries_all_end_as_the_model_says_w1(
    seed: int, platform: Client, stripe: StripeSandbox, now: datetime, settings: Any
) -> None:
    """Each event 1 to 3 times, shuffled, one in five never: the catch-up finds those, and each is handled once."""
    settings.STRIPE_EVENT_TASKS = {}
    settings.STRIPE_PLATFORM_TASKS = {kind: [__name__] for kind in ("refund.created", "checkout.session.completed")}
    handed: Counter[tuple[str, str]] = Counter()
    dice = random.Random(seed)
    events = refund_events(stripe, now, 3)
    model = {
        one["data"]["object"]["id"]: one["type"] for one in events if one["type"] in settings.STRIPE_PLATFORM_TASKS
    }
    kept = [one for one in events if dice.random() > 0.2]
    deliveries = [one for one in kept for _time in range(dice.randint(1, 3))]
    dice.shuffle(deliveries)
    account = settings.STRIPE_WEBHOOK_SECRETS[0]
    for one in deliveries:
        assert deliver(platform, one, to="events", secret=account) == 200

    def take(name: str, **fields: Any) -> None:
        handed[fields["kind"], fields["object_id"]] += 1

    def run() -> None:
        for pk in StripeEvent.objects.filter(state=State.RECEIVED).values_list("pk", flat=True):
            inbox.handle(event_pk=pk, now=now)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("billing.gateway.inbox.enqueue", take)
        run()
        patch.setattr("billing.gateway.inbox.enqueue", lambda *_names, **_fields: None)
        inbox.catch_up(now=now + timedelta(minutes=1))
        patch.setattr("billing.gateway.inbox.enqueue", take)
        run()
    assert {thing: kind for kind, thing in handed} == model
    assert set(handed.values()) == {1}
    assert len(model) == 9
    print(f"{len(deliveries)} deliveries of {len(events)} events, {len(events) - len(kept)} dropped")


def test_a_dispute_and_a_refund_find_their_mall_even_when_the_payment_was_never_noted_w5(
    platform: Client, stripe: StripeSandbox, now: datetime, run_tasks: Any, settings: Any
) -> None:
    settings.STRIPE_PLATFORM_TASKS = {"charge.dispute.created": ["billing.gateway.account_changed"]}
    charge = a_payment(stripe, "r" * 26, now)
    PaymentReference.objects.update(payment_intent_id="")
    stripe.control(f"charges/{charge.charge_id}/dispute")
    event = stripe.events("charge.dispute.created")[-1]
    deliver(platform, event, to="events", secret=settings.STRIPE_WEBHOOK_SECRETS[0])
    row = StripeEvent.objects.get()
    assert inbox.handle(event_pk=row.pk, now=now) == "done"
    row.refresh_from_db()
    assert row.tenant_schema == SCHEMA
    assert PaymentReference.objects.get().payment_intent_id == charge.payment_intent_id

    PaymentReference.objects.all().delete()
    assert inbox.replay(event_pk=row.pk, by=SYSTEM, now=now) == "quarantined"


def test_stripe_being_away_fails_an_event_for_now_and_the_catch_up_takes_it_up_w6(
    platform: Client, stripe: StripeSandbox, now: datetime, settings: Any
) -> None:
    settings.STRIPE_PLATFORM_TASKS = {"charge.dispute.created": ["billing.gateway.account_changed"]}
    charge = a_payment(stripe, "r" * 26, now)
    PaymentReference.objects.update(payment_intent_id="")
    stripe.control(f"charges/{charge.charge_id}/dispute")
    deliver(
        platform, stripe.events("charge.dispute.created")[-1], to="events", secret=settings.STRIPE_WEBHOOK_SECRETS[0]
    )
    stripe.fault("unavailable", times=3)
    assert inbox.handle(event_pk=StripeEvent.objects.get().pk, now=now) == "failed"
    assert inbox._waiting(now=now + timedelta(minutes=1)) == [StripeEvent.objects.get().pk]
    assert inbox.handle(event_pk=StripeEvent.objects.get().pk, now=now) == "done"


def test_what_stripes_news_starts_is_tried_again_for_hours_w6() -> None:
    """The event is done when its task is on its way: an outage of ten minutes must not lose it."""
    app = make_app()
    app.loader.import_default_modules()
    names = {*settings.STRIPE_EVENT_TASKS.values(), *chain.from_iterable(settings.STRIPE_PLATFORM_TASKS.values())}
    assert len(names) > 5
    for name in names:
        task = app.tasks[name]
        waited = sum(min(task.retry_backoff_max, task.retry_backoff * 2**tried) for tried in range(task.max_retries))
        assert GatewayUnavailable in task.autoretry_for, name
        assert waited > 6 * 3600, name
        assert task.retry_backoff_max < settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"], name


def test_the_catch_up_asks_connected_accounts_in_turn_w1(stripe: StripeSandbox, account_id: str, now: datetime) -> None:
    assert inbox.catch_up(now=now + timedelta(seconds=1)) > 0
    kinds = set(StripeEvent.objects.filter(endpoint="connect").values_list("kind", flat=True))
    assert kinds == {"account.updated", "capability.updated"}
    assert ConnectedAccount.objects.get().caught_up_at is not None
    assert inbox.catch_up(now=now + timedelta(seconds=2)) == 0


def test_what_we_asked_for_is_written_before_the_call_and_known_after_it(stripe: StripeSandbox, now: datetime) -> None:
    from billing.gateway.client import GatewayUnavailable

    stripe.fault("unavailable", times=3, method="POST")
    request = accounts.AccountRequest(OTHER, "Hillside", "cleo@hillside.example", "US", "usd")
    with pytest.raises(GatewayUnavailable):
        accounts.open_account(request, now=now)
    assert Outgoing.objects.get().stripe_id == ""
    account = accounts.open_account(request, now=now)
    assert Outgoing.objects.get().stripe_id == account.account_id
    assert len(stripe.client.v1.accounts.list().data) == 1
