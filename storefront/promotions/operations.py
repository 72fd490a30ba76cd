"""
Writes of promotions. Who bears a discount is agreed (M10): the merchant alone makes promotions that the merchant bears; what the
agency's people make waits for the merchant in person, and before that for a second of them when it is large (A4).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from saas.audit import operations as audit
from saas.audit.models import AuditEntry
from saas.audit.phrases import Phrase, each, phrase
from saas.kernel.actors import SYSTEM, Actor, refuse_all_but_merchant, refuse_beyond
from saas.kernel.locking import locked, locked_one
from saas.kernel.outbox import operations as outbox
from saas.kernel.tasks import enqueue
from tenants.isolation import current

from . import claiming, seconding
from .checks import Draft, Problem, bearer_words, is_large, problems, words_of
from .models import Promotion
from .refusals import (
    AnotherPersonNeeded,
    OnlyThePlatform,
    PromotionChanged,
    PromotionDecided,
    PromotionFixed,
    PromotionInvalid,
    PromotionLapsed,
)

State = Promotion.State


@transaction.atomic
def create(*, draft: Draft, by: Actor, now: datetime) -> Promotion:
    """
    Make a promotion that the merchant bears. The merchant's own runs at once; made by the agency's people on the merchant's behalf it
    waits for the merchant's yes; for more uses than its mandate's limit a second person of the agency may see to it first (A4).

    :raises PromotionInvalid: `problems` say what; a share of the platform is one of them: only `propose` may offer it
    """
    if draft.platform_share_bp:
        raise PromotionInvalid(
            problems=[Problem("platform_share_bp", _("Only the platform can offer to bear a part."))]
        )
    is_own = _is_merchant(by)
    made = _made(draft, by=by, now=now, state=State.ACTIVE if is_own else _waits_for(draft, by=by))
    if is_own:
        _agree(made, by=by, now=now)
    _note("promotion.created" if is_own else "promotion.proposed", made, by=by, now=now)
    if not is_own:
        enqueue("cms.backoffice.tell_of_promotion", promotion=made.public_id)
    return made


@transaction.atomic
def propose(*, draft: Draft, reason: str, by: Actor, now: datetime) -> Promotion:
    """
    Offer the merchant a promotion of which the platform bears a share, out of a budget. A large one waits for a second person first.

    :raises PromotionInvalid: `problems` say what
    :raises OnlyThePlatform: `by` is not of the platform's people
    """
    if by.kind not in ("agency", "platform"):
        raise OnlyThePlatform
    made = _made(draft, by=by, now=now, state=State.PROPOSED, reason=reason, is_of_platform=True)
    if is_large(made):
        made.state = State.SECOND
        made.save(update_fields=["state"])
    else:
        enqueue("cms.backoffice.tell_of_promotion", promotion=made.public_id)
    _note("promotion.proposed", made, by=by, now=now)
    return made


@transaction.atomic
def second(*, promotion: str, by: Actor, now: datetime, seen: str | None = None) -> Promotion:
    """
    Say yes to a large offer as the second person; it then waits for the merchant. Locks: Promotion. Repeated it changes nothing.

    :param seen: the `fingerprint` of what the person has read
    :raises PromotionChanged: it is another one by now
    :raises AnotherPersonNeeded: `by` made it, or nobody knows who `by` is
    :raises PromotionDecided: answered or withdrawn before
    """
    held = _locked(promotion)
    if held.state == State.PROPOSED and held.seconded_by_id:
        return held
    if held.state != State.SECOND:
        raise PromotionDecided
    if not by.public_id or by.public_id == held.made_by_id or by.kind not in ("agency", "platform"):
        raise AnotherPersonNeeded
    _refuse_unread(held, seen)
    held.state, held.seconded_by, held.seconded_by_id = State.PROPOSED, by.name[:160], by.public_id
    held.save(update_fields=["state", "seconded_by", "seconded_by_id"])
    _note("promotion.seconded", held, by=by, now=now)
    if held.is_of_platform:
        enqueue("cms.backoffice.tell_of_promotion", promotion=held.public_id)
    return held


@transaction.atomic
def accept(*, promotion: str, by: Actor, now: datetime, seen: str | None = None) -> Promotion:
    """
    Confirm a promotion that somebody else made; from its start, or now, shoppers can use it. Locks: Promotion. Repeated: nothing.

    :param seen: the `fingerprint` of what the person has read
    :raises PromotionChanged: it is another one by now
    :raises OnlyTheMerchant: `by` is not the merchant in person
    :raises PromotionDecided: answered, withdrawn or over before
    """
    refuse_all_but_merchant(by)
    held = _locked(promotion)
    if held.state == State.ACTIVE:
        return held
    _refuse_lapsed(held)
    if not held.waits_for_merchant or (held.ends_at is not None and held.ends_at <= now):
        raise PromotionDecided
    _refuse_unread(held, seen)
    held.state = State.ACTIVE
    _agree(held, by=by, now=now)
    _answered("promotion.accepted", held, by=by, now=now)
    return held


@transaction.atomic
def decline(*, promotion: str, answer: str, by: Actor, now: datetime) -> Promotion:
    """
    Say no to a promotion that somebody else made. Locks: Promotion. Repeated it changes nothing.

    :raises OnlyTheMerchant: `by` is not the merchant in person
    :raises PromotionDecided: answered or withdrawn before
    """
    refuse_all_but_merchant(by)
    held = _locked(promotion)
    if held.state == State.DECLINED:
        return held
    _refuse_lapsed(held)
    if not held.waits_for_merchant:
        raise PromotionDecided
    held.answer = answer.strip()[:300]
    _close(held, State.DECLINED, by=by, now=now)
    _answered("promotion.declined", held, by=by, now=now)
    return held


@transaction.atomic
def withdraw(*, promotion: str, by: Actor, now: datetime) -> Promotion:
    """
    Take back an offer that the merchant has not answered. Locks: Promotion. Repeated it changes nothing.

    :raises PromotionDecided: answered before
    """
    held = _locked(promotion)
    if held.state == State.WITHDRAWN:
        return held
    if held.state not in (State.SECOND, State.PROPOSED):
        raise PromotionDecided
    _close(held, State.WITHDRAWN, by=by, now=now)
    _note("promotion.withdrawn", held, by=by, now=now)
    return held


@transaction.atomic
def withdraw_unanswered(*, now: datetime) -> int:
    """
    Withdraw what waits for a yes and was not touched for `settings.OFFER_DAYS`, or is over; return how many. The platform is told.

    Locks: Promotion. Repeated it changes nothing.
    """
    since = now - timedelta(days=settings.OFFER_DAYS)
    touched = AuditEntry.objects.filter(subject_kind="promotion", subject_id=OuterRef("public_id"), at__gt=since)
    waiting = Promotion.objects.filter(state__in=[State.SECOND, State.PROPOSED])
    due = waiting.filter(Q(ends_at__lte=now) | (Q(made_at__lte=since) & ~Exists(touched)))
    keys = list(due.values_list("pk", flat=True))
    found = locked(waiting.filter(pk__in=keys))
    for held in found:
        _close(held, State.WITHDRAWN, by=SYSTEM, now=now)
        _answered("promotion.withdrawn", held, by=SYSTEM, now=now)
    return len(found)


def _refuse_unread(held: Promotion, seen: str | None) -> None:
    if seen is not None and seen != held.fingerprint:
        raise PromotionChanged


def answer_until(held: Promotion) -> datetime | None:
    """Return until when, exclusive, a promotion that waits for a yes can be answered, as things are; None where none waits."""
    return answers_until([held]).get(held.public_id)


def answers_until(found: Iterable[Promotion]) -> dict[str, datetime]:
    """Return `answer_until` of those that wait for a yes, by public id. One query, none where none waits."""
    waiting = {one.public_id: one for one in found if one.state in (State.SECOND, State.PROPOSED)}
    if not waiting:
        return {}
    trail = AuditEntry.objects.filter(subject_kind="promotion", subject_id__in=waiting).order_by()
    touched = dict(trail.values_list("subject_id").annotate(last=Max("at")))
    untils = {}
    for key, one in waiting.items():
        until = max(one.made_at, touched.get(key, one.made_at)) + timedelta(days=settings.OFFER_DAYS)
        untils[key] = min(until, one.ends_at) if one.ends_at else until
    return untils


def _refuse_lapsed(held: Promotion) -> None:
    if held.state == State.WITHDRAWN and held.closed_by == SYSTEM.name:
        raise PromotionLapsed


@transaction.atomic
def stop(*, promotion: str, by: Actor, now: datetime) -> Promotion:
    """
    End a running promotion: nobody can use it from now on. Orders that claimed it keep what it takes off while they can be paid.

    Locks: Promotion. Repeated it changes nothing.

    :raises PromotionDecided: it does not run
    """
    held = _locked(promotion)
    if held.state == State.STOPPED:
        return held
    if held.state != State.ACTIVE:
        raise PromotionDecided
    _close(held, State.STOPPED, by=by, now=now)
    _answered("promotion.stopped", held, by=by, now=now)
    return held


@transaction.atomic
def change(*, promotion: str, draft: Draft, by: Actor, now: datetime) -> Promotion:
    """
    Change a promotion that the merchant bears; it holds for later orders. Changed on the merchant's behalf it waits for a yes again.

    Locks: Promotion. The currency never changes, and neither does the code once it was used.

    :raises PromotionFixed: it was agreed with the platform
    :raises PromotionDecided: it was closed
    :raises PromotionInvalid: `problems` say what; a limit below what was used is one (V12)
    """
    held = _locked(promotion)
    if held.is_of_platform:
        raise PromotionFixed
    if held.state not in Promotion.OPEN_STATES:
        raise PromotionDecided
    found = [*problems(draft, currency=held.currency, now=now, is_new=False), *_against_uses(held, draft)]
    if draft.platform_share_bp:
        found.append(Problem("platform_share_bp", _("Only the platform can offer to bear a part.")))
    if found:
        raise PromotionInvalid(problems=found)
    _fill(held, draft)
    held.state = State.ACTIVE if _is_merchant(by) else _waits_for(draft, by=by)
    if held.state == State.ACTIVE:
        held.agreed_by, held.agreed_at = by.name[:160], now
    else:
        if held.state == State.SECOND:
            held.made_by, held.made_by_id, held.seconded_by, held.seconded_by_id = by.name[:160], by.public_id, "", ""
        enqueue("cms.backoffice.tell_of_promotion", promotion=held.public_id)
    _save(held)
    _note("promotion.changed", held, by=by, now=now)
    return held


def _made(
    draft: Draft, *, by: Actor, now: datetime, state: str, reason: str = "", is_of_platform: bool = False
) -> Promotion:
    currency = current.mall().currency
    if found := problems(draft, currency=currency, now=now, is_new=True):
        raise PromotionInvalid(problems=found)
    made = Promotion(
        state=state,
        currency=currency,
        is_of_platform=is_of_platform,
        reason=reason.strip()[:300],
        made_by=by.name[:160],
        made_by_id=by.public_id,
        made_at=now,
    )
    _fill(made, draft)
    if state == State.ACTIVE:
        made.agreed_by, made.agreed_at = by.name[:160], now
    _save(made)
    return made


def _fill(row: Promotion, draft: Draft) -> None:
    is_percent = draft.kind == Promotion.Kind.PERCENT
    for name, value in vars(draft).items():
        setattr(row, name, value)
    row.targets = list(draft.targets) if draft.scope != Promotion.Scope.ORDER else []
    row.rate_bp = draft.rate_bp if is_percent else 0
    row.amount_minor = 0 if is_percent else draft.amount_minor
    row.most_minor = draft.most_minor if is_percent else None


def _save(row: Promotion) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise PromotionInvalid(
            problems=[
                Problem("code", _("Another promotion has this code. Stop that one first, or choose another code."))
            ]
        ) from error


def _against_uses(held: Promotion, draft: Draft) -> list[Problem]:
    """Limits cannot drop below what was used, and a used code stays (V12)."""
    used = claiming.live_uses(held).count()
    found = []
    if draft.uses_total is not None and draft.uses_total < used:
        found.append(Problem("uses_total", _("It was used %(used)d times already.") % {"used": used}))
    if draft.budget_minor is not None and draft.budget_minor < claiming.spent_minor(held):
        found.append(Problem("budget_minor", _("More than this was taken off already.")))
    if draft.code != held.code and held.uses.exists():
        found.append(Problem("code", _("The code was used, so it stays. Make a new promotion for another code.")))
    return found


def _agree(row: Promotion, *, by: Actor, now: datetime) -> None:
    row.agreed_by, row.agreed_at = by.name[:160], now
    row.save()


def _close(row: Promotion, state: Promotion.State, *, by: Actor, now: datetime) -> None:
    row.state, row.closed_by, row.closed_at = state, by.name[:160], now
    row.save()


def _locked(public_id: str) -> Promotion:
    try:
        return locked_one(Promotion.objects.filter(public_id=public_id))
    except Promotion.DoesNotExist as error:
        raise PromotionDecided from error


def _waits_for(draft: Draft, *, by: Actor) -> State:
    """Return whom a promotion of the agency's waits for first: bulk coupons for a second person of theirs."""
    refuse_beyond(by, "promotions.manage")
    limit = by.bounds.limit("coupon_uses") if by.bounds else None
    if limit is not None and (draft.uses_total is None or draft.uses_total > limit):
        return State.SECOND
    return State.PROPOSED


def _is_merchant(by: Actor) -> bool:
    return by.kind == "merchant" and not by.on_behalf_of


def _answered(action: str, row: Promotion, *, by: Actor, now: datetime) -> None:
    """Leave a trail; of what is agreed with the platform the platform is told."""
    _note(action, row, by=by, now=now)
    if row.is_of_platform:
        payload: dict[str, object] = {
            "promotion": row.public_id,
            "action": action,
            **_summary(row).told(),
            "answer": row.answer,
            "by": by.name,
            "by_kind": by.kind,
        }
        outbox.tell(kind="promotion.answered", subject=row.public_id, payload=payload, now=now)


def _summary(row: Promotion) -> Phrase:
    return phrase(
        gettext_lazy("%(code)s: %(discount)s. Borne by: %(bearer)s"),
        code=row.code,
        discount=each(lambda: words_of(row)),
        bearer=each(lambda: bearer_words(row.platform_share_bp)),
    )


def _note(action: str, row: Promotion, *, by: Actor, now: datetime) -> None:
    summary = _summary(row)
    audit.record(action=action, subject=("promotion", row.public_id), summary=summary, by=by, now=now)
    seconding.tell(action, row, summary=summary, by=by, now=now)
