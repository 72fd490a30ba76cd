"""Test cards: what each number does. Any other number is refused, and no number is ever kept whole."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from billing.sandbox.errors import Json


@dataclass(frozen=True)
class Refusal:
    """Why a payment did not go through, in Stripe's words."""

    code: str
    decline_code: str | None
    message: str


def _declined(reason: str, message: str = "Your card was declined.") -> Refusal:
    return Refusal("card_declined", reason, message)


INSUFFICIENT = _declined("insufficient_funds", "Your card has insufficient funds.")
NOT_A_TEST_CARD = _declined(
    "test_mode_live_card", "Your card was declined. This is the sandbox, and that is not one of its test cards."
)
AUTHENTICATION_FAILED = Refusal(
    "payment_intent_authentication_failure",
    None,
    "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
)


@dataclass(frozen=True)
class KnownCard:
    """
    One test card. `refund` is what becomes of a refund: `succeeded`, `later` (pending first) or `fails` (later).

    `dispute` says that its holder disputes the charge, `inquiry` that the bank asks about it.
    """

    number: str
    does: str
    refusal: Refusal | None = None
    challenge: bool = False
    refund: str = "succeeded"
    dispute: bool = False
    inquiry: bool = False


KNOWN_CARDS = (
    KnownCard("4242424242424242", "pays"),
    KnownCard("5555555555554444", "pays (Mastercard)"),
    KnownCard("378282246310005", "pays (American Express)"),
    KnownCard("6200000000000005", "pays (UnionPay)"),
    KnownCard("4000000000003220", "asks for 3-D Secure, then pays", challenge=True),
    KnownCard("4000002760003184", "asks for 3-D Secure, then pays", challenge=True),
    KnownCard(
        "4000008400001629", "asks for 3-D Secure, then is declined", _declined("generic_decline"), challenge=True
    ),
    KnownCard("4000000000000002", "is declined", _declined("generic_decline")),
    KnownCard("4000000000009995", "has insufficient funds", INSUFFICIENT),
    KnownCard("4000000000009987", "is reported lost", _declined("lost_card")),
    KnownCard("4000000000009979", "is reported stolen", _declined("stolen_card")),
    KnownCard("4000000000000069", "has expired", Refusal("expired_card", "expired_card", "Your card has expired.")),
    KnownCard(
        "4000000000000127",
        "has another security code",
        Refusal("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."),
    ),
    KnownCard(
        "4000000000000119",
        "meets an error at the bank",
        Refusal(
            "processing_error",
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
        ),
    ),
    KnownCard("4000000000007726", "pays; a refund is pending, then succeeds", refund="later"),
    KnownCard("4000000000000259", "pays; its holder disputes the charge", dispute=True),
    KnownCard("4000000000001976", "pays; its holder's bank asks about the charge", inquiry=True),
    KnownCard("4000000000005126", "pays; a refund succeeds, then fails", refund="fails"),
)
BY_NUMBER = {card.number: card for card in KNOWN_CARDS}
BRANDS = (("34", "amex"), ("37", "amex"), ("62", "unionpay"), ("4", "visa"), ("5", "mastercard"))


@dataclass(frozen=True)
class Card:
    """A card as somebody gave it, without its number: how it is shown, and what it will do."""

    brand: str
    last4: str
    exp_month: int
    exp_year: int
    test: KnownCard | None

    @property
    def refusal(self) -> Refusal | None:
        """Why it will be refused, or None when it pays."""
        return self.test.refusal if self.test else NOT_A_TEST_CARD

    @property
    def details(self) -> Json:
        """The `card` of a payment method."""
        return {
            "brand": self.brand,
            "country": "US",
            "display_brand": self.brand,
            "exp_month": self.exp_month,
            "exp_year": self.exp_year,
            "fingerprint": None,
            "funding": "credit",
            "last4": self.last4,
            "networks": {"available": [self.brand], "preferred": None},
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        }


class CardErrors(Exception):
    """What is wrong with what was typed: field name → sentence."""

    def __init__(self, errors: dict[str, str]):
        super().__init__("; ".join(errors.values()))
        self.errors = errors


def given(number: str, expiry: str, cvc: str, *, now: int) -> Card:
    """
    Return the card that was typed.

    :raises CardErrors: a number that fails its check digit, an expiry that is past or unreadable, a short code
    """
    errors: dict[str, str] = {}
    digits = re.sub(r"[\s-]", "", number)
    if not re.fullmatch(r"[0-9]{12,19}", digits) or not passes_luhn(digits):
        errors["card_number"] = "Your card number is invalid."
    read = re.fullmatch(r"\s*(\d{1,2})\s*/?\s*(\d{2}|\d{4})\s*", expiry)
    month, year = (int(read[1]), int(read[2]) % 100 + 2000) if read else (0, 0)
    today = datetime.fromtimestamp(now, UTC)
    if not 1 <= month <= 12:
        errors["card_expiry"] = "Write the expiry date as month and year, such as 12 / 34."
    elif (year, month) < (today.year, today.month):
        errors["card_expiry"] = "Your card's expiry date is in the past."
    if not re.fullmatch(r"[0-9]{3,4}", cvc.strip()):
        errors["card_cvc"] = "Your card's security code is incomplete."
    if errors:
        raise CardErrors(errors)
    brand = next((name for start, name in BRANDS if digits.startswith(start)), "unknown")
    return Card(brand, digits[-4:], month, year, BY_NUMBER.get(digits))


def of(number: str, *, now: int) -> Card:
    """Return a card with this number and an expiry and code that are in order."""
    year = datetime.fromtimestamp(now, UTC).year + 4
    return given(number, f"12/{year}", "123", now=now)


def passes_luhn(digits: str) -> bool:
    """Say whether the check digit is right."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
