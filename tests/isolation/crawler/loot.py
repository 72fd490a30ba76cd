"""What an attacker may know of a mall: every kind of id, signed keys and tokens; and what an attacker has: sessions of its own."""

from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.conf import settings
from django.test import Client

from tenants.isolation.entrance import inside
from tests.factories.sessions import confirm

SOURCES = {
    "order": ("orders.Order", "public_id"),
    "order_number": ("orders.Order", "number"),
    "voucher": ("vouchers.Voucher", "public_id"),
    "redemption": ("vouchers.Redemption", "public_id"),
    "refund": ("refunds.Refund", "public_id"),
    "dispute": ("disputes.Dispute", "public_id"),
    "deal": ("deals.Deal", "public_id"),
    "deal_slug": ("deals.Deal", "slug"),
    "store": ("stores.Store", "public_id"),
    "product": ("catalog.Product", "public_id"),
    "import": ("catalog.CatalogImport", "public_id"),
    "person": ("accounts.User", "public_id"),
    "visit": ("entry.AgencyVisit", "public_id"),
    "consent": ("mailings.Consent", "token"),
    "notice": ("cms_news.Notice", "slug"),
    "promotion": ("promotions.Promotion", "public_id"),
    "proposal": ("terms.TermProposal", "public_id"),
    "event": ("outbox.OutboxEvent", "event_id"),
    "page": ("wagtailcore.Page", "pk"),
    "revision": ("wagtailcore.Revision", "pk"),
    "collection": ("wagtailcore.Collection", "pk"),
    "site": ("wagtailcore.Site", "pk"),
    "image": ("cms_media.MallImage", "pk"),
    "document": ("wagtaildocs.Document", "pk"),
    "document_file": ("wagtaildocs.Document", "filename"),
    "user": ("accounts.User", "pk"),
    "group": ("auth.Group", "pk"),
    "number": ("wagtailcore.Page", "pk"),  # of rows that a mall has none of
}
# Kinds of the platform that belong to one mall: model, field, and the column that names the mall.
ON_PLATFORM = {
    "audit": ("audits.AuditCase", "public_id", "tenant__schema_name"),
    "audit_picture": ("audits.StageEvidence", "public_id", "case__tenant__schema_name"),
    "report": ("reports.Report", "public_id", "tenant__schema_name"),
    "credit": ("reports.CreditLine", "public_id", "tenant__schema_name"),
    "lead": ("leads.Lead", "public_id", "tenant__schema_name"),
    "post": ("console_posts.Post", "public_id", "tenant__schema_name"),
    "channel": ("console_posts.Channel", "public_id", "tenant__schema_name"),
    "task": ("work.Task", "public_id", "tenant__schema_name"),
    "evidence": ("work.Evidence", "public_id", "task__tenant__schema_name"),
    "case": ("console_disputes.Case", "public_id", "tenant_schema"),
    "held": ("console_refunds.HeldRefund", "public_id", "tenant_schema"),
    "contract": ("contracts.Contract", "public_id", "tenant__schema_name"),
    "subscription": ("packages.Subscription", "public_id", "tenant_schema"),
    "payout": ("payouts.Payout", "payout_id", "tenant_schema"),
    "settlement": ("settlements.Settlement", "public_id", "tenant_schema"),
    "statement": ("statements.Statement", "public_id", "tenant_schema"),
    "export": ("archives.MallExport", "public_id", "tenant__schema_name"),
    "claim": ("domains.DomainClaim", "public_id", "tenant__schema_name"),
}


@dataclass
class Loot:
    """A mall's ids by kind; those at one place belong together."""

    host: str
    schema: str
    ids: dict[str, list[str]] = field(default_factory=dict)

    def pick(self, kind: str, number: int) -> str:
        """Return the `number`-th id of a kind, going round; a word that is none where the mall has no such thing."""
        known = self.ids.get(kind) or ["nothing"]
        return known[number % len(known)]


def collect(tenant: Any, *, host: str) -> Loot:
    """Collect every id of the mall, and mint its keys and tokens."""
    loot = Loot(host, tenant.schema_name)
    with inside(tenant):
        for kind, (model, name) in SOURCES.items():
            rows = apps.get_model(model)._default_manager.order_by("-pk")[:40]
            loot.ids[kind] = [str(getattr(row, name)) for row in rows]
        loot.ids |= _minted(tenant)
    for kind, (model, name, owner) in ON_PLATFORM.items():
        rows = apps.get_model(model)._default_manager.filter(**{owner: tenant.schema_name})[:40]
        loot.ids[kind] = [str(getattr(row, name)) for row in rows]
    loot.ids["export_key"] = _archive_keys(tenant)
    loot.ids["mall"], loot.ids["schema"] = [tenant.public_id], [tenant.schema_name]
    return loot


def _minted(tenant: Any) -> dict[str, list[str]]:
    from allauth.account.utils import user_pk_to_url_str

    from cms.media.models import MallImage
    from saas.accounts.models import User
    from saas.accounts.tokens import ResetTokenGenerator
    from saas.kernel import clock
    from storefront.orders import access
    from storefront.orders.models import Order
    from tenants.entry import tickets
    from tenants.entry.models import Ticket

    people = list(User.objects.filter(kind=User.Kind.MERCHANT))
    return {
        "order_key": [access.link_path(order).split("/")[4] for order in Order.objects.order_by("-pk")[:40]],
        "ticket": [tickets.issue(person=person, purpose=Ticket.Purpose.SIGN_UP, now=clock.now()) for person in people],
        "reset_user": [user_pk_to_url_str(person) for person in people],
        "reset_key": [ResetTokenGenerator().make_token(person) for person in people],
        "media": [image.file.name.partition("/")[2] for image in MallImage.objects.order_by("-pk")[:40]],
    }


def _archive_keys(tenant: Any) -> list[str]:
    from saas.kernel.actors import SYSTEM
    from tenants.archives import links
    from tenants.archives.models import MallExport

    return [links.token_for(export=export, by=SYSTEM) for export in MallExport.objects.filter(tenant=tenant)]


def foreign(victim: Loot, attacker: Loot) -> Loot:
    """Return the victim's loot without ids that name a thing of the attacker's too, as small numbers do."""
    ids = {
        kind: [one for one in known if one not in attacker.ids.get(kind, ())] or known
        for kind, known in victim.ids.items()
    }
    return Loot(victim.host, victim.schema, ids)


def cookies(tenant: Any, email: str) -> dict[str, str]:
    """Return the cookies of somebody who signed in to a mall. Before the address stands a canary."""
    from saas.accounts.models import User

    with inside(tenant):
        client = Client()
        person = User.objects.get(email__endswith=email)
        client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
        confirm(client, person)
        return {name: morsel.value for name, morsel in client.cookies.items()}
