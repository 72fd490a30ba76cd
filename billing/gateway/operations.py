"""What malls ask of the gateway at a sale and its return; the rest is in the modules beside this one. Never inside a transaction."""

from .checkouts import (
    CheckoutLine,
    CheckoutPage,
    CheckoutRequest,
    CheckoutState,
    ReferenceReused,
    expire_checkout,
    open_checkout,
    read_checkout,
)
from .client import (
    AccountRestricted,
    AlreadyRefunded,
    AmountTooSmall,
    ChargeDisputed,
    GatewayUnavailable,
    InsufficientFunds,
    KeyReused,
    NotThere,
    PaymentRefused,
)
from .refunds import RefundRequest, RefundState, read_refund, refund

__all__ = [
    "AccountRestricted",
    "AlreadyRefunded",
    "AmountTooSmall",
    "ChargeDisputed",
    "CheckoutLine",
    "CheckoutPage",
    "CheckoutRequest",
    "CheckoutState",
    "GatewayUnavailable",
    "InsufficientFunds",
    "KeyReused",
    "NotThere",
    "PaymentRefused",
    "ReferenceReused",
    "RefundRequest",
    "RefundState",
    "expire_checkout",
    "open_checkout",
    "read_checkout",
    "read_refund",
    "refund",
]
