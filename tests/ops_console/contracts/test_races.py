"""Both sides sign at once, over real connections in a database that commits: all of it begins once, or what is lost is seen."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from billing.packages.models import Subscription
from ops_console.contracts import drafting, signing
from ops_console.contracts.models import Contract, ContractVersion, Signature
from ops_console.mandates import roles
from ops_console.mandates.models import Mandate
from ops_console.work.models import Plan
from saas.accounts.middleware import actor_for
from saas.audit.models import AuditEntry
from tenants.isolation.entrance import on_platform
from tenants.registry.models import Tenant
from tests.factories import hosting
from tests.factories.races import Pause, together
from tests.factories.visiting import staff

START = date(2026, 11, 23)


def pressed(version: ContractVersion, side: str, person: Any, now: datetime) -> Callable[[], str]:
    """Return a press on "sign" of one side, that says how it went."""
    contract, hand = version.contract.public_id, hosting.hand(version)

    def act() -> str:
        with on_platform():
            if side == "merchant":
                schema = version.contract.tenant.schema_name
                signing.sign(contract=contract, schema=schema, hand=hand, by=hosting.ALMA, now=now)
            else:
                signing.countersign(contract=contract, person=person, hand=hand, by=actor_for(person), now=now)
        return "signed"

    return act


@pytest.mark.parametrize("with_lock", [True, False])
def test_both_sides_sign_at_once_and_without_the_lock_nobody_sees_that_both_have(
    committed: None, now: datetime, monkeypatch: pytest.MonkeyPatch, with_lock: bool
) -> None:
    """Each side presses twice: two signatures, one contract at work. With its negative control, in which neither sees the other's."""
    tenant = Tenant.objects.get(slug="riverside")
    mei = staff("mei.races@hutong.example", "Mei", roles.ACCOUNT_MANAGER)
    version = hosting.sent(tenant, mei, now=now, starts_on=START)
    sides = ["merchant", "agency"] * (2 if with_lock else 1)
    if not with_lock:
        pause = Pause(len(sides))
        monkeypatch.setattr(drafting, "locked_one", pause.locked_one)
        monkeypatch.setattr(signing, "note", lambda *_args, **_more: None)
        monkeypatch.setattr(signing, "_tell", lambda *_args: pause.meet())
    found = together([pressed(version, side, mei, now) for side in sides], schema=tenant.schema_name)
    assert Signature.objects.filter(version=version).count() == 2
    version.refresh_from_db()
    contract = Contract.objects.get()
    if not with_lock:
        assert found == ["signed", "signed"]
        assert (version.state, contract.state, Plan.objects.count()) == ("sent", "sent", 0)
        return
    # Who comes when it is decided is told so.
    assert found.count("signed") >= 2
    assert all(one == "signed" or isinstance(one, drafting.NotNow) for one in found)
    assert (version.state, contract.state) == ("signed", "signed")
    assert (Plan.objects.count(), Mandate.objects.count(), Subscription.objects.count()) == (2, 1, 1)
    assert AuditEntry.objects.filter(action="contract.concluded").count() == 1
