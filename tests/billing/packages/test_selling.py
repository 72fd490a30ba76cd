"""The catalogue of service packages, and what is offered of it to a merchant (A3)."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError

from billing.packages import catalogue, mails, queries, selling
from billing.packages.catalogue import CatalogueRefused, PackageDraft, PriceDraft
from billing.packages.models import Module, Package, Price, Subscription
from billing.packages.selling import OfferDecided, OfferRefused
from saas.kernel import clock
from saas.kernel.actors import OnlyTheMerchant
from tenants.registry.models import Tenant
from tests.factories.packages import ALMA, MEI, sold
from tests.stripe_sandbox import StripeSandbox


def test_an_offer_that_nobody_answers_is_taken_back_once(
    riverside: Any, package: Package, stripe: StripeSandbox
) -> None:
    now = clock.now()
    offered = selling.offer(tenant=riverside, package=package.public_id, pays_by="invoice", by=MEI, now=now)
    assert offered.answer_until == now + timedelta(days=30)
    assert selling.withdraw_unanswered(now=now + timedelta(days=29)) == 0
    assert [selling.withdraw_unanswered(now=now + timedelta(days=30)) for _time in range(2)] == [1, 0]
    offered.refresh_from_db()
    assert (offered.state, offered.answered_by) == ("withdrawn", "Hutong")
    with pytest.raises(selling.OfferDecided):
        selling.accept(subscription=offered.public_id, schema=riverside.schema_name, by=ALMA, now=now)


def test_an_offer_is_told_as_plain_text_in_the_malls_language(
    riverside: Any, package: Package, stripe: StripeSandbox
) -> None:
    found = sold(riverside, package, pays_by="invoice", now=clock.now())
    Tenant.objects.filter(pk=riverside.pk).update(language="zh-hans")
    mails.tell_owner(subscription=found.public_id, what="offered")
    letter = mail.outbox[-1]
    assert letter.subject == "Riverside Noodles 的服务套餐等待您的答复"
    assert "US$" in letter.body
    assert " 每月\n" in letter.body
    assert "<" not in letter.body


def test_only_the_merchant_takes_a_package_and_only_once(riverside: Any, hillside: Any, package: Package) -> None:
    now = clock.now()
    offered = selling.offer(tenant=riverside, package=package.public_id, pays_by="card", by=MEI, now=now)
    with pytest.raises(OnlyTheMerchant):
        selling.accept(subscription=offered.public_id, schema=riverside.schema_name, by=MEI, now=now)
    with pytest.raises(Subscription.DoesNotExist):
        selling.accept(subscription=offered.public_id, schema=hillside.schema_name, by=ALMA, now=now)
    with pytest.raises(OfferRefused):
        selling.offer(tenant=riverside, package=package.public_id, pays_by="card", by=MEI, now=now)
    selling.decline(subscription=offered.public_id, schema=riverside.schema_name, by=ALMA, now=now)
    with pytest.raises(OfferDecided):
        selling.accept(subscription=offered.public_id, schema=riverside.schema_name, by=ALMA, now=now)
    with pytest.raises(OfferDecided):
        selling.withdraw(subscription=offered.public_id, by=MEI, now=now)


def test_what_was_offered_stays_whatever_the_catalogue_does(riverside: Any, package: Package) -> None:
    now = clock.now()
    offered = selling.offer(tenant=riverside, package=package.public_id, pays_by="card", by=MEI, now=now)
    before = offered.items
    for price in Price.objects.all():
        catalogue.retire_price(price=price.public_id, by=MEI, now=now)
    catalogue.retire_package(package=package.public_id, by=MEI, now=now)
    (row,) = queries.of_mall(riverside.schema_name)
    assert [vars(item) for item in row.items] == before
    assert row.monthly_minor == 20_000


@pytest.mark.parametrize(
    "draft",
    [
        PriceDraft("monthly", "usd", 0),
        PriceDraft("per_unit", "usd", 500),
        PriceDraft("monthly", "usd", 500, intro_amount_minor=500, intro_months=1),
        PriceDraft("monthly", "usd", 500, intro_amount_minor=100),
        PriceDraft("monthly", "usd", 500, intro_months=3),
        PriceDraft("one_off", "usd", 500, intro_amount_minor=100, intro_months=2),
    ],
)
def test_prices_without_meaning_are_refused(riverside: Any, draft: PriceDraft) -> None:
    module = catalogue.add_module(name="Posts", summary="", by=MEI, now=clock.now())
    with pytest.raises(CatalogueRefused):
        catalogue.add_price(module=module.public_id, draft=draft, by=MEI, now=clock.now())
    assert not Price.objects.exists()


def test_a_package_has_prices_of_its_currency_that_go_on(riverside: Any, package: Package) -> None:
    now = clock.now()
    once = Price.objects.get(kind="one_off").public_id
    euros = catalogue.add_price(
        module=Module.objects.get(name="Social").public_id, draft=PriceDraft("monthly", "eur", 900), by=MEI, now=now
    ).public_id
    for prices in ([], [once], [euros], ["0" * 26]):
        with pytest.raises(CatalogueRefused):
            catalogue.add_package(draft=PackageDraft("Odd", "", "usd", 1, 0, prices), by=MEI, now=now)
    with pytest.raises(CatalogueRefused):
        catalogue.add_module(name="Social", summary="", by=MEI, now=now)
    assert Package.objects.count() == 1


def test_two_open_packages_of_one_mall_are_refused_by_the_database(riverside: Any, package: Package) -> None:
    fields = {"tenant_schema": riverside.schema_name, "package": package, "name": "x", "currency": "usd", "items": [], "minimum_months": 1,
              "notice_days": 0, "pays_by": "card", "offered_by": "x", "offered_at": clock.now()}  # fmt: skip
    Subscription.objects.create(**fields)
    with pytest.raises(IntegrityError):
        Subscription.objects.create(**fields)
