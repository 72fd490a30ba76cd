"""Contracts before they are sent: drafted from a quote, changed, and new versions of those that run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.packages.models import Price
from ops_console.leads import operations as leads
from ops_console.mandates import roles
from ops_console.work import cadence, clauses
from ops_console.work.clauses import Clause
from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.phrases import Words, phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one
from tenants.registry.models import Tenant

from .models import Contract, ContractVersion, Quote
from .quoting import refuse_lines

State, VersionState = Contract.State, ContractVersion.State
RUNNING = (State.SIGNED, State.ACTIVE, State.ENDING)
# What a mandate allows without a second person, where nothing else is agreed. See tenants.entry.mandated.LIMITS.
LIMITS = {"refund_minor": 5000, "refund_day_minor": 20_000, "price_cut_percent": 20, "coupon_uses": 100}
LONGEST_NOTICE_DAYS = 180


class ContractRefused(DomainError):
    """A contract that makes no sense, or that cannot be made now; `field` names what is wrong."""

    code = "contract_refused"


class NotNow(DomainError):
    """The contract is not in a state in which this can be done; somebody may have been quicker."""

    code = "not_now"
    message = _("This was decided before. Look at the contract again to see how.")


@dataclass(frozen=True)
class Terms:
    """When a contract begins and ends, days of the mall's time zone; `ends_on` is the first day after it, None is open."""

    starts_on: date
    ends_on: date | None
    minimum_months: int
    notice_days: int


@dataclass(frozen=True)
class Commission:
    """Which mall is hosted, who answers for it, how it is paid, for how long, and to whom the tasks fall (None: who answers for it)."""

    tenant: Tenant
    account_manager: User
    pays_by: str
    terms: Terms
    operator: User | None = None


@dataclass(frozen=True)
class VersionDraft:
    """What a version says: clauses, prices (minor units), limits, from when it holds, and what it changes in words."""

    clauses: Sequence[Clause]
    prices: Sequence[dict[str, Any]]
    limits: dict[str, int]
    effective_on: date
    note: str = ""


@transaction.atomic
def draft(*, quote: str, commission: Commission, by: Actor, now: datetime) -> Contract:
    """
    Make a contract out of a quote, with the first version as a draft. Locks: Quote.

    :raises NotNow: the quote was dropped
    :raises ContractRefused: in the past, too short (M9), without any end, another currency, a mall that is not open, no account manager
    """
    found = locked_one(Quote.objects.filter(public_id=quote))
    if found.state == Quote.State.DROPPED:
        raise NotNow
    tenant, terms = commission.tenant, commission.terms
    if tenant.currency != found.currency:
        raise ContractRefused(_("The quote is in another currency than the mall."), field="tenant")
    if not roles.has_role(commission.account_manager, roles.MAY_SELL):
        raise ContractRefused(_("Choose somebody who may answer for a contract."), field="account_manager")
    refuse_mall(tenant)
    refuse_terms(terms, today=cadence.today(tenant.time_zone, now=now))
    contract = Contract.objects.create(
        tenant=tenant, quote=found, account_manager=commission.account_manager, operator=commission.operator,
        title=found.title, language=found.language,
        currency=found.currency, pays_by=commission.pays_by, starts_on=terms.starts_on, ends_on=terms.ends_on,
        minimum_months=terms.minimum_months, notice_days=terms.notice_days, created_by=by.name[:160], created_at=now,
    )  # fmt: skip
    ContractVersion.objects.create(
        contract=contract, number=1, effective_on=terms.starts_on, clauses=found.clauses, prices=found.lines, limits=LIMITS,
        created_by=by.name[:160], created_at=now,
    )  # fmt: skip
    found.tenant, found.state = tenant, Quote.State.USED
    found.save(update_fields=["tenant", "state"])
    note(
        "contract.drafted",
        contract,
        phrase(_("Drafted %(contract)s for %(mall)s"), contract=str(contract), mall=tenant.name),
        by=by,
        now=now,
    )
    return contract


