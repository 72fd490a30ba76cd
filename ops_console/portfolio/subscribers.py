"""What malls tell the agency: refunds that do not get through."""

from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import Amount, phrase
from saas.kernel.actors import SYSTEM
from tenants.registry.models import Tenant
from tenants.relay.events import Event


def refund_trouble(event: Event) -> None:
    """Note in the console's trail that a refund is held up, or that it was sent again; finance filters by it."""
    told = event.payload
    tenant = Tenant.objects.filter(schema_name=event.schema_name).first()
    again, elsewhere, taken, held = (
        _("%(mall)s: refund of %(amount)s, order %(order)s, sent again"),
        _("%(mall)s: refund of %(amount)s, order %(order)s, paid another way: %(detail)s"),
        _("%(mall)s: refund of %(amount)s, order %(order)s: the buyer’s bank took the money back"),
        _("%(mall)s: refund of %(amount)s, order %(order)s, held up (%(state)s): %(detail)s"),
    )
    solved = {"back": elsewhere, "declined": taken}.get(told["state"], again)
    summary = phrase(
        solved if told["is_solved"] else held, mall=tenant.name if tenant else event.schema_name,
        amount=Amount(told["amount_minor"], told["currency"]), order=told["order_number"], state=told["state"], detail=told["detail"],
    )  # fmt: skip
    audit.record(
        action="refund.sent_again" if told["is_solved"] else "refund.held_up",
        subject=("mall", tenant.public_id if tenant else event.schema_name),
        summary=summary,
        by=SYSTEM,
        now=event.happened_at,
        refund=told["refund"],
    )
