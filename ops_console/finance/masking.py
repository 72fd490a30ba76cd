"""Stripe's objects as staff may see them: what they are about, without the people in them."""

import re
from typing import Any

MASK = "•••"
# Fields of Stripe's objects that say who somebody is, or that open something.
PERSONAL = frozenset(
    {
        "access_activity_log",
        "address",
        "billing_address",
        "client_secret",
        "customer_address",
        "customer_email",
        "customer_name",
        "customer_phone",
        "customer_purchase_ip",
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
        "shipping_address",
        "ssn_last_4",
        "uncategorized_text",
        "url",
    }
)
# An address wherever it stands in a text: of people and of machines.
_ADDRESSES = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b\d{1,3}(?:\.\d{1,3}){3}\b")


def masked(value: Any, key: str = "") -> Any:
    """
    Return a JSON value with every personal field replaced by a mark, and so are addresses in other texts; empty ones stay, so that one
    sees that they were empty.
    """
    if key in PERSONAL and value not in (None, "", [], {}):
        return MASK
    if isinstance(value, dict):
        return {name: masked(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    return _ADDRESSES.sub(MASK, value) if isinstance(value, str) else value
