"""Reads of contracts as plain values that may leave the platform's schema."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from saas.audit.models import AuditEntry

from .ending import words_of
from .models import Contract, ContractVersion, Signature

State, Side = Contract.State, Contract.Side
RUNNING = (State.SIGNED, State.ACTIVE, State.ENDING)
# Colours of the badges; see ui/badge.html.
KINDS = {
    State.SENT: "warning",
    State.SIGNED: "info",
    State.ACTIVE: "success",
    State.ENDING: "warning",
    State.DECLINED: "danger",
    State.EXPIRED: "danger",
}
VERSION_KINDS = {"sent": "warning", "signed": "success", "declined": "danger", "expired": "danger"}


@dataclass(frozen=True)
class SignatureRow:
    """A signature as it is shown. `where` is the address that it came from."""

    side: str
    word: str
    name: str
    email: str
    where: str
    user_agent: str
    signed_at: datetime
    text_hash: str


@dataclass(frozen=True)
class VersionRow:
    """A version with its text; amounts in `prices` are minor units."""

    number: int
    state: str
    word: str
    effective_on: date
    answer_until: date | None
    note: str
    reason: str
    text: str
    text_hash: str
    clauses: list[dict[str, Any]]
    prices: list[dict[str, Any]]
    limits: dict[str, Any]
    sent_at: datetime | None
    signatures: list[SignatureRow] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """Its badge's colour."""
        return VERSION_KINDS.get(self.state, "neutral")

    @property
    def signed_by(self) -> set[str]:
        """The sides that have signed."""
        return {one.side for one in self.signatures}

    @property
    def waits_for_merchant(self) -> bool:
        """Whether it is sent and the merchant has not answered."""
        return self.state == State.SENT and Side.MERCHANT not in self.signed_by

    @property
    def waits_for_agency(self) -> bool:
        """Whether the merchant has signed and the agency has not."""
        return self.state == State.SENT and Side.MERCHANT in self.signed_by


@dataclass(frozen=True)
class ContractRow:
    """A contract with its versions, newest first."""

    public_id: str
    number: str
    title: str
    mall: str
    mall_public_id: str
    schema: str
    quote: str
    state: str
    word: str
    kind: str
    language: str
    currency: str
    pays_by: str
    pays_word: str
    starts_on: date
    ends_on: date | None
    minimum_until: date
    minimum_months: int
    notice_days: int
    account_manager: str
    manager_email: str
    notice_at: datetime | None
    notice_by: str
    notice_side: str
    ended_at: datetime | None
    is_for_cause: bool
    reason: str
    versions: list[VersionRow]
    steps: list[dict[str, Any]]
    in_force: VersionRow | None
    # Its first day has come, and what signing sets going is being done: a matter of seconds.
    is_being_set_up: bool

    @property
    def is_running(self) -> bool:
        """Whether it is signed and not over."""
        return self.state in RUNNING

    @property
    def open_version(self) -> VersionRow | None:
        """The version that is being written or waits for signatures."""
        return next((one for one in self.versions if one.state in (State.DRAFT, State.SENT)), None)

    @property
    def waits_for_merchant(self) -> bool:
        """Whether the merchant has something to sign or to decline."""
        return any(one.waits_for_merchant for one in self.versions)

    def before(self, shown: VersionRow) -> VersionRow | None:
        """Return the signed version before one that has a text."""
        if not shown.text:
            return None
        return next((one for one in self.versions if one.number < shown.number and one.state == State.SIGNED), None)

    @property
    def first(self) -> VersionRow:
        """The contract's own text, before all amendments."""
        return self.versions[-1]


def of_mall(schema: str, *, now: datetime) -> list[ContractRow]:
    """Return a mall's contracts that were ever sent, newest first. Three queries."""
    rows = _whole().filter(tenant__schema_name=schema).exclude(state=State.DRAFT)
    return [row for one in rows if (row := _row(one, now=now, is_merchants=True)).versions]


