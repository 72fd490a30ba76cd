"""The list of malls. Lives in `public`."""

from typing import Any

from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_tenants.models import DomainMixin, TenantMixin

from saas.kernel.ids import public_id


class Trade(models.TextChoices):
    """What a merchant does; chooses the starter kit."""

    RESTAURANT = "restaurant", _("Restaurant or café")
    SALON = "salon", _("Salon or barber")
    CINEMA = "cinema", _("Cinema")
    HOME = "home", _("Home improvement")
    CONVENIENCE = "convenience", _("Convenience store")


class TenantQuerySet(models.QuerySet["Tenant"]):
    """Named filters over malls."""

    def served(self) -> "TenantQuerySet":
        """Keep malls whose schema is complete and in use."""
        return self.filter(status__in=[Tenant.Status.OPEN, Tenant.Status.SUSPENDED], parked=False)


class Tenant(TenantMixin):
    """One merchant's isolated space: a schema, its domains, its media. The schema's name is opaque and never changes."""

    class Status(models.TextChoices):
        OPENING = "opening", pgettext_lazy("mall", "Opening")
        OPEN = "open", pgettext_lazy("mall", "Open")
        SUSPENDED = "suspended", _("Suspended")
        CLOSED = "closed", pgettext_lazy("mall", "Closed")

    auto_create_schema = False
    auto_drop_schema = False

    public_id = models.CharField(max_length=26, unique=True, default=public_id, editable=False)
    name = models.CharField(max_length=120)
    slug = models.CharField(max_length=40, unique=True)
    trade = models.CharField(max_length=20, choices=Trade.choices)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.OPENING)
    currency = models.CharField(max_length=3, default="usd")
    time_zone = models.CharField(max_length=64, default="UTC")
    language = models.CharField(max_length=12, default="en")
    owner_email = models.EmailField()
    suspended_reason = models.CharField(max_length=200, blank=True)
    # Since when no new deals can be published, because a service package is not paid; everything else goes on.
    restricted_at = models.DateTimeField(null=True)
    restricted_reason = models.CharField(max_length=200, blank=True, db_default="")
    # Since when the agency audits a deal before it goes on sale; null: the merchant publishes alone (ops_console.audits).
    audited_at = models.DateTimeField(null=True)
    # The form's key: a repeated sign-up request finds the mall that the first one opened.
    opening_key = models.CharField(max_length=40, unique=True, null=True)
    # The schema under which its voucher codes were made, when the mall was restored from an erased one's archive (ADR 0008).
    code_realm = models.CharField(max_length=63, null=True)
    # The host that shoppers are led to, when it is not the platform's own; follows `Domain.is_primary`, so that no request asks.
    primary_host = models.CharField(max_length=253, blank=True, default="", db_default="")
    # In maintenance, because its schema could not be brought to a release; see tenants.rollout.
    parked = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(schema_name__regex=r"^m_[0-9a-z]{16}$"), name="tenant_schema_name_is_opaque"
            ),
            models.CheckConstraint(
                condition=models.Q(slug__regex=r"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$"), name="tenant_slug_is_a_host_label"
            ),
            models.UniqueConstraint(
                fields=["code_realm"], condition=~models.Q(status="closed"), name="tenant_code_realm_once_in_use"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def realm(self) -> str:
        """Return what the mall's voucher codes are bound to. No two malls in use have the same."""
        return self.code_realm or self.schema_name

    def __enter__(self) -> Any:
        raise RuntimeError("enter a mall with tenants.isolation.entrance.inside, which is safe in threads")

    def __exit__(self, *_error: object) -> None:
        raise RuntimeError("enter a mall with tenants.isolation.entrance.inside, which is safe in threads")


class Domain(DomainMixin):
    """A host name at which a mall answers, in lower case, without port or trailing dot."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(domain=Lower("domain")), name="domain_is_lower_case"),
        ]


class RegistryChange(models.Model):
    """A change of a tenant's or a domain's row, left by a trigger in its transaction; see `directory`."""

    changed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.pk}"
