"""Keeps the list of changes short."""

from datetime import timedelta

from saas.kernel import clock
from saas.kernel.tasks import task

from .models import RegistryChange

# Processes ask twice a second; what is older has been seen by all of them.
KEPT_FOR = timedelta(hours=1)


@task("tenants.registry.forget_changes")
def forget_changes(**_later: object) -> None:
    """Delete the changes that every process has seen."""
    RegistryChange.objects.filter(changed_at__lt=clock.now() - KEPT_FOR).delete()
