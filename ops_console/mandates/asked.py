"""What waits for a second person in all malls: told by the malls, answered in them."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, override

from cms.backoffice.today.queries import Alert
from saas.accounts.models import User
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.errors import DomainError
from saas.kernel.tasks import enqueue
from storefront.deals import bounds
from storefront.promotions import seconding
from tenants.entry import approvals
from tenants.entry.models import Approval
from tenants.isolation.addresses import platform_url
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tenants.relay.events import Event

from . import roles, standing
from .models import Asked

# What of a mandate each kind is done by; a cut that changes more than prices takes more, see `bounds.keys_of`.
KEY_OF = {"refund": "refunds.decide", "price_cut": "deals.price"}


class NothingStands(DomainError):
    """What would let the agency do it is gone."""

    code = "nothing_stands"
    message = _(
        "The contract does not let the agency do this any more, or who asked no longer may. The merchant can still agree."
    )


class AskedNoMore(DomainError):
    """The mall knows nothing of it any more; its data was set back to before it was asked."""

    code = "asked_no_more"
    message = _("The mall was set back to before this was asked. Who needs it asks again.")


def follow(event: Event) -> None:
    """Write down how an approval stands. Runs inside the relay's transaction, in order for each approval."""
    payload = event.payload
    fields = {name: payload[name] for name in ("kind", "label", "amount", "state", "asked_by", "asked_by_id", "reason")}
    told = {**fields, "said": payload.get("said") or {}, "told_by": payload["by"], "told_at": event.happened_at}
    tenant = Tenant.objects.get(schema_name=event.schema_name)
    known = Asked.objects.filter(approval=payload["approval"]).first()
    if known is not None and known.tenant_id != tenant.pk:
        raise LookupError(f"{event.schema_name} tells of the approval {payload['approval']}, which is not its own")
    is_open, was_open = (state == Approval.State.OPEN for state in (payload["state"], known.state if known else ""))
    if payload["kind"] == seconding.KIND:
        if not (is_open or was_open):
            return  # what became of a code after its second yes is no question for a second person
        told |= {"asked_at": event.happened_at} if is_open and not was_open else {}
    Asked.objects.update_or_create(
        approval=payload["approval"],
        defaults=told,
        create_defaults={**told, "tenant": tenant, "asked_at": event.happened_at},
    )
    if payload["state"] == Approval.State.LAPSED and payload["kind"] != seconding.KIND:
        enqueue("ops_console.mandates.tell_lapsed", approval=payload["approval"])


def waiting(*, state: str = "open") -> "QuerySet[Asked]":
    """Return what was asked for in all malls, newest first; all of it with `state` ""."""
    rows = Asked.objects.select_related("tenant")
    return rows.filter(state=state) if state else rows


def answered_here() -> "QuerySet[Asked]":
    """Return what is answered on the console's list: all but codes, which are under the mall's promotions."""
    return Asked.objects.select_related("tenant").exclude(kind=seconding.KIND)


def on_today() -> list[Alert]:
    """Return that the agency asks for what is above the contract's limits. Called in the mall; one query."""
    count = Approval.objects.filter(state=Approval.State.OPEN).count()
    if not count:
        return []
    title = ngettext(
        "The agency asks for something above the contract’s limits.",
        "The agency asks for %(count)d things above the contract’s limits.",
        count,
    )
    text, href = (
        said("You or a second person of the agency can agree; until then nothing is done."),
        "hosting_mandates:approvals",
    )
    return [Alert("warning", title % {"count": count}, text, reverse(href), said("Look at it"))]


def decide(*, asked: Asked, accept: bool, by: Actor, now: datetime) -> None:
    """
    Answer as the second person of the agency, in the mall; a yes carries out what was asked for. Never inside a transaction.

    :raises NothingStands: a yes, but the mandate or the asker's role that would let them do it is gone
    :raises NotTheSamePerson, ApprovalDecided, DomainError: see `approvals.decide`
    :raises AskedNoMore: it is not there after a restore; then it waits no longer
    """
    try:
        with inside(asked.tenant):
            act = Approval.objects.only("act").get(public_id=asked.approval).act
        if accept:
            _refuse_without_standing(asked, act, now=now)
        with inside(asked.tenant):
            state = approvals.decide(approval=asked.approval, accept=accept, by=by, now=now).state
    except Approval.DoesNotExist as gone:
        closed = Asked.objects.filter(pk=asked.pk, state=Approval.State.OPEN)
        closed.update(state=Approval.State.DECLINED, told_by=SYSTEM.name, told_at=now)
        raise AskedNoMore from gone
    # The mall tells it too; until then the list does not offer it again.
    Asked.objects.filter(pk=asked.pk).update(state=state, told_by=by.name[:160], told_at=now)


def ask_again(*, asked: Asked, by: Actor, now: datetime) -> None:
    """
    Ask once more for what has lapsed, in the mall. Never inside a transaction.

    :raises NothingStands: what would let the agency do it is gone
    :raises OnlyWhoAsked, ApprovalDecided, AnotherWaits: see `approvals.ask_again`
    :raises AskedNoMore: it is not there after a restore
    """
    try:
        with inside(asked.tenant):
            act = Approval.objects.only("act").get(public_id=asked.approval).act
        _refuse_without_standing(asked, act, now=now)
        with inside(asked.tenant):
            approvals.ask_again(approval=asked.approval, by=by, now=now)
    except Approval.DoesNotExist as gone:
        raise AskedNoMore from gone


def tell_lapsed(*, approval: str) -> bool:
    """Write to who asked that nobody answered, and how to ask again; return whether there was anybody to write to."""
    row = Asked.objects.filter(approval=approval, state=Approval.State.LAPSED).select_related("tenant").first()
    person = (
        User.objects.filter(public_id=row.asked_by_id, kind=User.Kind.AGENCY, is_active=True).first() if row else None
    )
    if row is None or person is None or not person.email:
        return False
    with override(person.language or "en"):
        words = {"mall": row.tenant.name, "what": row.sentence, "days": settings.SECOND_YES_DAYS}
        subject = said("%(mall)s: nobody answered your question for a second yes") % words
        text = said(
            "Nobody said yes or no to this within %(days)d days, so it has lapsed and nothing was done:\n\n%(what)s\n\n"
            "If it is still wanted, ask again with one press:\n%(link)s"
        ) % {**words, "link": platform_url("/ops/second-yes/?state=all")}
        send_mail(" ".join(subject.split()), text, settings.DEFAULT_FROM_EMAIL, [str(person.email)])
    return True


def _refuse_without_standing(asked: Asked, act: dict[str, Any], *, now: datetime) -> None:
    """A second person agrees for the agency: that takes the contract's permissions now, and an asker who still works by them."""
    given, keys = standing.powers(asked.tenant_id, at=now), {KEY_OF.get(asked.kind, "")}
    if asked.kind == Approval.Kind.PRICE_CUT:
        keys.update(bounds.keys_of(act))
    asker = User.objects.filter(public_id=asked.asked_by_id, kind=User.Kind.AGENCY).first()
    may_ask = asker is not None and roles.has_role(asker, roles.MAY_VISIT) and keys <= roles.keys_of(asker)
    if given is None or not keys <= given.permissions.keys() or not may_ask:
        raise NothingStands
