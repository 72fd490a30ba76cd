"""The tax on commissions on its way to the tax office: by month and kind, as a file, booked by a second person, taken back."""

from typing import Any

from billing.ledger import books, corrections, operations, taxes
from billing.ledger.models import Account, Correction, TaxPayment, Transfer
from billing.ledger.operations import Entry, Leg
from saas.audit.models import AuditEntry
from tenants.isolation.entrance import on_platform
from tests.factories.money import FINANCE, SECOND, World

Kind = Account.Kind
HERE = "/ops/finance/books/tax/"


def book_tax(world: World, *, taken_minor: int, given_back_minor: int) -> None:
    """Book a redemption's tax, and of another one's what went back, as `billing.ledger.subscribers` does."""
    for kind, sides, minor in (
        ("discount_borne_tax", (Kind.PROMOTIONS, Kind.COMMISSION_TAX), taken_minor),
        ("redemption_refunded_tax", (Kind.COMMISSION_TAX, Kind.STRIPE_CASH), given_back_minor),
    ):
        leg = Leg(kind, *sides, minor)
        entry = Entry(
            key=f"taxed:{kind}", tenant_schema=world.tenant.schema_name, currency="usd", legs=[leg], by="Bo",
            happened_at=world.now,
        )  # fmt: skip
        operations.post(entry, journal_id=f"{kind[:20]:x<26}", now=world.now)


def test_tax_goes_to_the_tax_office_by_two_persons_and_comes_back_by_a_correction_m5_a4(
    client_for: Any, tomas: Any, fay: Any, mei: Any, world: World
) -> None:
    with on_platform():
        book_tax(world, taken_minor=314, given_back_minor=14)
    first, second, month = client_for(None, tomas), client_for(None, fay), f"{world.now:%Y-%m}"
    assert client_for(None, mei).get(HERE).status_code == 403
    assert [(one.kind, one.amount_minor) for one in first.get(HERE).context["months"][0].lines] == [
        ("discount_borne_tax", 314),
        ("redemption_refunded_tax", -14),
    ]
    assert f"{month},usd,redemption_refunded_tax,1,-0.14" in first.get(f"{HERE}?format=csv").content.decode()
    said = {"currency": "usd", "amount": "3.00", "month": month, "reference": "VAT 11"}
    for wrong in ({"amount": "3.01"}, {"amount": "0"}, {"amount": "-1"}, {"amount": "1.005"}, {"month": "2999-01"}):
        assert first.post(f"{HERE}payments/", said | wrong).status_code == 422, wrong
    assert (TaxPayment.objects.count(), first.post(f"{HERE}payments/", said).status_code) == (0, 302)
    assert first.post(f"{HERE}payments/", said).status_code == 422, "all of it waits already"
    waiting = TaxPayment.objects.get()
    assert "1 payment to the tax office waits" in second.get("/ops/finance/").content.decode()
    first.post(f"{HERE}payments/{waiting.public_id}/book/")
    assert not Transfer.objects.filter(kind="tax_paid").exists(), "not by who wrote it down"
    second.post(f"{HERE}payments/{waiting.public_id}/book/")
    second.post(f"{HERE}payments/{waiting.public_id}/book/")
    (row,) = Transfer.objects.filter(kind="tax_paid")
    assert (row.debit.kind, row.credit.kind, row.amount_minor, row.tenant_schema, row.by) == (
        "tax_paid", "bank", 300, "", "Tomas, Fay",
    )  # fmt: skip
    assert "VAT 11" in first.get(f"/ops/finance/books/journals/{row.journal_id}/").content.decode()
    with on_platform():
        assert [(one.booked_minor, one.left_minor) for one in taxes.standing()] == [(300, 0)]
        asked = corrections.ask(journal_id=row.journal_id, reason="Paid in May", by=SECOND, now=world.now)
    first.post(f"/ops/finance/books/corrections/{asked.public_id}/make/")
    assert "Taken back" in first.get(HERE).content.decode()
    with on_platform():
        assert [one.left_minor for one in taxes.standing()] == [300]
        assert books.balance_differences() == []
    assert first.post(f"{HERE}payments/", said).status_code == 302, "its reference is free again"
    acts = AuditEntry.objects.filter(subject_kind="tax_payment", subject_id=waiting.public_id).order_by("pk")
    assert [(entry.action, entry.actor_name) for entry in acts] == [("tax.asked", "Tomas"), ("tax.booked", "Fay")]
    last = Correction.objects.get(pk=asked.pk).correcting_journal_id
    with on_platform():
        for is_gone in (False, True):  # the correction is corrected, and that one too
            again = corrections.ask(journal_id=last, reason="It was right", by=SECOND, now=world.now)
            last = corrections.make(correction=again.public_id, by=FINANCE, now=world.now).correcting_journal_id
            assert taxes.taken_back([row.journal_id]) == ({row.journal_id: last} if is_gone else {})
