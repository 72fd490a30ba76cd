"""Why checkout refuses. Each says to the shopper what to do; nothing has changed and nothing was charged."""

from django.utils.translation import gettext_lazy as _

from saas.kernel.errors import DomainError


class DealUnavailable(DomainError):
    """The deal is not on sale: a draft, not started, ended, sold out, or its vouchers would be over. `state` says which."""

    code = "deal_unavailable"
    message = _("This deal cannot be bought right now.")


class TooFewLeft(DealUnavailable):
    """Fewer units are left than were wanted. `left` says how many."""

    code = "too_few_left"


class PersonalLimit(DomainError):
    """The shopper would have more units than one person may buy. `limit` and `taken` say the numbers."""

    code = "personal_limit"


class TooManyHolds(DomainError):
    """The shopper holds units in too many unpaid orders. `limit` says how many may be open."""

    code = "too_many_holds"


class PriceChanged(DomainError):
    """The price is another one than the page showed. `price_minor` is the price now."""

    code = "price_changed"
    message = _("The price has changed since you opened this page. Please look at the new total before you pay.")


class AmountTooLarge(DomainError):
    """The sum is above what one payment can be."""

    code = "amount_too_large"
    message = _("This is more than one payment can be. Please choose a smaller quantity.")


class RequestChanged(DomainError):
    """The form was sent before with other contents. `order` is the order that it made (its public id)."""

    code = "request_changed"
    message = _(
        "You have already sent this form with other details. Look at that order first, or send the form again to make a new one."
    )


class OrderNotPayable(DomainError):
    """The order is not waiting for a payment: paid, closed, its time is up, or sales are stopped."""

    code = "order_not_payable"
    message = _("This order cannot be paid any more. Nothing was charged.")


class OrderNotCancellable(DomainError):
    """The order is not waiting for a payment any more."""

    code = "order_not_cancellable"
    message = _("This order cannot be cancelled any more.")
