"""
Voucher codes: 16 characters, 80 bits, derived and never stored.

A code is an HMAC over the mall's realm (its schema, or the one that it had before it moved) and the voucher's public id, so
whoever holds the database alone cannot make one (A2).
The database holds a second HMAC, over the code, by which a typed code is found. Both keys come from `SECRET_KEY`; keys that it
had before stay valid through `VOUCHER_KEY_FALLBACKS`. A code is never logged and never part of an address that a server sees.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Iterator

from django.conf import settings

from saas.kernel.ids import ALPHABET
from tenants.isolation.current import mall

from .models import Voucher

LENGTH = 16
_BITS = 5
_LOOK_ALIKES = str.maketrans({"o": "0", "i": "1", "l": "1"})
_LONGEST_INPUT = 400


class CodeKeyMissing(RuntimeError):
    """A voucher was issued under a `SECRET_KEY` that is neither set nor among `VOUCHER_KEY_FALLBACKS`."""


def _secrets() -> Iterator[str]:
    yield settings.SECRET_KEY
    yield from settings.VOUCHER_KEY_FALLBACKS


def _mac(secret: str, purpose: str, text: str) -> bytes:
    key = hashlib.sha256(f"hutong.vouchers.{purpose}:{secret}".encode()).digest()
    return hmac.digest(key, text.encode(), "sha256")


def _derive(secret: str, realm: str, public_id: str) -> str:
    number = int.from_bytes(_mac(secret, "code", f"{realm}/{public_id}")[: LENGTH * _BITS // 8], "big")
    return "".join(ALPHABET[number >> shift & 31] for shift in range((LENGTH - 1) * _BITS, -1, -_BITS))


def _hash(secret: str, realm: str, code: str) -> str:
    return _mac(secret, "look-up", f"{realm}/{code}").hex()


def new_hash(public_id: str) -> str:
    """Return the look-up hash to store with a new voucher of the current mall."""
    realm = mall().realm
    return _hash(settings.SECRET_KEY, realm, _derive(settings.SECRET_KEY, realm, public_id))


def bare_code_for(voucher: Voucher) -> str:
    """
    Return a voucher's code, 16 characters of `saas.kernel.ids.ALPHABET`.

    :raises CodeKeyMissing: the key that it was issued under is gone
    """
    realm = mall().realm
    for secret in _secrets():
        code = _derive(secret, realm, voucher.public_id)
        if hmac.compare_digest(_hash(secret, realm, code), voucher.code_hash):
            return code
    raise CodeKeyMissing(f"no key of this installation made the code of voucher {voucher.public_id}")


def code_for(voucher: Voucher) -> str:
    """
    Return a voucher's code as people read it, in groups of four: "abcd efgh jkmn pqrs".

    :raises CodeKeyMissing: the key that it was issued under is gone
    """
    return grouped(bare_code_for(voucher))


def grouped(code: str) -> str:
    """Write a code in groups of four."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


def hashes(code: str) -> list[str]:
    """Return every hash under which the current mall may have stored the code, the newest key's first."""
    realm = mall().realm
    return [_hash(secret, realm, code) for secret in _secrets()]


def normalise(typed: str) -> str:
    """
    Return the code in what a person typed or a scanner read, or "" when it cannot be one.

    Forgives case, spaces, dashes, full-width letters, o for 0 and i or l for 1. Of an address, such as the one in a voucher's
    QR code, it takes what follows the last “#”.
    """
    text = unicodedata.normalize("NFKC", typed[:_LONGEST_INPUT]).rpartition("#")[2].lower()
    code = "".join(letter for letter in text if letter.isalnum()).translate(_LOOK_ALIKES)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else ""
