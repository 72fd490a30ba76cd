"""Writes of settlement runs: proposed, approved, claimed. Lock order: run, settlement, earnings, charges, accounts of the books."""

from collections import defaultdict
from datetime import date, datetime

from django.db import transaction
from django.db.models import Count, F, Sum
from django.utils.translation import gettext_lazy as _

from billing.ledger import operations as ledger
from billing.ledger import queries as books
from billing.ledger.models import Account
from billing.ledger.operations import Entry, Leg
from billing.payouts import queries as payouts
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.ids import public_id
from saas.kernel.locking import locked, locked_one
from saas.kernel.tasks import enqueue

from .earnings import undisputed
from .models import Charge, Earning, Part, Settlement, SettlementRun
from .preview import needs_second, settled_days

Kind = Account.Kind
RunState = SettlementRun.State
State = Settlement.State
_BY = "Hutong"


class RunNotOpen(DomainError):
    """The run was approved, carried out or dropped before."""

    code = "settlement_run_not_open"
    message = _("This settlement has been decided already.")


class ReasonMissing(DomainError):
    """A run is dropped with a reason or not at all."""

    code = "settlement_drop_without_reason"
    message = _("Say why it is not carried out.")


class RunChanged(DomainError):
    """The run is larger than what the person saw."""

    code = "settlement_run_changed"
    message = _("The settlement has changed since you opened it. Please look at it again.")


class SecondPersonNeeded(DomainError):
    """Above the limit a second person approves; this one has approved already."""

    code = "second_person_needed"
    message = _("You have approved this already. Above the limit a second person must approve it too.")


@transaction.atomic
def propose(*, day: date, now: datetime) -> SettlementRun | None:
    """
    Make or refresh the proposal of a day's run: every mall whose schedule is due, whose account can be sent to and that has money
    available before `now`. None when there is nothing to settle. Locks: the run.
    """
    found = _proposals(day, now=now)
    run = SettlementRun.objects.filter(day=day).first()
    if run is None:
        if not found:
            return None
        run = SettlementRun.objects.get_or_create(day=day, defaults={"cutoff_at": now, "created_at": now})[0]
    run = locked_one(SettlementRun.objects.filter(pk=run.pk))
    if run.state != RunState.PROPOSED:
        return run
    run.cutoff_at = now
    run.save(update_fields=["cutoff_at"])
    run.settlements.all().delete()
    for row in found:
        row.run = run
    Settlement.objects.bulk_create(found)
    return run


def _proposals(day: date, *, now: datetime) -> list[Settlement]:
    """Return the unsaved settlements of a day: what is available less what is owed. Malls that were stopped are left out."""
    stopped = payouts.stopped_schemas()
    accounts = {schema: account for schema, account in payouts.ready_accounts().items() if schema not in stopped}
    summed = (
        undisputed()
        .filter(state=Earning.State.RELEASED, released_at__lt=now, tenant_schema__in=list(accounts))
        .values("tenant_schema", "currency")
        .annotate(lines=Count("pk"), earned=Sum("net_minor"))
        .order_by("tenant_schema", "currency")
    )
    owed = books.balances_of(Kind.MERCHANT_RECEIVABLE, schemas=list(accounts))
    settled = settled_days(list(accounts))
    terms = payouts.terms_by_schema(accounts)
    return [
        Settlement(
            tenant_schema=row["tenant_schema"],
            currency=row["currency"],
            lines_count=row["lines"],
            earned_minor=row["earned"],
            netted_minor=min(row["earned"], owed.get((row["tenant_schema"], row["currency"]), 0)),
        )
        for row in summed
        if terms[row["tenant_schema"]].is_due(settled.get(row["tenant_schema"]), day)
    ]


