"""Wagtail's editor leaves a trail: who wrote, showed and hid which page, and what stood there before. The way to the front page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.action_menu import ActionMenuItem, WorkflowMenuItem
from wagtail.models import Page

from saas.audit import operations as audit
from saas.kernel import clock
from tenants.entry.gate import SHOWN_BY

from . import audited
from .models import DealPage, HomePage

_FORMER = "_live_revision_before"


@hooks.register("before_edit_page")
def keep_what_is_shown(request: HttpRequest, page: Page) -> None:
    """Note what is shown before an edit; a planted page that was never edited gets a version of what it is, to come back to."""
    if request.method != "POST":
        _say_how_it_stands(request, page)
        return
    if page.live and page.live_revision_id is None:
        kept = page.save_revision(changed=False, clean=False)
        page.live_revision = kept
        Page.objects.filter(pk=page.pk).update(live_revision=kept)
    setattr(request, _FORMER, page.live_revision_id if page.live else None)


@hooks.register("after_create_page")
def created(request: HttpRequest, page: Page) -> None:
    """A page was written."""
    _note("page.created", request, page)


@hooks.register("after_edit_page")
def changed(request: HttpRequest, page: Page) -> None:
    """A page was worked on."""
    if "action-publish" not in request.POST:
        _note("page.changed", request, page)


@hooks.register("before_publish_page")
def send_to_the_audit(request: Any, page: Page) -> HttpResponse | None:
    """Send the page of an audited deal on sale to the audit instead of showing it; what was written stays its draft."""
    if not isinstance(page, DealPage) or not _holds(request, page):
        return None
    return redirect("wagtailadmin_pages:edit", page.pk)


@hooks.register("before_bulk_action")
def send_many_to_the_audit(request: Any, action: str, pages: list[Page], view: Any) -> None:
    """Send those of many pages to the audit that must wait for it, and let the others be published."""
    if action != "publish":
        return
    below = Page.objects.none()
    if view.cleaned_form.cleaned_data.get("include_descendants"):
        for page in pages:
            below = below | page.get_descendants().not_live()
    chosen = {page.pk for page in pages} | set(below.values_list("pk", flat=True))
    held = [page for page in DealPage.objects.filter(pk__in=chosen).select_related("deal") if _holds(request, page)]
    pages[:] = [page for page in pages if page.pk not in {one.pk for one in held}]
    for page in held:
        _say_how_it_stands(request, page)


@hooks.register("before_bulk_action")
def keep_what_many_showed(_request: Any, action: str, pages: list[Page], _view: Any) -> None:
    """Keep what the chosen pages of deals showed before they are hidden: Wagtail hides many without asking the pages themselves."""
    if action == "unpublish":
        for page in DealPage.objects.filter(pk__in=[page.pk for page in pages]):
            audited.keep_what_was_shown(page)


def _holds(request: Any, page: DealPage) -> bool:
    """Hand the latest version to the audit if it must wait for that."""
    revision = page.get_latest_revision()
    return revision is not None and audited.holds(page, revision.pk, by=request.actor, now=clock.now())


def _say_how_it_stands(request: HttpRequest, page: Page) -> None:
    """Say above the editor of a deal's page that publishing it goes to the audit, or how its audit stands."""
    if not isinstance(page, DealPage) or not (words := audited.standing(page)):
        return
    href = reverse("backoffice:deal", args=[page.deal.public_id]) + "#audit"
    messages.warning(request, words, buttons=[messages.button(href, _("How the audit stands"))])


@hooks.register("after_publish_page")
def published(request: HttpRequest, page: Page) -> None:
    """A page is shown as it was written."""
    shown = Page.objects.get(pk=page.pk).live_revision_id
    _note("page.published", request, page, revision=shown, former=getattr(request, _FORMER, None))


@hooks.register("after_unpublish_page")
def hidden(request: HttpRequest, page: Page) -> None:
    """A page is hidden."""
    _note("page.unpublished", request, page)


def _note(action: str, request: Any, page: Page, **data: object) -> None:
    audit.record(
        action=action, subject=("page", str(page.pk)), summary=page.title, by=request.actor, now=clock.now(), **data
    )


@hooks.register("register_admin_urls")
def own_pages() -> list[Any]:
    """Give the way to the front page an address that is the same in every mall."""
    return [path("front/", front, name="front_page")]


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """Lead to the editor of the mall's front page; who may not edit it looks at it."""
    page = get_object_or_404(HomePage)
    if page.permissions_for_user(request.user).can_edit():
        return redirect("wagtailadmin_pages:edit", page.pk)
    return redirect(page.get_url(request) or "/")


class NotInTheContract(ActionMenuItem):
    """Stands where buttons would that show a page to shoppers, for a visitor whose contract does not give that."""

    name = "not-in-the-contract"
    order = 1000
    template_name = "pages/not_in_the_contract.html"


@hooks.register("construct_page_action_menu")
def offer_what_the_contract_gives(menu_items: list[ActionMenuItem], request: HttpRequest, _context: object) -> None:
    """Hide from the agency's visitors the buttons that they would be refused at, and say why."""
    visit = getattr(request, "agency_visit", None)
    given = visit.permissions_now if visit else None
    if given is None or "content.publish" in given:
        return
    menu_items[:] = [
        item for item in menu_items if item.name not in SHOWN_BY and not isinstance(item, WorkflowMenuItem)
    ]
    menu_items.append(NotInTheContract())
