"""Modules with templates, quotes and contracts of a mall, signed or not."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from billing.packages.models import Module, Price
from ops_console.contracts import drafting, quoting, signing
from ops_console.contracts.drafting import Commission, Terms
from ops_console.contracts.models import Contract, ContractVersion, Quote
from ops_console.contracts.quoting import QuoteDraft
from ops_console.contracts.signing import Hand
from ops_console.work.models import TaskTemplate
from saas.accounts.middleware import actor_for
from saas.kernel.actors import Actor

ALMA = Actor(kind="merchant", name="Alma", public_id="alma")
POSTS = "FREQ=WEEKLY;BYDAY=MO,WE,FR"


def module(name: str = "Social", *, now: datetime) -> Module:
    """A module at 200.00 a month with two templates: three posts a week, and one thing at the start."""
    found, is_new = Module.objects.get_or_create(name=name)
    if is_new:
        Price.objects.create(module=found, kind="monthly", currency="usd", amount_minor=20_000, created_at=now)
        common = {
            "module": found,
            "at": "10:00",
            "evidence": ["link"],
            "permissions": ["content.edit", "content.publish"],
        }
        TaskTemplate.objects.create(
            key=f"{name.lower()}-a-post", title="Post", rrule=POSTS, credit_minor=1500, **common
        )
        TaskTemplate.objects.create(key=f"{name.lower()}-b-setup", title="Set up the channels", rrule="", **common)
    return found


def quote(tenant: Any, person: Any, *, now: datetime, language: str = "en") -> Quote:
    """A quote of the module for a mall."""
    prices = list(module(now=now).prices.values_list("public_id", flat=True))
    draft = QuoteDraft(tenant, "Hosting", language, prices, (), 3, 30)
    return quoting.make(draft, by=actor_for(person), now=now)


def draft(
    tenant: Any, person: Any, *, now: datetime, starts_on: date, ends_on: date | None = None, pays_by: str = "invoice"
) -> Contract:
    """A contract that nobody has been sent."""
    commission = Commission(tenant, person, pays_by, Terms(starts_on, ends_on, 3, 30))
    return drafting.draft(
        quote=quote(tenant, person, now=now).public_id, commission=commission, by=actor_for(person), now=now
    )


def sent(tenant: Any, person: Any, *, now: datetime, **terms: Any) -> ContractVersion:
    """A contract that waits for both signatures."""
    contract = draft(tenant, person, now=now, **terms)
    return signing.send(contract=contract.public_id, by=actor_for(person), now=now)


def hand(version: ContractVersion, name: str = "Alma Reyes") -> Hand:
    """How somebody signs who has read the text."""
    return Hand(name, "alma@riverside.example", version.text_hash, "203.0.113.9", "Firefox")


def sign_both(version: ContractVersion, tenant: Any, person: Any, *, now: datetime) -> Contract:
    """Sign for the merchant, then for the agency."""
    contract = version.contract.public_id
    signing.sign(contract=contract, schema=tenant.schema_name, hand=hand(version), by=ALMA, now=now)
    by = actor_for(person)
    signing.countersign(contract=contract, person=person, hand=hand(version, "Mei Tan"), by=by, now=now)
    return Contract.objects.get(public_id=contract)


def signed(tenant: Any, person: Any, *, now: datetime, **terms: Any) -> Contract:
    """A contract that both signed."""
    return sign_both(sent(tenant, person, now=now, **terms), tenant, person, now=now)


def zone_of(tenant: Any) -> ZoneInfo:
    """The mall's time zone."""
    return ZoneInfo(tenant.time_zone)
