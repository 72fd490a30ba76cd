"""The language that a person reads: kept in this browser, and with the account of who is signed in."""

from typing import Literal

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from saas.kernel import languages

LONGEST_CHOICE, LONGEST_HEADER = 20, 300
SAME_SITE: Literal["Lax"] = "Lax"


def remember(response: HttpResponseBase, language: str) -> None:
    """Keep the language in this browser for a year, for this host alone; "" forgets it."""
    if not language:
        response.delete_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            path=settings.LANGUAGE_COOKIE_PATH,
            samesite=SAME_SITE,
        )
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=SAME_SITE,
    )


def chosen_in(request: HttpRequest) -> str:
    """Return what this browser asks for, "" when it names no language that there is."""
    cookie = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")[:LONGEST_CHOICE]
    return languages.asked_for(cookie, request.META.get("HTTP_ACCEPT_LANGUAGE", "")[:LONGEST_HEADER])


def language_of(request: HttpRequest) -> str:
    """Return the language that the request's page is made in: what the browser asks for, else the mall's, else the platform's."""
    tenant = getattr(request, "tenant", None)
    return languages.first_of(chosen_in(request), tenant.language if tenant else "")


class LanguageMiddleware(LocaleMiddleware):
    """Makes the page in the language that the browser asks for, else in the mall's, else in the platform's."""

    def process_request(self, request: HttpRequest) -> None:
        """Switch to the language. Nobody's account is looked up: signing in puts its language into the cookie."""
        translation.activate(language_of(request))
        request.LANGUAGE_CODE = translation.get_language()
