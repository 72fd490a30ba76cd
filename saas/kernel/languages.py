"""Which language a browser asks for. Knows no mall and no person: who answers for the rest is in docs/adr/0027."""

from functools import lru_cache

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header


@lru_cache(maxsize=2048)
def asked_for(cookie: str, accepted: str) -> str:
    """
    Return the language that a browser asks for, "" when it names none that there is.

    `cookie` is the value of the language cookie, what was chosen here and comes first; `accepted` is the header Accept-Language.
    """
    wanted = [cookie] if cookie else []
    for language, _weight in parse_accept_lang_header(accepted):
        if language == "*":
            break
        wanted.append(language)
    return next((found for language in wanted if (found := supported(language))), "")


def supported(language: str) -> str:
    """Return the language that pages are made in when this one is wanted ("zh-CN": "zh-hans"), "" when there is none."""
    try:
        return get_supported_language_variant(language)
    except LookupError:
        return ""


def first_of(*languages: str) -> str:
    """Return the first that there is, else the platform's."""
    return next(
        (found for language in languages if language and (found := supported(language))), settings.LANGUAGE_CODE
    )
