"""The register of people who ended their account in a mall: opaque ids, kept so that no archive from before brings them back (I12)."""

from collections.abc import Collection, Iterator

from saas.accounts.models import User
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tenants.relay.events import Event

from .models import EndedPerson

AT_ONCE = 5000


def person_ended(event: Event) -> None:
    """Note who ended their account. Called by the relay, once for each event."""
    EndedPerson.objects.get_or_create(
        person=event.payload["person"], schema_name=event.schema_name, defaults={"ended_at": event.happened_at}
    )


def ended_in(tenant: Tenant, *, schemas: Collection[str]) -> tuple[str, ...]:
    """
    Return the public ids of a mall's people, opened from an archive, who ended their account in the mall that it was made of;
    `schemas` are those that this mall had. Who ended it in a copy of that mall is none of them.
    """
    with inside(tenant):
        people = list(User.objects.filter(kind=User.Kind.SHOPPER).values_list("public_id", flat=True))
    return tuple(_of(people, schemas))


def _of(people: list[str], schemas: Collection[str]) -> Iterator[str]:
    for start in range(0, len(people), AT_ONCE):
        some = people[start : start + AT_ONCE]
        found = EndedPerson.objects.filter(person__in=some, schema_name__in=schemas)
        yield from found.values_list("person", flat=True).distinct()
