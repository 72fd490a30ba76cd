"""The channels of one mall: which there are, opened, changed, closed."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ops_console.mandates import roles
from ops_console.portfolio.mall_views import mall_of, page_of
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import DomainError
from tenants.registry.models import Tenant

from . import channels, queries
from .connectors.registry import kinds
from .forms import ChannelForm
from .models import Channel

MAY_SET_UP = (roles.ADMIN, roles.MANAGER, roles.ACCOUNT_MANAGER)


@never_cache
@roles.staff_only()
@require_safe
def index(request: SignedInRequest, public_id: str) -> HttpResponse:
    """List a mall's channels and the kinds that can be added."""
    tenant = mall_of(public_id)
    known = kinds()
    context = {
        "channels": [(one, known.get(one.kind)) for one in queries.channels_of(tenant)],
        "kinds": known,
        "may_set_up": roles.has_role(request.user, MAY_SET_UP),
    }
    return render(request, "posts/channels.html", page_of(request, tenant, "channels") | context)


@never_cache
@roles.staff_only(*MAY_SET_UP)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: SignedInRequest, public_id: str, kind: str) -> HttpResponse:
    """Open a channel."""
    tenant = mall_of(public_id)
    if kind not in kinds():
        raise Http404
    form = ChannelForm(request.POST if request.method == "POST" else None, kind=kind)
    if form.is_valid():
        try:
            channels.add(tenant=tenant, kind=kind, told=form.told(), by=request.actor, now=clock.now())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The channel is open."))
            return redirect("console_posts:channels", public_id)
    context = {"form": form, "title": _("New channel: %(kind)s") % {"kind": kinds()[kind].label}, "channel": None}
    status = 422 if form.errors else 200
    return render(request, "posts/channel_form.html", page_of(request, tenant, "channels") | context, status=status)


@never_cache
@roles.staff_only(*MAY_SET_UP)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: SignedInRequest, public_id: str, channel: str) -> HttpResponse:
    """Change a channel. A secret that was made for it is on the answer's page and nowhere else."""
    tenant = mall_of(public_id)
    found = get_object_or_404(Channel.objects.in_use(), tenant=tenant, public_id=channel)
    form = ChannelForm(request.POST if request.method == "POST" else None, kind=found.kind, channel=found)
    if form.is_valid():
        try:
            changed = channels.change(channel=channel, told=form.told(), by=request.actor, now=clock.now())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            if changed.made:
                return _show_once(request, tenant, changed)
            messages.success(request, _("The channel is changed."))
            return redirect("console_posts:channels", public_id)
    context = {"form": form, "title": found.name, "channel": found}
    status = 422 if form.errors else 200
    return render(request, "posts/channel_form.html", page_of(request, tenant, "channels") | context, status=status)


def _show_once(request: SignedInRequest, tenant: Tenant, changed: channels.Changed) -> HttpResponse:
    labels = {one.name: one.label for one in kinds()[changed.channel.kind].settings}
    context = {"channel": changed.channel, "made": [(labels[name], text) for name, text in changed.made.items()]}
    return render(request, "posts/channel_secret.html", page_of(request, tenant, "channels") | context)


@roles.staff_only(*MAY_SET_UP)
@require_POST
def close(request: SignedInRequest, public_id: str, channel: str) -> HttpResponse:
    """Close a channel and forget its secrets."""
    tenant = mall_of(public_id)
    get_object_or_404(Channel, tenant=tenant, public_id=channel)
    try:
        channels.retire(channel=channel, by=request.actor, now=clock.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The channel is closed, and what was secret is forgotten."))
    return redirect("console_posts:channels", public_id)
