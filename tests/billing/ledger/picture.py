"""The picture in docs/money.md, read as it stands: between which accounts it says that money is booked."""

import re
from pathlib import Path

from billing.ledger.models import Account

PAGE = Path(__file__).resolve().parents[3] / "docs" / "money.md"
# One box stands for the platform's parts of a price.
DRAWN_AS = {Account.Kind.COMMISSION_TAX: Account.Kind.COMMISSION, Account.Kind.AGENCY_SHARE: Account.Kind.COMMISSION}
ARROW = re.compile(r'^ +(\w+)(?:\[.*?\])? <?(?:==|--|-\.) ".+?" (?:==>|-->|\.->) (\w+)', re.MULTILINE)
ROW = re.compile(r"`(\w+)` and `(\w+)`")


def pair(debit: str, credit: str) -> frozenset[str]:
    """Return two accounts as the picture has them."""
    return frozenset(str(DRAWN_AS.get(Account.Kind(kind), kind)) for kind in (debit, credit))


def drawn() -> set[frozenset[str]]:
    """Return every pair of accounts that an arrow of the picture, or a row of the table below it, connects."""
    text = PAGE.read_text(encoding="utf-8")
    picture, below = text.split("```mermaid\n", 1)[1].split("```", 1)
    rows = ROW.findall(below.split("\n## ", 1)[0])
    return {pair(*ends) for ends in [*ARROW.findall(picture), *rows]}
