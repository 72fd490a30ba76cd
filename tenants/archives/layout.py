"""
What an archive is made of, and the keys that sign and seal it.

The mall's schema stands in rows and structure under the neutral name `NEUTRAL`, which has the same length; so the archive
of a restored mall equals the one that it was restored from.
"""

import base64
import hashlib
import hmac
from dataclasses import asdict, dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from saas.kernel.errors import DomainError

FORMAT = 1
NEUTRAL = "m_00archive0000000"
MANIFEST, SIGNATURE, README = "manifest.json", "signature", "README.txt"
BEFORE, AFTER = "structure/before.sql", "structure/after.sql"
# Tables whose rows never leave: they let people in, or are nothing without the process that made them.
LEFT_OUT = {
    "django_session": "sessions",
    "entry_ticket": "tickets",
    "account_emailconfirmation": "confirmation links",
    "wagtailcore_apitoken": "tokens",
    "wagtailadmin_editingsession": "open editors",
    "wagtailadmin_formstate": "open editors",
    "wagtailcore_uploadedfile": "uploads that were never finished",
}
# Columns that are sealed: whoever holds the archive cannot use them without the installation's key.
SEALED = {"accounts_user": ("password",)}
_MARK = "sealed:"


class ArchiveRefused(DomainError):
    """The archive cannot be restored here. Nothing was changed."""

    code = "archive_refused"


@dataclass
class Manifest:
    """What the archive says about itself. `members` holds size and SHA-256 of each member but itself and its signature."""

    taken_at: str
    mall: dict[str, Any]
    product: str
    fingerprint: str
    migrations: list[list[str]]
    format: int = FORMAT
    installation: str = ""
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    sequences: dict[str, list[Any]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    members: dict[str, dict[str, Any]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=lambda: dict(LEFT_OUT))

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


def _secrets() -> list[str]:
    return [str(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS, *settings.VOUCHER_KEY_FALLBACKS)]


def _key(secret: str, purpose: str, size: int = 32) -> bytes:
    return hashlib.shake_256(f"hutong.archives.{purpose}:{secret}".encode()).digest(size)


def installation(secret: str = "") -> str:
    """Return the name of this installation: it tells a foreign archive from a damaged one, and gives nothing away."""
    return _key(secret or settings.SECRET_KEY, "installation", 8).hex()


def sign(manifest: bytes) -> str:
    """Return the signature of a manifest."""
    return hmac.digest(_key(settings.SECRET_KEY, "signature"), manifest, "sha256").hex()


def check_signature(manifest: bytes, signature: str, *, named: str) -> None:
    """
    Return when the manifest was signed here, with the present key or one that it had before.

    :raises ArchiveRefused: made by another installation (`named` is what the manifest calls its own), or changed afterwards
    """
    for secret in _secrets():
        if hmac.compare_digest(
            hmac.digest(_key(secret, "signature"), manifest, "sha256").hex(), signature.strip().lower()
        ):
            return
    if named not in {installation(secret) for secret in _secrets()}:
        raise ArchiveRefused(
            _(
                "This archive was made by another installation of Hutong, whose key is not known here. If it is yours, add "
                "its secret key to HUTONG_VOUCHER_KEY_FALLBACKS and try again."
            )
        )
    raise ArchiveRefused(
        _("This archive was changed after it was made: its signature does not fit. Use an untouched copy.")
    )


def seal(text: str) -> str:
    """Return `text` encrypted; the same text gives the same seal, so that two exports can be compared."""
    cipher = AESSIV(_key(settings.SECRET_KEY, "seal", 64))
    return _MARK + base64.urlsafe_b64encode(cipher.encrypt(text.encode(), [b"hutong archive"])).decode()


def unseal(sealed: str) -> str:
    """
    Return what was sealed.

    :raises ArchiveRefused: by none of this installation's keys
    """
    raw = base64.urlsafe_b64decode(sealed.removeprefix(_MARK))
    for secret in _secrets():
        try:
            return AESSIV(_key(secret, "seal", 64)).decrypt(raw, [b"hutong archive"]).decode()
        except InvalidTag:
            continue
    raise ArchiveRefused(_("The passwords in this archive were sealed with a key that is not known here."))
