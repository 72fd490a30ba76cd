"""Claiming domains, proving them, losing them. A domain is given to a mall only in `apply`, after its proof was seen."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked, locked_one
from saas.kernel.tasks import enqueue
from tenants.isolation.entrance import on_platform
from tenants.longwork import trail
from tenants.registry.models import Domain, Tenant

from . import naming, proof
from .models import DomainClaim, Quarantine
from .proof import Finding

logger = logging.getLogger(__name__)
State = DomainClaim.State
# Claims that one mall may have at a time.
MAXIMUM = 10


class DomainTaken(DomainError):
    """Another mall has proved the domain."""

    code = "domain_taken"
    message = _("Another mall uses this domain. If it is yours, remove its record from your DNS; then it is freed.")


class DomainRests(DomainError):
    """Another mall left the domain a short while ago. Data: `until_at`."""

    code = "domain_rests"


class ClaimedAlready(DomainError):
    """The mall has claimed it before."""

    code = "domain_claimed_already"
    message = _("This domain is in your list already.")


class TooManyClaims(DomainError):
    """The mall has `MAXIMUM` claims."""

    code = "domain_claims_too_many"
    message = _("A mall can have 10 domains. Remove one that you do not need.")


class NotInUse(DomainError):
    """The mall does not answer at the domain."""

    code = "domain_not_in_use"
    message = _("This domain is not proved yet.")


def claim(*, tenant: Tenant, typed: str, by: Actor, now: datetime) -> DomainClaim:
    """
    Note that a mall wants to answer at a domain. It gets it when the proof stands in DNS; several malls may claim the same.

    :raises NameRefused: the text is no domain that a mall can have
    :raises DomainTaken: another mall has proved it
    :raises DomainRests: another mall had it until lately
    :raises ClaimedAlready: the mall has claimed it
    :raises TooManyClaims: the mall has claimed enough
    """
    name = naming.normalise(typed)
    with on_platform(), transaction.atomic():
        locked_one(Tenant.objects.filter(pk=tenant.pk))
        live = DomainClaim.objects.filter(tenant=tenant, state__in=DomainClaim.LIVE)
        if live.filter(domain=name).exists():
            raise ClaimedAlready
        if live.count() >= MAXIMUM:
            raise TooManyClaims
        _check_free(name, tenant, now=now)
        others = Domain.objects.exclude(tenant=tenant).values_list("domain", flat=True)
        made = DomainClaim.objects.create(
            tenant=tenant, domain=name, warning=naming.warning(name, others=others.iterator())[:200], claimed_at=now
        )
        trail.note(
            tenant=tenant,
            action="mall.domain_claimed",
            summary=phrase(_("Claimed %(domain)s"), domain=name),
            by=by,
            now=now,
        )
        return made


def _check_free(name: str, tenant: Tenant, *, now: datetime) -> None:
    if Domain.objects.filter(domain=name).exclude(tenant=tenant).exists():
        raise DomainTaken
    rests = Quarantine.objects.filter(domain=name, until_at__gt=now).exclude(tenant=tenant).first()
    if rests:
        message = _("Another mall left this domain a short while ago. It is free again on %(day)s.")
        raise DomainRests(message % {"day": f"{rests.until_at:%Y-%m-%d}"}, until_at=rests.until_at)


def check(*, claim_id: str, by: Actor, now: datetime) -> DomainClaim:
    """
    Look for the proof in DNS now and act on it. Never inside a transaction.

    :raises DomainTaken: another mall was quicker; the claim stays, and is proved when that mall's is gone
    :raises DomainRests: it was left by another mall meanwhile
    """
    with on_platform():
        found = DomainClaim.objects.select_related("tenant").get(public_id=claim_id)
        try:
            finding = proof.look(found)
        except proof.DnsSilent:
            problem = str(_("DNS gave no answer. Try again in some minutes."))
            DomainClaim.objects.filter(pk=found.pk, state=State.WAITING).update(problem=problem, checked_at=now)
            DomainClaim.objects.filter(pk=found.pk).exclude(state=State.WAITING).update(checked_at=now)
        else:
            apply(claim_id=claim_id, finding=finding, by=by, now=now)
        return DomainClaim.objects.select_related("tenant").get(public_id=claim_id)


@transaction.atomic
def apply(*, claim_id: str, finding: Finding, by: Actor, now: datetime) -> None:
    """
    Act on what DNS said: give the domain to the mall, keep it, warn, or turn it off after `DOMAIN_PROOF_GRACE_DAYS` without proof.

    Locks: Tenant, DomainClaim. Of two malls that prove the same domain at once one gets it.

    :raises DomainTaken: another mall has it
    :raises DomainRests: another mall left it lately
    """
    tenant_id = DomainClaim.objects.values_list("tenant_id", flat=True).get(public_id=claim_id)
    tenant = locked_one(Tenant.objects.filter(pk=tenant_id))
    row = locked_one(DomainClaim.objects.filter(public_id=claim_id))
    if row.state not in DomainClaim.LIVE:
        return
    row.checked_at, row.problem = now, finding.problem
    if finding.is_proved and row.state != State.PROVED:
        _give(row, tenant, by=by, now=now)
    elif not finding.is_proved and row.state == State.PROVED:
        row.state, row.failing_since_at = State.FAILING, now
        _tell_owner(row)
        trail.note(
            tenant=tenant,
            action="mall.domain_failing",
            summary=phrase(_("The proof of %(domain)s is gone"), domain=row.domain),
            by=by,
            now=now,
        )
    elif not finding.is_proved and _has_failed_too_long(row, now=now):
        _take(row, tenant, State.OFF, now=now)
        _tell_owner(row)
        trail.note(
            tenant=tenant,
            action="mall.domain_off",
            summary=phrase(_("Turned %(domain)s off"), domain=row.domain),
            by=by,
            now=now,
        )
    row.save()


def _has_failed_too_long(row: DomainClaim, *, now: datetime) -> bool:
    grace = timedelta(days=settings.DOMAIN_PROOF_GRACE_DAYS)
    return row.state == State.FAILING and row.failing_since_at is not None and now - row.failing_since_at >= grace


def _give(row: DomainClaim, tenant: Tenant, *, by: Actor, now: datetime) -> None:
    if row.state == State.WAITING:
        _check_free(row.domain, tenant, now=now)
        try:
            with transaction.atomic():
                Domain.objects.create(domain=row.domain, tenant=tenant, is_primary=False)
        except IntegrityError as error:
            raise DomainTaken from error
        Quarantine.objects.filter(domain=row.domain).delete()
        trail.note(
            tenant=tenant,
            action="mall.domain_proved",
            summary=phrase(_("Proved %(domain)s"), domain=row.domain),
            by=by,
            now=now,
        )
        row.proved_at = now
    row.state, row.failing_since_at, row.problem = State.PROVED, None, ""


def _take(row: DomainClaim, tenant: Tenant, state: str, *, now: datetime) -> None:
    """Take the domain from the mall and let it rest."""
    was_holding = row.is_holding
    row.state, row.ended_at = state, now
    if not was_holding:
        return
    if tenant.primary_host == row.domain:
        _show_at(tenant, "")
    Domain.objects.filter(domain=row.domain, tenant=tenant).delete()
    _rest(row.domain, tenant, now=now)


def _rest(domain: str, tenant: Tenant, *, now: datetime) -> None:
    until = now + timedelta(days=settings.DOMAIN_QUARANTINE_DAYS)
    Quarantine.objects.update_or_create(domain=domain, defaults={"tenant": tenant, "since_at": now, "until_at": until})


def _show_at(tenant: Tenant, host: str) -> None:
    """Make a host the one that shoppers are led to; "" is the mall's address under the platform's."""
    own = f"{tenant.slug}.{settings.BASE_DOMAIN}"
    rows = Domain.objects.filter(tenant=tenant)
    rows.update(is_primary=False)
    rows.filter(domain=host or own).update(is_primary=True)
    tenant.primary_host = host
    Tenant.objects.filter(pk=tenant.pk).update(primary_host=host)
    enqueue("cms.kits.point_site", schema=tenant.schema_name)


def _tell_owner(row: DomainClaim) -> None:
    enqueue("tenants.domains.tell_owner", schema=settings.PUBLIC_SCHEMA_NAME, claim=row.public_id)


def choose_primary(*, tenant: Tenant, domain: str, by: Actor, now: datetime) -> None:
    """
    Lead shoppers to this domain from now on; the others redirect to it. `domain` "" chooses the address under the platform's.

    Locks: Tenant. Repeated it changes nothing.

    :raises NotInUse: the mall does not answer there
    """
    with on_platform(), transaction.atomic():
        row = locked_one(Tenant.objects.filter(pk=tenant.pk))
        if row.primary_host == domain:
            return
        held = DomainClaim.objects.filter(tenant=row, domain=domain, state__in=DomainClaim.HOLDING)
        if domain and not held.exists():
            raise NotInUse
        _show_at(row, domain)
        told = domain or f"{row.slug}.{settings.BASE_DOMAIN}"
        trail.note(
            tenant=row,
            action="mall.domain_chosen",
            summary=phrase(_("Shoppers are led to %(domain)s"), domain=told),
            by=by,
            now=now,
        )


def release(*, claim_id: str, by: Actor, now: datetime) -> None:
    """Give a claim up; a domain that was in use rests before another mall can have it. Locks: Tenant, DomainClaim. Repeatable."""
    with on_platform(), transaction.atomic():
        found = DomainClaim.objects.get(public_id=claim_id)
        tenant = locked_one(Tenant.objects.filter(pk=found.tenant_id))
        row = locked_one(DomainClaim.objects.filter(pk=found.pk))
        if row.state not in DomainClaim.LIVE:
            return
        _take(row, tenant, State.RELEASED, now=now)
        row.save()
        trail.note(
            tenant=tenant,
            action="mall.domain_released",
            summary=phrase(_("Gave %(domain)s up"), domain=row.domain),
            by=by,
            now=now,
        )


def release_all(*, tenant: Tenant, by: Actor, now: datetime) -> None:
    """
    Take every address from a mall that ends, its own and the platform's, and let all of them rest. Inside a transaction.

    Locks: Tenant, DomainClaim.
    """
    locked_one(Tenant.objects.filter(pk=tenant.pk))
    for row in locked(DomainClaim.objects.filter(tenant=tenant, state__in=DomainClaim.LIVE)):
        row.state, row.ended_at = State.RELEASED, now
        row.save(update_fields=["state", "ended_at"])
    hosts = list(Domain.objects.filter(tenant=tenant).order_by("pk").values_list("domain", flat=True))
    for host in hosts:
        _rest(host, tenant, now=now)
    Domain.objects.filter(tenant=tenant).delete()
    Tenant.objects.filter(pk=tenant.pk).update(primary_host="")
    audit.record(
        action="mall.domains_released",
        subject=("mall", tenant.public_id),
        summary=phrase(_("Released %(domains)s"), domains=hosts),
        by=by,
        now=now,
    )


def forget(*, tenant: Tenant) -> None:
    """Delete an erased mall's claims. Its addresses stand as long as they rest, and no longer. Inside a transaction. Repeatable."""
    DomainClaim.objects.filter(tenant=tenant).exclude(state__in=DomainClaim.LIVE).delete()


