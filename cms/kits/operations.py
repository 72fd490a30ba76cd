"""Plants a starter kit into a new mall."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from cms.theming.models import Theme
from saas.accounts.models import User
from tenants.registry.models import Tenant

if TYPE_CHECKING:
    from tenants.provisioning.operations import Opening


@transaction.atomic
def plant(*, tenant: Tenant, opening: "Opening", now: datetime) -> None:
    """Give the new mall its owner, name and looks, and the pages of its trade's kit. Runs inside the mall."""
    Theme.objects.create(
        name=opening.name, email=opening.owner_email, currency=opening.currency, time_zone=opening.time_zone
    )
    User.objects.create_user(
        opening.owner_email, opening.owner_password, kind=User.Kind.MERCHANT, name=opening.owner_name, joined_at=now
    )