@transaction.atomic
def change(*, contract: str, version: VersionDraft, by: Actor, now: datetime) -> ContractVersion:
    """
    Change what the open draft says. Locks: Contract, ContractVersion.

    :raises NotNow: nothing is being drafted
    :raises ContractRefused: an amendment for a day that has passed, or that comes when the contract is over
    :raises ClauseRefused: a clause cannot be kept
    :raises CadenceRefused: a cadence never fires
    :raises QuoteRefused: prices that no month could be billed by
    """
    found, row = open_version(contract, VersionState.DRAFT)
    refuse_version(found, version, number=row.number, today=cadence.today(found.tenant.time_zone, now=now))
    row.clauses = [clause.as_json() for clause in version.clauses]
    row.prices, row.limits = list(version.prices), version.limits
    row.effective_on = version.effective_on if row.number > 1 else found.starts_on
    row.note = version.note.strip()[:300]
    row.save()
    note(
        "contract.draft_changed",
        found,
        phrase(_("Changed the draft of version %(version)d"), version=row.number),
        by=by,
        now=now,
    )
    return row


@transaction.atomic
def reschedule(*, contract: str, terms: Terms, by: Actor, now: datetime) -> Contract:
    """
    Give a contract that nobody has been sent other dates. Locks: Contract, ContractVersion.

    :raises NotNow: it was sent
    :raises ContractRefused: see `draft`
    """
    found, row = open_version(contract, VersionState.DRAFT)
    if found.state != State.DRAFT:
        raise NotNow
    refuse_terms(terms, today=cadence.today(found.tenant.time_zone, now=now))
    for name, value in vars(terms).items():
        setattr(found, name, value)
    found.save()
    row.effective_on = terms.starts_on
    row.save(update_fields=["effective_on"])
    note("contract.draft_changed", found, _("Changed its dates"), by=by, now=now)
    return found


@transaction.atomic
def amend(*, contract: str, effective_on: date, by: Actor, now: datetime) -> ContractVersion:
    """
    Begin a new version of a contract that runs, as a draft that says what is in force. Locks: Contract.

    :raises NotNow: it does not run, or another version is open
    :raises ContractRefused: for a day that has passed, or that comes when the contract is over
    """
    found = locked_one(Contract.objects.select_related("tenant").filter(public_id=contract))
    open_ones = found.versions.filter(state__in=[VersionState.DRAFT, VersionState.SENT])
    if found.state not in RUNNING or open_ones.exists():
        raise NotNow(_("A new version can be made of a contract that runs, one at a time."))
    refuse_day(found, effective_on, today=cadence.today(found.tenant.time_zone, now=now))
    newest = found.versions.order_by("-number")[0]
    former = found.versions.filter(state=VersionState.SIGNED).order_by("-number")[0]
    row = ContractVersion.objects.create(
        contract=found, number=newest.number + 1, effective_on=effective_on, clauses=former.clauses, prices=former.prices,
        limits=former.limits, created_by=by.name[:160], created_at=now,
    )  # fmt: skip
    note(
        "contract.amended",
        found,
        phrase(_("Began version %(version)d, from %(day)s on"), version=row.number, day=effective_on),
        by=by,
        now=now,
    )
    return row


def day_to_propose(contract: str, *, now: datetime) -> date | None:
    """
    Return the day from which a new version may best hold: the first day of one of the contract's months, after what was signed, that
    leaves the whole time for an answer. Then work and prices change together. None where the contract is over before.
    """
    found = Contract.objects.select_related("tenant").get(public_id=contract)
    today = cadence.today(found.tenant.time_zone, now=now)
    signed = found.versions.filter(state=VersionState.SIGNED).order_by("-effective_on").first()
    least = max(
        today + timedelta(days=settings.HOSTING_ANSWER_DAYS),
        (signed.effective_on if signed else found.starts_on) + timedelta(days=1),
    )
    gone = relativedelta(least, found.starts_on)
    months = gone.years * 12 + gone.months
    day = found.starts_on + relativedelta(months=months)
    if day < least:
        day = found.starts_on + relativedelta(months=months + 1)
    return day if found.ends_on is None or day < found.ends_on else None


def open_version(contract: str, *states: str, schema: str = "") -> tuple[Contract, ContractVersion]:
    """
    Lock a contract, and its version that is in one of the states; with `schema` only if it is that mall's.

    :raises NotNow: there is none
    """
    rows = Contract.objects.select_related("tenant", "account_manager").filter(public_id=contract)
    found = locked_one(rows.filter(tenant__schema_name=schema) if schema else rows)
    version = ContractVersion.objects.filter(contract=found, state__in=states)
    if not version.exists():
        raise NotNow
    return found, locked_one(version)


