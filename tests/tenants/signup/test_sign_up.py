"""Signing up: one form, one mall, its owner signed in; every wrong answer said on the same page."""

import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from celery import current_app
from django.contrib.auth import SESSION_KEY
from django.db import connection, connections

from saas.accounts.models import User
from tenants.isolation.entrance import inside
from tenants.provisioning.operations import Opening
from tenants.registry.models import Tenant
from tenants.signup import operations, queries

FORM = {
    "key": "k" * 26,
    "time_zone": "America/Los_Angeles",
    "name": "Lantern Tea House",
    "slug": "lantern-tea",
    "trade": "restaurant",
    "currency": "usd",
    "email": "Lin@Lantern.example",
    "password": "lacquer-kettle-dawn",
}
Send = Callable[..., Any]


@pytest.fixture
def send(client_for: Any) -> Send:
    """Return a function that sends the form with some answers changed."""
    return lambda **changes: client_for(None).post("/signup/", {**FORM, **changes})


def malls() -> int:
    return Tenant.objects.count()


@pytest.mark.usefixtures("committed")
def test_a_merchant_signs_up_and_arrives_signed_in(client_for: Any) -> None:
    answer = client_for(None).post("/signup/", FORM)
    assert answer.status_code == 302
    address = urlsplit(answer.headers["Location"])
    assert re.fullmatch(r"lantern-tea\.localhost(:\d+)?", address.netloc)
    tenant = Tenant.objects.get(slug="lantern-tea")
    assert (tenant.name, tenant.status, tenant.time_zone, tenant.owner_email) == (
        "Lantern Tea House", "open", "America/Los_Angeles", "lin@lantern.example",
    )  # fmt: skip
    client = client_for(tenant)
    arrived = client.get(address.path)
    assert (arrived.status_code, arrived.headers["Location"]) == (302, "/manage/")
    with inside(tenant):
        assert client.session[SESSION_KEY] == str(User.objects.get(email="lin@lantern.example").pk)
    assert client.get("/manage/").status_code == 200


@pytest.mark.usefixtures("committed")
def test_the_form_sent_twice_opens_one_mall_and_lets_its_owner_in_again(client_for: Any) -> None:
    first = client_for(None).post("/signup/", FORM)
    before = malls()
    second = client_for(None).post("/signup/", FORM)
    assert (first.status_code, second.status_code) == (302, 302)
    assert malls() == before
    assert first.headers["Location"] != second.headers["Location"]


@pytest.mark.usefixtures("committed")
def test_the_form_sent_again_with_another_password_lets_nobody_in(client_for: Any) -> None:
    client_for(None).post("/signup/", FORM)
    answer = client_for(None).post("/signup/", FORM | {"password": "somebody-elses-guess"})
    assert answer.status_code == 422
    assert "Please sign in there" in answer.content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"slug": "riverside"}, "That address is taken"),
        ({"slug": "www"}, "“www” is reserved"),
        ({"slug": "-x-"}, "3 to 40 letters"),
        ({"slug": "no dots.or spaces"}, "3 to 40 letters"),
        ({"slug": "xn--fsq"}, "is reserved"),
        ({"name": "N" * 300}, "The name has 300 characters; 120 fit over the door."),
        ({"name": "🍜🍜🍜"}, "at least one letter or digit"),
        ({"name": "   "}, "Tell us the name of your business."),
        ({"password": "short"}, "at least 10 characters"),
        ({"password": "password123"}, "too common"),
        ({"password": "Lantern Tea House"}, "too similar"),
        ({"password": ""}, "Choose a password."),
        ({"email": "no-address"}, "Enter an e-mail address like name@example.com."),
        ({"email": ""}, "Tell us your e-mail address."),
        ({"trade": "piracy"}, "Select a valid choice"),
        ({"currency": "xxx"}, "Select a valid choice"),
        ({"key": "short"}, "Enter a valid value"),
    ],
)
def test_a_wrong_answer_is_said_on_the_same_page_and_opens_nothing(
    send: Send, riverside: Any, changes: dict, said: str
) -> None:
    before = malls()
    answer = send(**changes)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert 'class="error-summary" role="alert"' in page
    assert malls() == before


