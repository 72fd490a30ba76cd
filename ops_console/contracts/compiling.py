"""What signing sets going: recurring work, the mandate, the invoices. All in the transaction of the second signature."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from billing.packages import agreed, invoicing, trade
from billing.packages.each import one_by_one
from billing.packages.models import Price, Subscription
from ops_console.audits import pipelines
from ops_console.mandates import grants
from ops_console.work import cadence
from ops_console.work import operations as work
from ops_console.work.clauses import Clause, from_json
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.locking import locked_one
from saas.kernel.tasks import enqueue

from . import words
from .drafting import follow
from .models import Contract, ContractVersion

State, VersionState, Side = Contract.State, ContractVersion.State, Contract.Side
RUNNING = (State.SIGNED, State.ACTIVE, State.ENDING)


def midnight(day: date, time_zone: str) -> datetime:
    """Return the instant at which a day of a time zone begins."""
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(time_zone))


def set_going(contract: Contract, version: ContractVersion, *, by: Actor, now: datetime) -> None:
    """
    Turn what both signed into plans, a mandate and invoices. Repeated for the same version it changes nothing.

    Locks: Plan, Mandate, Subscription.

    :raises DomainError: one of them refuses; then nothing of the signature stands
    """
    tenant = contract.tenant
    clauses = [from_json(one) for one in version.clauses]
    commission = work.Commission(
        contract.public_id,
        version.number,
        tenant,
        version.effective_on,
        contract.ends_on,
        contract.operator or contract.account_manager,
    )
    work.compile(commission, clauses=_to_do(contract, version, clauses), by=by, now=now)
    grants.grant(
        contract=contract.public_id,
        version=version.number,
        tenant=tenant,
        permissions=[(key, clause.number) for clause in clauses for key in clause.permissions],
        limits={name: int(value) for name, value in version.limits.items()},
        starts_at=midnight(version.effective_on, tenant.time_zone),
        ends_at=midnight(contract.ends_on, tenant.time_zone) if contract.ends_on else None,
        by=by,
        now=now,
    )
    if version.number == 1:
        agreed.agree(_agreement(contract, version), tenant=tenant, by=by, now=now)
    enqueue("ops_console.contracts.move_on")


def _to_do(contract: Contract, version: ContractVersion, clauses: list[Clause]) -> list[Clause]:
    """
    Return the clauses to be worked, with the titles that the text gives them.

    What happens once and stood in an earlier version is not done again. The same number may stand for something else: a clause taken
    out leaves its number to a new one.
    """
    former = contract.versions.filter(state=VersionState.SIGNED, number__lt=version.number)
    # A title is compared as it is seeded: a template may have been written anew in another language since.
    done = {
        (one["number"], one["template"], words.named(one["title"], "en"))
        for row in former
        for one in row.clauses
        if not one["rrule"]
    }
    return [
        replace(clause, title=words.named(clause.title, contract.language))
        for clause in clauses
        if clause.rrule or (clause.number, clause.template, words.named(clause.title, "en")) not in done
    ]


def _agreement(contract: Contract, version: ContractVersion) -> agreed.Agreement:
    zone = contract.tenant.time_zone
    return agreed.Agreement(
        contract=contract.public_id,
        name=f"{contract.title} ({contract.number})"[:80],
        currency=contract.currency,
        pays_by=contract.pays_by,
        items=_items(contract, version),
        minimum_months=contract.minimum_months,
        notice_days=contract.notice_days,
        starts_at=midnight(contract.starts_on, zone),
        ends_at=midnight(contract.ends_on, zone) if contract.ends_on else None,
        signed_by=version.signatures.get(side=Side.MERCHANT).name,
        package=contract.quote.package if contract.quote else None,
    )


def _items(contract: Contract, version: ContractVersion) -> list[dict[str, Any]]:
    """Return a version's prices as invoices word them: in the contract's language."""
    return [trade.worded(one, contract.language) for one in version.prices]


def apply_due(*, now: datetime) -> int:
    """
    Let contracts begin whose day has come, and prices of versions hold whose day has come; return how many versions. Of one contract in the
    order of its versions: one that cannot be applied now keeps the later ones waiting for the next time.
    """
    rows = ContractVersion.objects.filter(state=VersionState.SIGNED, applied_at=None).order_by("contract_id", "number")
    return one_by_one(list(rows.values_list("pk", flat=True)), lambda pk: _apply(pk, now=now))


@transaction.atomic
def _apply(version_pk: int, *, now: datetime) -> bool:
    """Locks: Contract, ContractVersion, Tenant, Subscription."""
    row = ContractVersion.objects.get(pk=version_pk)
    contract = locked_one(Contract.objects.select_related("tenant").filter(pk=row.contract_id))
    row = locked_one(ContractVersion.objects.filter(pk=version_pk))
    if row.applied_at is not None or row.effective_on > cadence.today(contract.tenant.time_zone, now=now):
        return False
    # Else the prices of the earlier one would come after, and stay.
    if contract.versions.filter(state=VersionState.SIGNED, applied_at=None, number__lt=row.number).exists():
        return False
    row.applied_at = now
    row.save(update_fields=["applied_at"])
    if contract.state not in RUNNING:
        return False
    if contract.state == State.SIGNED:
        contract.state = State.ENDING if contract.notice_at else State.ACTIVE
        contract.save(update_fields=["state"])
        follow(contract, by=SYSTEM, now=now)
    keys = {key for one in row.clauses for key in from_json(one).permissions}
    pipelines.follow_contract(tenant=contract.tenant, keys=keys, now=now)
    if row.number > 1:
        since = midnight(row.effective_on, contract.tenant.time_zone)
        agreed.change(contract=contract.public_id, items=_items(contract, row), since=since, by=SYSTEM, now=now)
        enqueue("ops_console.contracts.bill_once", contract=contract.public_id, version=row.number)
    return True


def bill_due(*, now: datetime) -> int:
    """Bill once what amendments cost once and nobody has billed, as a lost task leaves it; return how many amendments."""
    rows = ContractVersion.objects.filter(applied_at__isnull=False, once_billed_at=None, number__gt=1)
    keys = list(rows.order_by("pk").values_list("contract__public_id", "number"))
    return one_by_one(keys, lambda key: bill_once(contract=key[0], version=key[1], now=now) > 0)


def bill_once(*, contract: str, version: int, now: datetime) -> int:
    """
    Put what an amendment costs once on the next invoice; return how many lines. Never inside a transaction.

    Before the package has begun it waits for that. Repeated it bills nothing twice: a price has the key by which a beginning
    subscription bills it.

    :raises GatewayUnavailable: unknown; calling it again is safe
    """
    row = ContractVersion.objects.select_related("contract").get(contract__public_id=contract, number=version)
    former = ContractVersion.objects.filter(contract=row.contract_id, state=VersionState.SIGNED, number__lt=version)
    billed = {one["price"] for earlier in former for one in earlier.prices}
    new = [one for one in row.prices if one["kind"] == Price.Kind.ONE_OFF and one["price"] not in billed]
    found = Subscription.objects.filter(contract=contract).first()
    if new and found is not None and found.state == Subscription.State.BEGINNING:
        return 0
    for one in new:
        if found is None or not _takes_items(found):
            break
        invoicing.bill_once(
            subscription=found.public_id, amount_minor=one["amount_minor"], what=words.named(one["module"], row.contract.language),
            key=f"{found.public_id}:{one['price']}", now=now,
        )  # fmt: skip
    ContractVersion.objects.filter(pk=row.pk, once_billed_at=None).update(once_billed_at=now)
    return len(new)


def _takes_items(found: Subscription) -> bool:
    """Tell whether another invoice will come, the last one at the latest."""
    is_last_to_come = found.state == Subscription.State.ENDED and found.settled_at is None
    return found.state == Subscription.State.ACTIVE or is_last_to_come
