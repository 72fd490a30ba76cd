"""Reads of the finance pages, on the platform's schema: lists as their filters want them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, When

from billing.gateway import inbox
from billing.gateway.models import ConnectedAccount, StripeEvent
from billing.gateway.signatures import ACCOUNT, CONNECT
from billing.ledger import queries as ledger
from billing.ledger.queries import LedgerLine, MallBalances
from billing.payouts import queries as payout_queries
from billing.payouts.models import Payout, PayoutTerms
from billing.settlements.models import Part, Settlement, SettlementRun
from billing.settlements.preview import WAITING
from tenants.registry.models import Tenant

from .naming import schemas_like

Wanted = Mapping[str, Any]


def runs(wanted: Wanted) -> "QuerySet[SettlementRun]":
    """Return the settlement runs, newest first; `wanted` is `RunFilterForm`'s."""
    found = SettlementRun.objects.all()
    if wanted.get("state"):
        found = found.filter(state=wanted["state"])
    if wanted.get("since"):
        found = found.filter(day__gte=wanted["since"])
    if wanted.get("until"):
        found = found.filter(day__lte=wanted["until"])
    return found.order_by("-day")


def settlements(run: SettlementRun, wanted: Wanted) -> "QuerySet[Settlement]":
    """Return a run's settlements, those that need a person first, then the largest; `wanted` is `SettlementFilterForm`'s."""
    found = run.settlements.all()
    if wanted.get("state"):
        found = found.filter(state=wanted["state"])
    if wanted.get("q"):
        found = found.filter(tenant_schema__in=schemas_like(wanted["q"]))
    refused = Case(When(state=Settlement.State.REFUSED, then=0), default=1)
    return found.order_by(refused, "-earned_minor", "pk")


def parts(settlement: Settlement) -> "QuerySet[Part]":
    """Return a settlement's transfers, those that were refused first."""
    refused = Case(When(state=Part.State.REFUSED, then=0), When(state=Part.State.PLANNED, then=1), default=2)
    return settlement.parts.select_related("charge").order_by(refused, "pk")


def part_counts(settlement: Settlement) -> dict[str, int]:
    """Return how many transfers a settlement has in all, sent, refused, of unknown outcome, and waiting for our balance."""
    return settlement.parts.aggregate(
        all=Count("pk"),
        sent=Count("pk", filter=Q(state=Part.State.SENT)),
        refused=Count("pk", filter=Q(state=Part.State.REFUSED)),
        unknown=Count("pk", filter=Q(state=Part.State.PLANNED, tried_at__isnull=False)),
        waiting=Count("pk", filter=WAITING),
    )


def payouts(wanted: Wanted) -> "QuerySet[Payout]":
    """Return the payouts of all malls, newest first; `wanted` is `PayoutFilterForm`'s."""
    found = Payout.objects.all()
    if wanted.get("state"):
        found = found.filter(state=wanted["state"])
    if wanted.get("since"):
        found = found.filter(created_at__date__gte=wanted["since"])
    if wanted.get("until"):
        found = found.filter(created_at__date__lte=wanted["until"])
    if wanted.get("q"):
        words = wanted["q"].strip()
        found = found.filter(Q(payout_id__iexact=words) | Q(tenant_schema__in=schemas_like(words)))
    return found.order_by("-created_at", "-pk")


def troubled_payouts() -> int:
    """Return how many payouts failed or came back within the newest 500."""
    newest = Payout.objects.order_by("-created_at", "-pk").values_list("state", flat=True)[:500]
    return sum(state in (Payout.State.FAILED, Payout.State.RETURNED) for state in newest)


@dataclass(frozen=True)
class PaidMall:
    """A mall as it is paid: its account at Stripe (None: not connected), its terms, its balances in the books."""

    tenant: Tenant
    account: ConnectedAccount | None
    terms: PayoutTerms
    balances: MallBalances

    @property
    def state(self) -> str:
        """Return ready, stopped, trouble or none."""
        if self.terms.stopped_at is not None:
            return "stopped"
        if self.account is None or self.account.disconnected_at is not None:
            return "none"
        return "ready" if self.account.can_receive and self.account.can_pay_out else "trouble"


