"""Offers of promotions from the console. Each enters the mall for one operation, then notes it on the platform."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import each, phrase, told_in
from saas.kernel.actors import SYSTEM, Actor
from storefront.promotions import operations as promotions
from storefront.promotions.checks import Draft, bearer_words, words_of
from storefront.promotions.models import Promotion
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tenants.relay.events import Event


def propose(*, tenant: Tenant, draft: Draft, reason: str, by: Actor, now: datetime) -> Promotion:
    """
    Offer a promotion to a mall's merchant. Not inside a transaction: it crosses from the platform into the mall.

    :raises PromotionInvalid: `problems` say what is wrong
    """
    with inside(tenant):
        made = promotions.propose(draft=draft, reason=reason, by=by, now=now)
    _note("promotion.proposed", tenant, made, by=by, now=now)
    return made


def second(*, tenant: Tenant, promotion: str, by: Actor, now: datetime, seen: str | None = None) -> Promotion:
    """
    Say yes to a large offer as the second person, who has read what `seen` is the fingerprint of. Not inside a transaction.

    :raises PromotionChanged: it is another one by now
    :raises AnotherPersonNeeded: `by` made it
    :raises PromotionDecided: it was decided before
    """
    with inside(tenant):
        held = promotions.second(promotion=promotion, by=by, now=now, seen=seen)
    _note("promotion.seconded", tenant, held, by=by, now=now)
    return held


def withdraw(*, tenant: Tenant, promotion: str, by: Actor, now: datetime) -> None:
    """
    Take back an offer that the merchant has not answered. Not inside a transaction.

    :raises PromotionDecided: it was answered before
    """
    with inside(tenant):
        held = promotions.withdraw(promotion=promotion, by=by, now=now)
    _note("promotion.withdrawn", tenant, held, by=by, now=now)


def promotion_answered(event: Event) -> None:
    """Note the merchant's answer, or a stop, in the platform's trail. Called by the relay, once for each event."""
    told = event.payload
    tenant = Tenant.objects.get(schema_name=event.schema_name)
    summary = phrase(_("%(mall)s: %(what)s %(answer)s"), mall=tenant.name, what=told_in(told), answer=told["answer"])
    audit.record(
        action=told["action"],
        subject=("mall", tenant.public_id),
        summary=summary,
        by=SYSTEM if told.get("by_kind") == SYSTEM.kind else Actor(kind="merchant", name=told["by"]),
        now=event.happened_at,
    )


@transaction.atomic
def _note(action: str, tenant: Tenant, row: Promotion, *, by: Actor, now: datetime) -> None:
    summary = phrase(
        _("%(mall)s: %(code)s, %(discount)s. %(bearer)s"), mall=tenant.name, code=row.code,
        discount=each(lambda: words_of(row)), bearer=each(lambda: bearer_words(row.platform_share_bp)),
    )  # fmt: skip
    audit.record(action=action, subject=("mall", tenant.public_id), summary=summary, by=by, now=now)
