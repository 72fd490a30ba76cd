"""Leaving: the whole mall goes to nobody who only found a session open, and an end is taken back by who asked for it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from saas.accounts.models import User
from saas.kernel.actors import Actor
from saas.kernel.ids import public_id
from tenants.archives import exporting, operations
from tenants.archives.models import MallExport
from tenants.erasure import operations as erasure
from tenants.erasure import sales
from tenants.erasure.models import Erasure
from tenants.isolation.entrance import inside, on_platform
from tenants.isolation.storage import media
from tenants.registry.models import Tenant
from tests.factories.sessions import confirm

pytestmark = pytest.mark.django_db
ADA = Actor(kind="agency", name="Ada Okafor", public_id="a" * 26)
ALMA = Actor(kind="merchant", name="Alma", public_id="b" * 26)
PASSWORD = "a-long-one-for-alma"


@pytest.fixture
def archive(riverside: Tenant, tmp_path: Path, settings: Any, now: datetime) -> MallExport:
    """An archive of Riverside that can be downloaded."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    key = f"{riverside.schema_name}/{exporting.FOLDER}/riverside.zip"
    (tmp_path / "made").write_bytes(b"everything")
    with inside(riverside):
        media.put(key, tmp_path / "made")
    return MallExport.objects.create(
        tenant=riverside, asked_at=now, by_kind="merchant", by_name="Alma", state=MallExport.State.DONE, key=key, size_bytes=10
    )  # fmt: skip


def with_password(tenant: Tenant, person: User) -> None:
    with inside(tenant):
        person.set_password(PASSWORD)
        person.save()


def test_an_open_session_is_not_enough_to_download_the_whole_mall(
    riverside: Tenant, alma: User, client_for: Callable[..., Client], archive: MallExport
) -> None:
    """The way with the real page: asked, a wrong password, the right one, back to the list, downloaded."""
    with_password(riverside, alma)
    client = client_for(riverside, alma)
    link = f"/manage/leave/{archive.public_id}/link/"

    asked = client.post(link)
    assert asked.status_code == 302
    assert asked.url.startswith("/account/reauthenticate/?next=")
    assert "confirmed" in asked.url
    assert client.get(asked.url).status_code == 200
    assert client.post(asked.url, {"password": "another"}).status_code == 200
    assert client.post(link).url.startswith("/account/reauthenticate/")

    back = client.post("/account/reauthenticate/", {"password": PASSWORD, "next": "/manage/leave/?confirmed=1"})
    assert back.url == "/manage/leave/?confirmed=1"
    assert "within the next five minutes" in client.get(back.url).content.decode()
    found = client.get(client.post(link).url)
    assert b"".join(found.streaming_content) == b"everything"


def test_a_password_that_was_given_long_ago_is_asked_for_again(
    riverside: Tenant, alma: User, client_for: Callable[..., Client], archive: MallExport
) -> None:
    client = client_for(riverside, alma)
    with inside(riverside):
        confirm(client, alma)
        assert "/manage/leave/download/" in client.post(f"/manage/leave/{archive.public_id}/link/").url
        session = client.session
        session["account_authentication_methods"][0]["at"] -= 301
        session.save()

    assert client.post(f"/manage/leave/{archive.public_id}/link/").url.startswith("/account/reauthenticate/")


def test_somebody_elses_confirmation_in_a_session_counts_for_nothing(
    riverside: Tenant, alma: User, bo: User, client_for: Callable[..., Client]
) -> None:
    client = client_for(riverside, alma)
    with inside(riverside):
        confirm(client, bo)
    assert client.get("/manage/leave/end/").url.startswith("/account/reauthenticate/")


def test_who_has_no_password_signs_in_again(riverside: Tenant, alma: User, client_for: Callable[..., Client]) -> None:
    with inside(riverside):
        alma.set_unusable_password()
        alma.save()
    client = client_for(riverside, alma)

    asked = client.get("/manage/leave/end/")

    assert asked.url.startswith("/account/login/?next=%2Fmanage%2Fleave%2Fend%2F")
    assert client.get("/manage/leave/").status_code == 302  # signed out