@transaction.atomic
def approve(*, run_public_id: str, seen_minor: int, by: Actor, now: datetime) -> SettlementRun:
    """
    Approve a run as it was seen. Where `preview.needs_second` says so it then waits for a second person. Approved, a task sends it.

    `seen_minor` is the total that the page showed: the run's refresh may have changed it. Locks: the run.

    :raises RunNotOpen: decided before
    :raises RunChanged: the total is not what was seen
    :raises SecondPersonNeeded: the same person approved it already
    """
    run = locked_one(SettlementRun.objects.filter(public_id=run_public_id))
    if run.state not in (RunState.PROPOSED, RunState.SECOND):
        raise RunNotOpen(state=run.state)
    total_minor = sum(row.total_minor for row in run.settlements.all())
    if total_minor != seen_minor:
        raise RunChanged(total_minor=total_minor)
    if run.state == RunState.SECOND:
        if not by.public_id or by.public_id == run.approved_by_id:
            raise SecondPersonNeeded
        run.seconded_by, run.seconded_by_id, run.seconded_at = by.name[:160], by.public_id, now
        run.state = RunState.APPROVED
    else:
        run.approved_by, run.approved_by_id, run.approved_at = by.name[:160], by.public_id, now
        run.state = RunState.SECOND if needs_second(run) else RunState.APPROVED
    run.save()
    audit.record(
        action="settlement.approved",
        subject=("settlement_run", run.public_id),
        summary=phrase(_("%(day)s: %(state)s"), day=run.day, state=RunState(run.state).label),
        by=by,
        now=now,
        total_minor=total_minor,
    )
    if run.state == RunState.APPROVED:
        enqueue("billing.settlements.carry_out", run_public_id=run.public_id)
    else:
        enqueue("ops_console.finance.ask_second", run=run.public_id)
    return run


@transaction.atomic
def drop(*, run_public_id: str, reason: str, by: Actor, now: datetime) -> SettlementRun:
    """
    Decide that a run is not carried out; its money stays available for the next one. Locks: the run.

    :raises RunNotOpen: decided before
    :raises ReasonMissing: `reason` is empty
    """
    if not reason.strip():
        raise ReasonMissing
    run = locked_one(SettlementRun.objects.filter(public_id=run_public_id))
    if run.state not in (RunState.PROPOSED, RunState.SECOND):
        raise RunNotOpen(state=run.state)
    run.settlements.all().delete()
    run.state, run.done_at = RunState.DROPPED, now
    run.save(update_fields=["state", "done_at"])
    subject = ("settlement_run", run.public_id)
    audit.record(action="settlement.dropped", subject=subject, summary=reason[:200], by=by, now=now)
    return run


@transaction.atomic
def claim(*, settlement_id: int, now: datetime) -> Settlement:
    """
    Fix what a mall's settlement sends: its earnings are claimed, what the merchant owes is kept, the rest is divided into parts by
    charge, and the books move it on its way. Once; repeated it changes nothing. Never talks to Stripe.

    What was taken back since the proposal is no longer in it; nothing that the proposal had not is, and never more is sent than was
    approved (A4): where less is owed than then, the money waits for the next run. Of a mall that was stopped since, nothing is claimed.
    Locks: settlement, earnings, charges, accounts of the books.
    """
    settlement = locked_one(Settlement.objects.select_related("run").filter(pk=settlement_id))
    if settlement.state != State.PROPOSED:
        return settlement
    rows, owed_minor, approved_minor = _claimable(settlement), _owed_minor(settlement), settlement.total_minor
    if sum(row.net_minor for row in rows) - owed_minor > approved_minor:
        rows = []
    settlement.lines_count, settlement.earned_minor = len(rows), sum(row.net_minor for row in rows)
    settlement.netted_minor = min(owed_minor, settlement.earned_minor)
    settlement.claimed_at = now
    settlement.state = State.SENDING if settlement.total_minor else State.EMPTY
    settlement.save()
    Earning.objects.filter(pk__in=[row.pk for row in rows]).update(state=Earning.State.CLAIMED, settlement=settlement)
    ledger.post(_claimed(settlement, now=now), journal_id=settlement.public_id, now=now)
    _plan(settlement, rows)
    return settlement


def _claimable(settlement: Settlement) -> list[Earning]:
    if payouts.terms_of(settlement.tenant_schema).stopped_at is not None:
        return []
    return locked(
        undisputed().filter(
            tenant_schema=settlement.tenant_schema,
            currency=settlement.currency,
            state=Earning.State.RELEASED,
            released_at__lt=settlement.run.cutoff_at,
        )
    )


