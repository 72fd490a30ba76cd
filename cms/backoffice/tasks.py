"""Background work of the back office."""

from saas.accounts.models import User
from saas.kernel.tasks import task

from .disputes import mails as dispute_mails
from .promotions import mails as promotion_mails
from .staff import mails
from .statements import mails as statements_mails
from .terms import mails as terms_mails


@task(
    "cms.backoffice.send_invitation", autoretry_for=(OSError,), max_retries=8, retry_backoff=10, retry_backoff_max=900
)
def send_invitation(*, user_public_id: str, invited_by: str, **_later: object) -> None:
    """Send an invited person the link that sets their password."""
    mails.invite(User.objects.get(public_id=user_public_id), invited_by=invited_by)


@task(
    "cms.backoffice.tell_of_proposal", autoretry_for=(OSError,), max_retries=8, retry_backoff=10, retry_backoff_max=900
)
def tell_of_proposal(*, proposal: str, **_later: object) -> None:
    """Tell the owners that other commission terms are offered."""
    terms_mails.tell_of_proposal(proposal)


@task(
    "cms.backoffice.tell_of_promotion", autoretry_for=(OSError,), max_retries=8, retry_backoff=10, retry_backoff_max=900
)
def tell_of_promotion(*, promotion: str, **_later: object) -> None:
    """Tell the owners that a promotion waits for their yes."""
    promotion_mails.tell_of_promotion(promotion)


@task(
    "cms.backoffice.tell_of_dispute", autoretry_for=(OSError,), max_retries=8, retry_backoff=10, retry_backoff_max=900
)
def tell_of_dispute(*, public_id: str, state: str, **_later: object) -> None:
    """Tell the owners that a payment is disputed, or how it ended."""
    dispute_mails.tell(public_id, state)


@task(
    "cms.backoffice.tell_of_statement", autoretry_for=(OSError,), max_retries=8, retry_backoff=10, retry_backoff_max=900
)
def tell_of_statement(*, statement: str, what: str, **_later: object) -> None:
    """Tell the owners that a statement was issued, or a question about one answered."""
    statements_mails.tell(statement=statement, what=what)
