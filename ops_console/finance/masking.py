"""Stripe's objects as staff may see them: what they are about, without the people in them."""

from typing import Any

MASK = "•••"
# Fields of Stripe's objects that say who somebody is, or that open something.
PERSONAL = frozenset(
    {
        "address",
        "client_secret",
        "customer_address",
        "customer_email",
        "customer_name",
        "customer_phone",
        "dob",
        "email",
        "exp_month",
        "exp_year",
        "fingerprint",
        "first_name",
        "hosted_invoice_url",
        "id_number",
        "invoice_pdf",
        "ip",
        "last4",
        "last_name",
        "line1",
        "line2",
        "name",
        "phone",
        "postal_code",
        "receipt_email",
        "receipt_url",
        "secret",
        "shipping",
        "ssn_last_4",
        "url",
    }
)


def masked(value: Any, key: str = "") -> Any:
    """Return a JSON value with every personal field replaced by a mark; empty ones stay, so that one sees that they were empty."""
    if key in PERSONAL and value not in (None, "", [], {}):
        return MASK
    if isinstance(value, dict):
        return {name: masked(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    return value
