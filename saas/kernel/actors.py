"""Who acts. Every operation that leaves a trail takes an `Actor` as `by`."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from .errors import DomainError


@dataclass(frozen=True)
class Actor:
    """
    A person or a part of the system.

    `kind` is one of shopper, merchant, agency, platform, guest, system; `public_id` is the account's (empty for guests and
    the system). Where one of the agency acts in a mall, `on_behalf_of` says for whom and `clause` by which right: the numbers of
    the contract's clauses, or the reason where there is no contract. `task` is what it is done for (its public id), `reason` why.
    """

    kind: str
    name: str
    public_id: str = ""
    on_behalf_of: str = ""
    clause: str = ""
    task: str = ""
    reason: str = ""


class OnlyTheMerchant(DomainError):
    """What binds the merchant is decided by the merchant in person, never by somebody on the merchant's behalf (A3)."""

    code = "only_the_merchant"
    message = _("Only the merchant can do this, in person.")


def refuse_all_but_merchant(by: Actor) -> None:
    """
    Refuse everybody who is not of the merchant's own people.

    :raises OnlyTheMerchant: another kind of actor, or one who acts on the merchant's behalf
    """
    if by.kind != "merchant" or by.on_behalf_of:
        raise OnlyTheMerchant


SYSTEM = Actor(kind="system", name="Hutong")
GUEST = Actor(kind="guest", name="Guest")
