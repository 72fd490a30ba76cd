"""The frame of the back office's own pages inside Wagtail's admin."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

ROWS = 30
Crumb = tuple[str, object]


class SearchForm(forms.Form):
    """The filter bar of a list of what was bought. `state` is kept while searching."""

    q = forms.CharField(
        label=_("Search"), help_text=_("Order number, e-mail or a deal’s title."), required=False, max_length=100
    )
    state = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)


def page(
    request: HttpRequest, template: str, title: object, crumbs: Sequence[Crumb] = (), **context: Any
) -> HttpResponse:
    """
    Answer with a page of the back office. `crumbs` are (URL name, label) of what stands above it; `status` is the answer's.

    The page gets `title`, and whatever else is passed.
    """
    status = context.pop("status", 200)
    above = [{"url": reverse(name), "label": label} for name, label in crumbs]
    frame = {
        "title": title,
        "header_title": title,
        "breadcrumbs_items": [*above, {"url": None, "label": title}],
        "is_part": bool(request.headers.get("HX-Request")),
    }
    return render(request, template, {**frame, **context}, status=status)


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what a form sent, None where none was sent. A form with nothing filled in was sent too."""
    return request.POST if request.method == "POST" else None


def paginate(request: HttpRequest, rows: "QuerySet[Any] | Sequence[Any]", size: int = ROWS) -> Page:
    """Return the page of the list that `?page=` asks for; anything else than a page there is the first or the last one."""
    return Paginator(rows, size).get_page(request.GET.get("page"))
