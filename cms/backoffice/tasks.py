"""Background work of the back office."""

from saas.accounts.models import User
from saas.kernel.tasks import task

from .staff import mails


@task(
    "cms.backoffice.send_invitation", autoretry_for=(OSError,), max_retries=8, retry_backoff=10, retry_backoff_max=900
)
def send_invitation(*, user_public_id: str, invited_by: str, **_later: object) -> None:
    """Send an invited person the link that sets their password."""
    mails.invite(User.objects.get(public_id=user_public_id), invited_by=invited_by)
