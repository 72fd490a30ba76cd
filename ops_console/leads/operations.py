"""Writes of the pipeline: leads, who is to be spoken to, what happened, where they stand."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from ops_console.mandates import roles
from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.phrases import Words, phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one
from tenants.registry.models import Tenant

from .models import Contact, Entry, Lead

Stage = Lead.Stage
MAY_WORK = roles.MAY_SELL
ORDER = [Stage.LEAD, Stage.VISITED, Stage.QUOTED, Stage.SENT, Stage.SIGNED, Stage.ONBOARDING, Stage.LIVE, Stage.LEAVING]
# Where a person may put a lead; sent, signed and leaving follow the contract.
BY_HAND = (Stage.LEAD, Stage.VISITED, Stage.QUOTED, Stage.ONBOARDING, Stage.LIVE)
BEFORE_CONTRACT = (Stage.LEAD, Stage.VISITED, Stage.QUOTED)


class LeadRefused(DomainError):
    """The lead cannot be changed so."""

    code = "lead_refused"


class Changed(LeadRefused):
    """Somebody else changed the lead since it was read."""

    code = "lead_changed"
    message = _("Somebody else has changed this lead meanwhile. Look at it again; nothing of yours was saved.")


class NotByHand(LeadRefused):
    """The stage follows the contract, or does not follow from where the lead stands."""

    code = "stage_not_by_hand"
    message = _("“Contract sent”, “Signed” and “Leaving” follow the contract. They cannot be set by hand.")


class MallMissing(LeadRefused):
    """The stage needs a mall."""

    code = "mall_missing"
    message = _("Open a mall for this lead first, or say which one it has.")


class ContractRuns(LeadRefused):
    """A lead with a signed contract is not lost; it leaves by the contract's end."""

    code = "contract_runs"
    message = _("A contract is signed. It ends by notice, and the lead follows.")


class StepInThePast(LeadRefused):
    """A next step lies before today."""

    code = "step_in_the_past"
    message = _("A next step is today or later.")


def days_now(now: datetime) -> tuple[date, date]:
    """Return the earliest and the latest day that it is somewhere: the agency's people are not all where UTC is."""
    return (now - timedelta(hours=12)).date(), (now + timedelta(hours=14)).date()


@dataclass(frozen=True)
class LeadDraft:
    """What a person tells of a business; `worth_minor` a month, minor units of `currency`."""

    name: str
    trade: str
    place: str = ""
    source: str = ""
    worth_minor: int | None = None
    currency: str = "usd"
    owner: User | None = None


@dataclass(frozen=True)
class ContactDraft:
    """A person at the business."""

    name: str
    role: str
    phone: str = ""
    email: str = ""
    note: str = ""


@dataclass(frozen=True)
class EntryDraft:
    """A visit, call or note: on which day, whom one met, what was said."""

    kind: str
    happened_on: date
    text: str
    met: str = ""


@transaction.atomic
def add(*, draft: LeadDraft, by: Actor, now: datetime, tenant: Tenant | None = None) -> Lead:
    """Put a business into the pipeline, with its mall if it has one."""
    lead = Lead.objects.create(**_fields(draft), tenant=tenant, created_at=now, stage_since_at=now)
    _trail("lead.added", lead, phrase(_("%(lead)s is in the pipeline"), lead=lead.name), by=by, now=now)
    return lead


@transaction.atomic
def change(*, lead: str, draft: LeadDraft, version: int, by: Actor, now: datetime) -> Lead:
    """
    Change what is known of a business. Locks: Lead.

    :raises Changed: it is not at `version` any more
    """
    found = _locked(lead)
    if found.version != version:
        raise Changed
    for name, value in _fields(draft).items():
        setattr(found, name, value)
    _save(found)
    _trail("lead.changed", found, phrase(_("%(lead)s was changed"), lead=found.name), by=by, now=now)
    return found


def _fields(draft: LeadDraft) -> dict[str, object]:
    return {name: getattr(draft, name) for name in LeadDraft.__dataclass_fields__}


@transaction.atomic
def add_contact(*, lead: str, draft: ContactDraft, by: Actor, now: datetime) -> Contact:
    """Add a person at the business. The trail does not name them. Locks: Lead."""
    found = _locked(lead)
    contact = Contact.objects.create(lead=found, **asdict(draft))
    _trail("lead.contact_added", found, phrase(_("%(lead)s: a contact was added"), lead=found.name), by=by, now=now)
    return contact


