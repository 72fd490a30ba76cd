"""Merchants' accounts at Stripe: opened by us, filled in on Stripe's own page, read again whenever something happened."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from saas.kernel.errors import DomainError
from saas.kernel.ids import public_id
from saas.kernel.locking import locked_one
from saas.kernel.tasks import enqueue
from tenants.isolation.entrance import on_platform

from .client import AccountRestricted, api, asked, every, plain, with_key
from .models import ConnectedAccount, Outgoing
from .once import Wanted, once, refuse_transaction


class NoAccount(DomainError):
    """The mall has no account at Stripe, or it belongs to another mall."""

    code = "no_payout_account"


@dataclass(frozen=True)
class AccountRequest:
    """An account for a mall. `country` is ISO 3166 (US), `currency` the mall's; Stripe asks the rest on its page."""

    tenant_schema: str
    name: str
    email: str
    country: str
    currency: str


@dataclass(frozen=True)
class PayoutSchedule:
    """When Stripe sends what an account has to its bank. `interval` daily, weekly, monthly or manual; `day` monday or 1–31."""

    interval: str
    day: str = ""


@dataclass(frozen=True)
class AccountState:
    """
    An account as Stripe has it. `can_receive`: transfers may go there; `can_pay_out`: its bank gets money.

    `currently_due` names the fields that Stripe still wants, until `deadline_at` if it named one; `errors` says in Stripe's words
    what it did not accept.
    """

    account_id: str
    tenant_schema: str
    can_receive: bool
    can_pay_out: bool
    details_submitted: bool
    currently_due: tuple[str, ...]
    errors: tuple[str, ...]
    disabled_reason: str
    bank_last4: str
    schedule: PayoutSchedule
    is_connected: bool = True
    deadline_at: datetime | None = None

    @property
    def is_ready(self) -> bool:
        """Whether money can be sent there and on to the bank."""
        return self.is_connected and self.can_receive and self.can_pay_out


def open_account(request: AccountRequest, *, now: datetime) -> AccountState:
    """
    Open a mall's account, or return the one that it has. The platform bears losses and fees; the merchant gets Stripe's light dashboard.

    :raises GatewayUnavailable: unknown; asking again is safe
    :raises PaymentRefused: Stripe opens none (country, currency)
    """
    with on_platform():
        known = ConnectedAccount.objects.filter(tenant_schema=request.tenant_schema).first()
    if known is not None:
        return state_of(known)
    params = {
        "controller": {
            "fees": {"payer": "application"},
            "losses": {"payments": "application"},
            "requirement_collection": "stripe",
            "stripe_dashboard": {"type": "express"},
        },
        "capabilities": {"transfers": {"requested": True}},
        "country": request.country,
        "default_currency": request.currency.lower(),
        "email": request.email,
        "business_profile": {"name": request.name},
        "metadata": {},
    }
    wanted = Wanted(f"acct:{request.tenant_schema}", Outgoing.Kind.ACCOUNT, request.tenant_schema, params)
    made = once(
        wanted,
        create=lambda options: asked(lambda: api().accounts.create(wanted.sent, options)),
        read=lambda account_id: asked(lambda: api().accounts.retrieve(account_id)),
        find=lambda: with_key(every(asked(lambda: api().accounts.list({"limit": 100}))), wanted.key),
        now=now,
    )
    with on_platform():
        ConnectedAccount.objects.get_or_create(
            tenant_schema=request.tenant_schema,
            defaults={"account_id": made.id, "opened_at": now, **_facts(plain(made)), "read_at": now},
        )
    return state_of(_known(request.tenant_schema))


def onboarding_link(*, tenant_schema: str, return_url: str, refresh_url: str) -> str:
    """
    Return the address of Stripe's own page for the merchant: good once, for some minutes. `refresh_url` asks for another link.

    :raises NoAccount: none was opened
    :raises GatewayUnavailable: no clear answer; asking again is safe
    """
    refuse_transaction()
    account = _known(tenant_schema)
    params = {
        "account": account.account_id,
        "type": "account_onboarding",
        "return_url": return_url,
        "refresh_url": refresh_url,
    }
    return str(asked(lambda: api().account_links.create(params)).url)


