"""Reads for the public pages. All of them run on the platform's schema."""

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from saas.kernel import clock
from saas.kernel.ids import random_id
from tenants.domains import queries as domains
from tenants.registry import names
from tenants.registry import queries as registry
from tenants.registry.models import Tenant

# Malls that the landing page links, where they exist.
EXAMPLES = ("riverside", "hillside", "nanmen-teahouse")


def address_problem(slug: str, *, key: str = "") -> str:
    """Return why a mall cannot have the address, in words for a person; "" when it can, or when the form `key` has it already."""
    try:
        names.check_slug(slug)
    except names.AddressRefused as refusal:
        return str(refusal)
    holders = Tenant.objects.filter(slug=slug)
    if key:
        holders = holders.exclude(opening_key=key)
    is_taken = holders.exists() or domains.rests(f"{slug}.{settings.BASE_DOMAIN}", now=clock.now())
    return _("That address is taken. Please choose another.") if is_taken else ""


def suggested_address(name: str) -> str:
    """Return a free address for a business name, also for names without Latin letters."""
    plain = names.slug_for(name)
    stem = plain if len(plain) >= 3 else ""
    taken = set(Tenant.objects.filter(slug__startswith=stem[:34]).values_list("slug", flat=True)) if stem else set()
    for number in range(1, 100):
        candidate = stem if number == 1 else f"{stem[:37].rstrip('-')}-{number}"
        if stem and candidate not in taken and not address_problem(candidate):
            return candidate
    return f"mall-{random_id(6)}"


def _host_in(typed: str) -> str:
    try:
        return (urlsplit(typed if "//" in typed else f"//{typed}").hostname or "").rstrip(".").lower()
    except ValueError:  # brackets that are no address
        return ""


def mall_by_address(text: str) -> Tenant | None:
    """Find a served mall by what a person types: a slug, a host, a whole address, or the mall's name."""
    typed = text.strip()
    host = _host_in(typed)
    served = Tenant.objects.served()
    found = registry.tenant_at(host) if host else None
    if found and found.status in (Tenant.Status.OPEN, Tenant.Status.SUSPENDED):
        return found
    slug = host.removesuffix(f".{settings.BASE_DOMAIN}")
    named = list(served.filter(name__iexact=typed)[:2])
    return served.filter(slug=slug).first() or (named[0] if len(named) == 1 else None)


def examples() -> list[Tenant]:
    """Return the demo malls that are open, in the order of `EXAMPLES`."""
    found = {tenant.slug: tenant for tenant in Tenant.objects.filter(slug__in=EXAMPLES, status=Tenant.Status.OPEN)}
    return [found[slug] for slug in EXAMPLES if slug in found]
