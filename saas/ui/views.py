"""The gallery: every component in every state, for those who build pages. Wired only in development."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from saas.ui import gallery

FACES = ("mall", "platform", "ops")
SCHEMES = ("light", "dark")


def show_gallery(request: HttpRequest) -> HttpResponse:
    """Show the components; `?face=` and `?scheme=` choose how, unknown values mean the first."""
    face = request.GET.get("face", "")
    face = face if face in FACES else FACES[0]
    scheme = request.GET.get("scheme", "")
    context = gallery.samples(page=request.GET.get("page", "2"))
    context |= {"face": face, "faces": FACES, "schemes": SCHEMES, "ui_scheme": scheme if scheme in SCHEMES else ""}
    context["base"] = f"ui/{face}.html"
    return render(request, "ui/gallery/gallery.html", context)


def show_error(request: HttpRequest, code: int) -> HttpResponse:
    """Show an error page as it will look, with status 200."""
    return render(request, f"{code}.html", {"mall": gallery.MALL, "reference": "7F3A-91C2"})
