"""
Signed texts for links. The only place that signs: the salt carries the schema, so what one mall signs is nothing in another.
"""

from datetime import timedelta

from django.core import signing

from saas.kernel.database import connection


class BadSignature(Exception):
    """The text was not signed here for this purpose, or too long ago."""


def sign(value: str, *, purpose: str) -> str:
    """Return `value` with a signature that holds in this schema and for this purpose only. The same value gets the same text."""
    return signing.Signer(salt=_salt(purpose)).sign(value)


def unsign(token: str, *, purpose: str) -> str:
    """
    Return the value that was signed.

    :raises BadSignature: another schema, another purpose, or changed on the way
    """
    try:
        return signing.Signer(salt=_salt(purpose)).unsign(token)
    except signing.BadSignature as error:
        raise BadSignature from error


def sign_for_now(value: str, *, purpose: str) -> str:
    """Return `value` signed together with the present instant, for `unsign_within`."""
    return signing.TimestampSigner(salt=_salt(purpose)).sign(value)


def unsign_within(token: str, *, purpose: str, age: timedelta) -> str:
    """
    Return the value if it was signed by `sign_for_now` at most `age` ago.

    :raises BadSignature: as in `unsign`, or too old
    """
    try:
        return signing.TimestampSigner(salt=_salt(purpose)).unsign(token, max_age=age)
    except signing.BadSignature as error:
        raise BadSignature from error


def _salt(purpose: str) -> str:
    return f"hutong:{connection.schema_name}:{purpose}"
