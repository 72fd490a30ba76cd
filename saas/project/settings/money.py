"""Stripe, and the rules of money that an operator may set."""

from environs import validate

from .places import env

STRIPE_API_BASE = env.str("STRIPE_API_BASE", "https://api.stripe.com")
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", "")
# Signing secrets of the two endpoints, /stripe/events/ and /stripe/connect-events/; two each while one is being changed.
STRIPE_WEBHOOK_SECRETS: list[str] = env.list("STRIPE_WEBHOOK_SECRET", [])
STRIPE_CONNECT_WEBHOOK_SECRETS: list[str] = env.list("STRIPE_CONNECT_WEBHOOK_SECRET", [])
# Minutes that a shopper has to pay. Stripe's hosted page cannot expire sooner than 30 minutes after it is opened.
CHECKOUT_HOLD_MINUTES = env.int("HUTONG_CHECKOUT_HOLD_MINUTES", 35)
# Tries to buy and to pay that one client may make in an hour, over all malls.
CHECKOUTS_PER_HOUR = env.int("HUTONG_CHECKOUTS_PER_HOUR", 120)

# Says what a mall's own rows know of money, called inside the mall with since.
MALL_MONEY_FACTS = "storefront.vouchers.facts.money_facts"
# A settlement run of which one currency's sum is above this, in its minor units, needs a second person's approval; a currency may have
# a limit of its own ("jpy=1500000,cny=7000000").
SETTLEMENT_SECOND_PERSON_MINOR = env.int("HUTONG_SECOND_PERSON_MINOR", 1_000_000)
SETTLEMENT_SECOND_PERSON_BY_CURRENCY: dict[str, int] = env.dict(
    "HUTONG_SECOND_PERSON_BY_CURRENCY", {}, subcast_values=int
)
# cn, us, eu or other for all malls; empty: by each mall's currency. See billing.jurisdictions.
JURISDICTION = env.str("HUTONG_JURISDICTION", "", validate=validate.OneOf(["", "cn", "us", "eu", "other"]))
# Tax on the platform's commission in new terms of all malls, basis points of the commission; not set: by each mall's place.
COMMISSION_TAX_BP: int | None = env.int("HUTONG_COMMISSION_TAX_BP", None, validate=validate.Range(0, 10_000))

# Count what is paid for each unit, by `Price.counts`: called with a mall's schema, since, until; see billing.packages.usage.Counter.
USAGE_COUNTERS = {"posts": "ops_console.posts.counting.published"}

# Days between the notice that a service package is past due and the day from which no deals can be published.
PACKAGE_NOTICE_DAYS = env.int("HUTONG_PACKAGE_NOTICE_DAYS", 14)

# --- Refunds ----------------------------------------------------------------------------------------------------------
# Days that a merchant has to answer a shopper who asks for the money of a used voucher, and what happens without an answer (X5):
# "refund" or "decline".
REFUND_DECISION_DAYS = env.int("HUTONG_REFUND_DECISION_DAYS", 3)
REFUND_UNANSWERED = env.str("HUTONG_REFUND_UNANSWERED", "refund", validate=validate.OneOf(["refund", "decline"]))

# --- Vouchers ---------------------------------------------------------------------------------------------------------
# Minutes in which a redemption can be undone. The merchant's money is pending for as long.
VOUCHER_UNDO_MINUTES = env.int("HUTONG_VOUCHER_UNDO_MINUTES", 60)
# Values that SECRET_KEY had while vouchers that still stand were issued, newest first: their codes are derived from it.
VOUCHER_KEY_FALLBACKS: list[str] = env.list("HUTONG_VOUCHER_KEY_FALLBACKS", [])
