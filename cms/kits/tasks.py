"""What follows from a change of the mall's address."""

from saas.kernel.tasks import task
from tenants.isolation.current import mall

from . import sites


@task("cms.kits.point_site")
def point_site(**_later: object) -> None:
    """Let Wagtail's site follow the mall's primary address."""
    sites.point(mall())
