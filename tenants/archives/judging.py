"""Whether an archive may become a mall again, and as what. See ADR 0008."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tenants.erasure import queries as erasures
from tenants.registry.models import Tenant
from tenants.relay.models import AppliedEvent

from .layout import ArchiveRefused
from .models import MallRestore
from .reading import Archive


@dataclass(frozen=True)
class Verdict:
    """`mode` with its reason for people; `schemas`: every schema that the mall had, whose books and references it may take over."""

    mode: str
    reason: object
    realm: str
    schemas: tuple[str, ...]


def judge(archive: Archive, *, override_reason: str) -> Verdict:
    """
    Decide what a restore makes of the archive.

    :raises ArchiveRefused: its mall was erased, and nobody gave a reason to bring it back
    """
    realm = str(archive.manifest.mall["code_realm"])
    family = Tenant.objects.filter(Q(schema_name=realm) | Q(code_realm=realm))
    schemas = tuple(family.order_by("pk").values_list("schema_name", flat=True))
    if erasures.is_erased(schemas) and not override_reason:
        raise ArchiveRefused(
            _(
                "This mall was erased, and erased malls stay erased. If its merchant asked for it, give the reason; it is kept in "
                "the register of erasures."
            )
        )
    living = family.exclude(status=Tenant.Status.CLOSED).first()
    if living:
        reason = _("“%(name)s” is still there, so this is a copy: what it sold stays with it.") % {"name": living.name}
        return Verdict(MallRestore.Mode.COPY, reason, realm, schemas)
    later = AppliedEvent.objects.filter(schema_name__in=schemas, happened_at__gt=archive.taken_at)
    count = later.exclude(kind__startswith="agency.").count()
    if count:
        reason = _(
            "%(count)d sales, redemptions or refunds happened after this archive was made, so what it says about vouchers is "
            "not true any more. It becomes a copy: its vouchers cannot be used."
        ) % {"count": count}
        return Verdict(MallRestore.Mode.COPY, reason, realm, schemas)
    return Verdict(
        MallRestore.Mode.MOVED, _("The mall moves: vouchers that it sold can be used in the new one."), realm, schemas
    )
