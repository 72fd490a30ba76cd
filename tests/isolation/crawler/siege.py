"""Prepares both malls for the attack: furnished, full of canaries, and the attacker with ids and sessions."""

from collections.abc import Callable

from . import canaries
from .crawl import Judge
from .furnish import furnish
from .loot import collect, cookies, foreign
from .plan import Attack
from .world import World

ATTACKER, VICTIM = "riverside", "hillside"
PEOPLE = {
    "a shopper": "mei0@{slug}.example",
    "the clerk": "bo@{slug}.example",
    "the owner": "alma@{slug}.example",
}


def lay_siege(*, url: str, media_root: str, hosts: str) -> tuple[Attack, Judge, Callable[[], None]]:
    """
    Return the attack of Riverside Noodles' people on Hillside Salon, its judge, and a function that renews their sessions.

    The victim has more of everything than the attacker, so that there are numbers that are foreign.

    :param url: the database, as its superuser
    :param hosts: a mall's host by its slug, with the port that requests are sent to
    """
    from saas.kernel import clock
    from tenants.registry.models import Tenant

    attacker, victim = (Tenant.objects.get(slug=slug) for slug in (ATTACKER, VICTIM))
    furnish(attacker, each=1, now=clock.now())
    furnish(victim, each=4, now=clock.now())
    marks = [canaries.plant(tenant, url=url, media_root=media_root) for tenant in (attacker, victim)]
    own = collect(attacker, host=hosts.format(slug=ATTACKER))
    theirs = collect(victim, host=hosts.format(slug=VICTIM))
    personas: dict[str, dict[str, str]] = {"a guest": {}}

    def renew() -> None:
        for name, email in PEOPLE.items():
            personas[name] = cookies(attacker, email.format(slug=ATTACKER))

    renew()
    attack = Attack(own, foreign(theirs, own), hosts.format(slug="").lstrip("."), personas)
    return attack, Judge(*marks, World(victim, url=url, media_root=media_root, canaries=marks[1])), renew
