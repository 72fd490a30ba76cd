"""Vouchers of a mall that was made from an archive. See ADR 0008."""

from . import codes
from .models import Voucher


def settle(*, is_copy: bool, **_later: object) -> None:
    """
    Take a copy's vouchers out of use, and give them hashes of its own codes: what was sold is used, undone and paid back in the mall
    that lives. That one was used stays in its redemptions.

    A mall that moved keeps its vouchers and their codes: it has the same realm.
    """
    if not is_copy:
        return
    for voucher in Voucher.objects.order_by("pk").iterator(chunk_size=1000):
        if voucher.state != Voucher.State.REFUNDED:
            voucher.state = Voucher.State.VOID
        voucher.code_hash = codes.new_hash(voucher.public_id)
        voucher.save(update_fields=["state", "code_hash"])
