"""Signing in and up: by code, by password; each mall by itself (A7, T2)."""

import re
from typing import Any
from urllib.parse import unquote

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from limits import parse

from saas.accounts import operations
from saas.accounts.models import User
from saas.mailroom import messages
from tenants.isolation.entrance import inside
from tests.saas.accounts.signing import PASSWORD, code_for, give_password, signed_in

pytestmark = pytest.mark.usefixtures("fresh")


def test_a_shopper_signs_up_by_an_e_mailed_code(riverside: Any, client_for: Any) -> None:
    client = client_for(riverside)
    asked = client.post("/account/login/code/", {"login": "Eve@Shopper.example"})
    assert (asked.status_code, asked.headers["Location"]) == (302, "/account/login/code/confirm/")
    assert signed_in(client, riverside) == ""
    answer = client.post("/account/login/code/confirm/", {"code": code_for("eve@shopper.example")})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/account/")
    with inside(riverside):
        eve = User.objects.get(email="eve@shopper.example")
        assert (eve.kind, eve.has_usable_password()) == (User.Kind.SHOPPER, False)
        assert EmailAddress.objects.get(user=eve).verified
    assert signed_in(client, riverside) == eve.public_id


def test_a_shopper_signs_up_by_a_code_to_the_phone(riverside: Any, client_for: Any) -> None:
    client = client_for(riverside)
    assert client.post("/account/login/code/", {"login": "(202) 555-0117"}).status_code == 302
    assert messages.newest()[0].kind == "sms"
    answer = client.post("/account/login/code/confirm/", {"code": code_for("+12025550117")})
    assert answer.headers["Location"] == "/account/"
    with inside(riverside):
        eve = User.objects.get(phone="+12025550117")
        assert eve.phone_verified


def test_the_second_time_the_same_account_is_used(riverside: Any, client_for: Any) -> None:
    for _time in range(2):
        client = client_for(riverside)
        client.post("/account/login/code/", {"login": "eve@shopper.example"})
        client.post("/account/login/code/confirm/", {"code": code_for("eve@shopper.example")})
    with inside(riverside):
        assert User.objects.filter(email="eve@shopper.example").count() == 1


def test_an_account_of_riverside_is_none_in_hillside(riverside: Any, hillside: Any, client_for: Any) -> None:
    """A7: the same e-mail may exist in many malls, as different people."""
    found = []
    for tenant in (riverside, hillside):
        client = client_for(tenant)
        client.post("/account/login/code/", {"login": "eve@shopper.example"})
        client.post("/account/login/code/confirm/", {"code": code_for("eve@shopper.example")})
        found.append(signed_in(client, tenant))
    assert found[0] != found[1]


@pytest.mark.parametrize("typed", ["", "not an address", "eve@", "12"])
def test_what_is_no_address_is_said_on_the_page(riverside: Any, client_for: Any, typed: str) -> None:
    answer = client_for(riverside).post("/account/login/code/", {"login": typed})
    assert answer.status_code == 422
    assert 'class="error-summary"' in answer.content.decode()
    assert messages.newest() == []


def test_a_wrong_code_lets_nobody_in_and_five_end_it(riverside: Any, client_for: Any) -> None:
    client = client_for(riverside)
    client.post("/account/login/code/", {"login": "eve@shopper.example"})
    right = code_for("eve@shopper.example")
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    statuses = [client.post("/account/login/code/confirm/", {"code": wrong}).status_code for _try in range(5)]
    assert statuses == [200, 200, 200, 200, 302]
    client.post("/account/login/code/confirm/", {"code": right})
    assert signed_in(client, riverside) == ""


def test_codes_to_one_address_are_counted_over_all_malls(riverside: Any, hillside: Any, client_for: Any) -> None:
    """C42: who goes round the malls meets one counter."""
    limit = parse(operations.CODES_FOR_ONE_ADDRESS).amount
    for number in range(limit):
        with inside((riverside, hillside)[number % 2]):
            operations.allow_code(address="Eve@shopper.example", client="192.0.2.7")
    answer = client_for(riverside).post("/account/login/code/", {"login": "eve@shopper.example"})
    assert answer.status_code == 422
    assert "Too many codes" in answer.content.decode()
    assert messages.newest() == []


def test_a_code_is_not_sent_again_and_again(riverside: Any, client_for: Any) -> None:
    answers = [
        client_for(riverside).post("/account/login/code/", {"login": "eve@shopper.example"}).status_code
        for _try in range(4)
    ]
    assert answers == [302, 302, 302, 422]
    assert len(messages.newest()) == 3


