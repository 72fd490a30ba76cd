"""A mall for a lead, by the way in which every mall is opened."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from saas.kernel.actors import Actor
from saas.kernel.tasks import enqueue
from tenants.provisioning import operations as provisioning
from tenants.provisioning.operations import Opening
from tenants.registry.models import Tenant

from . import operations
from .models import Lead


@dataclass(frozen=True)
class MallDraft:
    """Where the lead's mall is to be, whose it is, what it counts in."""

    slug: str
    owner_email: str
    owner_name: str
    currency: str
    time_zone: str
    language: str = "en"


def open_for(*, lead: Lead, draft: MallDraft, by: Actor, now: datetime) -> Tenant:
    """
    Open a mall for a lead and tell its owner by mail. Never inside a transaction; repeated it opens nothing more.

    :raises AddressRefused: the address cannot be a mall's
    :raises AddressTaken: another mall has it
    :raises Busy: the first request is still at work
    :raises NoRoom: a disk is full
    :raises LeadRefused: the lead has another mall
    """
    if lead.tenant is not None:
        return lead.tenant
    opening = Opening(
        name=lead.name,
        slug=draft.slug,
        trade=lead.trade,
        owner_email=draft.owner_email,
        owner_password=None,
        owner_name=draft.owner_name,
        currency=draft.currency,
        time_zone=draft.time_zone,
        language=draft.language,
        key=f"lead-{lead.public_id}",
    )
    tenant = provisioning.open_mall(opening, by=by, now=now)
    _tie(lead, tenant, by=by, now=now)
    return tenant


@transaction.atomic
def _tie(lead: Lead, tenant: Tenant, *, by: Actor, now: datetime) -> None:
    operations.give_mall(lead=lead.public_id, tenant=tenant, by=by, now=now)
    enqueue("ops_console.leads.welcome", mall=tenant.public_id)
