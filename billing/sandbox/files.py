"""Files that go with a dispute's evidence. The bytes are kept, so that a person can read here what a bank would."""

from base64 import b64decode, b64encode

from billing.sandbox.errors import Json, bad, no_such
from billing.sandbox.params import Needed, SentFile, Text, Upload
from billing.sandbox.store import Transaction, new_id
from billing.sandbox.wire import Call, endpoint

PURPOSE = "dispute_evidence"
LARGEST = 5 * 1024 * 1024
"""Bytes that such a file may have."""
KEPT_SECONDS = 270 * 24 * 3600
KINDS = {b"%PDF-": "pdf", b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png"}
"""What a file of each kind begins with; its name says nothing."""


@endpoint("POST", "/v1/files", {"file": Needed(Upload()), "purpose": Needed(Text(choices=(PURPOSE,)))})
def create(call: Call) -> Json:
    """Keep a file. At Stripe this address has a host of its own; here there is one."""
    sent: SentFile = call.params["file"]
    kind = next((kind for start, kind in KINDS.items() if sent.content.startswith(start)), "")
    if not kind:
        raise bad("Invalid file type: evidence may be a PDF, JPEG or PNG.", param="file")
    if len(sent.content) > LARGEST:
        raise bad(f"Invalid file size: evidence may have {LARGEST} bytes.", param="file")
    file_id = new_id("file")
    return call.tx.insert(
        {
            "id": file_id,
            "object": "file",
            "created": call.now,
            "expires_at": call.now + KEPT_SECONDS,
            "filename": sent.name,
            "links": {"object": "list", "data": [], "has_more": False, "url": f"/v1/file_links?file={file_id}"},
            "purpose": call.params["purpose"],
            "size": len(sent.content),
            "title": None,
            "type": kind,
            "url": f"{call.public_url}/control/files/{file_id}",
            "_": {"content": b64encode(sent.content).decode()},
        }
    )


@endpoint("GET", "/v1/files/<file>")
def retrieve(call: Call) -> Json:
    """Return what is known of a file."""
    found = call.tx.get("file", call.ids["file"])
    if found is None:
        raise no_such("file upload", call.ids["file"])
    return found


def refuse_unknown(tx: Transaction, file_id: str | None, *, param: str) -> None:
    """
    Refuse a file that is not there.

    :raises ApiError: 400
    """
    if file_id and tx.get("file", file_id) is None:
        raise no_such("file upload", file_id, param=param, status=400)


def content(file: Json) -> bytes:
    """Return the bytes of a file."""
    return b64decode(file["_"]["content"])
