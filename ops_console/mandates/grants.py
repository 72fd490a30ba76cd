"""Mandates: given by a contract that both sides signed, ended with it, paused by the merchant. All on the platform's schema."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import Words, phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked
from tenants.entry import mandated
from tenants.registry.models import Tenant

from .models import Mandate, MandatePermission


class GrantRefused(DomainError):
    """The mandate cannot be given."""

    code = "grant_refused"
    message = _("This cannot be given to the agency.")


class PausedByMerchant(DomainError):
    """Only who paused for the merchant lets the agency in again."""

    code = "paused_by_merchant"
    message = _("The merchant has paused the mandate. Only the merchant can go on with it.")


class Terms(TypedDict):
    """
    What is given: `permissions` are pairs of a key of `mandated.KEYS` and the number of the clause that gives it; `limits` has keys
    of `mandated.LIMITS` and whole numbers; `starts_at` is inclusive, `ends_at` exclusive, None is open.
    """

    contract: str
    version: int
    tenant: Tenant
    permissions: Iterable[tuple[str, str]]
    limits: dict[str, int]
    starts_at: datetime
    ends_at: datetime | None


@transaction.atomic
def grant(*, by: Actor, now: datetime, **terms: Unpack[Terms]) -> Mandate:
    """
    Give the agency what a contract's version says; earlier versions of it end when this one begins. Repeated it changes nothing.

    A pause of the mall's mandates holds for the new one too. Locks: the mall's Mandates.

    :raises GrantRefused: an unknown permission or limit, a permission without clause, an end that is not after the start
    """
    pairs, limits = sorted(set(terms["permissions"])), terms["limits"]
    _check(pairs, limits, terms["starts_at"], terms["ends_at"])
    known = locked(Mandate.objects.filter(tenant=terms["tenant"]).order_by("pk"))
    for one in known:
        if (one.contract, one.version) == (terms["contract"], terms["version"]):
            return one
    for one in known:
        if one.contract == terms["contract"] and one.version < terms["version"]:
            _cut(one, at=terms["starts_at"])
    paused = next(
        (one for one in reversed(known) if one.paused_at and (one.ends_at is None or one.ends_at >= now)), None
    )
    given = Mandate.objects.create(
        tenant=terms["tenant"],
        contract=terms["contract"],
        version=terms["version"],
        starts_at=terms["starts_at"],
        ends_at=terms["ends_at"],
        limits=limits,
        granted_at=now,
        paused_at=paused.paused_at if paused else None,
        paused_by=paused.paused_by if paused else "",
        is_paused_by_merchant=bool(paused and paused.is_paused_by_merchant),
    )
    MandatePermission.objects.bulk_create(
        MandatePermission(mandate=given, permission=key, clause=clause) for key, clause in pairs
    )
    _tell(
        "mandate.granted",
        given,
        phrase(_("permissions given: %(count)d"), count=len({key for key, _clause in pairs})),
        by=by,
        now=now,
    )
    return given


def _check(pairs: list[tuple[str, str]], limits: dict[str, Any], starts_at: datetime, ends_at: datetime | None) -> None:
    for key, clause in pairs:
        if not mandated.is_key(key) or not clause.strip() or len(clause) > 20:
            raise GrantRefused(permission=key, clause=clause)
    for name, value in limits.items():
        if name not in mandated.LIMITS or not isinstance(value, int) or value < 0:
            raise GrantRefused(limit=name, value=str(value))
    if ends_at is not None and ends_at <= starts_at:
        raise GrantRefused(_("A mandate ends after it begins."))


def _cut(mandate: Mandate, *, at: datetime) -> bool:
    """End a mandate at `at` if it would last longer; tell whether it would."""
    if mandate.ends_at is not None and mandate.ends_at <= at:
        return False
    mandate.ends_at = max(at, mandate.starts_at)
    mandate.save(update_fields=["ends_at"])
    return True


@transaction.atomic
def end(*, contract: str, at: datetime, by: Actor, now: datetime) -> int:
    """
    End what a contract gave, at `at`, or at once if that is past; return how many mandates this shortened. Locks: Mandates.

    The mall asks on each request of a visit: nothing is possible from `at` on, and `close_ended` closes the visits.
    """
    cut = [
        one for one in locked(Mandate.objects.filter(contract=contract).order_by("pk")) if _cut(one, at=max(at, now))
    ]
    for one in cut:
        _tell("mandate.ended", one, phrase(_("ends %(at)s"), at=one.ends_at), by=by, now=now)
    return len(cut)


@transaction.atomic
def pause(*, tenant: Tenant, by: Actor, now: datetime) -> int:
    """
    Let nobody act in the mall by mandate until `resume`; return how many mandates this paused. Locks: the mall's Mandates.

    Effective on the next request of every visit. What the agency had paused the merchant's pause takes over: only the merchant resumes it.
    """
    takes_over = by.kind == "merchant"
    lasting = _lasting(tenant, now=now)
    found = [one for one in lasting if one.paused_at is None or (takes_over and not one.is_paused_by_merchant)]
    for one in found:
        one.paused_at, one.paused_by, one.is_paused_by_merchant = now, by.name[:160], by.kind == "merchant"
        one.save(update_fields=["paused_at", "paused_by", "is_paused_by_merchant"])
        _tell("mandate.paused", one, _("paused"), by=by, now=now)
    return len(found)


@transaction.atomic
def resume(*, tenant: Tenant, by: Actor, now: datetime) -> int:
    """
    Let the agency act by its mandates again; return how many went on. Locks: the mall's Mandates.

    :raises PausedByMerchant: the merchant paused, and somebody else resumes
    """
    found = [one for one in _lasting(tenant, now=now) if one.paused_at is not None]
    if any(one.is_paused_by_merchant for one in found) and by.kind != "merchant":
        raise PausedByMerchant
    for one in found:
        one.paused_at, one.paused_by, one.is_paused_by_merchant = None, "", False
        one.save(update_fields=["paused_at", "paused_by", "is_paused_by_merchant"])
        _tell("mandate.resumed", one, _("goes on"), by=by, now=now)
    return len(found)


def _lasting(tenant: Tenant, *, now: datetime) -> list[Mandate]:
    return locked(Mandate.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), tenant=tenant).order_by("pk"))


def _tell(action: str, mandate: Mandate, what: Words, *, by: Actor, now: datetime) -> None:
    audit.record(
        action=action,
        subject=("mandate", mandate.public_id),
        summary=phrase(
            _("Mandate for %(mall)s, version %(version)d: %(what)s"),
            mall=mandate.tenant.name,
            version=mandate.version,
            what=what,
        ),
        by=by,
        now=now,
        mall=mandate.tenant.public_id,
        contract=mandate.contract,
    )
