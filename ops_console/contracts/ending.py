"""Ending a contract: by notice of either side, by its date, at once for a grave reason; and the hand-over."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, override
from django.utils.translation import gettext_lazy as _

from billing.packages import agreed
from billing.packages.each import one_by_one
from ops_console.audits import pipelines
from ops_console.mandates import grants, roles
from ops_console.work import cadence
from ops_console.work import operations as work
from saas.accounts.models import User
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM, Actor, refuse_all_but_merchant
from saas.kernel.locking import locked_one
from saas.kernel.tasks import enqueue
from tenants.registry.models import Tenant

from . import words
from .compiling import midnight
from .drafting import ContractRefused, NotNow, follow, note
from .models import Contract, ContractVersion, HandOverStep

State, VersionState, Side = Contract.State, ContractVersion.State, Contract.Side
RUNNING = (State.SIGNED, State.ACTIVE, State.ENDING)
# What is done when a contract ends. The system does those of `BY_ITSELF` when it has ended.
STEPS = {
    "open_work": gettext_lazy("Open work is finished, or written down for who goes on"),
    "drafts": gettext_lazy("Drafts and planned posts are handed over"),
    "channels": gettext_lazy("Channels and their passwords are back with the merchant"),
    "report": gettext_lazy("The last report is with the merchant"),
    "credits": gettext_lazy("Missed work is credited on the last invoice"),
    "access": gettext_lazy("The agency's access has ended"),
    "archive": gettext_lazy("The merchant was offered an archive of the whole mall"),
}
BY_ITSELF = ("access", "archive")


def words_of(step: HandOverStep) -> Promise | str:
    """Return what a step of the hand-over is, for its reader; as it was written where this release does not know it."""
    return STEPS.get(step.key, step.title)


def earliest_end(contract: Contract, *, now: datetime) -> date:
    """Return the first day on which the contract is over if notice is given now: after the notice, not before the minimum term (M9)."""
    today = cadence.today(contract.tenant.time_zone, now=now)
    return max(today + timedelta(days=contract.notice_days), contract.minimum_until)


def earliest_end_of(contract: str, *, now: datetime) -> date:
    """Return `earliest_end` of a contract by its public id."""
    return earliest_end(Contract.objects.select_related("tenant").get(public_id=contract), now=now)


@transaction.atomic
def give_notice(*, contract: str, schema: str, reason: str, by: Actor, now: datetime) -> Contract:
    """
    End a contract for the merchant, as early as it allows (M9). Locks: Contract, and what ending locks. Repeated it changes nothing.

    :raises OnlyTheMerchant: `by` is not of the merchant's people
    :raises NotNow: it does not run
    :raises ContractRefused: it ends by itself before that
    """
    refuse_all_but_merchant(by)
    return _give_notice(contract, Side.MERCHANT, reason, by=by, now=now, schema=schema)


@transaction.atomic
def give_notice_for_agency(*, contract: str, person: User, reason: str, by: Actor, now: datetime) -> Contract:
    """
    End a contract for the agency, as `give_notice`.

    :raises ContractRefused: the person's role does not, or see `give_notice`
    """
    if not roles.has_role(person, roles.MAY_SELL):
        raise ContractRefused(gettext_lazy("Your role does not end contracts."))
    return _give_notice(contract, Side.AGENCY, reason, by=by, now=now)


@transaction.atomic
def end_for_cause(*, contract: str, person: User, reason: str, by: Actor, now: datetime) -> Contract:
    """
    End a contract at once, for a grave reason that is named; the agency's access ends with this. Locks: Contract, and what ending locks.

    :raises ContractRefused: not an admin, or no reason
    :raises NotNow: it does not run
    """
    if not roles.has_role(person, (roles.ADMIN,)):
        raise ContractRefused(gettext_lazy("Only an admin ends a contract at once."))
    if len(reason.strip()) < 10:
        raise ContractRefused(gettext_lazy("Name the reason in a sentence. The merchant reads it."), field="reason")
    found = _locked(contract)
    if found.state not in RUNNING:
        raise NotNow
    today = cadence.today(found.tenant.time_zone, now=now)
    found.is_for_cause, found.notice_side = True, Side.AGENCY
    found.notice_at, found.notice_by, found.reason = now, by.name[:160], reason.strip()[:300]
    _cut(found, max(today, found.starts_on), at=now, by=by, now=now, at_once=True)
    _over(found, by=by, now=now)
    return found


def end_due(*, now: datetime) -> int:
    """End the contracts whose last day is over where their malls are; return how many. Each in a transaction of its own."""
    rows = Contract.objects.filter(state__in=RUNNING, ends_on__lte=(now + timedelta(days=1)).date())
    return one_by_one(list(rows.values_list("pk", flat=True)), lambda pk: _end(pk, now=now))


@transaction.atomic
def end_of_erased(*, contract: str, now: datetime) -> None:
    """End the contract of a mall that is no more, without hand-over. Locks: Contract, and what ending locks."""
    found = _locked(contract)
    if found.state in RUNNING:
        ends_on = max(cadence.today(found.tenant.time_zone, now=now), found.starts_on)
        _cut(found, ends_on, at=now, by=SYSTEM, now=now, at_once=True)
        found.state, found.ended_at = State.ENDED, now
        found.save()


@transaction.atomic
def tick(*, contract: str, key: str, by: Actor, now: datetime) -> HandOverStep:
    """Note that a step of the hand-over is done, or that it is not after all. Locks: HandOverStep."""
    step = locked_one(
        HandOverStep.objects.select_related("contract__tenant").filter(contract__public_id=contract, key=key)
    )
    if step.done_at is None:
        step.done_at, step.done_by = now, by.name[:160]
    elif key not in BY_ITSELF:
        step.done_at, step.done_by = None, ""
    step.save()
    words = _("%(step)s: done") if step.done_at else _("%(step)s: open again")
    note("contract.hand_over", step.contract, phrase(words, step=words_of(step)), by=by, now=now)
    return step


@transaction.atomic
def _end(contract_pk: int, *, now: datetime) -> bool:
    found = locked_one(Contract.objects.select_related("tenant").filter(pk=contract_pk))
    if found.state not in RUNNING or not found.ends_on:
        return False
    if cadence.today(found.tenant.time_zone, now=now) < found.ends_on:
        return False
    _cut(found, found.ends_on, at=midnight(found.ends_on, found.tenant.time_zone), by=SYSTEM, now=now)
    _over(found, by=SYSTEM, now=now)
    return True


def _give_notice(
    contract: str, side: Contract.Side, reason: str, *, by: Actor, now: datetime, schema: str = ""
) -> Contract:
    found = _locked(contract, schema)
    if found.notice_at is not None and found.state in (*RUNNING, State.ENDED):
        return found
    if found.state not in RUNNING:
        raise NotNow
    ends_on = earliest_end(found, now=now)
    if found.ends_on is not None and found.ends_on <= ends_on:
        raise ContractRefused(gettext_lazy("It ends by itself before a notice would end it."))
    found.notice_at, found.notice_by, found.notice_side = now, by.name[:160], side
    found.reason = reason.strip()[:300]
    found.state = State.ENDING if found.state == State.ACTIVE else found.state
    _cut(found, ends_on, at=midnight(ends_on, found.tenant.time_zone), by=by, now=now)
    _start_hand_over(found)
    follow(found, by=by, now=now)
    note(
        "contract.notice",
        found,
        phrase(
            _("%(side)s gave notice: ends on %(day)s. %(reason)s"), side=side.label, day=ends_on, reason=found.reason
        ),
        by=by,
        now=now,
    )
    enqueue("ops_console.contracts.tell", contract=found.public_id, version=1, what="notice")
    return found


def _cut(found: Contract, ends_on: date, *, at: datetime, by: Actor, now: datetime, at_once: bool = False) -> None:
    """Give a contract its end, with its plans, its mandate and its invoices; open versions are withdrawn."""
    found.ends_on = ends_on
    found.save()
    open_ones = found.versions.filter(state__in=[VersionState.DRAFT, VersionState.SENT])
    open_ones.exclude(text_hash="").update(state=VersionState.WITHDRAWN)
    open_ones.filter(text_hash="").delete()
    work.end_plans(contract=found.public_id, ends_on=ends_on, by=by, now=now, at_once=at_once)
    grants.end(contract=found.public_id, at=at, by=by, now=now)
    agreed.end(contract=found.public_id, ends_at=at, by=by, now=now)


def _over(found: Contract, *, by: Actor, now: datetime) -> None:
    found.state, found.ended_at = State.ENDED, now
    found.save()
    _start_hand_over(found)
    HandOverStep.objects.filter(contract=found, key__in=BY_ITSELF, done_at=None).update(
        done_at=now, done_by=SYSTEM.name
    )
    follow(found, by=by, now=now)
    pipelines.follow_contract(tenant=found.tenant, keys=set(), now=now)
    note(
        "contract.ended",
        found,
        phrase(_("%(contract)s has ended. %(reason)s"), contract=found.number, reason=found.reason),
        by=by,
        now=now,
    )
    enqueue("ops_console.contracts.tell", contract=found.public_id, version=1, what="ended")
    enqueue("ops_console.mandates.close_ended")


def _start_hand_over(found: Contract) -> None:
    with override(words.language_of(found.language)):
        HandOverStep.objects.bulk_create(
            [
                HandOverStep(contract=found, position=place, key=key, title=str(title))
                for place, (key, title) in enumerate(STEPS.items())
            ],
            ignore_conflicts=True,
        )


def _locked(contract: str, schema: str = "") -> Contract:
    rows = Contract.objects.select_related("tenant", "account_manager").filter(public_id=contract)
    return locked_one(rows.filter(tenant__schema_name=schema) if schema else rows)


def running_of(tenant: Tenant) -> list[str]:
    """Return the public ids of a mall's contracts that run."""
    return list(Contract.objects.filter(tenant=tenant, state__in=RUNNING).values_list("public_id", flat=True))
