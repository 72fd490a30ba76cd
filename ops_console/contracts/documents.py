"""A version as a PDF: exactly its text, and the signatures. Plain data in, bytes out; nothing here asks the database."""

from datetime import UTC, datetime

from django.utils.translation import override

from saas.ui import papers
from saas.ui.formats import babel_locale

from . import text, words
from .queries import ContractRow, SignatureRow, VersionRow

# Part of the paper, as its text is; see words.py.
_WORDS = {
    "en": {
        "signatures": "Signatures",
        "unsigned": "Nobody has signed yet.",
        "note": "The SHA-256 is that of the text as UTF-8, exactly as it is attached to this file as contract.txt.",
        "page": "Page",
        "merchant": "The merchant",
        "agency": "The agency",
    },
    "zh-hans": {
        "signatures": "签名",
        "unsigned": "尚无人签署。",
        "note": "SHA-256 为正文（UTF-8）的校验值，正文原样附于本文件中的 contract.txt。",
        "page": "页",
        "merchant": "商家",
        "agency": "服务商",
    },
}


def file_name(contract: ContractRow, version: VersionRow) -> str:
    """Return a file's name, in letters that every system takes."""
    return f"contract-{contract.number}-version-{version.number}.pdf"


def as_pdf(contract: ContractRow, version: VersionRow) -> bytes:
    """Return the version as it was signed, in the contract's language."""
    with override(contract.language):
        return papers.as_pdf("ops_console.contracts", "contract.typ", paper(contract, version))


def paper(contract: ContractRow, version: VersionRow) -> dict[str, object]:
    """Return what stands on the paper: each line of the text, and of each signature who, when, from where, and what was signed."""
    blocks, said = text.blocks(version.text), _WORDS[words.language_of(contract.language)]
    return {
        "language": str(babel_locale().language),
        "title": next((one.text for one in blocks if one.kind == "title"), contract.number),
        "hash": version.text_hash,
        "text": version.text,
        "blocks": [vars(one) for one in blocks],
        "signatures_title": said["signatures"],
        "unsigned": said["unsigned"],
        "signatures": [{"side": said[one.side], "name": one.name, "facts": _facts(one)} for one in version.signatures],
        "note": said["note"],
        "page": said["page"],
    }


def _facts(one: SignatureRow) -> list[str]:
    return [
        f"{one.email} · {_instant(one.signed_at)}",
        " · ".join(filter(None, [one.where, one.user_agent[:120]])),
        f"SHA-256 {one.text_hash}",
    ]


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
