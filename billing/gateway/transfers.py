"""A merchant's share: from a charge to the merchant's account, and back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .client import api, asked, every, with_key
from .models import Outgoing
from .once import Wanted, once, refuse_transaction, was_asked


@dataclass(frozen=True)
class TransferRequest:
    """
    A share of a charge for a mall's account. `key` is made of the settlement line's id; `transfer_group` is the order's.

    Money goes out of `charge_id` (ch_… or py_…), so that it never waits for, and never takes, another sale's money. Empty, it goes out
    of the platform's own balance: its part of a discount.
    """

    key: str
    tenant_schema: str
    account_id: str
    charge_id: str
    transfer_group: str
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class TransferState:
    """A transfer as Stripe has it; what stays with the merchant is `amount_minor - reversed_minor`."""

    transfer_id: str
    account_id: str
    charge_id: str
    amount_minor: int
    reversed_minor: int
    currency: str
    balance_transaction_id: str


@dataclass(frozen=True)
class ReversalState:
    """Money that came back from a merchant's account."""

    reversal_id: str
    transfer_id: str
    amount_minor: int
    currency: str
    balance_transaction_id: str


def send(request: TransferRequest, *, now: datetime) -> TransferState:
    """
    Send a share, once for each key.

    :raises GatewayUnavailable: unknown; ask again with the same request
    :raises AccountRestricted: the account may not receive money now
    :raises PaymentRefused: another clear no, such as more than the charge holds
    """
    params = {
        "amount": request.amount_minor,
        "currency": request.currency.lower(),
        "destination": request.account_id,
        "transfer_group": request.transfer_group,
    }
    if request.charge_id:
        params["source_transaction"] = request.charge_id
    wanted = Wanted(f"tr:{request.key}", Outgoing.Kind.TRANSFER, request.tenant_schema, params)
    group = {"transfer_group": request.transfer_group, "limit": 100}
    made = once(
        wanted,
        create=lambda options: asked(lambda: api().transfers.create(wanted.sent, options)),
        read=lambda transfer_id: asked(lambda: api().transfers.retrieve(transfer_id)),
        find=lambda: with_key(every(asked(lambda: api().transfers.list(group))), wanted.key),
        now=now,
    )
    return _transfer(made)


def may_be_made(key: str) -> bool:
    """Tell whether a transfer was asked for under a key: Stripe may have made it, whatever has become of the account since."""
    return was_asked(f"tr:{key}")


def read_transfer(transfer_id: str) -> TransferState:
    """
    Return a transfer as Stripe has it now.

    :raises GatewayUnavailable: no clear answer
    """
    refuse_transaction()
    return _transfer(asked(lambda: api().transfers.retrieve(transfer_id)))


def transfers_since(since: datetime) -> list[TransferState]:
    """Return all transfers made since an instant, newest first, for reconciliation."""
    refuse_transaction()
    params = {"created": {"gte": int(since.timestamp())}, "limit": 100}
    return [_transfer(one) for one in every(asked(lambda: api().transfers.list(params)))]


def reverse(*, key: str, tenant_schema: str, transfer_id: str, amount_minor: int, now: datetime) -> ReversalState:
    """
    Take part or all of a transfer back, once for each key.

    :raises GatewayUnavailable: unknown; ask again with the same key and amount
    :raises InsufficientFunds: the account does not hold it: the merchant owes it
    :raises PaymentRefused: another clear no, such as more than is left of the transfer
    """
    params = {"amount": amount_minor}
    wanted = Wanted(f"trr:{key}", Outgoing.Kind.REVERSAL, tenant_schema, params)
    every_page = {"limit": 100}
    made = once(
        wanted,
        create=lambda options: asked(lambda: api().transfers.reversals.create(transfer_id, wanted.sent, options)),
        read=lambda reversal_id: asked(lambda: api().transfers.reversals.retrieve(transfer_id, reversal_id)),
        find=lambda: with_key(
            every(asked(lambda: api().transfers.reversals.list(transfer_id, every_page))), wanted.key
        ),
        now=now,
    )
    return ReversalState(
        reversal_id=made.id,
        transfer_id=transfer_id,
        amount_minor=made.amount,
        currency=made.currency,
        balance_transaction_id=made.balance_transaction or "",
    )


def _transfer(found: Any) -> TransferState:
    return TransferState(
        transfer_id=found.id,
        account_id=found.destination,
        charge_id=found.source_transaction or "",
        amount_minor=found.amount,
        reversed_minor=found.amount_reversed,
        currency=found.currency,
        balance_transaction_id=found.balance_transaction or "",
    )
