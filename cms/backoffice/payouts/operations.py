"""The merchant's own acts about payouts: never delegated (A3). The gateway is called outside of transactions."""

from datetime import datetime

from django.urls import reverse

from billing.gateway import accounts
from billing.gateway.accounts import AccountRequest
from billing.payouts import operations as payouts
from billing.payouts.models import PayoutTerms
from saas.audit import operations as audit
from saas.kernel.actors import Actor, refuse_all_but_merchant
from tenants.isolation.addresses import mall_url
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform
from tenants.registry import queries as registry


def connect(*, email: str, country: str, by: Actor, now: datetime) -> str:
    """
    Open the mall's account at Stripe, once, and return the address of Stripe's own page for it: good once, for some minutes.

    `country` counts the first time only. Not inside a transaction.

    :raises OnlyTheMerchant: `by` is not of the merchant's people
    :raises GatewayUnavailable: no clear answer; asking again is safe
    :raises PaymentRefused: Stripe opens no account like this
    """
    refuse_all_but_merchant(by)
    tenant = mall()
    request = AccountRequest(tenant.schema_name, tenant.name, email, country, tenant.currency)
    accounts.open_account(request, now=now)
    with on_platform():
        domain = registry.primary_domain(tenant)
    url = accounts.onboarding_link(
        tenant_schema=tenant.schema_name,
        return_url=mall_url(domain, reverse("backoffice:payouts_back")),
        refresh_url=mall_url(domain, reverse("backoffice:payouts_connect") + "?late=1"),
    )
    audit.record(
        action="payouts.onboarding_opened", subject=("mall", tenant.public_id), summary=country, by=by, now=now
    )
    return url


def choose_schedule(*, schedule: str, by: Actor, now: datetime) -> None:
    """
    Choose how often the mall is paid, on the platform and in the mall's own log.

    :raises OnlyTheMerchant: `by` is not of the merchant's people
    :raises ScheduleRefused: no such rhythm
    """
    refuse_all_but_merchant(by)
    tenant = mall()
    with on_platform():
        payouts.choose_schedule(schema=tenant.schema_name, schedule=schedule, by=by, now=now)
    subject = ("mall", tenant.public_id)
    audit.record(
        action="payouts.schedule_chosen", subject=subject, summary=PayoutTerms.Schedule(schedule).label, by=by, now=now
    )
