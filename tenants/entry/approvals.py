"""
A second person for what is above a mandate's limit (A4). Runs in the mall.

The act asks `refuse_above` in its own transaction; refused, what was asked for is written down after the request, by the middleware.
The yes of somebody else carries out what was asked for, as it was frozen, in the same transaction and once (`settings.APPROVED_ACTS`).
An act that nothing was frozen of is done again by the person, and uses the yes up in its own transaction.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit import phrases
from saas.audit.phrases import Phrase
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import alone, locked, locked_one
from saas.kernel.outbox import operations as outbox
from tenants.isolation import current

from .models import Approval

Kind, State = Approval.Kind, Approval.State
GOOD_FOR = timedelta(days=1)
# Which of `mandated.LIMITS` a kind is held against.
LIMIT_OF = {Kind.REFUND: "refund_minor", Kind.PRICE_CUT: "price_cut_percent"}
# And what all acts of a day together are.
DAY_LIMIT_OF = {Kind.REFUND: "refund_day_minor"}


class SecondPersonNeeded(DomainError):
    """It is above the mandate's limit; a second person was asked. Nothing was changed."""

    code = "second_person_needed"
    message = _(
        "This is above the limit in the contract. A second person or the merchant was asked; as soon as they agree, it is done."
    )


class ApprovalDecided(DomainError):
    """Somebody answered before, or the yes was used."""

    code = "approval_decided"
    message = _("This was answered before.")


class ApprovalLapsed(ApprovalDecided):
    """Nobody answered within `settings.SECOND_YES_DAYS`."""

    code = "approval_lapsed"
    message = _("Nobody answered this in time, so it has lapsed and nothing was done. Whoever asked can ask again.")


class NotTheSamePerson(DomainError):
    """Who asks does not answer."""

    code = "not_the_same_person"
    message = _("Who asked cannot say yes. It takes a second person, or the merchant.")


class OnlyWhoAsked(DomainError):
    """Somebody else's question."""

    code = "only_who_asked"
    message = _("Only who asked can ask again.")


class AnotherWaits(DomainError):
    """Something else is asked about the same thing by the same person."""

    code = "another_waits"
    message = _("Another question of yours about the same thing waits already. Let that one be answered first.")


@dataclass(frozen=True)
class Asking:
    """
    What a second person is asked for; see `Approval`. `act` is JSON, for what `settings.APPROVED_ACTS` names for the kind; beside it is
    kept what a `label` that is a phrase says. `clause`: by which it is asked for, where that is another than the request's. Where a limit
    of the day counts it, `adds` is what the act adds, and `today` what was done on that day within the limits.
    """

    kind: Approval.Kind
    subject: str
    label: str | Phrase
    amount: int
    act: dict[str, Any] = field(default_factory=dict)
    clause: str = ""
    adds: int = 0
    today: int = 0

    @property
    def frozen(self) -> dict[str, Any]:
        """What is kept to be done with a yes."""
        return {**self.act, "said": self.label.as_json()} if self.act and isinstance(self.label, Phrase) else self.act

    @property
    def name(self) -> str:
        """The label as it is told to the platform, and searched."""
        return (self.label.in_english() if isinstance(self.label, Phrase) else self.label)[:200]


@dataclass(frozen=True)
class Day:
    """A day of the mall's calendar, and a mandate's limit of the day."""

    on: date
    limit: int


def hold_day(kind: Approval.Kind, *, by: Actor, now: datetime) -> Day | None:
    """
    Return the day whose sum the actor's mandate limits for the kind, and hold it until the transaction ends: who acts next counts this act.

    None without such a limit. Inside the act's transaction.

    :raises Busy: somebody else held the day for too long
    """
    limit = by.bounds.limit(DAY_LIMIT_OF.get(kind, "")) if by.bounds else None
    if limit is None:
        return None
    mall = current.mall()
    day = now.astimezone(ZoneInfo(mall.time_zone)).date()
    alone(f"{mall.schema_name} {kind} {day}")
    return Day(day, limit)


