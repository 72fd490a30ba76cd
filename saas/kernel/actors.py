"""Who acts. Every operation that leaves a trail takes an `Actor` as `by`."""

from contextvars import ContextVar
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from .errors import DomainError


@dataclass(frozen=True)
class Bounds:
    """
    What a contract lets an actor do: keys of `tenants.entry.mandated.KEYS`, and limits above which a second person must agree.

    `asked` collects what a second person has to agree to; who began the request keeps it after the refusal. `clauses` are pairs of a key
    and the numbers of the clauses that give it.
    """

    permissions: frozenset[str]
    limits: tuple[tuple[str, int], ...] = ()
    clauses: tuple[tuple[str, str], ...] = ()
    asked: list[object] = field(default_factory=list, compare=False)

    def limit(self, name: str) -> int | None:
        """Return a limit, None where there is none."""
        return dict(self.limits).get(name)


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
    bounds: Bounds | None = None


class NotInTheContract(DomainError):
    """The contract does not let the agency do this in the mall."""

    code = "not_in_the_contract"
    message = _("The contract does not let you do this here. Nothing was changed.")


def refuse_beyond(by: Actor, key: str) -> None:
    """
    Refuse an actor whose mandate does not give a key of `tenants.entry.mandated.KEYS`. Who acts by no mandate passes.

    :raises NotInTheContract: it is not given
    """
    if by.bounds is not None and key not in by.bounds.permissions:
        raise NotInTheContract(permission=key)


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


# Whether a request of the agency's visit runs: then nothing is written down without a clause (`saas.audit.operations.record`).
in_visit: ContextVar[bool] = ContextVar("in_visit", default=False)
SYSTEM = Actor(kind="system", name="Hutong")
GUEST = Actor(kind="guest", name="Guest")