def test_an_unknown_address_on_the_platform_gets_the_same_answer_and_no_mail(client_for: Any) -> None:
    before = User.objects.count()
    answer = client_for(None).post("/account/login/code/", {"login": "nobody@hutong.example"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/account/login/code/confirm/")
    assert messages.newest() == []
    assert User.objects.count() == before


@pytest.mark.parametrize(("who", "home"), [("alma", "/manage/"), ("bo", "/counter/")])
def test_staff_sign_in_with_a_password_and_land_where_they_work(
    riverside: Any, client_for: Any, request: Any, who: str, home: str
) -> None:
    person = request.getfixturevalue(who)
    give_password(riverside, person)
    answer = client_for(riverside).post("/account/login/", {"login": person.email.upper(), "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (302, home)


def test_the_owner_of_riverside_is_nobody_at_hillside(
    riverside: Any, hillside: Any, alma: Any, client_for: Any
) -> None:
    give_password(riverside, alma)
    client = client_for(hillside)
    assert client.post("/account/login/", {"login": alma.email, "password": PASSWORD}).status_code == 200
    assert signed_in(client, hillside) == ""


def test_next_leads_to_no_other_host(riverside: Any, alma: Any, client_for: Any) -> None:
    give_password(riverside, alma)
    answer = client_for(riverside).post(
        "/account/login/?next=https://evil.example/", {"login": alma.email, "password": PASSWORD}
    )
    assert answer.headers["Location"] == "/manage/"


def test_guessing_a_password_ends_after_five(riverside: Any, alma: Any, client_for: Any) -> None:
    give_password(riverside, alma)
    client = client_for(riverside)
    for port in range(5):  # the port in the Host header is the client's to choose
        client.post("/account/login/", {"login": alma.email, "password": "wrong"}, SERVER_PORT=str(8001 + port))
    page = client.post("/account/login/", {"login": alma.email, "password": PASSWORD}).content.decode()
    assert "Too many failed login attempts" in page


def test_wagtails_own_doors_lead_to_ours(riverside: Any, client_for: Any) -> None:
    client = client_for(riverside)
    assert (
        unquote(client.get("/manage/login/?next=/manage/pages/").headers["Location"])
        == "/account/login/?next=/manage/pages/"
    )
    assert (
        client.post("/manage/login/", {"username": "a", "password": "b"})
        .headers["Location"]
        .startswith("/account/login/")
    )
    assert client.get("/manage/password_reset/").headers["Location"] == "/account/password/reset/"
    assert client.get("/manage/password_reset/confirm/x/y/").headers["Location"] == "/account/password/reset/"
    assert client.get("/manage/").headers["Location"] == "/account/login/?next=/manage/"


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("/account/login/", "/account/login/code/"),
        ("/account/login/?next=/account/", "/account/login/code/?next=/account/"),
        ("/account/login/?next=/manage/", ""),
        ("/account/login/?next=/counter/", ""),
        ("/account/login/?password=1", ""),
    ],
)
def test_shoppers_are_asked_for_an_address_and_staff_for_a_password(
    riverside: Any, client_for: Any, asked: str, shown: str
) -> None:
    answer = client_for(riverside).get(asked)
    assert unquote(answer.headers.get("Location", "")) == shown
    assert answer.status_code == (302 if shown else 200)


def test_signing_up_is_asking_for_a_code(riverside: Any, client_for: Any) -> None:
    answer = client_for(riverside).get("/account/signup/?next=/deals/")
    assert unquote(answer.headers["Location"]) == "/account/login/code/?next=/deals/"


def test_the_agencys_person_cannot_sign_in_to_a_mall_by_any_code_or_password(riverside: Any, client_for: Any) -> None:
    with inside(riverside):
        mei = User.objects.create_user("mei@hutong.example", PASSWORD, kind=User.Kind.AGENCY)
    client = client_for(riverside)
    client.post("/account/login/", {"login": mei.email, "password": PASSWORD})
    assert signed_in(client, riverside) == ""


# --- addresses that somebody only wrote down (domain rule 10.12) ---


def come_in(client: Any, address: str) -> None:
    client.post("/account/login/code/", {"login": address})
    assert client.post("/account/login/code/confirm/", {"code": code_for(address)}).status_code == 302


def test_nobody_is_known_by_an_address_that_they_did_not_prove(riverside: Any, client_for: Any) -> None:
    mallory = client_for(riverside)
    come_in(mallory, "mallory@shopper.example")
    mallory.post("/account/email/", {"email": "eve@shopper.example", "action_add": ""})
    mallory.post("/account/email/", {"email": "mallory@shopper.example", "action_remove": ""})
    mallory.post("/account/email/", {"email": "Eve@shopper.example", "action_primary": ""})
    with inside(riverside):
        known = User.objects.get(email="mallory@shopper.example")
        assert EmailAddress.objects.get(user=known, primary=True).email == "mallory@shopper.example"
        assert not User.objects.filter(email__in=["eve@shopper.example", ""]).exists()


@pytest.mark.parametrize("holders", [1, 2])
def test_the_mailboxes_owner_gets_an_account_of_their_own_whoever_wrote_the_address_down(
    riverside: Any, client_for: Any, holders: int
) -> None:
    """An account laid ready for a victim, as it could be made once, opens to nobody but its maker; nor does a link for a password."""
    laid = []
    for number in range(holders):
        client, own = client_for(riverside), f"mallory{number}@shopper.example"
        come_in(client, own)
        client.post("/account/email/", {"email": "eve@shopper.example", "action_add": ""})
        laid.append(signed_in(client, riverside))
    with inside(riverside):
        EmailAddress.objects.get(user__public_id=laid[0], email="mallory0@shopper.example").delete()
        EmailAddress.objects.get(user__public_id=laid[0], email="eve@shopper.example").set_as_primary()
    letters = len(messages.newest("eve@shopper.example"))
    client_for(riverside).post("/account/password/reset/", {"email": "eve@shopper.example"})
    assert len(messages.newest("eve@shopper.example")) == letters
    eve = client_for(riverside)
    come_in(eve, "eve@shopper.example")
    assert signed_in(eve, riverside) not in laid
    with inside(riverside):
        row = EmailAddress.objects.get(user__public_id=signed_in(eve, riverside))
        assert (row.email, row.verified, row.primary) == ("eve@shopper.example", True, True)
        assert User.objects.get(public_id=laid[0]).email is None


def test_an_account_that_was_kept_from_its_row_by_anothers_proves_its_address_with_the_next_code(
    riverside: Any, client_for: Any, now: Any
) -> None:
    with inside(riverside):
        eve = User.objects.create_user("eve@shopper.example", last_login=now)
        bo = User.objects.get(email="bo@riverside.example")
        EmailAddress.objects.create(user=bo, email="eve@shopper.example")
    client = client_for(riverside)
    come_in(client, "eve@shopper.example")
    assert signed_in(client, riverside) == eve.public_id
    with inside(riverside):
        assert EmailAddress.objects.get(user=eve).verified


# --- new passwords, links ---


def reset_link(address: str) -> str:
    found = re.search(r"https?://[^/\s]+(/account/password/reset/key/\S+)", messages.newest(address)[0].text)
    assert found
    return found[1]


def test_a_forgotten_password_is_set_anew_by_the_mailed_link(riverside: Any, alma: Any, client_for: Any) -> None:
    client = client_for(riverside)
    assert client.post("/account/password/reset/", {"email": alma.email}).status_code == 302
    shown = client.get(reset_link(alma.email), follow=True)
    form = shown.redirect_chain[-1][0]
    assert client.post(form, {"password1": PASSWORD, "password2": PASSWORD}).status_code == 302
    with inside(riverside):
        assert EmailAddress.objects.get(user=alma).verified, "the link came by mail"
    other = client_for(riverside)
    assert other.post("/account/login/", {"login": alma.email, "password": PASSWORD}).status_code == 302


def test_riversides_reset_link_opens_nothing_at_hillside(
    riverside: Any, hillside: Any, alma: Any, client_for: Any
) -> None:
    """T2: also where the same row number and the same password stand in both malls."""
    with inside(riverside):
        row = User.objects.filter(pk=alma.pk).values("password", "last_login").get()
    with inside(hillside):
        User.objects.filter(pk=alma.pk).delete()
        User.objects.create(pk=alma.pk, email=alma.email, **row)
    client_for(riverside).post("/account/password/reset/", {"email": alma.email})
    page = client_for(hillside).get(reset_link(alma.email), follow=True).content.decode()
    assert "password1" not in page


def test_riversides_confirmation_key_confirms_nothing_at_hillside(
    riverside: Any, hillside: Any, alma: Any, client_for: Any
) -> None:
    """T2: keys are rows of a mall, not signatures over a row number."""
    client = client_for(riverside, alma)
    client.post("/account/email/", {"email": "alma@second.example", "action_add": ""})
    with inside(riverside):
        key = EmailConfirmation.objects.get().key
    with inside(hillside):
        assert EmailConfirmation.from_key(key) is None


def test_a_letter_comes_in_the_malls_name_as_text_and_html(riverside: Any, client_for: Any) -> None:
    client_for(riverside).post("/account/login/code/", {"login": "eve@shopper.example"})
    letter = messages.newest()[0]
    assert letter.sender.startswith("Riverside Noodles <")
    assert letter.subject.endswith("is your code for Riverside Noodles")
    assert code_for("eve@shopper.example") in letter.html