def refuse_above(asking: Asking, *, by: Actor, now: datetime) -> bool:
    """
    Refuse what is above a limit of the actor's mandate, unless a second person agreed to it; that yes is used up here.

    Return whether it passed within the limits, without a yes: that counts on its day. Inside the act's transaction; `hold_day` comes
    first where a limit of the day counts. Locks: Approval. Who acts by no mandate, or by one without that limit, passes.

    :raises SecondPersonNeeded: nobody has agreed; who began the request writes `by.bounds.asked` down
    """
    if by.bounds is None:
        return True
    limit, of_day = by.bounds.limit(LIMIT_OF[asking.kind]), by.bounds.limit(DAY_LIMIT_OF.get(asking.kind, ""))
    is_within_day = of_day is None or asking.today + asking.adds <= of_day
    if is_within_day and (limit is None or asking.amount <= limit):
        return True
    good = Approval.objects.filter(
        kind=asking.kind, subject=asking.subject, asked_by_id=by.public_id, state=State.APPROVED,
        amount__gte=asking.amount, decided_at__gt=now - GOOD_FOR,
    )  # fmt: skip
    found = [one for one in locked(good) if one.state == State.APPROVED]
    if not found:
        by.bounds.asked.append(asking)
        raise SecondPersonNeeded
    found[0].state, found[0].used_at = State.USED, now
    found[0].save(update_fields=["state", "used_at"])
    _tell("approval.used", found[0], by=by, now=now)
    return False


def note_asked(*, by: Actor, now: datetime) -> list[Approval]:
    """Write down what a refused request asked for; what waits already is not asked twice. Never inside the refused transaction."""
    if by.bounds is None:
        return []
    wanted = [asking for asking in by.bounds.asked if isinstance(asking, Asking)]
    by.bounds.asked.clear()
    return [made for asking in wanted if (made := _ask(asking, by=by, now=now))]


@transaction.atomic
def _ask(asking: Asking, *, by: Actor, now: datetime) -> Approval | None:
    """Ask; for more than before or for something else anew, so that a yes is for what was read. Locks: Approval."""
    known = Approval.objects.filter(
        kind=asking.kind, subject=asking.subject, asked_by_id=by.public_id, state=State.OPEN
    )
    for former in locked(known):
        if now >= former.answer_until:
            _lapse(former, now=now)
            continue
        if former.amount >= asking.amount and former.act == asking.frozen:
            return None
        former.state, former.decided_by, former.decided_at = State.DECLINED, by.name[:160], now
        former.save(update_fields=["state", "decided_by", "decided_at"])
        _tell("approval.replaced", former, by=by, now=now)
    try:
        with transaction.atomic():
            made = Approval.objects.create(
                kind=asking.kind, subject=asking.subject, label=asking.name, amount=asking.amount, act=asking.frozen,
                asked_by=by.name[:160], asked_by_id=by.public_id, clause=asking.clause or by.clause, task=by.task,
                reason=by.reason[:300], asked_at=now,
            )  # fmt: skip
            _tell("approval.asked", made, by=by, now=now)
    except IntegrityError:
        return None
    return made


@transaction.atomic
def decide(*, approval: str, accept: bool, by: Actor, now: datetime) -> Approval:
    """
    Say yes or no as the second person or as the merchant; a yes carries out what was asked for, in the asker's name. The same answer again
    changes nothing. Locks: Approval, then what the act locks.

    The caller has seen to it that one of the agency may decide, and that what lets the asker act still stands.

    :raises Approval.DoesNotExist: there is none
    :raises NotTheSamePerson: `by` asked for it, or nobody knows who `by` is, or acts on the merchant's behalf
    :raises ApprovalDecided: answered otherwise before; ApprovalLapsed: nobody answered in time
    :raises DomainError: what the act refuses with, as things are now; then it is neither agreed nor done
    """
    found = locked_one(Approval.objects.filter(public_id=approval))
    if not by.public_id or by.public_id == found.asked_by_id or by.on_behalf_of:
        raise NotTheSamePerson
    if by.kind not in (User.Kind.MERCHANT, User.Kind.AGENCY):
        raise NotTheSamePerson
    wanted = State.APPROVED if accept else State.DECLINED
    if found.state == wanted or (accept and found.act and found.state == State.USED):
        return found
    if found.state == State.LAPSED or (found.state == State.OPEN and now >= found.answer_until):
        raise ApprovalLapsed
    if found.state != State.OPEN:
        raise ApprovalDecided
    found.state, found.decided_by, found.decided_by_id, found.decided_at = wanted, by.name[:160], by.public_id, now
    found.save(update_fields=["state", "decided_by", "decided_by_id", "decided_at"])
    _tell(f"approval.{wanted}", found, by=by, now=now)
    if accept and found.act:
        _carry_out(found, now=now)
    return found


