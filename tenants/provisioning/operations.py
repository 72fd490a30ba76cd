"""Opens, suspends and resumes malls."""

import errno
import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from psycopg.errors import DiskFull

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel import presence
from saas.kernel.actors import Actor
from saas.kernel.errors import Busy, DomainError
from saas.kernel.locking import locked, locked_one
from saas.kernel.tasks import enqueue
from tenants.domains import queries as domains
from tenants.isolation.entrance import inside, on_platform
from tenants.isolation.storage import is_away, media
from tenants.registry import names
from tenants.registry.models import Domain, Tenant
from tenants.rollout import template
from tenants.rollout.models import MallVersion, Recording

from .models import LeftFiles, ReadySchema

logger = logging.getLogger(__name__)
# How long a repeated request waits for the first one, which takes seconds when no schema is ready; and when the first one is
# held for dead.
WAIT_S, WAIT_TRIES = 0.1, 200
ABANDONED_AFTER = timedelta(minutes=2)
# The next schema is built when the owner has seen the first page: it takes a core for a third of a second.
REFILL_AFTER_S = 2


class AddressTaken(DomainError):
    """Another mall has the address."""

    code = "address_taken"
    message = _("That address is taken. Please choose another.")


class NoRoom(DomainError):
    """The database's disk or the media storage is full."""

    code = "no_room"
    message = _(
        "There is no room for another mall at the moment. Nothing was made; we are told, please try again later."
    )


class StorageAway(DomainError):
    """The media storage does not answer, or refuses."""

    code = "storage_away"
    message = _(
        "The storage for pictures does not answer at the moment. Nothing was made; we are told, please try again later."
    )


@dataclass(frozen=True)
class Opening:
    """What a merchant tells when opening a mall. `key` makes a repeated request open it once."""

    name: str
    slug: str
    trade: str
    owner_email: str
    owner_password: str | None
    owner_name: str = ""
    currency: str = "usd"
    time_zone: str = "UTC"
    language: str = "en"
    key: str | None = None


def open_mall(opening: Opening, *, by: Actor, now: datetime) -> Tenant:
    """
    Open a mall: register it, give it a schema, plant the starter kit, show it. Never inside a transaction.

    Repeated with the same key it returns the mall that the first request opened, waiting for one that is still at work.
    When a step fails, nothing is left; what a killed process left is cleared when its key comes again, and by `clear_abandoned`.

    :raises AddressRefused: the address cannot be a mall's
    :raises AddressTaken: another mall has it, or had it until lately
    :raises Busy: the first request with this key is still at work
    :raises NoRoom: a disk is full; the log says which
    :raises StorageAway: the media storage does not answer; its cause says why
    :raises NoRecording: `./hutong migrate` has never run
    """
    names.check_slug(opening.slug)
    try:
        return _open(opening, by=by, now=now)
    except (OSError, DatabaseError) as error:
        if not _is_full(error):
            raise
        logger.exception("a disk is full; %s was not opened", opening.slug)
        raise NoRoom from error
    except Exception as error:
        if not is_away(error):
            raise
        logger.error("the media storage does not answer; %s was not opened: %s", opening.slug, error)
        raise StorageAway from error


def _is_full(error: BaseException) -> bool:
    """Tell whether an error says that the database's disk or the media's is full, or over its quota."""
    is_media = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return is_media or isinstance(error.__cause__, DiskFull)


def _open(opening: Opening, *, by: Actor, now: datetime) -> Tenant:
    with on_platform():
        if domains.rests(f"{opening.slug}.{settings.BASE_DOMAIN}", now=now):
            raise AddressTaken
        if opening.key and (known := _opened_before(opening.key, now=now)):
            return known
        recording = template.current()
        tenant, is_ready = _register(opening, recording, now=now)
        if tenant is None:
            return _open(opening, by=by, now=now)
        try:
            if not is_ready:
                template.replay(recording.script, tenant.schema_name)
            with inside(tenant):
                import_string(settings.MALL_PLANTER)(tenant=tenant, opening=opening, now=now)
            return _show(tenant_id=tenant.pk, by=by, now=now)
        except BaseException:
            _take_back(tenant)
            raise
        finally:
            presence.let_go(_at_work(tenant.schema_name))


