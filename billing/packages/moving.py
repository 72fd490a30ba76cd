"""What becomes of a mall's package when the mall moves into another schema, or is erased."""

from collections.abc import Sequence

from saas.kernel import clock

from .models import Subscription


def follow(*, from_schemas: Sequence[str], to_schema: str) -> None:
    """Lead packages and their invoices to the new schema. Repeated it changes nothing."""
    Subscription.objects.filter(tenant_schema__in=from_schemas).update(tenant_schema=to_schema)


def end(*, schema_name: str) -> None:
    """Let the package of an erased mall end now; the next daily run ends it at Stripe. Offers are withdrawn, who answered is forgotten."""
    of_mall = Subscription.objects.filter(tenant_schema=schema_name)
    of_mall.filter(state=Subscription.State.ACTIVE).update(ends_at=clock.now())
    of_mall.update(answered_by="")
    waiting = (Subscription.State.OFFERED, Subscription.State.BEGINNING)
    of_mall.filter(state__in=waiting).update(state=Subscription.State.WITHDRAWN)
