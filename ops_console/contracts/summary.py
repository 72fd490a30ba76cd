"""What a version says, in short: what the agency does, what it may, what it costs, when it ends. From the same facts as the text."""

from dataclasses import dataclass
from datetime import date, timedelta

from billing.packages.models import Price
from ops_console.work.clauses import from_json

from . import text, words
from .queries import ContractRow, VersionRow


@dataclass(frozen=True)
class Summary:
    """A version in short; sums are minor units. `work` are pairs of a task and when it falls, `limits` as `text.limits`."""

    work: list[tuple[str, str]]
    permissions: list[str]
    limits: dict[str, str]
    prices: list[str]
    monthly_minor: int
    credits_up_to_minor: int
    last_day: str


def of(contract: ContractRow, version: VersionRow) -> Summary:
    """Return a version in short, in the contract's language."""
    language = words.language_of(contract.language)
    clauses = [from_json(one) for one in version.clauses]
    return Summary(
        work=[
            (words.named(clause.title, language), words.when(clause.rrule, clause.holidays, language))
            for clause in clauses
        ],
        permissions=[one["words"] for one in text.permissions(clauses, language)],
        limits=text.limits(version.limits, contract.currency, language),
        prices=text.price_lines(version.prices, _since(contract, version), contract.currency, language),
        monthly_minor=sum(one["amount_minor"] for one in version.prices if one["kind"] == Price.Kind.MONTHLY),
        credits_up_to_minor=max((clause.credit_minor for clause in clauses), default=0),
        last_day=words.day(_last_day(contract.starts_on, contract.ends_on), language) if contract.ends_on else "",
    )


def _since(contract: ContractRow, version: VersionRow) -> dict[str, date]:
    former = [one for one in contract.versions if one.number < version.number and one.state == "signed"]
    first = contract.starts_on if version.number == 1 else version.effective_on
    return text.since([*((one.effective_on, one.prices) for one in former), (first, version.prices)])


def _last_day(starts_on: date, ends_on: date) -> date:
    """Return the day before a contract is over; one that was ended on its first day had that day."""
    return max(starts_on, ends_on - timedelta(days=1))
