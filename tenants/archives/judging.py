"""Whether an archive may become a mall again, and as what. See ADR 0008."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from saas.kernel.outbox.models import OutboxEvent
from tenants.erasure import queries as erasures
from tenants.registry.models import Tenant
from tenants.relay.models import AppliedEvent

from .layout import ArchiveRefused
from .models import MallRestore
from .reading import Archive

# Of the database's server and of the machines that apply events; generous, because what is looked up is only few more.
CLOCKS_DIFFER = timedelta(minutes=10)


@dataclass(frozen=True)
class Verdict:
    """`mode` with its reason for people; `schemas`: every schema that the mall had, whose books and references it may take over."""

    mode: str
    reason: object
    realm: str
    schemas: tuple[str, ...]


def judge(archive: Archive, *, override_reason: str, new: Tenant | None = None) -> Verdict:
    """
    Decide what a restore makes of the archive; `new` is the mall that it is making already, which says nothing about the others.

    :raises ArchiveRefused: its mall was erased, and nobody gave a reason to bring it back; or it is being erased
    """
    realm = str(archive.manifest.mall["code_realm"])
    family = Tenant.objects.filter(Q(schema_name=realm) | Q(code_realm=realm)).exclude(pk=new.pk if new else None)
    schemas = tuple(family.order_by("pk").values_list("schema_name", flat=True))
    if erasures.is_being_erased(schemas):
        raise ArchiveRefused(
            _(
                "This mall is being erased, and what it sold last may not be in the books yet. Begin again when that is over."
            )
        )
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
    if count := _later(archive, schemas):
        reason = _(
            "%(count)d sales, redemptions or refunds happened after this archive was made, so what it says about vouchers is "
            "not true any more. It becomes a copy: its vouchers cannot be used."
        ) % {"count": count}
        return Verdict(MallRestore.Mode.COPY, reason, realm, schemas)
    return Verdict(
        MallRestore.Mode.MOVED, _("The mall moves: vouchers that it sold can be used in the new one."), realm, schemas
    )


def judge_again(archive: Archive, first: Verdict, *, override_reason: str, new: Tenant) -> None:
    """
    Refuse to open what the first verdict does not hold for any more: it took minutes to make. Inside the transaction that opens.

    :raises ArchiveRefused: the mall was erased or came back meanwhile, or something was sold or used in it
    """
    now = judge(archive, override_reason=override_reason, new=new)
    if (now.mode, now.schemas) != (first.mode, first.schemas):
        raise ArchiveRefused(
            _("While the new mall was made, the one that the archive is of has changed: %(reason)s Begin again.")
            % {"reason": now.reason}
        )


def _later(archive: Archive, schemas: tuple[str, ...]) -> int:
    """
    Count the facts of the mall that the platform knows and the archive does not.

    What was under way when the rows were read says an earlier instant than theirs and was committed later: the platform
    cannot have applied it before, so what it applied since is looked up in the archive's own outbox.
    """
    told = AppliedEvent.objects.filter(schema_name__in=schemas)
    # Visits change no sale; people who ended their account are ended again in the new mall.
    told = told.exclude(kind__startswith="agency.").exclude(kind="person.ended")
    if count := told.filter(happened_at__gt=archive.taken_at).count():
        return count
    lately = told.filter(applied_at__gt=archive.taken_at - CLOCKS_DIFFER)
    unknown = set(lately.values_list("event_id", flat=True))
    if unknown:
        unknown.difference_update(archive.column(OutboxEvent._meta.db_table, "event_id"))
    return len(unknown)
