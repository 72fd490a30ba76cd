"""The papers of a package that Stripe makes: invoices and credit notes as PDF."""

from billing.gateway import invoices as stripe

from .models import Credit, Invoice


def address_of(kind: str, number: str, *, schema: str) -> str:
    """
    Return where Stripe gives a paper of a mall as PDF now: of `kind` "invoices" by our public id, of "credits" by our number. Empty where
    there is none, another mall's or another kind included. Never inside a transaction.

    :raises GatewayUnavailable: no clear answer
    """
    if kind == "invoices":
        invoice = Invoice.objects.filter(public_id=number, subscription__tenant_schema=schema).first()
        return stripe.invoice_file(invoice.stripe_invoice) if invoice else ""
    if kind != "credits":
        return ""
    credit = Credit.objects.filter(pk=int(number) if number.isdecimal() and len(number) < 19 else 0)
    found = credit.filter(invoice__subscription__tenant_schema=schema, lowers=True).first()
    return stripe.credit_file(found.key) if found else ""