def _owed_minor(settlement: Settlement) -> int:
    """Return what the mall owes, and keep everybody else from the accounts that the claim moves."""
    kinds = (Kind.MERCHANT_AVAILABLE, Kind.MERCHANT_RECEIVABLE, Kind.PAYOUTS_IN_TRANSIT)
    held = ledger.locked_balances(*kinds, schema=settlement.tenant_schema, currency=settlement.currency)
    return held[Kind.MERCHANT_RECEIVABLE]


def _claimed(settlement: Settlement, *, now: datetime) -> Entry:
    return Entry(
        key=f"settlement:{settlement.public_id}",
        tenant_schema=settlement.tenant_schema,
        currency=settlement.currency,
        legs=[
            Leg("owed_netted", Kind.MERCHANT_AVAILABLE, Kind.MERCHANT_RECEIVABLE, settlement.netted_minor),
            Leg("payout_begun", Kind.MERCHANT_AVAILABLE, Kind.PAYOUTS_IN_TRANSIT, settlement.total_minor),
        ],
        by=_BY,
        happened_at=now,
        details={"settlement": settlement.public_id, "day": settlement.run.day.isoformat()},
    )


def _plan(settlement: Settlement, rows: list[Earning]) -> None:
    """
    Divide the total into parts: each charge sends what was earned from it, the youngest ones less what is kept.

    What the platform bears of discounts is in no charge and is sent out of its own balance; the charges' part is kept from last.
    """
    by_charge: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        by_charge[row.charge_id][0] += row.net_minor - row.borne_minor
        by_charge[row.charge_id][1] += row.borne_minor
    kept_minor = settlement.netted_minor
    charges = locked(Charge.objects.filter(pk__in=by_charge))
    parts = []
    for charge in sorted(charges, key=lambda one: (one.paid_at, one.pk), reverse=True):
        paid_minor, borne_minor = by_charge[charge.pk]
        for is_borne, earned_minor in ((True, borne_minor), (False, paid_minor)):
            less_minor = min(kept_minor, earned_minor)
            kept_minor -= less_minor
            if amount_minor := earned_minor - less_minor:
                parts.append(Part(settlement=settlement, charge=charge, amount_minor=amount_minor, is_borne=is_borne))
                charge.sent_minor += 0 if is_borne else amount_minor
    Part.objects.bulk_create(parts)
    Charge.objects.bulk_update(charges, ["sent_minor"], batch_size=500)


@transaction.atomic
def begin_try(*, part_id: int, now: datetime) -> Part | None:
    """Note that a part is about to be asked for and return it; None when there is nothing to ask. Locks: the part."""
    part = locked_one(Part.objects.select_related("charge", "settlement").filter(pk=part_id))
    if part.state != Part.State.PLANNED:
        return None
    part.tried_at = part.tried_at or now
    part.save(update_fields=["tried_at"])
    return part


@transaction.atomic
def note_sent(*, part_id: int, transfer_id: str, now: datetime) -> Part:
    """
    Note that Stripe made a part's transfer: our pot is smaller, the merchant's account fuller. Repeated it changes nothing.

    Locks: the part, then accounts of the books.
    """
    part = locked_one(Part.objects.select_related("settlement", "charge").filter(pk=part_id))
    if part.state == Part.State.SENT:
        return part
    part.state, part.transfer_id, part.sent_at, part.detail = Part.State.SENT, transfer_id, now, ""
    part.waits_since = None
    part.save()
    entry = Entry(
        key=f"transfer:{part.public_id}",
        tenant_schema=part.settlement.tenant_schema,
        currency=part.settlement.currency,
        legs=[Leg("transfer_sent", Kind.MERCHANT_STRIPE, Kind.STRIPE_CASH, part.amount_minor)],
        by=_BY,
        happened_at=now,
        order=part.charge.order_public_id,
        details={"transfer": transfer_id, "settlement": part.settlement.public_id, "vouchers": _carried(part)},
    )
    ledger.post(entry, journal_id=public_id(), now=now)
    return part


