"""What the platform is told of codes that wait for a second person, so that they stand with what else does (A4)."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from saas.audit.phrases import Phrase, phrase
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.outbox import operations as outbox

from .models import Promotion

State = Promotion.State
# As what it stands among the questions for a second yes (`approval.changed`).
KIND = "coupon"
# Acts after which a code waits for a second person no more, and what became of the question.
_LEAVES = {
    "promotion.seconded": "approved",
    "promotion.accepted": "approved",
    "promotion.changed": "declined",
    "promotion.declined": "declined",
    "promotion.withdrawn": "declined",
}


def tell(action: str, row: Promotion, *, summary: Phrase, by: Actor, now: datetime) -> None:
    """Tell the platform that a code waits for a second person, or no more. Inside the act's transaction."""
    if row.state != State.SECOND and action not in _LEAVES:
        return
    state = "open" if row.state == State.SECOND else _LEAVES[action]
    if row.state == State.ACTIVE:
        state = "approved"
    elif row.state == State.WITHDRAWN and by.kind == SYSTEM.kind:
        state = "lapsed"
    what = sentence(row, summary)
    payload: dict[str, object] = {
        "approval": row.public_id, "kind": KIND, "label": what.in_english()[:200], "amount": row.uses_total or 0, "state": state,
        "asked_by": row.made_by, "asked_by_id": row.made_by_id, "task": by.task, "reason": row.reason or by.reason,
        "by": by.name, "said": what.as_json(),
    }  # fmt: skip
    outbox.tell(kind="approval.changed", subject=row.public_id, payload=payload, now=now)


def sentence(row: Promotion, summary: Phrase) -> Phrase:
    """Say what a second person agrees to: the code, and how often it can be used."""
    if row.uses_total is None:
        return phrase(_("%(what)s. As often as anybody likes"), what=summary)
    return phrase(_("%(what)s. Uses: %(uses)d"), what=summary, uses=row.uses_total)
