"""Mail to owners."""

from saas.kernel.tasks import task

from . import operations


@task("ops_console.portfolio.tell_owner")
def tell_owner(*, mall: str, **_later: object) -> None:
    """Tell the owner of a mall whether it sells."""
    operations.tell_owner(mall=mall)


@task("ops_console.portfolio.tell_of_erasure")
def tell_of_erasure(*, erasure: str, **_later: object) -> None:
    """Tell owner and agency that a mall is to be erased, or is not."""
    operations.tell_of_erasure(erasure=erasure)
