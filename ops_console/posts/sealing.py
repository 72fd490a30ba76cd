"""Secrets of channels at rest: encrypted with a key derived from the secret key, readable with its fallbacks too."""

import base64
import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def _fernet() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    made = [HKDF(SHA256(), 32, salt=None, info=b"hutong channel secrets").derive(str(key).encode()) for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in made])


def seal(secrets: dict[str, str]) -> str:
    """Return what is stored in place of the secrets; nothing for none."""
    return _fernet().encrypt(json.dumps(secrets).encode()).decode() if secrets else ""


def unseal(sealed: str) -> dict[str, str]:
    """Return the secrets; none where the key that sealed them is gone, so that the channel says that it needs them anew."""
    if not sealed:
        return {}
    try:
        found: dict[str, str] = json.loads(_fernet().decrypt(sealed.encode()))
    except InvalidToken:
        return {}
    return found
