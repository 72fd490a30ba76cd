"""How allauth's second factor meets our accounts: secrets encrypted, the mall's name in the authenticator app."""

import base64

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from .adapter import place_name


def _fernet() -> MultiFernet:
    """Return the cipher: written with the current secret key, read with the fallbacks too."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    made = [HKDF(SHA256(), 32, salt=None, info=b"hutong second factor").derive(str(key).encode()) for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in made])


class SecondFactorAdapter(DefaultMFAAdapter):
    """The second factor of the platform and of every mall."""

    def encrypt(self, text: str) -> str:
        """Return what is stored in place of a secret."""
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret."""
        return _fernet().decrypt(encrypted_text.encode()).decode()

    def _get_site_name(self) -> str:
        return place_name()
