"""Files that go with a dispute's evidence."""

import io
from typing import Any

import pytest
import requests
import stripe

from tests.billing.sandbox.process import Sandbox

PDF = b"%PDF-1.7\r\n" + bytes(range(256)) * 40


def upload(sandbox: Sandbox, content: bytes, *, key: str = "", **fields: Any) -> stripe.File:
    client = stripe.StripeClient("sk_test_hutong", base_addresses={"api": sandbox.url, "files": sandbox.url})
    options: Any = {"idempotency_key": key} if key else {}
    return client.v1.files.create({"purpose": "dispute_evidence", "file": io.BytesIO(content), **fields}, options)


def test_a_file_is_kept_as_it_was_sent_and_once_under_a_key(sandbox: Sandbox) -> None:
    kept = upload(sandbox, PDF, key="file:1")
    assert (kept.purpose, kept.type, kept.size) == ("dispute_evidence", "pdf", len(PDF))
    assert upload(sandbox, PDF, key="file:1").id == kept.id
    assert requests.get(f"{sandbox.url}/control/files/{kept.id}", timeout=15).content == PDF
    with pytest.raises(stripe.IdempotencyError):
        upload(sandbox, PDF + b"changed", key="file:1")
    assert "content" not in str(sandbox.client.v1.files.retrieve(kept.id))


@pytest.mark.parametrize(
    ("content", "fields", "said"),
    [
        (b"<html>", {}, "Invalid file type"),
        (b"%PDF-" + b"x" * (5 * 1024 * 1024), {}, "Invalid file size"),
        (PDF, {"purpose": "holiday"}, "Invalid purpose"),
        (PDF, {"file": "a word"}, "Invalid file: send it"),
        (PDF, {"colour": "red"}, "unknown parameter"),
    ],
)
def test_what_is_no_evidence_is_refused(sandbox: Sandbox, content: bytes, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=said):
        upload(sandbox, content, **fields)


def test_evidence_names_only_files_that_are_there(sandbox: Sandbox) -> None:
    charge = sandbox.charge_of(sandbox.paid_session())
    dispute = sandbox.control(f"charges/{charge.id}/dispute")["id"]
    with pytest.raises(stripe.InvalidRequestError, match="No such file upload: 'file_none'"):
        sandbox.client.v1.disputes.update(dispute, {"evidence": {"uncategorized_file": "file_none"}})
    assert sandbox.client.v1.disputes.retrieve(dispute).status == "needs_response"