def _carried(part: Part) -> list[str]:
    """Return the vouchers whose earnings a part carries: of several of an order, one may have been used later than the others."""
    rows = Earning.objects.filter(settlement=part.settlement_id, charge=part.charge_id)
    carried = rows.filter(borne_minor__gt=0) if part.is_borne else rows.filter(net_minor__gt=F("borne_minor"))
    return sorted(filter(None, carried.values_list("voucher_public_id", flat=True)))


@transaction.atomic
def note_refused(*, part_id: int, detail: str, now: datetime) -> Part:
    """Note that Stripe will not make a part's transfer: a person looks at it (M18). Locks: the part."""
    part = locked_one(Part.objects.select_related("settlement").filter(pk=part_id))
    if part.state == Part.State.PLANNED:
        part.state, part.detail, part.tried_at, part.waits_since = Part.State.REFUSED, detail[:300], None, None
        part.save()
        audit.record(
            action="settlement.part_refused",
            subject=("settlement", part.settlement.public_id),
            summary=detail[:200],
            by=Actor(kind="system", name=_BY),
            now=now,
            part=part.public_id,
        )
    return part


@transaction.atomic
def note_waiting(*, part_id: int, attempt: int, detail: str, now: datetime) -> Part:
    """
    Note that the platform's own balance does not hold a part now: it stays planned, and is asked for again under a new key when the
    balance does. `attempt` is the one that was refused; an answer to an older one changes nothing. Locks: the part.
    """
    part = locked_one(Part.objects.filter(pk=part_id))
    if part.state == Part.State.PLANNED and part.attempt == attempt:
        part.attempt, part.detail, part.tried_at = attempt + 1, detail[:300], None
        part.waits_since = part.waits_since or now
        part.save()
    return part


@transaction.atomic
def try_again(*, settlement_public_id: str, by: Actor, now: datetime) -> Settlement:
    """
    Plan a settlement's refused parts again, on a person's word, and start the sending; parts whose outcome is unknown are asked for at
    once instead of with the next half-hourly start. Locks: the run, the settlement, its parts.
    """
    locked(SettlementRun.objects.filter(settlements__public_id=settlement_public_id))
    settlement = locked_one(Settlement.objects.select_related("run").filter(public_id=settlement_public_id))
    for part in locked(Part.objects.filter(settlement=settlement, state=Part.State.REFUSED)):
        part.state, part.attempt, part.detail = Part.State.PLANNED, part.attempt + 1, ""
        part.save()
    if settlement.state == State.REFUSED:
        settlement.state = State.SENDING
        settlement.save(update_fields=["state"])
        SettlementRun.objects.filter(pk=settlement.run_id).update(state=RunState.APPROVED, done_at=None)
    if settlement.state == State.SENDING:
        subject = ("settlement", settlement.public_id)
        audit.record(action="settlement.tried_again", subject=subject, summary="", by=by, now=now)
        enqueue("billing.settlements.carry_out", run_public_id=settlement.run.public_id)
    return settlement


@transaction.atomic
def close(*, settlement_id: int, now: datetime) -> Settlement:
    """Bring a settlement to what its parts say, and its run to done when nothing of it is left to do. Locks: run, settlement."""
    run_id = Settlement.objects.values_list("run_id", flat=True).get(pk=settlement_id)
    run = locked_one(SettlementRun.objects.filter(pk=run_id))
    settlement = locked_one(Settlement.objects.filter(pk=settlement_id))
    states = set(settlement.parts.values_list("state", flat=True))
    if settlement.state in (State.SENDING, State.REFUSED) and Part.State.PLANNED not in states:
        settlement.state = State.REFUSED if Part.State.REFUSED in states else State.SENT
        settlement.sent_at = now if settlement.state == State.SENT else None
        settlement.save(update_fields=["state", "sent_at"])
    is_open = run.settlements.filter(state__in=[State.PROPOSED, State.SENDING]).exists()
    if run.state == RunState.APPROVED and not is_open:
        run.state, run.done_at = RunState.DONE, now
        run.save(update_fields=["state", "done_at"])
    return settlement
