"""One thing that Stripe will not do must not keep the others waiting."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from saas.kernel.errors import DomainError

logger = logging.getLogger(__name__)
Row = TypeVar("Row")


def one_by_one(rows: Iterable[Row], act: Callable[[Row], bool]) -> int:
    """Do `act` with each row and return for how many it said yes; a refused or unknown one is logged and tried at the next time."""
    done = 0
    for row in rows:
        try:
            done += act(row)
        except DomainError as error:
            logger.warning("%s is left for the next time: %s %s", row, error.code, error.data)
    return done