@transaction.atomic
def lapse_due(*, now: datetime) -> int:
    """Let what nobody answered in time lapse; return how many. Repeated it changes nothing. Locks: Approval."""
    due = Approval.objects.filter(state=State.OPEN, asked_at__lte=now - timedelta(days=settings.SECOND_YES_DAYS))
    found = [one for one in locked(due.order_by("pk")) if one.state == State.OPEN]
    for one in found:
        _lapse(one, now=now)
    return len(found)


def _lapse(found: Approval, *, now: datetime) -> None:
    found.state, found.decided_at = State.LAPSED, now
    found.save(update_fields=["state", "decided_at"])
    _tell("approval.lapsed", found, by=SYSTEM, now=now)


def settle_restored(*, is_copy: bool, now: datetime, **_later: object) -> None:
    """In a copy of a mall, decline without a word what waits for a second person: the mall that lives asks for it."""
    if is_copy:
        Approval.objects.filter(state=State.OPEN).update(state=State.DECLINED, decided_at=now)


@transaction.atomic
def ask_again(*, approval: str, by: Actor, now: datetime) -> Approval:
    """
    Ask for what has lapsed once more, as it was frozen; what waits already for the same is returned. Locks: Approval.

    :raises Approval.DoesNotExist: there is none
    :raises OnlyWhoAsked: somebody else
    :raises ApprovalDecided: it did not lapse
    :raises AnotherWaits: what waits is for something else than was frozen here
    """
    lapsed = locked_one(Approval.objects.filter(public_id=approval))
    if not by.public_id or by.public_id != lapsed.asked_by_id:
        raise OnlyWhoAsked
    if lapsed.state != State.LAPSED:
        raise ApprovalDecided
    same = {"kind": lapsed.kind, "subject": lapsed.subject, "asked_by_id": lapsed.asked_by_id}
    if waiting := Approval.objects.filter(**same, state=State.OPEN).first():
        if (waiting.amount, waiting.act) != (lapsed.amount, lapsed.act):
            raise AnotherWaits
        return waiting
    kept = {name: getattr(lapsed, name) for name in ("label", "amount", "act", "asked_by", "clause", "task", "reason")}
    made = Approval.objects.create(**same, **kept, asked_at=now)
    _tell("approval.asked", made, by=_asker(made), now=now)
    return made


def _carry_out(found: Approval, *, now: datetime) -> None:
    """Do what was agreed to. The lock on the row and its state see to it that it is done once."""
    asker = _asker(found)
    import_string(settings.APPROVED_ACTS[found.kind])(found.act, by=asker, now=now)
    found.state, found.used_at = State.USED, now
    found.save(update_fields=["state", "used_at"])
    _tell("approval.used", found, by=asker, now=now)


def _asker(found: Approval) -> Actor:
    return Actor(
        kind=User.Kind.AGENCY, name=found.asked_by, public_id=found.asked_by_id, on_behalf_of=current.mall().name[:160],
        clause=found.clause, task=found.task, reason=found.reason,
    )  # fmt: skip


def _tell(action: str, row: Approval, *, by: Actor, now: datetime) -> None:
    """Leave a trail here, and tell the platform how it stands."""
    summary = phrases.from_json(row.act["said"]) if "said" in row.act else row.label
    audit.record(action=action, subject=("approval", row.public_id), summary=summary, by=by, now=now, amount=row.amount)
    payload: dict[str, object] = {
        "approval": row.public_id, "kind": row.kind, "label": row.label, "amount": row.amount, "state": row.state,
        "asked_by": row.asked_by, "asked_by_id": row.asked_by_id, "task": row.task, "reason": row.reason,
        # Whoever answered, also where the asker then does it.
        "by": row.decided_by or by.name, "said": row.act.get("said") or {},
    }  # fmt: skip
    outbox.tell(kind="approval.changed", subject=row.public_id, payload=payload, now=now)