def _at_work(schema: str) -> str:
    """Return the name that the process holds which opens the mall, or takes it back."""
    return f"opening:{schema}"


def _opened_before(key: str, *, now: datetime) -> Tenant | None:
    """Return the mall that a request with this key opened, once it is open; None when this request is the first."""
    for _try in range(WAIT_TRIES):
        known = Tenant.objects.filter(opening_key=key).first()
        if known is None or known.status != Tenant.Status.OPENING:
            return known
        if known.created_at < now - ABANDONED_AFTER and _clear(known):
            return None
        time.sleep(WAIT_S)
    raise Busy


@transaction.atomic
def _register(opening: Opening, recording: Recording, *, now: datetime) -> tuple[Tenant | None, bool]:
    """
    Write the tenant, its version and its domain, with a ready schema where there is one; tell whether the schema is ready.

    No tenant is returned when another request with the same key was quicker.
    """
    ready = claim(recording)
    try:
        with transaction.atomic():
            tenant = Tenant.objects.create(
                schema_name=ready or names.schema_name(),
                name=opening.name,
                slug=opening.slug,
                trade=opening.trade,
                currency=opening.currency,
                time_zone=opening.time_zone,
                language=opening.language,
                owner_email=opening.owner_email,
                opening_key=opening.key,
                created_at=now,
            )
            MallVersion.objects.create(tenant=tenant, step=recording.step, moved_at=now)
            Domain.objects.create(domain=f"{opening.slug}.{settings.BASE_DOMAIN}", tenant=tenant, is_primary=True)
            presence.hold(_at_work(tenant.schema_name))  # before anybody sees the row
    except IntegrityError as error:
        if opening.key and Tenant.objects.filter(opening_key=opening.key).exists():
            transaction.set_rollback(True)  # the ready schema stays in the pool
            return None, False
        raise AddressTaken from error
    return tenant, bool(ready)


