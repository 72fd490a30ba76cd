"""By which right the agency publishes in a mall: a clause of its mandate, or the merchant's own yes to this very post."""

from dataclasses import dataclass
from datetime import datetime

from ops_console.mandates import standing

from .connectors.registry import connector_of
from .models import Channel, Post


@dataclass(frozen=True)
class Right:
    """`is_given` now; `may_come` when the mandate is only paused; `clause`: numbers of the contract's clauses that give it."""

    is_given: bool
    may_come: bool = False
    clause: str = ""


def clause_for(channel: Channel, *, at: datetime) -> str:
    """Return the numbers of the clauses by which the agency may publish on a channel; nothing where no contract lets it."""
    powers = standing.powers(channel.tenant_id, at=at)
    return powers.permissions.get(connector_of(channel.kind).permission, "") if powers else ""


def of(post: Post, *, at: datetime) -> Right:
    """
    Tell whether a post may go out at `at`.

    A mandate that the merchant has paused stops what is not out yet, also what the merchant has agreed to.
    """
    clause = clause_for(post.channel, at=at)
    if clause:
        return Right(is_given=True, clause=clause)
    if any(one.paused_at for one in standing.lasting(post.tenant_id, at=at)):
        return Right(is_given=False, may_come=True)
    return Right(is_given=post.needs_merchant and bool(post.approved_by))
