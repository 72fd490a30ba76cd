"""
Leading a person from the platform into a mall.

Browsers apply the page's `form-action` to the redirect that follows a form, and a mall's own domain cannot stand in the platform's
policy. So there the answer is a page between, which goes on by itself: no form leads to it any more.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render


def lead(request: HttpRequest, address: str) -> HttpResponse:
    """Answer a form with the way to an address: a redirect under the platform's domain, a page between elsewhere."""
    host = urlsplit(address).hostname or ""
    if host == settings.BASE_DOMAIN or host.endswith(f".{settings.BASE_DOMAIN}"):
        return HttpResponseRedirect(address)
    response = render(request, "entry/onward.html", {"address": address, "host": host})
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    # Goes on without script; the link on the page is for browsers that do not.
    response.headers["Refresh"] = f"0; url={address}"
    return response
