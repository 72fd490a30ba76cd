"""What the counter's people try: done by vouchers' operations, and where a store is not theirs, kept in the trail as refused (V8)."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from storefront.vouchers import operations
from storefront.vouchers.models import Redemption
from storefront.vouchers.refusals import NotYourStore


def redeem(*, voucher_public_id: str, **given: Any) -> Redemption:
    """Redeem as `vouchers.operations.redeem` does, with its refusals; a try in a store that is not the person's is noted."""
    try:
        return operations.redeem(voucher_public_id=voucher_public_id, **given)
    except NotYourStore as refusal:
        text = gettext_lazy("Not redeemed at %(store)s: the person works in other stores")
        _note("voucher.redemption_refused", text, refusal, given)
        raise


def undo(*, redemption_public_id: str, **given: Any) -> Redemption:
    """Undo as `vouchers.operations.undo` does, with its refusals; a try in a store that is not the person's is noted."""
    try:
        return operations.undo(redemption_public_id=redemption_public_id, **given)
    except NotYourStore as refusal:
        text = gettext_lazy("Use at %(store)s not undone: the person works in other stores")
        _note("voucher.undo_refused", text, refusal, given)
        raise


@transaction.atomic
def _note(action: str, text: Any, refusal: NotYourStore, given: dict[str, Any]) -> None:
    """The refused try was rolled back; this stands by itself."""
    audit.record(
        action=action,
        subject=("voucher", str(refusal.data["voucher"])),
        summary=phrase(text, store=refusal.data["store"]),
        by=given["by"],
        now=given["now"],
    )
