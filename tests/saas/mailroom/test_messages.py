"""Mail and text messages as files, and the page that shows them."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives

from saas.mailroom import messages
from saas.mailroom.backends import FileEmailBackend, FileSmsBackend, RefusingSmsBackend


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.MAIL_DIRECTORY = tmp_path / "messages"
    return settings.MAIL_DIRECTORY


def letter() -> EmailMultiAlternatives:
    mail = EmailMultiAlternatives(
        "Your vouchers – 面", "Zwei Schalen für dich.", "Hutong <a@hutong.example>", ["eve@shopper.example"]
    )
    mail.attach_alternative('<p>Two <img src="cid:qr"> bowls</p><script>alert(1)</script>', "text/html")
    mail.attach("voucher.txt", "abcd efgh", "text/plain")
    return mail


def test_a_mail_is_kept_as_its_reader_would_see_it(folder: Path) -> None:
    FileEmailBackend().send_messages([letter()])
    (message,) = messages.newest()
    assert (message.kind, message.to, message.subject) == ("mail", ["eve@shopper.example"], "Your vouchers – 面")
    assert message.text.strip() == "Zwei Schalen für dich."
    assert "<p>Two" in message.html
    assert [(one.name, one.kind, one.size) for one in message.enclosures] == [("voucher.txt", "text/plain", 9)]


def test_a_text_message_is_kept(folder: Path) -> None:
    FileSmsBackend().send(to="+12025550117", text="123456 is your code")
    (message,) = messages.newest()
    assert (message.kind, message.to, message.text) == ("sms", ["+12025550117"], "123456 is your code")


def test_newest_is_first_and_words_are_searched_in_all_of_it(folder: Path) -> None:
    for number in range(3):
        FileSmsBackend().send(to=f"+1202555011{number}", text=f"Code {number}")
    assert [one.text for one in messages.newest()] == ["Code 2", "Code 1", "Code 0"]
    assert [one.text for one in messages.newest("code +12025550111")] == ["Code 1"]
    assert messages.newest("nothing says this") == []


def test_a_half_written_file_is_never_seen(folder: Path) -> None:
    FileSmsBackend().send(to="+12025550117", text="whole")
    assert [path.suffix for path in folder.iterdir()] == [".json"]
    (folder / ".begun.part").write_text("{", "utf-8")
    (folder / "20260101T000000000000-abcdefgh.json").write_text("{", "utf-8")
    assert [one.text for one in messages.newest()] == ["whole"]


def test_an_id_from_the_address_reads_no_other_file(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder.parent / "secret.json").write_text(json.dumps({"kind": "mail"}), "utf-8")
    assert messages.read("../secret") is None
    assert messages.read("20260101T000000000000-abcdefgh") is None


def test_without_a_backend_text_messages_are_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="HUTONG_SMS_BACKEND"):
        RefusingSmsBackend().send(to="+12025550117", text="x")


def test_the_page_lists_and_shows_messages(folder: Path, client_for: Any) -> None:
    FileEmailBackend().send_messages([letter()])
    client = client_for(None)
    message_id = messages.newest()[0].id
    assert "Your vouchers" in client.get("/dev/messages/").content.decode()
    assert "No message says that" in client.get("/dev/messages/?q=zebra").content.decode()
    assert "<iframe" in client.get(f"/dev/messages/{message_id}/").content.decode()
    assert "Zwei Schalen" in client.get(f"/dev/messages/{message_id}/?view=text").content.decode()
    assert client.get(f"/dev/messages/{message_id}/files/0/").content == b"abcd efgh"
    assert client.get(f"/dev/messages/{message_id}/files/1/").status_code == 404
    assert client.get("/dev/messages/20260101T000000000000-abcdefgh/").status_code == 404


def test_a_mails_html_runs_no_script(folder: Path, client_for: Any) -> None:
    FileEmailBackend().send_messages([letter()])
    answer = client_for(None).get(f"/dev/messages/{messages.newest()[0].id}/html/")
    policy = answer.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy


def test_malls_do_not_have_the_page(folder: Path, client_for: Any, riverside: Any) -> None:
    assert client_for(riverside).get("/dev/messages/").status_code == 404