def one(public_id: str, *, now: datetime) -> ContractRow:
    """
    Return a contract.

    :raises Contract.DoesNotExist: there is none
    """
    return _row(_whole().get(public_id=public_id), now=now)


def _whole() -> Any:
    rows = Contract.objects.select_related("tenant", "account_manager", "quote")
    return rows.prefetch_related("versions__signatures", "hand_over")


def _row(found: Contract, *, now: datetime, is_merchants: bool = False) -> ContractRow:
    today = now.astimezone(ZoneInfo(found.tenant.time_zone)).date()
    versions = [_version(one) for one in found.versions.all() if not is_merchants or one.sent_at is not None]
    versions.sort(key=lambda row: -row.number)
    signed = [row for row in versions if row.state == State.SIGNED]
    copied = ("public_id", "number", "title", "state", "language", "currency", "pays_by", "starts_on", "ends_on", "minimum_until",
              "minimum_months", "notice_days", "notice_at", "notice_by", "notice_side", "ended_at", "is_for_cause",
              "reason")  # fmt: skip
    return ContractRow(
        **{name: getattr(found, name) for name in copied},
        mall=found.tenant.name,
        mall_public_id=found.tenant.public_id,
        schema=found.tenant.schema_name,
        quote=found.quote.public_id if found.quote else "",
        word=found.get_state_display(),
        kind=KINDS.get(State(found.state), "neutral"),
        pays_word=found.get_pays_by_display(),
        account_manager=found.account_manager.get_full_name(),
        manager_email=str(found.account_manager.email),
        versions=versions,
        steps=[
            {"key": step.key, "title": str(words_of(step)), "done_at": step.done_at, "done_by": step.done_by}
            for step in found.hand_over.all()
        ],
        is_being_set_up=found.state == State.SIGNED and found.starts_on <= today,
        in_force=next((row for row in signed if row.effective_on <= today), signed[-1] if signed else None),
    )


def _version(found: ContractVersion) -> VersionRow:
    copied = ("number", "state", "effective_on", "answer_until", "note", "reason", "text", "text_hash", "clauses", "prices", "limits",
              "sent_at")  # fmt: skip
    return VersionRow(
        **{name: getattr(found, name) for name in copied},
        word=found.get_state_display(),
        signatures=[_signature(one) for one in found.signatures.all()],
    )


def _signature(found: Signature) -> SignatureRow:
    copied = ("side", "name", "email", "user_agent", "signed_at", "text_hash")
    return SignatureRow(
        **{name: getattr(found, name) for name in copied}, word=found.get_side_display(), where=found.ip or ""
    )


def search(*, words: str, state: str, waits: str) -> "QuerySet[Contract]":
    """Return contracts, newest first: whose mall, title or number hold all `words`, of a state, where it is a side's turn to sign."""
    found = Contract.objects.select_related("tenant", "account_manager")
    for word in words.split():
        digits = word.lower().removeprefix("h-")
        number = int(digits) if digits.isdecimal() else None
        found = found.filter(Q(tenant__name__icontains=word) | Q(title__icontains=word) | Q(pk=number))
    if state:
        found = found.filter(state=state)
    return found.filter(pk__in=unsigned(waits).values("contract")) if waits else found


def unsigned(waits: str) -> "QuerySet[ContractVersion]":
    """Return the versions that were sent and wait for a side; the agency's turn comes when the merchant has signed."""
    found = ContractVersion.objects.filter(state=ContractVersion.State.SENT)
    for side in Side.values:
        signed = Signature.objects.filter(side=side).values("version")
        if side == waits:
            found = found.exclude(pk__in=signed)
        elif waits == Side.AGENCY:
            found = found.filter(pk__in=signed)
    return found


def history(public_id: str) -> "QuerySet[AuditEntry]":
    """Return what happened with a contract, newest first."""
    return AuditEntry.objects.filter(subject_kind="contract", subject_id=public_id).order_by("-at", "-pk")