def refuse_mall(tenant: Tenant) -> None:
    """
    Refuse a mall that cannot be hosted now.

    :raises ContractRefused: it is suspended, being opened, or closed
    """
    if tenant.status != Tenant.Status.OPEN:
        raise ContractRefused(
            _("The mall is %(state)s. A contract needs an open mall.") % {"state": tenant.get_status_display().lower()},
            field="tenant",
        )


def refuse_terms(terms: Terms, *, today: date) -> None:
    """
    Refuse times that a contract cannot have.

    :raises ContractRefused: in the past, shorter than the minimum term (M9), no way to end it
    """
    least = settings.HOSTING_MINIMUM_MONTHS
    if terms.starts_on < today:
        raise ContractRefused(_("A contract cannot begin in the past. Choose today or a later day."), field="starts_on")
    if terms.minimum_months < least:
        raise ContractRefused(
            _("A hosting contract runs at least %(months)d months.") % {"months": least}, field="minimum_months"
        )
    if terms.ends_on is not None and terms.ends_on < terms.starts_on + relativedelta(months=terms.minimum_months):
        raise ContractRefused(_("It would end before its minimum term is over."), field="ends_on")
    if terms.ends_on is None and terms.notice_days == 0:
        raise ContractRefused(_("Without a notice period it needs a day on which it ends."), field="ends_on")
    if terms.notice_days > LONGEST_NOTICE_DAYS:
        raise ContractRefused(_("A notice period is at most 180 days."), field="notice_days")


def refuse_version(contract: Contract, version: VersionDraft, *, number: int, today: date) -> None:
    """Refuse what `change` refuses."""
    if number > 1:
        refuse_day(contract, version.effective_on, today=today)
        _refuse_charged(contract, version.prices, number=number)
    refuse_lines(version.prices)
    starts_on = version.effective_on if number > 1 else contract.starts_on
    for clause in version.clauses:
        clauses.check(clause, starts_on=starts_on)


def charged_once(contract: Contract, *, before: int) -> dict[str, str]:
    """Return what versions before one cost once, as price -> module: it was charged, or will be, by those."""
    signed = contract.versions.filter(state=VersionState.SIGNED, number__lt=before)
    return {one["price"]: one["module"] for row in signed for one in row.prices if one["kind"] == Price.Kind.ONE_OFF}


def _refuse_charged(contract: Contract, prices: Sequence[dict[str, Any]], *, number: int) -> None:
    charged = charged_once(contract, before=number)
    kept = {one["price"] for one in prices}
    gone = {module for price, module in charged.items() if price not in kept}
    for one in prices:
        if one["kind"] == Price.Kind.ONE_OFF and one["price"] not in charged and one["module"] in gone:
            raise ContractRefused(
                _(
                    "“%(what)s” was charged once already, and would be charged again in full. Add a line for the difference."
                )
                % {"what": one["module"]}
            )


def refuse_day(contract: Contract, effective_on: date, *, today: date) -> None:
    """
    Refuse a day on which an amendment cannot begin.

    :raises ContractRefused: it has passed, is not after the beginning of what was signed before, or not before the contract ends
    """
    if effective_on < max(today, contract.starts_on):
        raise ContractRefused(
            _("An amendment changes the future only. Choose today or a later day."), field="effective_on"
        )
    newest = contract.versions.filter(state=VersionState.SIGNED).order_by("-effective_on").first()
    if newest is not None and effective_on <= newest.effective_on:
        # Else what the earlier one does once would be cancelled on its day, and its prices come back later.
        raise ContractRefused(
            _("Version %(number)d holds from %(day)s. Choose a later day.")
            % {"number": newest.number, "day": newest.effective_on},
            field="effective_on",
        )
    if contract.ends_on is not None and effective_on >= contract.ends_on:
        raise ContractRefused(_("The contract is over by then."), field="effective_on")


def follow(found: Contract, *, by: Actor, now: datetime) -> None:
    """Let the mall's lead stand where its contract does."""
    leads.follow_contract(tenant=found.tenant, contract=found.public_id, state=found.state, by=by, now=now)


def note(action: str, found: Contract, summary: Words, *, by: Actor, now: datetime, **data: object) -> None:
    """Leave a trail of an act on a contract."""
    audit.record(
        action=action, subject=("contract", found.public_id), summary=summary, by=by, now=now,
        mall=found.tenant.public_id, **data,
    )  # fmt: skip