@transaction.atomic
def change_contact(*, contact: str, draft: ContactDraft, by: Actor, now: datetime) -> None:
    """Change a person at the business. Locks: Contact."""
    found = locked_one(Contact.objects.filter(public_id=contact).select_related("lead"))
    for name, value in asdict(draft).items():
        setattr(found, name, value)
    found.save()
    _trail(
        "lead.contact_changed",
        found.lead,
        phrase(_("%(lead)s: a contact was changed"), lead=found.lead.name),
        by=by,
        now=now,
    )


@transaction.atomic
def remove_contact(*, contact: str, by: Actor, now: datetime) -> None:
    """Forget a person at the business. Locks: Contact."""
    found = locked_one(Contact.objects.filter(public_id=contact).select_related("lead"))
    lead = found.lead
    found.delete()
    _trail("lead.contact_removed", lead, phrase(_("%(lead)s: a contact was removed"), lead=lead.name), by=by, now=now)


@transaction.atomic
def note(*, lead: str, draft: EntryDraft, by: Actor, now: datetime) -> Entry:
    """Keep a visit, a call or a note. The first visit moves a lead to "visited". Locks: Lead."""
    found = _locked(lead)
    entry = Entry.objects.create(lead=found, **asdict(draft), by_name=by.name[:160], at=now)
    if draft.kind == Entry.Kind.VISIT and found.stage == Stage.LEAD:
        _move(found, Stage.VISITED, why="", by=by, now=now)
    _save(found)
    return entry


@transaction.atomic
def plan(*, lead: str, step: str, day: date, today: date) -> None:
    """
    Say what is next, and when. Locks: Lead.

    :raises StepInThePast: `day` is before `today`
    """
    if day < today:
        raise StepInThePast
    found = _locked(lead)
    found.next_step, found.next_step_date = step, day
    _save(found)


@transaction.atomic
def finish_step(*, lead: str, by: Actor, now: datetime) -> None:
    """Tick the next step off; it stands in the lead's story. Without a step it changes nothing. Locks: Lead."""
    found = _locked(lead)
    if not found.next_step:
        return
    Entry.objects.create(
        lead=found, kind=Entry.Kind.STEP, happened_on=now.date(), text=found.next_step, by_name=by.name[:160], at=now
    )
    found.next_step, found.next_step_date = "", None
    _save(found)


@transaction.atomic
def move(*, lead: str, stage: str, by: Actor, now: datetime) -> None:
    """
    Move a lead by hand, forward or back. Locks: Lead. To the stage in which it is, nothing changes.

    :raises NotByHand: sent, signed, leaving, lost; or the lead's contract has taken it further
    :raises MallMissing: onboarding and live need a mall
    """
    found = _locked(lead)
    if stage == found.stage:
        return
    has_contract = found.stage not in (*BEFORE_CONTRACT, Stage.LOST)
    if stage not in BY_HAND or (stage in BEFORE_CONTRACT) == has_contract:
        raise NotByHand
    if stage not in BEFORE_CONTRACT and found.stage == Stage.SENT:
        raise NotByHand
    if stage in (Stage.ONBOARDING, Stage.LIVE) and found.tenant_id is None:
        raise MallMissing
    found.lost_reason = ""
    _move(found, Stage(stage), why="", by=by, now=now)
    _save(found)


@transaction.atomic
def lose(*, lead: str, reason: str, by: Actor, now: datetime) -> None:
    """
    Give a lead up, for a reason. Its next step falls away. Locks: Lead. Repeated it changes nothing.

    :raises ContractRuns: its contract is signed
    """
    found = _locked(lead)
    if found.stage == Stage.LOST:
        return
    if found.stage not in (*BEFORE_CONTRACT, Stage.SENT):
        raise ContractRuns
    found.lost_reason, found.next_step, found.next_step_date = reason, "", None
    _move(found, Stage.LOST, why=reason, by=by, now=now)
    _save(found)


@transaction.atomic
def give_mall(*, lead: str, tenant: Tenant, by: Actor, now: datetime) -> None:
    """Say which mall the lead has; a signed lead goes on to onboarding. Locks: Lead. Repeated it changes nothing."""
    found = _locked(lead)
    if found.tenant_id == tenant.pk:
        return
    if found.tenant_id is not None or Lead.objects.filter(tenant=tenant).exists():
        raise LeadRefused(_("This lead has a mall already, or the mall another lead."))
    found.tenant = tenant
    if found.stage == Stage.SIGNED:
        _move(found, Stage.ONBOARDING, why="", by=by, now=now)
    _save(found)
    _trail(
        "lead.mall",
        found,
        phrase(_("%(lead)s has the mall %(mall)s"), lead=found.name, mall=tenant.name),
        by=by,
        now=now,
    )


