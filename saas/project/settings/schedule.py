"""What beat starts, and how often in seconds."""

from typing import Any

CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "relay-sweep": {"task": "tenants.relay.sweep", "schedule": 20.0},
    "forget-registry-changes": {"task": "tenants.registry.forget_changes", "schedule": 3600.0},
    "release-held-work": {"task": "tenants.heldwork.release", "schedule": 20.0},
    "refill-pool": {"task": "tenants.provisioning.refill_pool", "schedule": 30.0},
    "clear-abandoned-openings": {"task": "tenants.provisioning.clear_abandoned", "schedule": 60.0},
    "release-holds": {
        "task": "tenants.relay.in_every_mall",
        "schedule": 30.0,
        "kwargs": {"name": "storefront.checkout.release_expired_holds"},
    },
    "refund-expired": {
        "task": "tenants.relay.in_every_mall",
        "schedule": 180.0,
        "kwargs": {"name": "storefront.refunds.refund_expired"},
    },
    "lapse-vouchers": {
        "task": "tenants.relay.in_every_mall",
        "schedule": 3600.0,
        "kwargs": {"name": "storefront.vouchers.lapse_ended"},
    },
    "look-at-disputes": {
        "task": "tenants.relay.in_every_mall",
        "schedule": 3600.0,
        "kwargs": {"name": "storefront.disputes.sweep"},
    },
    "forget-buyers-addresses": {
        "task": "tenants.relay.in_every_mall",
        "schedule": 86400.0,
        "kwargs": {"name": "storefront.disputes.forget_addresses"},
    },
    "forget-spent-limits": {
        "task": "tenants.relay.in_every_mall",
        "schedule": 86400.0,
        "kwargs": {"name": "storefront.orders.forget_spent"},
    },
    "gateway-catch-up": {"task": "billing.gateway.catch_up", "schedule": 60.0},
    "find-disputes": {"task": "billing.gateway.find_disputes", "schedule": 3600.0},
    "release-earnings": {"task": "billing.settlements.release_due", "schedule": 300.0},
    "propose-settlements": {"task": "billing.settlements.propose", "schedule": 1800.0},
    "read-movements": {"task": "billing.reconciliation.read_movements", "schedule": 900.0},
    "read-payouts": {"task": "billing.payouts.read_payouts", "schedule": 1800.0},
    "issue-statements": {"task": "billing.statements.issue_due", "schedule": 3600.0},
    "reconcile": {"task": "billing.reconciliation.reconcile", "schedule": 86400.0},
    "look-at-packages": {"task": "billing.packages.look_again", "schedule": 21600.0},
    "packages-daily": {"task": "billing.packages.daily", "schedule": 3600.0},
    "generate-work": {"task": "ops_console.work.generate", "schedule": 900.0},
    "sweep-work": {"task": "ops_console.work.sweep", "schedule": 60.0},
    "move-contracts-on": {"task": "ops_console.contracts.move_on", "schedule": 30.0},
    "posts-sweep": {"task": "ops_console.posts.sweep", "schedule": 30.0},
    "tell-verdicts": {"task": "ops_console.audits.tell_all", "schedule": 60.0},
    "lapse-second-yeses": {
        "task": "tenants.relay.in_every_mall",
        "schedule": 3600.0,
        "kwargs": {"name": "tenants.entry.lapse_approvals"},
    },
    "withdraw-unanswered-offers": {
        "task": "tenants.relay.in_every_mall",
        "schedule": 21600.0,
        "kwargs": {"name": "storefront.promotions.withdraw_unanswered"},
    },
    "close-visits": {"task": "ops_console.mandates.close_ended", "schedule": 30.0},
    "keep-visits": {"task": "ops_console.reports.keep_visits", "schedule": 300.0},
    "issue-reports": {"task": "ops_console.reports.issue_due", "schedule": 1800.0},
    "bill-credits": {"task": "ops_console.reports.bill_credits", "schedule": 900.0},
    "sweep-archives": {"task": "tenants.archives.sweep", "schedule": 60.0},
    "sweep-erasures": {"task": "tenants.erasure.sweep", "schedule": 60.0},
    "check-domains": {"task": "tenants.domains.check_again", "schedule": 600.0},
    "survey-malls": {"task": "ops_console.health.survey", "schedule": 60.0},
    "examine": {"task": "ops_console.health.examine", "schedule": 900.0, "options": {"expires": 600}},
    # Beat's pulse, one for each queue. Where no worker takes it, it expires instead of piling up.
    "pulse": {
        "task": "ops_console.health.pulse",
        "schedule": 30.0,
        "kwargs": {"queue": "celery"},
        "options": {"queue": "celery", "expires": 60},
    },
    "pulse-background": {
        "task": "ops_console.health.pulse",
        "schedule": 30.0,
        "kwargs": {"queue": "background"},
        "options": {"queue": "background", "expires": 60},
    },
}