def choose_schedule(*, tenant_schema: str, schedule: PayoutSchedule, now: datetime) -> AccountState:
    """
    Let Stripe send the mall's money to its bank at other times.

    :raises NoAccount: none was opened
    :raises GatewayUnavailable: unknown; asking again is safe
    """
    refuse_transaction()
    account = _known(tenant_schema)
    wanted: dict[str, Any] = {"interval": schedule.interval}
    if schedule.interval == "weekly":
        wanted["weekly_payout_days"] = [schedule.day or "friday"]
    if schedule.interval == "monthly":
        wanted["monthly_payout_days"] = [int(schedule.day or 1)]
    params = {"settings": {"payouts": {"schedule": wanted}}}
    asked(lambda: api().accounts.update(account.account_id, params))
    return read_account(tenant_schema=tenant_schema, now=now)


def read_account(*, tenant_schema: str, now: datetime) -> AccountState:
    """
    Ask Stripe how the mall's account stands, and remember it. An account that we may not read any more is disconnected.

    :raises NoAccount: none was opened
    :raises GatewayUnavailable: no clear answer; what was known stays
    """
    refuse_transaction()
    account = _known(tenant_schema)
    try:
        facts = _facts(plain(asked(lambda: api().accounts.retrieve(account.account_id))))
    except AccountRestricted:
        facts = {"can_receive": False, "can_pay_out": False, "disconnected_at": account.disconnected_at or now}
    with on_platform():
        return _noted(account.pk, facts, now=now)


@transaction.atomic
def _noted(pk: int, facts: dict[str, Any], *, now: datetime) -> AccountState:
    """
    Write what Stripe said, unless a later answer was written meanwhile; who is to know is told once that money stops. Locks: the row.
    """
    row = locked_one(ConnectedAccount.objects.filter(pk=pk))
    before = state_of(row)
    if row.read_at <= now:
        for name, value in {**facts, "read_at": now}.items():
            setattr(row, name, value)
        row.save()
        if what := _turn(before, state_of(row)):
            enqueue("billing.payouts.tell", tenant_schema=row.tenant_schema, what=what, key=public_id())
    return state_of(row)


def _turn(before: AccountState, after: AccountState) -> str:
    """Say for what the merchant is written to: "stopped" (was ready), "wanted" (ready still, something is due); empty for nothing."""
    if before.is_ready and not after.is_ready:
        return "stopped"
    return "wanted" if after.is_ready and after.currently_due and not before.currently_due else ""


def _known(tenant_schema: str) -> ConnectedAccount:
    with on_platform():
        found = ConnectedAccount.objects.filter(tenant_schema=tenant_schema).first()
    if found is None:
        raise NoAccount(tenant_schema=tenant_schema)
    return found


def _facts(account: dict[str, Any]) -> dict[str, Any]:
    """Return what we keep of an account."""
    requirements = account.get("requirements") or {}
    banks = (account.get("external_accounts") or {}).get("data") or []
    schedule = ((account.get("settings") or {}).get("payouts") or {}).get("schedule") or {}
    days = schedule.get("weekly_payout_days") or schedule.get("monthly_payout_days") or []
    deadline = requirements.get("current_deadline")
    day = days[0] if days else schedule.get("weekly_anchor") or schedule.get("monthly_anchor") or ""
    return {
        "can_receive": (account.get("capabilities") or {}).get("transfers") == "active",
        "can_pay_out": bool(account.get("payouts_enabled")),
        "details_submitted": bool(account.get("details_submitted")),
        "currently_due": requirements.get("currently_due") or [],
        "errors": requirements.get("errors") or [],
        "deadline_at": datetime.fromtimestamp(deadline, UTC) if deadline else None,
        "disabled_reason": requirements.get("disabled_reason") or "",
        "bank_last4": str(banks[0].get("last4", "")) if banks else "",
        "schedule": {"interval": schedule.get("interval", "daily"), "day": str(day)},
        "disconnected_at": None,
    }


def state_of(row: ConnectedAccount) -> AccountState:
    """Return a stored account as plain data."""
    return AccountState(
        account_id=row.account_id,
        tenant_schema=row.tenant_schema,
        can_receive=row.can_receive,
        can_pay_out=row.can_pay_out,
        details_submitted=row.details_submitted,
        currently_due=tuple(row.currently_due),
        errors=tuple(str(error.get("reason", "")) for error in row.errors),
        disabled_reason=row.disabled_reason,
        bank_last4=row.bank_last4,
        schedule=PayoutSchedule(row.schedule.get("interval", "daily"), row.schedule.get("day", "")),
        is_connected=row.disconnected_at is None,
        deadline_at=row.deadline_at,
    )


def known_account(tenant_schema: str) -> AccountState | None:
    """Return how a mall's account stood when Stripe was last asked, or None; asks nobody."""
    with on_platform():
        found = ConnectedAccount.objects.filter(tenant_schema=tenant_schema).first()
    return state_of(found) if found else None