def _locked(lead: str) -> Lead:
    return locked_one(Lead.objects.filter(public_id=lead))


def _save(lead: Lead) -> None:
    lead.version += 1
    lead.save()


def _move(lead: Lead, stage: Lead.Stage, *, why: str, by: Actor, now: datetime) -> None:
    before = Stage(lead.stage)
    lead.stage, lead.stage_since_at = stage, now
    words = f"{before.label} → {stage.label}" + (f": {why}" if why else "")
    Entry.objects.create(
        lead=lead, kind=Entry.Kind.MOVE, happened_on=now.date(), text=words, by_name=by.name[:160], at=now
    )
    _trail(
        "lead.moved",
        lead,
        phrase(_("%(lead)s: %(before)s → %(after)s"), lead=lead.name, before=before.label, after=stage.label),
        by=by,
        now=now,
    )


def _trail(action: str, lead: Lead, summary: Words, *, by: Actor, now: datetime) -> None:
    mall = lead.tenant.public_id if lead.tenant else ""
    audit.record(action=action, subject=("lead", lead.public_id), summary=summary, by=by, now=now, mall=mall)


# The stage that each state of a contract leads to.
_BY_CONTRACT = {
    "draft": Stage.QUOTED,
    "sent": Stage.SENT,
    "signed": Stage.SIGNED,
    "active": Stage.ONBOARDING,
    "ending": Stage.LEAVING,
    "ended": Stage.LEAVING,
}


@transaction.atomic
def follow_contract(*, tenant: Tenant, contract: str, state: str, by: Actor, now: datetime) -> Lead:
    """
    Let the mall's lead follow its contract; a mall that has no lead gets one. Repeated or late it moves nothing back.

    "declined", "withdrawn" and "expired" lead back to "quoted" where the contract was only sent. A lead that is live stays live when
    a further contract is sent, signed or begins. Locks: Lead.
    """
    lead = Lead.objects.filter(tenant=tenant).first() or Lead.objects.create(
        name=tenant.name,
        trade=tenant.trade,
        currency=tenant.currency,
        tenant=tenant,
        created_at=now,
        stage_since_at=now,
    )
    found = locked_one(Lead.objects.filter(pk=lead.pk))
    target = _target(found, contract=contract, state=state)
    if target is not None and target != found.stage:
        found.contract, found.lost_reason = contract[:26], ""
        _move(found, target, why="", by=by, now=now)
        _save(found)
    return found


@transaction.atomic
def note_quote(*, tenant: Tenant, by: Actor, now: datetime) -> None:
    """Let the mall's lead that stood before its quote be quoted; without one, and later, it changes nothing. Locks: Lead."""
    early = Lead.objects.filter(tenant=tenant, stage__in=[Stage.LEAD, Stage.VISITED])
    if early.exists():
        found = locked_one(Lead.objects.filter(tenant=tenant))
        if found.stage in (Stage.LEAD, Stage.VISITED):
            _move(found, Stage.QUOTED, why="", by=by, now=now)
            _save(found)


def _target(lead: Lead, *, contract: str, state: str) -> Lead.Stage | None:
    """Return the stage that a contract's state leads to, None where it changes nothing."""
    if state in ("declined", "withdrawn", "expired"):
        return Stage.QUOTED if lead.stage == Stage.SENT and lead.contract == contract else None
    target = _BY_CONTRACT.get(state)
    if target is None or target == lead.stage:
        return None
    if lead.stage == Stage.LOST:
        return target
    is_new = lead.contract != contract and target != Stage.LEAVING
    if lead.stage == Stage.LEAVING:
        return target if is_new else None
    return target if ORDER.index(target) > ORDER.index(Stage(lead.stage)) else None


def forget(*, schema_name: str) -> None:
    """Forget the people and the story of an erased mall's lead; that it was one, and until when, stays known."""
    leads = Lead.objects.filter(tenant__schema_name=schema_name)
    Contact.objects.filter(lead__in=leads).delete()
    Entry.objects.filter(lead__in=leads).delete()
    leads.update(next_step="", next_step_date=None, place="", source="", version=F("version") + 1)
