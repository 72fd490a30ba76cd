"""The merchant's side of the content calendar: read what is planned, say yes, ask for a change, take a notice down."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from cms.backoffice import frame
from cms.backoffice.access import actor, needs
from cms.news import operations as news
from cms.news import queries as notices
from saas.kernel import clock
from saas.kernel.actors import refuse_all_but_merchant
from saas.kernel.errors import DomainError
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform

from . import answers, calendars, pictures, queries
from .forms import ChangeForm
from .models import Post
from .queries import PostRow
from .views import picture_answer

LOOK, ANSWER = "payments.view_payment", "deals.change_deal"
CRUMBS = [
    ("hosting_contracts:index", gettext_lazy("Hosting")),
    ("hosting_posts:index", gettext_lazy("Content")),
]


@require_safe
@needs(LOOK)
def index(request: HttpRequest) -> HttpResponse:
    """Show the posts that the agency plans and has published for this mall, and which wait for an answer."""
    schema, today = mall().schema_name, timezone.localtime(clock.now()).date()
    asked = calendars.day_of(request.GET.get("on", "")) or today
    shown = calendars.span("month", asked)
    with on_platform():
        posts = queries.of_mall(schema, first=shown.first, end=shown.end)
        waiting = [(calendars.item(post, _href(post)) if post.planned_at else None, _href(post), post.title,
                    post.channel.name, post.answer_until_at) for post in queries.of_mall(schema)]  # fmt: skip
        weeks = calendars.weeks(shown, posts, today=today, href=_href)
    return frame.page(
        request,
        "hosting/content/index.html",
        _("Content"),
        CRUMBS[:1],
        tab="content",
        shown=shown,
        weeks=weeks,
        waiting=waiting,
        is_empty=not posts and not waiting,
    )


def _href(post: Post) -> str:
    return reverse("hosting_posts:post", args=[post.public_id])


@require_safe
@needs(LOOK)
def show(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show one post as it will appear, with its answer."""
    return _page(request, _row_or_404(public_id))


def _page(request: HttpRequest, row: PostRow, *, form: ChangeForm | None = None) -> HttpResponse:
    return frame.page(
        request,
        "hosting/content/post.html",
        row.title,
        CRUMBS,
        tab="content",
        row=row,
        form=form or ChangeForm(initial={"version": row.version}),
        notice=notices.standing(row.public_id) if row.kind == "news" and row.state == "published" else None,
        may_answer=request.user.has_perm(ANSWER),
        status=422 if form is not None else 200,
    )


@require_POST
@needs(ANSWER)
def answer(request: HttpRequest, public_id: str) -> HttpResponse:
    """Say yes to a post, or what should change."""
    row = _row_or_404(public_id)
    form = ChangeForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form=form)
    said, by, now, tenant = form.cleaned_data, actor(request), clock.now(), mall()
    facts = {"post": public_id, "tenant": tenant, "version": said["version"], "by": by, "now": now}
    if "approve" in request.POST:
        return _done(
            request, public_id, lambda: answers.approve_as_merchant(**facts), _("Thank you. It goes out as planned.")
        )
    return _done(
        request,
        public_id,
        lambda: answers.ask_change_as_merchant(words=said["words"], **facts),
        _("The agency has it back with your words. It is not published before you have seen it again."),
    )


@require_POST
@needs(ANSWER)
def take_down(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take a notice off the mall, or show it again."""
    row = _row_or_404(public_id)
    by, now = actor(request), clock.now()
    standing = notices.standing(row.public_id)
    if standing is None:
        raise Http404
    act, words = (news.show_again, _("It is shown again.")) if standing.withdrawn_at else (
        news.withdraw, _("It is taken down. Nobody sees it any more."))  # fmt: skip
    try:
        refuse_all_but_merchant(by)
        act(source=row.public_id, by=by, now=now)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, words)
    return redirect("hosting_posts:post", public_id)


@require_safe
@needs(LOOK)
def picture(request: HttpRequest, public_id: str) -> HttpResponse:
    """Give the picture of one of this mall's posts."""
    _row_or_404(public_id)
    schema = mall().schema_name
    with on_platform():
        content = pictures.read(queries.picture_of_mall(schema, public_id))
    return picture_answer(content)


def _row_or_404(public_id: str) -> PostRow:
    schema = mall().schema_name
    with on_platform():
        row = queries.row_of_mall(schema, public_id)
    if row is None:
        raise Http404
    return row


def _done(request: HttpRequest, public_id: str, act: Callable[[], object], words: str) -> HttpResponse:
    """Act on the platform, say so or why not, and lead back."""
    try:
        with on_platform():
            act()
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, words)
    return redirect("hosting_posts:post", public_id)
