"""Brings the platform, the template and every mall to the release that runs."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.kernel.actors import SYSTEM
from saas.kernel.database import connection
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one
from tenants.isolation import roles
from tenants.isolation.entrance import on_platform
from tenants.registry.models import Tenant

from . import queries, template
from .lanes import Lanes, Outcome, Progress
from .malls import Mall
from .models import MallVersion, Step
from .platform import migrate_platform

# While no mall at all is at the release, so many that break mean that the release is at fault and not the malls.
FAULTY_RELEASE = 5
SAY_EVERY_S = 1.0


class ReleaseRefused(DomainError):
    """No mall takes the release: nothing was parked, every mall goes on with what it had."""

    code = "release_refused"
    message = _("No mall takes this release; every mall stays as it was.")


@dataclass
class Rolled:
    """
    What a roll-out did. `waiting` and `parked` are malls that are not at the release, by their addresses, which no two share;
    parked ones answer with maintenance.
    """

    nothing_to_do: bool = False
    moved: int = 0
    waiting: list[str] = field(default_factory=list)
    parked: dict[str, str] = field(default_factory=dict)
    seconds: float = 0


def roll_out(
    *,
    now: datetime,
    say: Callable[[str], object],
    connections: int = 2,
    patience_s: float = 120,
    schemas: Sequence[str] | None = None,
) -> Rolled:
    """
    Bring everything, or only the malls of `schemas`, to the release that runs. Never inside a transaction.

    Killed anywhere, it goes on where it was when called again. Malls are served meanwhile. One that breaks is parked with the
    reason, unless none goes through; a parked mall is tried again each time and comes back by itself, also one whose roll-out
    was killed between its last step and its return. One roll-out at a time: a second one waits for the first.

    :raises ReleaseRefused: no mall at all is at the release, and some that were tried broke
    """
    begun = time.monotonic()
    with on_platform():
        if queries.is_settled(template.fingerprint()):
            return Rolled(nothing_to_do=True)
        with _alone(say):
            migrate_platform()
            template.advance(now=now, say=say)
            rolled = _roll_malls(now=now, say=say, connections=connections, patience_s=patience_s, schemas=schemas)
    rolled.seconds = time.monotonic() - begun
    return rolled


@contextmanager
def _alone(say: Callable[[str], object]) -> Iterator[None]:
    """Wait until no other roll-out runs."""
    # A connection of its own: migrating closes the process's.
    holder = connection.get_new_connection(connection.get_connection_params())
    try:
        if not holder.execute("SELECT pg_try_advisory_lock(hashtext('hutong-rollout'))").fetchone()[0]:
            say("Another roll-out is at work; waiting for it …")
            holder.execute("SET statement_timeout = 0; SET lock_timeout = 0")
            holder.execute("SELECT pg_advisory_lock(hashtext('hutong-rollout'))")
        yield
    finally:
        holder.close()


def _roll_malls(
    *, now: datetime, say: Callable[[str], object], connections: int, patience_s: float, schemas: Sequence[str] | None
) -> Rolled:
    adopt(now=now)
    roles.ensure_all(queries.standing_schemas())
    steps, tried = list(Step.objects.order_by("pk")), set[int]()
    _unpark(steps[-1].pk, now=now)  # those of a roll-out that was killed before it came so far
    total = Outcome()
    # Malls that were opened from the recording before appear while it runs, so it looks until there are none.
    while behind := [mall for mall in _behind(steps[-1].pk, schemas) if mall.tenant.pk not in tried]:
        tried |= {mall.tenant.pk for mall in behind}
        say(f"{len(behind)} malls to bring forward …")
        is_new = not MallVersion.objects.filter(step=steps[-1].pk).exists()
        lanes = Lanes(steps, now=now, patience_s=patience_s, gives_up_after=FAULTY_RELEASE * is_new, tell=_teller(say))
        outcome = lanes.run(behind, connections=min(connections, len(behind)))
        total.done += outcome.done
        total.waiting += outcome.waiting
        total.broken |= outcome.broken
    if total.broken and not MallVersion.objects.filter(step=steps[-1].pk).exists():
        raise ReleaseRefused(str(next(iter(total.broken.values()))))
    _unpark(steps[-1].pk, now=now)
    for tenant_id, reason in total.broken.items():
        park(tenant_id=tenant_id, reason=reason, now=now)
    slugs = dict(Tenant.objects.filter(pk__in=[*total.waiting, *total.broken]).values_list("pk", "slug"))
    return Rolled(
        moved=len(total.done),
        waiting=[slugs[pk] for pk in total.waiting],
        parked={slugs[pk]: reason for pk, reason in total.broken.items()},
    )


def note_current(*, tenant_id: int, now: datetime) -> None:
    """
    Write down how far a mall's schema was brought by other means. Runs on the platform.

    That is the last step before the first one whose migration the schema lacks: a process of the release before may do this
    while the next release has recorded its steps already, and the roll-out has to find the mall.
    """
    schema = Tenant.objects.values_list("schema_name", flat=True).get(pk=tenant_id)
    defaults = {"step": queries.step_of(schema), "moved_at": now}
    MallVersion.objects.update_or_create(tenant_id=tenant_id, defaults=defaults)


@transaction.atomic
def adopt(*, now: datetime) -> None:
    """Give a version to malls in use that have none, because an older release opened them: before the first step."""
    unknown = Tenant.objects.filter(version=None, status__in=[Tenant.Status.OPEN, Tenant.Status.SUSPENDED])
    MallVersion.objects.bulk_create(
        [MallVersion(tenant=tenant, step=0, moved_at=now) for tenant in unknown], ignore_conflicts=True
    )


def _behind(step: int, schemas: Sequence[str] | None) -> list[Mall]:
    """Return the malls that are not at the step and whose schema stands, oldest first."""
    found = (
        MallVersion.objects.filter(step__lt=step).exclude(tenant__status=Tenant.Status.CLOSED).select_related("tenant")
    )
    if schemas is not None:
        found = found.filter(tenant__schema_name__in=schemas)
    standing = queries.standing_schemas()
    return [Mall(one.tenant, one.step) for one in found.order_by("pk") if one.tenant.schema_name in standing]


def _teller(say: Callable[[str], object]) -> Callable[[Progress], None]:
    last = 0.0

    def tell(progress: Progress) -> None:
        nonlocal last
        at_end = progress.done + progress.broken == progress.malls
        if at_end or progress.seconds - last >= SAY_EVERY_S:
            last = progress.seconds
            say(described(progress))

    return tell


def described(progress: Progress) -> str:
    """Return one line of progress."""
    left = "" if progress.ends_in_s is None else f", about {max(1, round(progress.ends_in_s))} s left"
    aside = [f"{progress.waiting} locked, tried again"] * bool(progress.waiting) + [f"{progress.broken} broken"] * bool(
        progress.broken
    )
    return (
        f"  {progress.done:,} of {progress.malls:,} malls"
        + (f" ({', '.join(aside)})" if aside else "")
        + (left if progress.done + progress.broken < progress.malls else f" in {progress.seconds:.1f} s")
    )


@transaction.atomic
def park(*, tenant_id: int, reason: str, now: datetime) -> None:
    """Put a mall into maintenance: its pages say so, and the reason is kept for the operator. Locks: Tenant."""
    tenant = locked_one(Tenant.objects.filter(pk=tenant_id))
    MallVersion.objects.filter(tenant=tenant).update(reason=reason, moved_at=now)
    if not tenant.parked:
        tenant.parked = True
        tenant.save(update_fields=["parked"])
        told = queries.in_brief(reason)[:200]
        audit.record(action="mall.parked", subject=("mall", tenant.public_id), summary=told, by=SYSTEM, now=now)


def _unpark(step: int, *, now: datetime) -> None:
    """Let the malls in maintenance that stand at the last step be served again, whoever brought them there."""
    repaired = MallVersion.objects.filter(step=step, tenant__parked=True).exclude(tenant__status=Tenant.Status.CLOSED)
    for pk in repaired.values_list("tenant", flat=True):
        with transaction.atomic():
            tenant = locked_one(Tenant.objects.filter(pk=pk))
            tenant.parked = False
            tenant.save(update_fields=["parked"])
            audit.record(
                action="mall.unparked",
                subject=("mall", tenant.public_id),
                summary=_("Repaired and at the release"),
                by=SYSTEM,
                now=now,
            )
