"""Identifiers that may be shown: random, without look-alike letters, safe in URLs."""

import secrets

# Crockford's base 32 (https://www.crockford.com/base32.html) in lower case: no i, l, o, u.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def random_id(length: int) -> str:
    """Return `length` random characters of 5 bits each."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def public_id() -> str:
    """Return a new public id: 26 characters, 130 random bits."""
    return random_id(26)
