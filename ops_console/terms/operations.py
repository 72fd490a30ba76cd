"""Offers of commission terms from the console. Each enters the mall for one operation, then notes it on the platform."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import Words, each, phrase, told_in
from saas.kernel.actors import SYSTEM, Actor
from storefront.terms import proposals
from storefront.terms.operations import TermDraft
from storefront.terms.queries import in_words
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tenants.relay.events import Event


def propose(*, tenant: Tenant, draft: TermDraft, reason: str, by: Actor, now: datetime) -> str:
    """
    Offer a rule to a mall's merchant; return the offer's public id. Not inside a transaction: it crosses from the platform into the mall.

    :raises TermRefused: see `storefront.terms.operations.add_term`
    :raises TermOverlaps: likewise
    :raises ProposalStands: an offer for the same scope is open
    """
    with inside(tenant):
        offered = proposals.propose(draft=draft, reason=reason, by=by, now=now)
        term = proposals.as_term(offered)
    _note(
        "terms.proposed",
        tenant,
        phrase(_("Offered to %(mall)s: %(words)s"), mall=tenant.name, words=each(lambda: in_words(term))),
        by=by,
        now=now,
    )
    return offered.public_id


def withdraw(*, tenant: Tenant, proposal: str, by: Actor, now: datetime) -> None:
    """
    Take back an offer that nobody has answered. Not inside a transaction.

    :raises ProposalDecided: it was answered before
    """
    with inside(tenant):
        offered = proposals.withdraw(proposal=proposal, by=by, now=now)
    _note(
        "terms.withdrawn",
        tenant,
        phrase(_("Withdrew “%(offer)s” from %(mall)s"), offer=offered.name, mall=tenant.name),
        by=by,
        now=now,
    )


def terms_answered(event: Event) -> None:
    """Note the merchant's answer in the platform's trail. Called by the relay, once for each event."""
    told = event.payload
    tenant = Tenant.objects.get(schema_name=event.schema_name)
    who = SYSTEM if told.get("by_kind") == SYSTEM.kind else Actor(kind="merchant", name=told["by"])
    summary = phrase(_("%(mall)s: %(what)s %(answer)s"), mall=tenant.name, what=told_in(told), answer=told["answer"])
    _note(f"terms.{told['state']}", tenant, summary, by=who, now=event.happened_at)


@transaction.atomic
def _note(action: str, tenant: Tenant, summary: Words, *, by: Actor, now: datetime) -> None:
    audit.record(action=action, subject=("mall", tenant.public_id), summary=summary, by=by, now=now)