@transaction.atomic
def lift_quarantine(*, domain: str, reason: str, by: Actor, now: datetime) -> None:
    """Let a resting domain be claimed by anybody at once. Repeated it changes nothing."""
    found = locked(Quarantine.objects.filter(domain=domain))
    for row in found:
        audit.record(
            action="mall.quarantine_lifted",
            subject=("mall", row.tenant.public_id),
            summary=phrase(_("Freed %(domain)s: %(reason)s"), domain=domain, reason=reason),
            by=by,
            now=now,
        )
        row.delete()


def check_again(*, now: datetime, limit: int = 200) -> int:
    """
    Look at the proofs that were not looked at for `DOMAIN_RECHECK_HOURS`, the oldest first; return how many were. Forget what has
    rested long enough.

    One that cannot be judged now (somebody holds its mall's row) is left for the next time and keeps none of the others from it.
    """
    Quarantine.objects.filter(until_at__lte=now).delete()
    before = now - timedelta(hours=settings.DOMAIN_RECHECK_HOURS)
    old = DomainClaim.objects.filter(state__in=DomainClaim.HOLDING, checked_at__lte=before).order_by("checked_at")
    due = list(old.values_list("public_id", flat=True)[:limit])
    looked_at = 0
    for found in due:
        try:
            check(claim_id=found, by=SYSTEM, now=now)
        except DomainError as refusal:
            logger.info("the proof of claim %s is looked at another time: %s", found, refusal)
        else:
            looked_at += 1
    return looked_at
