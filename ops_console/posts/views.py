"""The agency's content calendar over all malls: posts seen, written, answered, planned, handed over."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ops_console.finance.naming import page_of_rows
from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError
from saas.kernel.middleware import takes_at_most
from tenants.registry.models import Tenant

from . import answers, calendars, grounds, operations, pictures, publishing, queries
from .forms import ChangeForm, ConfirmForm, FilterForm, PostForm, WhenForm
from .models import Post

MAY_WRITE = (roles.ADMIN, roles.MANAGER, roles.ACCOUNT_MANAGER, roles.OPERATOR, roles.CARE)
MAY_APPROVE = (roles.ADMIN, roles.MANAGER, roles.ACCOUNT_MANAGER, roles.REVIEWER)
DONE = {
    "submit": gettext_lazy("Submitted."),
    "drop": gettext_lazy("Dropped. Its place on the channel is free."),
    "take-up": gettext_lazy("It is a draft again."),
    "hand-over": gettext_lazy("Handed over: post it by hand, then write down where."),
    "not-there": gettext_lazy("Noted. Give it another time, and it goes out anew."),
}
VIEWS = (("month", gettext_lazy("Month")), ("week", gettext_lazy("Week")), ("list", gettext_lazy("List")))


@never_cache
@roles.staff_only()
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """Show the posts of all malls on a month, a week or as a list."""
    malls = [(mall.public_id, mall.name) for mall in queries.malls_with_channels()]
    form = FilterForm(request.GET, malls=malls)
    wanted = form.cleaned_data if form.is_valid() else {}
    view = wanted.get("view") or "month"
    rows = queries.matching(wanted)
    context = {
        "form": form,
        "view": view,
        "views": [(name, label, name == view) for name, label in VIEWS],
        "is_filtered": any(wanted.get(name) for name in ("q", "mall", "kind", "state")),
        "counts": queries.counts(),
        "has_channels": bool(malls),
        "may_write": roles.has_role(request.user, MAY_WRITE),
    }
    shown = _listed(request, rows) if view == "list" else _laid_out(request, view, wanted.get("on"), rows)
    return render(request, "posts/index.html", context | shown)


def _listed(request: SignedInRequest, rows: "QuerySet[Post]") -> dict[str, object]:
    page = page_of_rows(request, rows.order_by("-planned_at", "-pk"))
    return {"page": page, "items": [(post, queries.BADGES[post.state], _words(post)) for post in page]}


def _laid_out(request: SignedInRequest, view: str, on: date | None, rows: "QuerySet[Post]") -> dict[str, object]:
    today = clock.now().date()
    shown = calendars.span(view, on or today)
    found = queries.between(rows, shown.first, shown.end)
    more = request.GET.copy()
    more["view"] = "week"
    more.pop("on", None)
    return {
        "shown": shown,
        "weeks": calendars.weeks(shown, found, today=today, href=_href),
        "is_cut": len(found) >= queries.MOST_DRAWN,
        "more_href": f"?{more.urlencode()}&on=",
        "unplanned": rows.filter(planned_at__isnull=True)[:50],
    }


def _href(post: Post) -> str:
    return reverse("console_posts:post", args=[post.public_id])


def _wall(post: Post) -> datetime | None:
    at = post.published_at or post.planned_at
    return at.astimezone(ZoneInfo(post.tenant.time_zone)) if at else None


def _words(post: Post) -> str:
    """Return the post's time in its mall, as text: a page would turn an instant into the reader's zone."""
    at = _wall(post)
    return date_format(at, "DATETIME_FORMAT") if at else ""


@never_cache
@roles.staff_only()
@require_safe
def show(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one post, how it stands, what can be done with it, and who did what."""
    return _page(request, _post(public_id))


def _page(
    request: SignedInRequest, post: Post, *, status: int = 200, **forms: ChangeForm | ConfirmForm | WhenForm
) -> HttpResponse:
    planned = _wall(post)
    said = {"day": planned.date(), "time": planned.time()} if planned else {}
    context = {
        "post": post,
        "S": Post.State,
        "badge": queries.BADGES[post.state],
        "at": _words(post),
        "history": queries.history(post),
        "note": operations.note_of(post),
        "is_unknown": operations.is_unknown(post),
        "may_write": roles.has_role(request.user, MAY_WRITE),
        "may_approve": roles.has_role(request.user, MAY_APPROVE) and post.author_id != request.user.pk,
        "change_form": ChangeForm(initial={"version": post.version}),
        "when_form": WhenForm(tenant=post.tenant, initial=said),
        "confirm_form": ConfirmForm(),
    }
    return render(request, "posts/post.html", context | forms, status=status)


