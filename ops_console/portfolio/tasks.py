"""Mail to owners."""

from saas.kernel.tasks import task

from . import operations


@task("ops_console.portfolio.tell_owner")
def tell_owner(*, mall: str, **_later: object) -> None:
    """Tell the owner of a mall whether it sells."""
    operations.tell_owner(mall=mall)
