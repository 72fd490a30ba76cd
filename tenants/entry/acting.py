"""The visitor as an actor: for whom, by which clause, for which task, why."""

from saas.accounts.models import User
from saas.kernel.actors import Actor, Bounds

from . import mandated
from .models import AgencyVisit
from .standing import Standing


def actor_of(visit: AgencyVisit, *, mall_name: str, standing: Standing | None = None, key: str = "") -> Actor:
    """
    Return the visitor as the one who acts on the mall's behalf: by right of the clause that gives `key`, or, where there is no
    contract, of the visit's reason, bound to what the merchant's invitation names. Without a standing the actor has what the visit
    began with, and is bound to nothing else.
    """
    permissions = visit.permissions
    bounds = None
    if standing is not None and standing.permissions is not None:
        permissions, bounds = (
            standing.permissions,
            Bounds(
                frozenset(standing.permissions), tuple(standing.limits.items()), tuple(standing.permissions.items())
            ),
        )
    if visit.invited_now is not None:
        bounds = Bounds(visit.invited_now, ())
    clause = permissions.get(key) or permissions.get(mandated.LOOK, "")
    return Actor(
        kind=User.Kind.AGENCY,
        name=visit.person_name,
        public_id=visit.person.public_id,
        on_behalf_of=mall_name[:160],
        clause=clause[:120] if visit.contract else visit.reason[:120],
        task=visit.task,
        reason=visit.reason if visit.contract else "",
        bounds=bounds,
    )
