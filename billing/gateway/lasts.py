"""For how long a way of paying takes money back; after that it has to be paid another way."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Way:
    """A way of paying that refunds for `days` days only, in the currencies in which Stripe offers it."""

    name: object
    days: int
    currencies: frozenset[str]


# https://docs.stripe.com/payments/alipay and https://docs.stripe.com/payments/wechat-pay, "Refunds" and "Supported currencies"
WAYS = (
    Way(_("Alipay"), 90, frozenset("aud cad cny eur gbp hkd jpy myr nzd sgd usd".split())),
    Way(_("WeChat Pay"), 180, frozenset("aud cad chf cny dkk eur gbp hkd jpy nok sek sgd usd".split())),
)


def ways(currency: str) -> list[Way]:
    """Return the ways that a mall of the currency may be paid by and that end, the shortest first."""
    return [way for way in WAYS if currency.lower() in way.currencies]