def test_what_was_typed_is_kept_but_never_the_password(send: Send, riverside: Any) -> None:
    page = send(slug="riverside").content.decode()
    for kept in ('value="Lantern Tea House"', 'value="riverside"', 'value="Lin@Lantern.example"'):
        assert kept in page
    assert "lacquer-kettle-dawn" not in page
    assert "type the password again" in page


def test_an_unknown_time_zone_becomes_utc(db: None) -> None:
    from tenants.signup.forms import SignUpForm

    form = SignUpForm(FORM | {"time_zone": "Mars/Olympus"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["time_zone"] == "UTC"


@pytest.mark.parametrize(("name", "slug"), [("Café Émile & Söhne", "cafe-emile-sohne"), ("Riverside", "riverside-2")])
def test_the_address_follows_from_the_name(riverside: Any, name: str, slug: str) -> None:
    assert queries.suggested_address(name) == slug


@pytest.mark.parametrize("name", ["老王面馆", "🍜", "", "A"])
def test_a_name_without_latin_letters_still_gets_an_address(db: None, name: str) -> None:
    assert re.fullmatch(r"mall-[0-9a-z]{6}", queries.suggested_address(name))


def test_the_address_is_checked_while_typing(client_for: Any, riverside: Any) -> None:
    client = client_for(None)
    typing_name = {"HX-Request": "true", "HX-Trigger-Name": "name"}
    typing_slug = {"HX-Request": "true", "HX-Trigger-Name": "slug"}
    suggested = client.get(
        "/signup/address/", {"name": "Mill Lane Books", "slug": ""}, headers=typing_name
    ).content.decode()
    assert 'value="mill-lane-books"' in suggested
    assert "“mill-lane-books” is free." in suggested
    taken = client.get("/signup/address/", {"slug": "riverside"}, headers=typing_slug).content.decode()
    assert "That address is taken" in taken
    own = client.get("/signup/address/", {"name": "Mill", "slug": "my-own", "suggested": "mi"}, headers=typing_name)
    assert own.status_code == 204  # what the person typed stays: an answer would take the field's place
    assert not own.content


def test_one_client_opens_a_limited_number_of_malls(
    send: Send, settings: Any, riverside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SIGN_UPS_PER_HOUR = 1
    from saas.kernel import rates

    rates.forget("sign-up", "127.0.0.1", rate="1/hour")
    assert rates.spend("sign-up", "127.0.0.1", rate="1/hour")
    before = malls()
    assert send().status_code == 429
    assert malls() == before


def test_the_owner_is_let_in_only_with_the_mall_open(riverside: Any, now: datetime) -> None:
    """A repeated key of Riverside's with a stranger's e-mail gives no way in."""
    Tenant.objects.filter(pk=riverside.pk).update(opening_key="r" * 26)
    opening = Opening(
        name="X",
        slug="riverside",
        trade="restaurant",
        owner_email="cleo@hillside.example",
        owner_password="x",
        key="r" * 26,
    )
    with pytest.raises(operations.AlreadyOpened):
        operations.open_and_enter(opening, now=now)
    assert connection.schema_name == "public"


@pytest.fixture
def nobody_works() -> Iterator[None]:
    """Leave the background work undone, as where the worker is slow; the pictures' sizes would be drawn in the test."""
    conf = current_app.conf
    before = {"task_always_eager": conf.task_always_eager, "broker_url": conf.broker_url}
    conf.update(task_always_eager=False, broker_url="memory://")
    yield
    conf.update(before)


@pytest.mark.usefixtures("committed", "nobody_works")
def test_three_clicks_at_once_open_one_mall() -> None:
    """The slower requests wait for the first one and find its mall."""
    opening = Opening(
        name="Clicked",
        slug="clicked",
        trade="restaurant",
        owner_email="lin@clicked.example",
        owner_password=FORM["password"],
        key="c" * 26,
    )
    gate, found = threading.Barrier(3), []

    def click(number: int) -> None:
        try:
            gate.wait()
            found.append(operations.open_and_enter(opening, now=datetime(2026, 11, 20, 20, 0, number, tzinfo=UTC)))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 3
    assert {urlsplit(address).hostname for address in found} == {"clicked.localhost"}
    assert Tenant.objects.filter(opening_key="c" * 26).count() == 1
    with inside(Tenant.objects.get(slug="clicked")):
        assert User.objects.filter(email="lin@clicked.example").count() == 1
