"""The page of everything that was sent, for developers."""

import base64

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from . import messages

# A mail's HTML is foreign text: no scripts, no forms, no origin; its pictures load, its links open in a new tab.
FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data: http: https:; frame-ancestors 'self'"
)
PER_PAGE = 30


@require_safe
@never_cache
def show_messages(request: HttpRequest) -> HttpResponse:
    """List the messages, newest first; `q` keeps those that say all its words."""
    words = request.GET.get("q", "")[:100]
    page = Paginator(messages.newest(words), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "mailroom/messages.html", {"page": page, "words": words})


@require_safe
@never_cache
def show_message(request: HttpRequest, message_id: str) -> HttpResponse:
    """Show one message; `view=text` shows a mail's plain text."""
    message = _found(message_id)
    as_html = bool(message.html) and request.GET.get("view") != "text"
    return render(request, "mailroom/message.html", {"message": message, "as_html": as_html})


@require_safe
@never_cache
def show_html(_request: HttpRequest, message_id: str) -> HttpResponse:
    """Answer a mail's HTML alone, for the frame."""
    message = _found(message_id)
    html = message.html
    for one in message.enclosures:
        if one.content_id:
            html = html.replace(f"cid:{one.content_id}", f"data:{one.kind};base64,{one.content}")
    return HttpResponse('<base target="_blank">' + html, headers={"Content-Security-Policy": FRAME_POLICY})


@require_safe
def download(_request: HttpRequest, message_id: str, number: int) -> HttpResponse:
    """Answer a file that came with a mail."""
    enclosures = _found(message_id).enclosures
    if number >= len(enclosures):
        raise Http404
    name = enclosures[number].name.replace('"', "")
    return HttpResponse(
        base64.b64decode(enclosures[number].content),
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _found(message_id: str) -> messages.Message:
    message = messages.read(message_id)
    if message is None:
        raise Http404
    return message
