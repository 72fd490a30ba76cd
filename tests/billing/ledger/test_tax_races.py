"""Two persons write the same payment to the tax office down at once, over real connections: it stands there once (M5, A4)."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from billing.ledger import operations, taxes
from billing.ledger.models import Account, TaxPayment
from billing.ledger.operations import Entry, Leg
from billing.ledger.taxes import PaymentDraft, TaxPaymentRefused
from saas.kernel.actors import Actor
from tenants.isolation.entrance import on_platform
from tenants.registry.models import Tenant
from tests.factories.races import Pause, together

WORKERS = 3
NOW = datetime(2026, 11, 20, tzinfo=UTC)
FAY = Actor(kind="agency", name="Fay", public_id="f" * 26)


def at_once(schema: str, reference: str) -> list[Any]:
    def ask() -> TaxPayment:
        with on_platform():
            return taxes.ask(draft=PaymentDraft("usd", date(2026, 11, 1), 10, reference), by=FAY, now=NOW)

    return together([ask] * WORKERS, schema=schema)


def test_a_payment_to_the_tax_office_is_written_down_once_however_many_do_it_at_once(
    committed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = Tenant.objects.get(slug="riverside").schema_name
    leg = Leg("commission_tax", Account.Kind.PROMOTIONS, Account.Kind.COMMISSION_TAX, 500)
    entry = Entry(key="taxed", tenant_schema=schema, currency="usd", legs=[leg], by="Bo", happened_at=NOW)
    operations.post(entry, journal_id="t" * 26, now=NOW)
    refused = [one for one in at_once(schema, "VAT 11") if isinstance(one, TaxPaymentRefused)]
    assert (len(refused), TaxPayment.objects.filter(reference="VAT 11").count()) == (WORKERS - 1, 1)
    # The negative control: without waiting for each other none sees what the others add.
    TaxPayment.objects.all().delete()
    monkeypatch.setattr(taxes, "alone", lambda _name: None)
    monkeypatch.setattr(taxes, "locked", Pause(WORKERS).locked)
    at_once(schema, "VAT 12")
    assert TaxPayment.objects.filter(reference="VAT 12").count() == WORKERS
