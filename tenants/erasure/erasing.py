"""Removing a mall, in steps that each do nothing when they were done."""

import logging
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from saas.audit import operations as audit
from saas.kernel import clock
from saas.kernel.database import connection
from saas.kernel.errors import Busy
from saas.kernel.locking import locked_one
from saas.kernel.outbox.models import OutboxEvent
from tenants.archives import operations as archives
from tenants.archives import rows, schemas
from tenants.archives.models import MallExport
from tenants.domains import operations as domains
from tenants.isolation import cache
from tenants.isolation.entrance import inside
from tenants.isolation.storage import media
from tenants.longwork import lease as leases
from tenants.longwork.lease import Lease
from tenants.registry.models import Tenant
from tenants.relay import operations as relay

from . import owed, queries
from .models import Erasure
from .operations import NotErasable

logger = logging.getLogger(__name__)


class FactsWaiting(Busy):
    """The mall's outbox holds facts that could not be carried to the platform; the ledger would lose them."""

    message = _("Facts of this mall have not reached the books yet. The erasure waits until they have.")


def run(*, erasure: str, force: bool = False) -> bool:
    """
    Erase a mall whose time has come, and tell whether this call did it. Never inside a transaction.

    Killed at any point it is begun again and does what is left. It never goes back: once begun the mall is closed. It does not begin
    while the mall's facts are not in the books, or while the mall owes its shoppers something and does not move: it waits, and says so.
    """
    if Erasure.objects.filter(public_id=erasure, due_at__gt=clock.now()).exists():
        return False
    lease = leases.claim(Erasure, erasure, force=force)
    if lease is None:
        return False
    try:
        _erase(lease)
    except leases.Lost:
        return False
    except Busy as waits:
        # Due again: the sweep comes back.
        lease.end(Erasure.State.WAITING, problem=str(waits))
        return False
    except NotErasable:
        lease.end(
            Erasure.State.FAILED,
            problem=str(_("The mall sells again, so it was not erased. Ask for the erasure anew.")),
        )
        return False
    except OSError as error:
        logger.exception("the files of %s could not be removed", lease.work.schema_name)
        lease.end(Erasure.State.WAITING, problem=f"{error.strerror or error}; it is tried again.")
        return False
    finally:
        lease.let_go()
    return True


def _erase(lease: Lease[Erasure]) -> None:
    tenant = lease.work.tenant
    if tenant.status != Tenant.Status.CLOSED:
        lease.report(step="closing", force=True)
        _carry_facts(tenant.schema_name)
        if tenant.status != Tenant.Status.SUSPENDED:
            raise NotErasable
        if lease.work.moves_at is None or not queries.is_archived(tenant):
            owed.refuse(tenant)
        _close(lease, tenant)
    lease.report(step="files", force=True)
    with inside(tenant):
        media.remove_all()
    lease.report(step="cache", force=True)
    cache.forget(tenant.schema_name)
    lease.report(step="rows", force=True)
    _remove_rows(tenant.schema_name)
    _close_the_books(lease, tenant)


def _carry_facts(schema: str) -> None:
    """
    Bring what the mall's outbox holds to the platform.

    :raises FactsWaiting: some of it could not be applied, or was parked after many tries
    """
    relay.relay(schema=schema, now=clock.now())
    if relay.is_untold(schema):
        raise FactsWaiting


def _remove_rows(schema: str) -> None:
    """
    Drop the schema. What was under way when the mall closed is waited for, and what it told is carried first.

    :raises FactsWaiting: something was told in the last moment; the next try carries it
    """
    if not schemas.stands(schema):
        return
    _carry_facts(schema)
    with transaction.atomic(), connection.cursor() as cursor:
        outbox = sql.Identifier(schema, OutboxEvent._meta.db_table)
        cursor.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(outbox))
        cursor.execute(sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE sent_at IS NULL)").format(outbox))
        if cursor.fetchone()[0]:
            raise FactsWaiting
        schemas.remove(schema)


def _close(lease: Lease[Erasure], tenant: Tenant) -> None:
    """
    Count, then close: from here on nobody enters and no task begins. Exports under way end, so that none stores an archive later.

    Locks: Erasure, Tenant.

    :raises Lost: another process works on it
    :raises NotErasable: the mall is not what it was when the erasure was asked for
    """
    counts = _counted(tenant)
    with transaction.atomic():
        now = clock.now()
        lease.report(force=True)
        row = locked_one(Tenant.objects.filter(pk=tenant.pk))
        if row.status != Tenant.Status.SUSPENDED:
            raise NotErasable
        archives.stop_exports(tenant=tenant, now=now)
        Tenant.objects.filter(pk=tenant.pk).update(status=Tenant.Status.CLOSED)
        tenant.status = Tenant.Status.CLOSED
        Erasure.objects.filter(pk=lease.work.pk).update(counts=counts)
        domains.release_all(tenant=tenant, by=lease.work.by, now=now)


def _counted(tenant: Tenant) -> dict[str, Any]:
    with rows.own_connection(is_snapshot=True) as raw:
        by_table = {
            table.name: rows.count(raw, tenant.schema_name, table.name)
            for table in rows.tables(raw, tenant.schema_name)
        }
    with inside(tenant):
        sizes = [size for _key, size in media.listing()]
    return {
        "rows": {name: count for name, count in by_table.items() if count},
        "files": len(sizes),
        "bytes": sum(sizes),
    }


@transaction.atomic
def _close_the_books(lease: Lease[Erasure], tenant: Tenant) -> None:
    """Take names and addresses out of the platform's rows and close the register's entry. Ledger and audit trail stay."""
    now, work = clock.now(), lease.work
    for path in settings.MALL_ERASED:
        import_string(path)(schema_name=tenant.schema_name)
    MallExport.objects.filter(tenant=tenant, removed_at__isnull=True).update(removed_at=now)
    tenant.slug = f"erased-{tenant.public_id[:16]}"
    Tenant.objects.filter(pk=tenant.pk).update(
        name="Erased mall", slug=tenant.slug, owner_email="erased@erased.invalid", opening_key=None, suspended_reason="",
        restricted_reason="",
    )  # fmt: skip
    archives.forget(tenant=tenant)
    domains.forget(tenant=tenant)
    Erasure.objects.filter(tenant=tenant).update(by_name="", reason="", problem="")
    lease.end(Erasure.State.DONE, by_name="", reason="", problem="")
    audit.record(
        action="mall.erased", subject=("mall", tenant.public_id), summary=_("Erased the mall with rows, files and archives"),
        by=work.by, now=now, counts=Erasure.objects.get(pk=work.pk).counts,
    )  # fmt: skip