def claim(recording: Recording) -> str:
    """Take a ready schema of this recording out of the pool and return its name; "" when none is ready."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM provisioning_readyschema WHERE id = (SELECT id FROM provisioning_readyschema WHERE fingerprint = %s "
            "ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING schema_name",
            [recording.fingerprint],
        )
        row = cursor.fetchone()
    return row[0] if row else ""


@transaction.atomic
def _show(*, tenant_id: int, by: Actor, now: datetime) -> Tenant:
    tenant = locked_one(Tenant.objects.filter(pk=tenant_id))
    tenant.status, tenant.opened_at = Tenant.Status.OPEN, now
    tenant.save(update_fields=["status", "opened_at"])
    audit.record(
        action="mall.opened",
        subject=("mall", tenant.public_id),
        summary=phrase(_("Opened %(mall)s"), mall=tenant.name),
        by=by,
        now=now,
    )
    enqueue("tenants.provisioning.refill_pool", schema=settings.PUBLIC_SCHEMA_NAME, delay_s=REFILL_AFTER_S)
    return tenant


def clear_abandoned(*, now: datetime) -> list[str]:
    """
    Take back what openings left whose process died, so that their addresses are free; return the addresses. On the platform.

    What a restore makes is not looked at: its work is begun again, and clears what it left. A process that lives keeps its mall,
    however long it takes.
    """
    left = Tenant.objects.filter(status=Tenant.Status.OPENING, created_at__lt=now - ABANDONED_AFTER, restores=None)
    cleared = []
    for tenant in left.order_by("pk"):
        if _clear(tenant):
            logger.warning("cleared %s, whose opening was cut off", tenant.slug)
            cleared.append(tenant.slug)
    return cleared


def _clear(tenant: Tenant) -> bool:
    """Take back what a dead process left and tell whether it was dead."""
    held = presence.Presence(_at_work(tenant.schema_name))
    if not held.take():
        return False
    try:
        _take_back(tenant)
    finally:
        held.let_go()
    return True


def _take_back(tenant: Tenant) -> None:
    """
    Remove what an opening left behind, with its files. A mall that opened meanwhile is never touched. Locks: Tenant.

    Files last, noted with the rows' removal: cut off between the two, or with the storage away, they are removed by
    `remove_left_files`.
    """
    with transaction.atomic():
        rows = locked(Tenant.objects.filter(pk=tenant.pk, status=Tenant.Status.OPENING))
        if not rows:
            return
        template.remove(tenant.schema_name)
        Tenant.objects.filter(pk=tenant.pk).delete()
        LeftFiles.objects.get_or_create(schema_name=tenant.schema_name)
    try:
        _remove_files(tenant.schema_name)
    except Exception as error:
        if not is_away(error):
            raise
        logger.warning("the files of %s stay until the storage answers: %s", tenant.schema_name, error)


def _remove_files(schema: str) -> None:
    """Remove the files of a schema that no mall has; the note goes last."""
    with inside(Tenant(schema_name=schema)):
        media.remove_all()
    LeftFiles.objects.filter(schema_name=schema).delete()


def remove_left_files() -> list[str]:
    """
    Remove files of malls that never opened, where the process died between rows and files; return their schemas. On the platform.

    Schemas' names are random and are not used again. A process that lives is left to its work; a storage that refuses is asked again
    the next time, and the others are not kept waiting by it.
    """
    removed = []
    for schema in LeftFiles.objects.order_by("pk").values_list("schema_name", flat=True):
        held = presence.Presence(_at_work(schema))
        if not held.take():
            continue
        try:
            _remove_files(schema)
            removed.append(schema)
        except Exception:
            logger.exception("the files of %s, which never opened, could not be removed", schema)
        finally:
            held.let_go()
    return removed


@transaction.atomic
def suspend(*, tenant_id: int, reason: str, by: Actor, now: datetime) -> Tenant:
    """
    Stop a mall's sales. Sold vouchers are still redeemed and refunded, earned money is still paid (M19).

    Locks: Tenant. Repeated it changes nothing.
    """
    tenant = locked_one(Tenant.objects.filter(pk=tenant_id))
    if tenant.status == Tenant.Status.OPEN:
        tenant.status, tenant.suspended_reason = Tenant.Status.SUSPENDED, reason
        tenant.save(update_fields=["status", "suspended_reason"])
        audit.record(action="mall.suspended", subject=("mall", tenant.public_id), summary=reason, by=by, now=now)
    return tenant


@transaction.atomic
def give_reason(*, tenant_id: int, reason: str, by: Actor, now: datetime) -> None:
    """Replace the reason for which a mall's sales are stopped. Locks: Tenant."""
    tenant = locked_one(Tenant.objects.filter(pk=tenant_id, status=Tenant.Status.SUSPENDED))
    tenant.suspended_reason = reason
    tenant.save(update_fields=["suspended_reason"])
    audit.record(action="mall.suspended", subject=("mall", tenant.public_id), summary=reason, by=by, now=now)


@transaction.atomic
def resume(*, tenant_id: int, by: Actor, now: datetime) -> Tenant:
    """Let a suspended mall sell again. Locks: Tenant. Repeated it changes nothing."""
    tenant = locked_one(Tenant.objects.filter(pk=tenant_id))
    if tenant.status == Tenant.Status.SUSPENDED:
        tenant.status, tenant.suspended_reason = Tenant.Status.OPEN, ""
        tenant.save(update_fields=["status", "suspended_reason"])
        audit.record(action="mall.resumed", subject=("mall", tenant.public_id), summary=_("Resumed"), by=by, now=now)
    return tenant


def refill_pool(*, size: int, now: datetime) -> int:
    """
    Build ready schemas until there are `size` of the current template; drop those of older ones. Return how many were built.

    Of several processes one builds; what another finds missing then is built by the first.
    """
    with on_platform():
        recording = template.current()
        for stale in ReadySchema.objects.exclude(fingerprint=recording.fingerprint):
            with transaction.atomic():
                if ReadySchema.objects.filter(pk=stale.pk).delete()[0]:
                    template.remove(stale.schema_name)
        built = 0
        while _build_one(recording, size=size, now=now):
            built += 1
        return built


@transaction.atomic
def _build_one(recording: Recording, *, size: int, now: datetime) -> bool:
    """Build a ready schema unless there are `size`, or another process builds one; tell whether it was built."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('hutong-pool'))")
        if not cursor.fetchone()[0] or ReadySchema.objects.filter(fingerprint=recording.fingerprint).count() >= size:
            return False
    schema = names.schema_name()
    template.replay(recording.script, schema)
    ReadySchema.objects.create(schema_name=schema, fingerprint=recording.fingerprint, built_at=now)
    return True
