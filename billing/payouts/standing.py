"""How a merchant's account at Stripe stands, and what Stripe still wants, in plain words."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.gateway.accounts import AccountState

# The end of a field's name → what it asks of the merchant. The longest end wins.
# https://docs.stripe.com/api/accounts/object#account_object-requirements
_SENTENCES = {
    "external_account": gettext_lazy("The bank account that your money is sent to."),
    "business_type": gettext_lazy("Whether you trade as a person or as a company."),
    "business_profile.mcc": gettext_lazy("What kind of business you run."),
    "business_profile.url": gettext_lazy("Your address on the web, or a few words about what you sell."),
    "business_profile.product_description": gettext_lazy("A few words about what you sell."),
    "business_profile.support_phone": gettext_lazy("A telephone number for your customers."),
    "tos_acceptance.date": gettext_lazy("Your yes to Stripe's terms."),
    "tos_acceptance.ip": gettext_lazy("Your yes to Stripe's terms."),
    "first_name": gettext_lazy("The name of the person who answers for the business."),
    "last_name": gettext_lazy("The name of the person who answers for the business."),
    "dob.day": gettext_lazy("The date of birth of that person."),
    "dob.month": gettext_lazy("The date of birth of that person."),
    "dob.year": gettext_lazy("The date of birth of that person."),
    "email": gettext_lazy("An e-mail address of that person."),
    "phone": gettext_lazy("A telephone number of that person."),
    "id_number": gettext_lazy("The identity or tax number of that person."),
    "ssn_last_4": gettext_lazy("The last four digits of that person's social security number."),
    "address.line1": gettext_lazy("An address with street and number."),
    "address.city": gettext_lazy("An address with street and number."),
    "address.postal_code": gettext_lazy("An address with street and number."),
    "address.state": gettext_lazy("An address with street and number."),
    "verification.document": gettext_lazy(
        "A photo of an identity document: passport, identity card or driving licence."
    ),
    "verification.additional_document": gettext_lazy("A second document that shows the home address."),
    "company.name": gettext_lazy("The registered name of the company."),
    "company.tax_id": gettext_lazy("The company's registration or tax number."),
    "company.phone": gettext_lazy("The company's telephone number."),
    "company.verification.document": gettext_lazy("A document that proves the company is registered."),
    "company.owners_provided": gettext_lazy("Who owns the company."),
    "company.directors_provided": gettext_lazy("Who directs the company."),
    "company.executives_provided": gettext_lazy("Who manages the company."),
    "relationship.title": gettext_lazy("What that person does in the company."),
}
_REASONS = {
    "requirements.past_due": gettext_lazy("Stripe sends nothing until it has what is listed here."),
    "requirements.pending_verification": gettext_lazy("Stripe is checking what you sent. That takes a day or two."),
    "under_review": gettext_lazy(
        "Stripe is looking at the account. You need do nothing; it writes if it needs something."
    ),
    "listed": gettext_lazy("Stripe compares the account with lists that it must look at. You need do nothing."),
    "platform_paused": gettext_lazy("The platform has paused this account. Please write to us."),
}
_REFUSED = gettext_lazy("Stripe has refused this account. Only Stripe can say why; it has written to you.")


@dataclass(frozen=True)
class Standing:
    """
    An account in words. `state`: none, begun, checking, ready, due (ready, but something is wanted by a day), restricted, closed.

    `wanted` are sentences, `errors` is what Stripe did not accept, in its words; `may_go_on`: its page can be opened.
    """

    state: str
    word: str
    kind: str
    lead: str
    text: str
    wanted: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    deadline_at: datetime | None = None
    bank_last4: str = ""
    may_go_on: bool = True

    @property
    def is_ready(self) -> bool:
        """Whether money can be sent there and on to the bank."""
        return self.state in ("ready", "due")


def standing_of(account: AccountState | None) -> Standing:
    """Return how an account stands, as Stripe was last asked; None: it was never opened."""
    if account is None:
        text = _("Stripe asks on its own page who you are and where your money goes. It takes about five minutes.")
        return Standing("none", _("Not connected"), "warning", _("Connect payouts to be paid"), text)
    if not account.is_connected:
        text = _("Our access to the account was taken away. What you earn stays yours; write to us to connect again.")
        lead = _("Your account at Stripe is disconnected")
        return Standing("closed", _("Disconnected"), "danger", lead, text, may_go_on=False)
    wanted = sentences(account.currently_due)
    if account.can_receive and account.can_pay_out:
        return _ready(account, wanted)
    if account.disabled_reason.startswith("rejected"):
        lead = _("Stripe does not accept the account")
        return Standing(
            "restricted", _("Refused"), "danger", lead, str(_REFUSED), errors=account.errors, may_go_on=False
        )
    if not account.details_submitted:
        text = _("You have begun. Stripe still wants what is listed here; you can go on where you stopped.")
        return Standing("begun", _("Begun"), "warning", _("Go on at Stripe to be paid"), text, wanted, account.errors)
    if not wanted:
        text = str(_REASONS.get(account.disabled_reason, _REASONS["requirements.pending_verification"]))
        return Standing("checking", _("Being checked"), "info", _("Stripe is checking your details"), text)
    text = str(_REASONS.get(account.disabled_reason, _REASONS["requirements.past_due"]))
    lead = _("Stripe holds your account back")
    return Standing("restricted", _("Held back"), "danger", lead, text, wanted, account.errors, account.deadline_at)


def _ready(account: AccountState, wanted: tuple[str, ...]) -> Standing:
    if not wanted:
        text = _("What is settled is sent to your account at Stripe, and Stripe pays it to your bank.")
        return Standing(
            "ready", _("Connected"), "success", _("Payouts are connected"), text, bank_last4=account.bank_last4
        )
    return Standing(
        "due",
        _("Something is wanted"),
        "warning",
        _("Payouts are connected, and Stripe wants something"),
        _("Nothing has stopped. Give Stripe what is listed here before the day it names, or it stops paying you."),
        wanted,
        account.errors,
        account.deadline_at,
        account.bank_last4,
    )


def sentences(fields: tuple[str, ...]) -> tuple[str, ...]:
    """Return what Stripe's fields ask for, each sentence once, in their order."""
    return tuple(dict.fromkeys(_sentence(field) for field in fields))


def _sentence(field: str) -> str:
    parts = field.split(".")
    for first in range(len(parts)):
        known = _SENTENCES.get(".".join(parts[first:]))
        if known is not None:
            return str(known)
    return _("%(thing)s, as Stripe explains on its page.") % {"thing": capfirst(parts[-1].replace("_", " "))}
