"""By which right the agency publishes in a mall: a clause of its mandate, or the merchant's own yes to this very post."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ops_console.mandates import standing
from ops_console.work.models import Plan

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


def asks_first(channel: Channel, *, clause: str, at: datetime) -> bool:
    """
    Tell whether a post on a channel needs the merchant's yes by contract: nothing lets the agency publish there, or what does wants it.

    A post for a clause (its number) that lets the agency publish follows that one; any other, also one for a task that is about
    something else, may do without only where a clause does that lets the agency publish.
    """
    key = connector_of(channel.kind).permission
    mandates = [one for one in standing.lasting(channel.tenant_id, at=at) if one.stands(at=at)]
    given = {
        (one.contract, one.version, row.clause)
        for one in mandates
        for row in one.permissions.all()
        if row.permission == key
    }
    own = {one for one in given if one[2] == clause}
    return (own or given) <= _wanting(given)


def _wanting(given: Collection[tuple[str, int, str]]) -> set[tuple[str, int, str]]:
    """
    Return which of these clauses (contract, version, number) want the merchant's yes. What is done once has its plan in the version that
    it came with; later ones give the right for it without another.
    """
    latest: defaultdict[tuple[str, str], list[Plan]] = defaultdict(list)
    for plan in Plan.objects.filter(contract__in={contract for contract, _version, _number in given}).order_by(
        "version"
    ):
        latest[plan.contract, plan.number].append(plan)
    found = set()
    for contract, version, number in given:
        plans = [plan for plan in latest[contract, number] if plan.version <= version]
        if plans and plans[-1].terms.needs_merchant:
            found.add((contract, version, number))
    return found


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
