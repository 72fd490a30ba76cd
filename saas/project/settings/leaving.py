"""Archives, erasures, domains of malls' own: how long things last, and what a left layer does then, by name."""

from environs import Env

env = Env()
# Days that an archive stays on the media storage.
ARCHIVE_DAYS = env.int("HUTONG_ARCHIVE_DAYS", 30)
# Days between asking for a mall's erasure and the erasure, in which it can be taken back.
ERASURE_GRACE_DAYS = env.int("HUTONG_ERASURE_GRACE_DAYS", 30)
# Days that a domain rests before another mall may have it; days without proof after which a domain is turned off.
DOMAIN_QUARANTINE_DAYS = env.int("HUTONG_DOMAIN_QUARANTINE_DAYS", 30)
DOMAIN_PROOF_GRACE_DAYS = env.int("HUTONG_DOMAIN_PROOF_GRACE_DAYS", 7)
DOMAIN_RECHECK_HOURS = env.int("HUTONG_DOMAIN_RECHECK_HOURS", 6)
# Name servers that are asked for proofs ("127.0.0.1:5353"); by default those of the machine.
DNS_SERVERS: list[str] = env.list("HUTONG_DNS_SERVERS", [])
# The port at which tests serve the proof as a file on the loopback; 0, as production demands, reaches no machine of ours.
DOMAIN_PROOF_LOOPBACK_PORT: int = env.int("HUTONG_DOMAIN_PROOF_LOOPBACK_PORT", 0)

# --- What a left layer offers to a right one, by name (checked at start) ------------------------------------------------
# A mall made from an archive: called inside it, with tenant, is_copy, ended (public ids of who ended their account since) and now.
MALL_RESTORED: list[str] = [
    "saas.kernel.outbox.operations.settle_restored",
    "storefront.vouchers.restored.settle",
    "storefront.refunds.restored.settle",
    "storefront.orders.restored.settle",
    "storefront.promotions.restored.settle",
    "storefront.payments.restored.settle",
    "storefront.disputes.restored.settle",
    "cms.kits.operations.settle_restored",
    "storefront.mailings.restored.settle",
    "storefront.home.leaving.settle_restored",
    "tenants.entry.approvals.settle_restored",
]
# A mall that moved: called on the platform with from_schemas and to_schema, in the transaction that opens it.
MALL_MOVED: list[str] = [
    "billing.ledger.moving.follow",
    "billing.gateway.moving.follow",
    "billing.settlements.moving.follow",
    "billing.statements.moving.follow",
    "billing.packages.moving.follow",
    "ops_console.contracts.moving.follow",
    "ops_console.work.moving.follow",
    "ops_console.disputes.moving.follow",
    "ops_console.refunds.moving.follow",
    "ops_console.leads.moving.follow",
    "ops_console.reports.moving.follow",
    "ops_console.posts.leaving.follow",
    "ops_console.audits.moving.follow",
    "ops_console.mandates.moving.follow",
]
# What a mall owes its shoppers, for which its erasure waits: called inside it, returns tenants.erasure.owed.Owed by currency.
MALL_OWES: list[str] = ["storefront.refunds.owing.owed"]
# A mall that was erased: called on the platform with schema_name.
MALL_ERASED: list[str] = [
    "billing.gateway.moving.forget",
    "ops_console.contracts.moving.forget",
    "ops_console.work.moving.forget",
    "billing.packages.moving.end",
    "ops_console.disputes.moving.forget",
    "ops_console.refunds.moving.forget",
    "billing.statements.moving.forget",
    "tenants.heldwork.operations.forget",
    "ops_console.mandates.moving.forget",
    "ops_console.leads.operations.forget",
    "ops_console.reports.moving.forget",
    "ops_console.posts.leaving.forget",
    "ops_console.audits.moving.forget",
]
