"""Statements' background work on the platform. Each may run twice, and be killed anywhere."""

import logging

from saas.kernel import clock
from saas.kernel.errors import Busy
from saas.kernel.tasks import enqueue, task

from . import issuing, queries
from .drafting import Place

logger = logging.getLogger(__name__)


@task("billing.statements.issue_due")
def issue_due(**_later: object) -> None:
    """Have every mall's months that are over stated, and note which statements have been paid."""
    for place in queries.places():
        enqueue("billing.statements.issue_mall", tenant_schema=place.schema, currency=place.currency)
    enqueue("billing.statements.note_paid")


@task("billing.statements.issue_mall", autoretry_for=(Busy,), max_retries=3, retry_backoff=20)
def issue_mall(*, tenant_schema: str, currency: str, **_later: object) -> None:
    """Issue what one mall is due, month after month."""
    issuing.issue_mall(place=Place(tenant_schema, currency), now=clock.now())


@task("billing.statements.note_paid")
def note_paid(**_later: object) -> None:
    """Mark the confirmed statements that have reached the bank."""
    issuing.note_paid(now=clock.now())