def paid_mall(tenant: Tenant) -> PaidMall:
    """Return how a mall is paid."""
    account = ConnectedAccount.objects.filter(tenant_schema=tenant.schema_name).first()
    terms = payout_queries.terms_of(tenant.schema_name)
    return PaidMall(tenant, account, terms, ledger.mall_balances(tenant.schema_name, currency=tenant.currency))


def paid_malls(tenants: Iterable[Tenant]) -> list[PaidMall]:
    """Return how the malls of a page are paid."""
    found = list(tenants)
    schemas = [tenant.schema_name for tenant in found]
    accounts = {row.tenant_schema: row for row in ConnectedAccount.objects.filter(tenant_schema__in=schemas)}
    terms = payout_queries.terms_by_schema(schemas)
    balances = ledger.malls_balances({tenant.schema_name: tenant.currency for tenant in found})
    return [
        PaidMall(
            tenant,
            accounts.get(tenant.schema_name),
            terms[tenant.schema_name],
            balances[tenant.schema_name],
        )
        for tenant in found
    ]


def payable_tenants(wanted: Wanted) -> "QuerySet[Tenant]":
    """Return the malls by name; `wanted` is `PayoutMallFilterForm`'s."""
    found = Tenant.objects.all()
    if wanted.get("q"):
        found = found.filter(schema_name__in=schemas_like(wanted["q"]))
    connected = ConnectedAccount.objects.filter(disconnected_at__isnull=True)
    ready = connected.filter(can_receive=True, can_pay_out=True)
    stopped = payout_queries.stopped_schemas()
    state = wanted.get("state")
    if state == "stopped":
        found = found.filter(schema_name__in=stopped)
    elif state == "none":
        found = found.exclude(schema_name__in=connected.values("tenant_schema"))
    elif state == "ready":
        found = found.filter(schema_name__in=ready.values("tenant_schema")).exclude(schema_name__in=stopped)
    elif state == "trouble":
        wanting = connected.exclude(pk__in=ready.values("pk"))
        found = found.filter(schema_name__in=wanting.values("tenant_schema"))
    return found.order_by("name", "pk")


def payout_lines(payout: Payout) -> list[LedgerLine]:
    """Return what the books have of a payout: its arrival, and its way back."""
    keys = [f"payout:{payout.payout_id}:", f"payout_returned:{payout.payout_id}:"]
    return ledger.lines_of_keys(keys)


def events(wanted: Wanted) -> "QuerySet[StripeEvent]":
    """Return the inbox, newest first; `wanted` is `EventFilterForm`'s. Ids are looked up whole, by their indexes; words in the kind."""
    found = StripeEvent.objects.defer("payload").order_by("-received_at", "-pk")
    if wanted.get("state") == "trouble":
        found = found.filter(state__in=inbox.TROUBLE)
    elif wanted.get("state"):
        found = found.filter(state=wanted["state"])
    if wanted.get("endpoint"):
        found = found.filter(endpoint=wanted["endpoint"])
    if wanted.get("since"):
        found = found.filter(received_at__date__gte=wanted["since"])
    if wanted.get("until"):
        found = found.filter(received_at__date__lte=wanted["until"])
    words = wanted.get("q", "").strip()
    if words:
        is_id = Q(endpoint__in=(ACCOUNT, CONNECT), event_id=words) | Q(object_id=words) | Q(account_id=words)
        in_words = Q(kind__icontains=words) | Q(detail__icontains=words) | Q(tenant_schema__in=schemas_like(words))
        found = found.filter(is_id if StripeEvent.objects.filter(is_id).exists() else in_words)
    return found


def event_counts() -> list[tuple[str, str, int]]:
    """Return how many events are in each state: (state, its word, count)."""
    counts = dict(StripeEvent.objects.values_list("state").annotate(count=Count("pk")).order_by())
    return [(state.value, str(state.label), counts.get(state.value, 0)) for state in StripeEvent.State]


def same_object(event: StripeEvent) -> list[StripeEvent]:
    """Return the other events about the same object, newest first."""
    if not event.object_id:
        return []
    rows = StripeEvent.objects.defer("payload").filter(object_id=event.object_id).exclude(pk=event.pk)
    return list(rows.order_by("-received_at", "-pk")[:20])