@takes_at_most(pictures.MOST_BYTES + 1024 * 1024)
@never_cache
@roles.staff_only(*MAY_WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: SignedInRequest) -> HttpResponse:
    """Write a new post: first choose the mall, then what, where and when."""
    task = grounds.of_task(request.GET.get("task", ""))
    mall = task.mall if task else request.GET.get("mall", "")
    tenant = Tenant.objects.filter(public_id=mall).first()
    if tenant is None or not queries.channels_of(tenant):
        return render(request, "posts/choose.html", {"malls": queries.malls_with_channels(), "without": tenant})
    sent = request.method == "POST"
    asked = {"day": calendars.day_of(request.GET.get("on", "")), "title": task.title if task else ""}
    form = PostForm(request.POST if sent else None, request.FILES if sent else None, tenant=tenant, initial=asked)
    if sent and form.is_valid():
        ground = task.ground if task else operations.Ground()
        post = _drafted(request, form, ground)
        if post is not None:
            return redirect("console_posts:post", post.public_id)
    context = {"form": form, "tenant": tenant, "title": _("New post"), "task": task}
    return render(request, "posts/form.html", context, status=422 if form.errors else 200)


def _drafted(request: SignedInRequest, form: PostForm, ground: operations.Ground) -> Post | None:
    """Write the draft that a valid form holds; None where that is refused, which the form then says."""
    channel, person = form.cleaned_data["channel"], request.user
    try:
        return operations.draft(
            channel=channel, written=form.written(), ground=ground, author=person, by=request.actor, now=clock.now()
        )
    except DomainError as refusal:
        form.add_error(None, str(refusal))
        return None


@takes_at_most(pictures.MOST_BYTES + 1024 * 1024)
@never_cache
@roles.staff_only(*MAY_WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Change a post. An approval of what shoppers read is gone then."""
    post = _post(public_id)
    sent = request.method == "POST"
    form = PostForm(request.POST if sent else None, request.FILES if sent else None, tenant=post.tenant, post=post)
    if sent and form.is_valid():
        version = form.cleaned_data["version"] or 0
        try:
            operations.edit(post=public_id, version=version, written=form.written(), by=request.actor, now=clock.now())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("console_posts:post", public_id)
    context = {"form": form, "tenant": post.tenant, "post": post, "title": _("Change the post")}
    return render(request, "posts/form.html", context, status=422 if form.errors else 200)


@roles.staff_only(*MAY_WRITE)
@require_POST
def act(request: SignedInRequest, public_id: str, verb: str) -> HttpResponse:
    """Submit, drop, take up again, hand over, or say that it is not there."""
    acts: dict[str, Callable[..., object]] = {
        "submit": answers.submit,
        "drop": operations.drop,
        "take-up": operations.take_up,
        "hand-over": publishing.hand_over,
        "not-there": publishing.is_not_there,
    }
    if verb not in acts:
        raise Http404
    post = _post(public_id)
    _do(request, lambda: acts[verb](post=post.public_id, by=request.actor, now=clock.now()), str(DONE[verb]))
    return redirect("console_posts:post", public_id)


@roles.staff_only(*MAY_APPROVE)
@require_POST
def answer(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Approve a colleague's post, or give it back with what should change."""
    post = _post(public_id)
    form = ChangeForm(request.POST)
    if not form.is_valid():
        return _page(request, post, status=422, change_form=form)
    said = form.cleaned_data
    facts = {"post": post.public_id, "version": said["version"], "by": request.actor, "now": clock.now()}
    if "approve" in request.POST:
        _do(request, lambda: answers.approve(person=request.user, **facts), _("Approved."))
    else:
        _do(request, lambda: answers.ask_change(words=said["words"], **facts), _("Given back to its author."))
    return redirect("console_posts:post", public_id)


@roles.staff_only(*MAY_WRITE)
@require_POST
def schedule(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Give a post its time, from its page or dragged to another day of the calendar; an approved one goes out then."""
    post = _post(public_id)
    form = WhenForm(request.POST, tenant=post.tenant)
    if form.is_valid():
        at = form.cleaned_data["at"]
        try:
            moved = operations.give_time(post=post.public_id, at=at, by=request.actor, now=clock.now())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            is_scheduled = moved.state == Post.State.SCHEDULED
            messages.success(request, _("Scheduled. It goes out by itself.") if is_scheduled else _("Moved."))
            if "calendar" in request.POST:
                return redirect(f"{reverse('console_posts:index')}?{request.POST['calendar']}")
            return redirect("console_posts:post", public_id)
    return _page(request, post, status=422, when_form=form)


@roles.staff_only(*MAY_WRITE)
@require_POST
def confirm(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Write down where a post is that a person put there."""
    post = _post(public_id)
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return _page(request, post, status=422, confirm_form=form)
    url = form.cleaned_data["url"]
    _do(
        request,
        lambda: publishing.confirm(post=post.public_id, url=url, by=request.actor, now=clock.now()),
        _("Noted as published."),
    )
    return redirect("console_posts:post", public_id)


@roles.staff_only()
@require_safe
def picture(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Give the post's picture."""
    return picture_answer(pictures.read(_post(public_id).picture))


def picture_answer(content: bytes) -> HttpResponse:
    """
    Answer with a picture of ours, for whoever asked only.

    :raises Http404: there is none
    """
    if not content:
        raise Http404
    return HttpResponse(content, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=300"})


def _post(public_id: str) -> Post:
    return get_object_or_404(Post.objects.select_related("channel", "tenant", "author"), public_id=public_id)


def _do(request: SignedInRequest, act_: Callable[[], object], words: str) -> None:
    """Do it and say so, or say why not."""
    try:
        act_()
    except Busy:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, words)
