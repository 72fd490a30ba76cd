"""Reads of payout terms and payouts. All run on the platform's schema."""

from collections.abc import Iterable

from django.db.models import Sum

from billing.gateway.models import ConnectedAccount

from .models import Payout, PayoutTerms


def terms_of(schema: str) -> PayoutTerms:
    """Return a mall's terms; those of a mall that chose none are the defaults, not saved."""
    return PayoutTerms.objects.filter(tenant_schema=schema).first() or PayoutTerms(tenant_schema=schema)


def terms_by_schema(schemas: Iterable[str]) -> dict[str, PayoutTerms]:
    """Return the terms of several malls."""
    wanted = list(schemas)
    chosen = {row.tenant_schema: row for row in PayoutTerms.objects.filter(tenant_schema__in=wanted)}
    return {schema: chosen.get(schema) or PayoutTerms(tenant_schema=schema) for schema in wanted}


def ready_accounts() -> dict[str, str]:
    """Return the ids of the Stripe accounts that can be sent to, by schema."""
    rows = ConnectedAccount.objects.filter(can_receive=True, disconnected_at__isnull=True)
    return dict(rows.values_list("tenant_schema", "account_id"))


def payouts_of(schema: str, *, limit: int = 100) -> list[Payout]:
    """Return a mall's payouts, newest first."""
    return list(Payout.objects.filter(tenant_schema=schema)[:limit])


def paid_minor(schema: str, *, currency: str) -> int:
    """Return what has reached the merchant's bank in all."""
    rows = Payout.objects.filter(tenant_schema=schema, currency=currency, state=Payout.State.PAID)
    return int(rows.aggregate(total=Sum("amount_minor"))["total"] or 0)


def account_ids() -> dict[str, str]:
    """Return the ids of all Stripe accounts that are connected, ready or not, by schema."""
    rows = ConnectedAccount.objects.filter(disconnected_at__isnull=True)
    return dict(rows.values_list("tenant_schema", "account_id"))


def stopped_schemas() -> set[str]:
    """Return the malls to which nothing is sent, on a person's word."""
    return set(PayoutTerms.objects.filter(stopped_at__isnull=False).values_list("tenant_schema", flat=True))
