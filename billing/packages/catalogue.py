"""The catalogue: modules, their prices, and packages of them. What was sold keeps what it was sold with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import Phrase, phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one

from .models import Module, Package, Price
from .trade import told


class CatalogueRefused(DomainError):
    """A module, price or package that makes no sense."""

    code = "catalogue_refused"


@dataclass(frozen=True)
class PriceDraft:
    """A price to add, minor units; see `Price`."""

    kind: str
    currency: str
    amount_minor: int
    unit_name: str = ""
    intro_amount_minor: int | None = None
    intro_months: int = 0
    counts: str = Price.Counts.BY_HAND


@dataclass(frozen=True)
class PackageDraft:
    """A package to offer: prices by public id, all of one currency."""

    name: str
    summary: str
    currency: str
    minimum_months: int
    notice_days: int
    prices: Sequence[str]


@transaction.atomic
def add_module(*, name: str, summary: str, by: Actor, now: datetime) -> Module:
    """
    Add a service.

    :raises CatalogueRefused: the name is taken
    """
    try:
        with transaction.atomic():
            module = Module.objects.create(name=name.strip(), summary=summary.strip())
    except IntegrityError as error:
        raise CatalogueRefused(_("There is a module of this name."), field="name") from error
    _note(
        "module.added",
        ("module", module.public_id),
        phrase(_("Added the module %(name)s"), name=told(module.name)),
        by=by,
        now=now,
    )
    return module


@transaction.atomic
def add_price(*, module: str, draft: PriceDraft, by: Actor, now: datetime) -> Price:
    """
    Add a price to a module. A price never changes: for another amount add one and retire the old one.

    :raises CatalogueRefused: nothing to pay, a unit without a name, an introduction that is not lower or has no end
    """
    if draft.amount_minor <= 0:
        raise CatalogueRefused(_("A price is more than zero."), field="amount")
    if draft.kind == Price.Kind.PER_UNIT and not draft.unit_name.strip():
        raise CatalogueRefused(_("Say what is counted: a post, a visit, a message."), field="unit_name")
    if draft.counts and draft.kind != Price.Kind.PER_UNIT:
        raise CatalogueRefused(_("Only what is paid for each unit is counted."), field="counts")
    has_intro = draft.intro_amount_minor is not None
    if has_intro != (draft.intro_months > 0):
        raise CatalogueRefused(_("An introductory price has an amount and a number of months."), field="intro_months")
    if draft.intro_amount_minor is not None and (
        draft.kind != Price.Kind.MONTHLY or draft.intro_amount_minor >= draft.amount_minor
    ):
        raise CatalogueRefused(_("An introductory price is lower, and of a monthly price."), field="intro_amount")
    found = Module.objects.get(public_id=module)
    price = Price.objects.create(module=found, created_at=now, **vars(draft))
    _note(
        "price.added",
        ("module", found.public_id),
        phrase(_("Added a price: %(price)s"), price=str(price)),
        by=by,
        now=now,
    )
    return price


@transaction.atomic
def retire_price(*, price: str, by: Actor, now: datetime) -> Price:
    """Sell at a price no more; subscriptions keep it. Locks: Price. Repeated it changes nothing."""
    found = locked_one(Price.objects.select_related("module").filter(public_id=price))
    if found.retired_at is None:
        found.retired_at = now
        found.save(update_fields=["retired_at"])
        _note(
            "price.retired",
            ("module", found.module.public_id),
            phrase(_("Retired a price: %(price)s"), price=str(found)),
            by=by,
            now=now,
        )
    return found


@transaction.atomic
def add_package(*, draft: PackageDraft, by: Actor, now: datetime) -> Package:
    """
    Add a package. For other contents add another one and retire this one.

    :raises CatalogueRefused: no prices, prices of other currencies or retired ones, the name is taken
    """
    prices = list(Price.objects.filter(public_id__in=draft.prices, retired_at=None))
    if not prices or len(prices) != len(set(draft.prices)):
        raise CatalogueRefused(_("Choose at least one price, and none that is retired."), field="prices")
    if {price.currency for price in prices} != {draft.currency}:
        raise CatalogueRefused(_("All prices of a package are of its currency."), field="prices")
    if len({price.module_id for price in prices if price.kind == Price.Kind.MONTHLY}) != sum(
        price.kind == Price.Kind.MONTHLY for price in prices
    ):
        raise CatalogueRefused(_("A module has one monthly price in a package."), field="prices")
    if all(price.kind == Price.Kind.ONE_OFF for price in prices):
        raise CatalogueRefused(_("A package has something that goes on: a monthly or a unit price."), field="prices")
    fields = {name: value for name, value in vars(draft).items() if name != "prices"}
    try:
        with transaction.atomic():
            package = Package.objects.create(**fields)
    except IntegrityError as error:
        raise CatalogueRefused(_("There is a package of this name."), field="name") from error
    package.prices.set(prices)
    _note(
        "package.added",
        ("package", package.public_id),
        phrase(_("Added the package %(name)s"), name=package.name),
        by=by,
        now=now,
    )
    return package


@transaction.atomic
def retire_package(*, package: str, by: Actor, now: datetime) -> Package:
    """Offer a package no more; who has it keeps it. Locks: Package. Repeated it changes nothing."""
    found = locked_one(Package.objects.filter(public_id=package))
    if found.retired_at is None:
        found.retired_at = now
        found.save(update_fields=["retired_at"])
        _note(
            "package.retired",
            ("package", found.public_id),
            phrase(_("Retired the package %(name)s"), name=found.name),
            by=by,
            now=now,
        )
    return found


def _note(action: str, subject: tuple[str, str], summary: Phrase, *, by: Actor, now: datetime) -> None:
    audit.record(action=action, subject=subject, summary=summary, by=by, now=now)