def test_an_open_session_is_not_enough_to_end_a_mall(
    riverside: Tenant, alma: User, client_for: Callable[..., Client]
) -> None:
    """C41 and A8: neither the page nor the act."""
    client = client_for(riverside, alma)
    sent = {"reason": "We are moving to another town", "typed": "riverside"}
    assert client.get("/manage/leave/end/").url.startswith("/account/reauthenticate/")
    assert client.post("/manage/leave/end/", sent).url.startswith("/account/reauthenticate/")
    with on_platform():
        assert not Erasure.objects.exists()

    with inside(riverside):
        confirm(client, alma)
    assert client.get("/manage/leave/end/").status_code == 200
    assert client.post("/manage/leave/end/", sent).url == "/manage/leave/"
    with on_platform():
        assert Erasure.objects.get().state == "waiting"


def test_what_the_agency_asked_for_the_owner_does_not_take_back(
    riverside: Tenant, alma: User, client_for: Callable[..., Client], now: datetime
) -> None:
    erasure.ask(tenant=riverside, typed="riverside", reason="Fraud", by=ADA, now=now)
    client = client_for(riverside, alma)

    page = client.get("/manage/leave/").content.decode()
    assert "Keep my mall" not in page
    assert "The agency has asked for it" in page
    client.post("/manage/leave/keep/")

    assert Erasure.objects.get().state == "waiting"
    with pytest.raises(erasure.NotYours):
        erasure.cancel(tenant=riverside, by=ALMA, now=now)
    erasure.cancel(tenant=riverside, by=ADA, now=now)
    assert Erasure.objects.get().state == "cancelled"


@pytest.mark.parametrize("keeper", [ALMA, ADA])
def test_what_the_owner_asked_for_both_can_take_back_and_both_are_told(
    riverside: Tenant, keeper: Actor, now: datetime, run_tasks: Any
) -> None:
    from django.contrib.auth.models import Group

    admin = User.objects.create_user(f"ops-{public_id()[:6]}@agency.example", kind=User.Kind.AGENCY, name="Ops")
    admin.groups.add(Group.objects.get_or_create(name="Admin")[0])
    with run_tasks():
        erasure.ask(tenant=riverside, typed="riverside", reason="Moving away", by=ALMA, now=now)
    asked = [message for message in mail.outbox if "is to be erased" in message.subject]
    assert {message.to[0] for message in asked} >= {riverside.owner_email, admin.email}
    assert "Moving away" in asked[0].body
    assert "change your password" in asked[0].body

    mail.outbox.clear()
    with run_tasks():
        erasure.cancel(tenant=riverside, by=keeper, now=now)
    kept = [message for message in mail.outbox if "stays" in message.subject]
    assert {message.to[0] for message in kept} >= {riverside.owner_email, admin.email}
    riverside.refresh_from_db()
    assert riverside.status == "open"


def test_a_suspension_in_the_grace_outlives_the_erasure(riverside: Tenant, now: datetime) -> None:
    """M19: whatever the owner takes back, the agency's reason to stop the sales stands."""
    erasure.ask(tenant=riverside, typed="riverside", reason="Moving away", by=ALMA, now=now)
    assert sales.suspend(tenant=riverside, reason="The papers are not in order", by=ADA, now=now)
    assert not sales.suspend(tenant=riverside, reason="Twice", by=ADA, now=now)

    erasure.cancel(tenant=riverside, by=ALMA, now=now + timedelta(days=1))

    riverside.refresh_from_db()
    assert (riverside.status, riverside.suspended_reason) == ("suspended", "The papers are not in order")
    assert sales.resume(tenant=riverside, by=ADA, now=now)
    riverside.refresh_from_db()
    assert (riverside.status, riverside.suspended_reason) == ("open", "")


def test_a_mall_does_not_sell_again_while_its_erasure_waits(riverside: Tenant, now: datetime) -> None:
    from django.core.management import CommandError, call_command

    erasure.ask(tenant=riverside, typed="riverside", reason="Moving away", by=ALMA, now=now)

    with pytest.raises(CommandError, match="mall keep"):
        call_command("mall", "resume", "riverside")
    riverside.refresh_from_db()
    assert riverside.status == "suspended"
    call_command("mall", "keep", "riverside")
    call_command("mall", "suspend", "riverside", "--reason", "papers")
    call_command("mall", "resume", "riverside")
    riverside.refresh_from_db()
    assert riverside.status == "open"


def test_exports_can_be_asked_for_without_a_password_because_they_give_nothing_away(
    riverside: Tenant, alma: User, client_for: Callable[..., Client], now: datetime
) -> None:
    """The negative control: what only makes an archive needs no second look; its download does."""
    assert client_for(riverside, alma).post("/manage/leave/export/").url == "/manage/leave/"
    assert operations.MAXIMUM_A_DAY > MallExport.objects.count() == 1
