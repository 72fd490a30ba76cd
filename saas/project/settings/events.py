"""What a left layer offers to a right one when something happens, by name (checked at start)."""

# Events of a mall's outbox -> functions of the platform, called with the event.
OUTBOX_SUBSCRIBERS: dict[str, list[str]] = {
    "order.paid": ["billing.ledger.subscribers.order_paid", "billing.settlements.subscribers.order_paid"],
    "voucher.redeemed": [
        "billing.ledger.subscribers.voucher_redeemed",
        "billing.settlements.subscribers.voucher_redeemed",
    ],
    # Settlements first bring an earning back to where the ledger takes it from.
    "voucher.redemption_undone": [
        "billing.settlements.subscribers.redemption_undone",
        "billing.ledger.subscribers.redemption_undone",
    ],
    "voucher.refunded": ["billing.ledger.subscribers.voucher_refunded"],
    "voucher.refund_failed": [
        "billing.settlements.subscribers.refund_failed",
        "billing.ledger.subscribers.refund_failed",
    ],
    "voucher.lapsed": ["billing.ledger.subscribers.voucher_lapsed"],
    "redemption.refunded": [
        "billing.settlements.subscribers.redemption_refunded",
        "billing.ledger.subscribers.redemption_refunded",
    ],
    "dispute.changed": [
        "billing.settlements.subscribers.dispute_changed",
        "ops_console.disputes.subscribers.dispute_changed",
    ],
    "dispute.opened": ["billing.ledger.subscribers.dispute_opened"],
    "dispute.won": ["billing.ledger.subscribers.dispute_won"],
    "dispute.lost": ["billing.settlements.subscribers.dispute_lost", "billing.ledger.subscribers.dispute_lost"],
    "payment.unassigned": ["billing.ledger.subscribers.payment_unassigned"],
    "payment.returned": ["billing.ledger.subscribers.payment_returned"],
    "payment.return_failed": ["billing.ledger.subscribers.payment_return_failed"],
    "refund.trouble": [
        "ops_console.portfolio.subscribers.refund_trouble",
        "ops_console.refunds.subscribers.refund_trouble",
    ],
    "agency.acted": ["ops_console.mandates.subscribers.agency_acted"],
    "promotion.answered": ["ops_console.promotions.operations.promotion_answered"],
    "terms.answered": ["ops_console.terms.operations.terms_answered"],
    "deal.submitted": ["ops_console.audits.subscribers.deal_submitted"],
    "deal.ended": ["ops_console.audits.subscribers.deal_ended"],
    "approval.changed": ["ops_console.mandates.subscribers.approval_changed"],
    "ticket.misused": ["ops_console.mandates.subscribers.ticket_misused"],
    "person.ended": ["tenants.erasure.people.person_ended"],
    "agency.left": ["ops_console.mandates.subscribers.agency_left"],
}
# What a visit of the agency may do now: called on the platform with visit, schema and now on each request of a visit.
# Kinds of approvals -> what carries them out in the mall once a second person has agreed; see tenants.entry.approvals.
APPROVED_ACTS = {
    "refund": "storefront.refunds.operations.carry_out",
    "price_cut": "cms.backoffice.deals.operations.carry_out",
}
# Says in the platform's schema whether who buys in a mall works for the agency that hosts it (R3); see storefront.checkout.buyers.
AGENCY_BUYERS = "ops_console.mandates.standing.is_own_person"
VISIT_STANDING = "ops_console.mandates.standing.of_visit"
# Stripe events -> tasks of a mall, sent into the mall that the payment reference names.
STRIPE_EVENT_TASKS: dict[str, str] = {
    "checkout.session.completed": "storefront.checkout.payment_changed",
    "checkout.session.async_payment_succeeded": "storefront.checkout.payment_changed",
    "checkout.session.async_payment_failed": "storefront.checkout.payment_changed",
    "checkout.session.expired": "storefront.checkout.payment_changed",
    "refund.created": "storefront.refunds.refund_changed",
    "refund.updated": "storefront.refunds.refund_changed",
    "refund.failed": "storefront.refunds.refund_changed",
    "charge.dispute.created": "storefront.disputes.dispute_changed",
    "charge.dispute.updated": "storefront.disputes.dispute_changed",
    "charge.dispute.funds_withdrawn": "storefront.disputes.dispute_changed",
    "charge.dispute.funds_reinstated": "storefront.disputes.dispute_changed",
    "charge.dispute.closed": "storefront.disputes.dispute_changed",
}
# Stripe events -> tasks of the platform, sent with kind, object_id, tenant_schema, account_id and payment_reference ("" where
# the event is about no try to pay). A mall's task above gets kind, object_id and payment_reference.
STRIPE_PLATFORM_TASKS: dict[str, list[str]] = {
    "account.updated": ["billing.gateway.account_changed"],
    "account.application.deauthorized": ["billing.gateway.account_changed"],
    "capability.updated": ["billing.gateway.account_changed"],
    "payout.created": ["billing.payouts.payout_changed"],
    "payout.updated": ["billing.payouts.payout_changed"],
    "payout.paid": ["billing.payouts.payout_changed"],
    "payout.failed": ["billing.payouts.payout_changed"],
    "customer.subscription.created": ["billing.packages.subscription_changed"],
    "customer.subscription.updated": ["billing.packages.subscription_changed"],
    "customer.subscription.deleted": ["billing.packages.subscription_changed"],
    "invoice.finalized": ["billing.packages.invoice_changed"],
    "invoice.paid": ["billing.packages.invoice_changed"],
    "invoice.payment_failed": ["billing.packages.invoice_changed"],
    "invoice.updated": ["billing.packages.invoice_changed"],
    "invoice.voided": ["billing.packages.invoice_changed"],
    "invoice.marked_uncollectible": ["billing.packages.invoice_changed"],
}
